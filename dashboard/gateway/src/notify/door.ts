/** Where the broker's notifications come in (GS CIM 009, 5.3.1): only with a secret that it alone was told (T16), bounded, and well formed. */

import { sameSecret } from '@contor/kit';
import express, { type Handler, type Request, type RequestHandler, type Response } from 'express';
import { sendProblem } from '../http/problem.js';

export const NOTIFY_HEADER = 'X-Contor-Notify';

/** An entity as the broker sends it, normalized. */
export interface NotifiedEntity {
  readonly id: string;
  readonly type: string;
  readonly [attribute: string]: unknown;
}

export interface Notification {
  readonly id: string | undefined;
  readonly subscriptionId: string | undefined;
  readonly notifiedAt: string | undefined;
  readonly data: readonly NotifiedEntity[];
}

export type Receive = (notification: Notification, request: Request, response: Response) => Promise<void> | void;

/** A thousand entities of some fifteen attributes with their sub-properties. */
const NOTIFICATION_LIMIT = '8mb';
const ENTITIES_LIMIT = 1_000;

/** The secret is looked at before the body: a stranger's megabytes are not even parsed. `receive` answers, or 200 is the answer. */
export function notificationDoor(secret: string, receive: Receive): readonly Handler[] {
  const authenticate: RequestHandler = (request, response, next) => {
    if (sameSecret(request.get(NOTIFY_HEADER) ?? '', secret)) return next();
    sendProblem(response, 'notify.refused');
  };
  const parse = express.json({ limit: NOTIFICATION_LIMIT, type: ['application/json', 'application/ld+json'] });
  const take: RequestHandler = async (request, response) => {
    const notification = readNotification(request.body);
    if (notification === undefined) return sendProblem(response, 'notify.malformed');
    await receive(notification, request, response);
    if (!response.headersSent) response.status(200).end();
  };
  return [authenticate, parse, take];
}

function readNotification(body: unknown): Notification | undefined {
  if (typeof body !== 'object' || body === null || !('data' in body)) return undefined;
  const { data } = body;
  if (!Array.isArray(data) || data.length > ENTITIES_LIMIT || !data.every(isEntity)) return undefined;
  return {
    id: textOf('id' in body ? body.id : undefined),
    subscriptionId: textOf('subscriptionId' in body ? body.subscriptionId : undefined),
    notifiedAt: textOf('notifiedAt' in body ? body.notifiedAt : undefined),
    data,
  };
}

function isEntity(value: unknown): value is NotifiedEntity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'type' in value &&
    typeof value.type === 'string'
  );
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

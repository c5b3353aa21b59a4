/** The stream for browsers and the door for the broker's notifications. */

import { sameSecret } from '@contor/kit';
import { decide, findRoute } from '@contor/policy';
import express, { type Handler, type RequestHandler } from 'express';
import { visitorOf } from '../guard.js';
import { sendProblem } from '../http/problem.js';
import type { Access } from '../sessions/access.js';
import { subjectOf } from '../sessions/subject.js';
import { LIVE_TYPES, type LiveEntity, type LiveState } from './state.js';
import type { StreamHub } from './stream.js';

export const NOTIFY_HEADER = 'X-Contor-Notify';

/** A thousand entities of some fifteen attributes with their sub-properties. */
const NOTIFICATION_LIMIT = '8mb';
const ENTITIES_LIMIT = 1_000;

export function stream(hub: StreamHub, access: Access): RequestHandler {
  const row = findRoute('GET', '/api/stream');
  return (request, response) => {
    if (request.method === 'HEAD') return void response.type('text/event-stream').end();
    const { sessionId, sessionKey } = visitorOf(request);
    const isStillAllowed = async () => {
      const found = await access.recheck(sessionId);
      // While the provider is away the session's own grace decides; after it the stream ends like everything else.
      return found !== undefined && found !== 'unreachable' && decide(subjectOf(found.person), row).kind === 'allow';
    };
    const isOpen = hub.open(response, { sessionKey, lastEventId: request.get('last-event-id'), isStillAllowed });
    if (!isOpen) sendProblem(response, 'stream.full');
  };
}

/** The secret is looked at before the body: a stranger's megabytes are not even parsed. */
export function notify(state: LiveState, secret: string): readonly Handler[] {
  const authenticate: RequestHandler = (request, response, next) => {
    if (sameSecret(request.get(NOTIFY_HEADER) ?? '', secret)) return next();
    sendProblem(response, 'notify.refused');
  };
  const parse = express.json({ limit: NOTIFICATION_LIMIT, type: ['application/json', 'application/ld+json'] });
  const receive: RequestHandler = (request, response) => {
    const entities = entitiesOf(request.body);
    if (entities === undefined) return sendProblem(response, 'notify.malformed');
    for (const entity of entities) state.apply(entity);
    response.status(200).end();
  };
  return [authenticate, parse, receive];
}

const TYPES: ReadonlySet<string> = new Set(LIVE_TYPES);

/** GS CIM 009, 5.3.1. Entities of a type we did not ask for are not ours to show. */
function entitiesOf(body: unknown): readonly LiveEntity[] | undefined {
  const data = typeof body === 'object' && body !== null && 'data' in body ? body.data : undefined;
  if (!Array.isArray(data) || data.length > ENTITIES_LIMIT || !data.every(isEntity)) return undefined;
  return data.filter(({ type }) => TYPES.has(type));
}

function isEntity(value: unknown): value is LiveEntity {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'type' in value &&
    typeof value.type === 'string'
  );
}

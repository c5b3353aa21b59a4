/**
 * Somebody is to be forgotten: the flow that erases a customer or an account in broker, history and identity tells the gateway too, and the key of that
 * subject goes. Only the platform itself may ask, with its secret, or, where there is none, somebody on this very machine.
 */

import { sameSecret } from '@contor/kit';
import express, { type Handler, type Request, type RequestHandler } from 'express';
import { isFromThisMachine } from '../../http/host-check.js';
import { sendProblem } from '../../http/problem.js';
import type { AuditTrail } from '../audit.js';
import { LONGEST_WORD } from '../clean.js';
import { whereOf } from '../intake/recorder.js';

export interface EraseParts {
  readonly trail: Pick<AuditTrail, 'erase'>;
  readonly platformSecret: string | undefined;
}

const BODY_LIMIT = '4kb';

/** Only JSON: a page of somewhere else can make a browser post a form to this machine, but not that. */
export function eraseSubject({ trail, platformSecret }: EraseParts): readonly Handler[] {
  const authenticate: RequestHandler = (request, response, next) => {
    if (isFromPlatform(request, platformSecret)) return next();
    sendProblem(response, 'erase.refused');
  };
  const erase: RequestHandler = async (request, response) => {
    const subject = subjectIn(request.body);
    if (subject === undefined) return sendProblem(response, 'query.refused', 'Send {"subject": "…"} as JSON.');
    const actor = { id: 'platform', kind: 'service' } as const;
    const isErased = await trail.erase(subject, { actor, ...whereOf(request, response) });
    response.json({ subject, isErased });
  };
  return [authenticate, express.json({ limit: BODY_LIMIT, strict: true }), erase];
}

function isFromPlatform(request: Request, secret: string | undefined): boolean {
  if (secret === undefined) return isFromThisMachine(request);
  return sameSecret(request.get('authorization') ?? '', `Bearer ${secret}`);
}

function subjectIn(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !('subject' in body)) return undefined;
  const { subject } = body;
  return typeof subject === 'string' && subject !== '' && subject.length <= LONGEST_WORD ? subject : undefined;
}

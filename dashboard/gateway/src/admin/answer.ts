/** What administration routes share: bodies, deeds and answers. */

import type { Clock, Logger, Random } from '@contor/kit';
import type { Handler, Request, RequestHandler, Response } from 'express';
import type { Audit } from '../audit/entry.js';
import type { AccessBook } from '../book/book.js';
import { jsonBody } from '../http/json-body.js';
import { sendProblem } from '../http/problem.js';
import type { Quotas } from '../limits/quotas.js';
import type { SessionStore } from '../sessions/store.js';
import type { Accounts } from './accounts.js';
import type { Read } from './bodies.js';
import type { RefusedDeed } from './deed.js';

export interface AdminParts {
  readonly book: AccessBook;
  readonly store: SessionStore;
  readonly accounts: Accounts;
  readonly quotas: Quotas;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

/** A handler that gets what was sent already read; what cannot be read has been answered. */
export function withBody<T>(
  read: (body: unknown) => Read<T>,
  handle: (request: Request, response: Response, value: T) => Promise<void>,
): readonly Handler[] {
  const run: RequestHandler = async (request, response) => {
    const found = read(request.body);
    if (found.kind === 'fault') return sendProblem(response, 'field.refused', found.detail);
    await handle(request, response, found.value);
  };
  return [receive, run];
}

/** A thousand grants of 250 characters. */
const parse = jsonBody({ bytes: 512 * 1024, depth: 8 });

/** Nothing at all is for the reader to judge: some deeds need no words. */
const receive: RequestHandler = (request, response, next) => {
  const { 'content-length': length = '0', 'transfer-encoding': coding } = request.headers;
  return coding === undefined && Number(length) === 0 ? next() : parse(request, response, next);
};

export function sendRefusal(response: Response, { code, detail }: RefusedDeed): void {
  sendProblem(response, code, detail);
}

export function nameIn(request: Request, name: string): string {
  const value = request.params[name];
  return typeof value === 'string' ? value : '';
}

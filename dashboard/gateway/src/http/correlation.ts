/** One identifier for everything that happens on account of a request: here, in broker and history, in the logs and in the audit trail. */

import { randomUUID } from 'node:crypto';
import type { RequestHandler, Response } from 'express';

const CORRELATION = 'Fiware-Correlator';

export const setCorrelation: RequestHandler = (_request, response, next) => {
  // 122 random bits out of a pool: a system call for each request would cost more than the rest of this page.
  response.setHeader(CORRELATION, randomUUID().replaceAll('-', ''));
  next();
};

export function correlationOf(response: Response): string {
  return response.get(CORRELATION) ?? '';
}

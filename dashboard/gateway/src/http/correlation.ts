/** One identifier for everything that happens on account of a request: here, in broker and history, in the logs and in the audit trail. */

import { randomBytes } from 'node:crypto';
import type { RequestHandler, Response } from 'express';

const CORRELATION = 'Fiware-Correlator';

export const setCorrelation: RequestHandler = (_request, response, next) => {
  response.set(CORRELATION, randomBytes(16).toString('hex'));
  next();
};

export function correlationOf(response: Response): string {
  return response.get(CORRELATION) ?? '';
}

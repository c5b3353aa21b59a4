/** Pages that say no: with a problem at a field, or with a wait. */

import type { Problem } from '../pages/shell.js';
import type { Outcome } from './routes.js';

const SECONDS_ARE_READABLE_MS = 90_000;

export function refused(page: string, status = 200): Outcome {
  return { kind: 'page', status, page };
}

export function mustWait(page: string, waitMs: number): Outcome {
  return { kind: 'page', status: 429, page, waitMs };
}

export function waitProblem(waitMs: number): Problem {
  return waitMs < SECONDS_ARE_READABLE_MS
    ? { text: 'waitSeconds', count: Math.ceil(waitMs / 1000) }
    : { text: 'waitMinutes', count: Math.ceil(waitMs / 60_000) };
}

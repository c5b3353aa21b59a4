/** Which state a change is based on (RFC 9110, 13.1): `If-Match` with the ETag that was read, `If-None-Match: *` for something new. */

import type { Request, Response } from 'express';
import { sendProblem } from '../http/problem.js';

/** `undefined`: it says nothing usable, and has been answered. */
export function expectedRevision(request: Request, response: Response): number | undefined {
  const revision = revisionIn(request.get('if-match'));
  return revision === undefined ? void sendProblem(response, 'revision.missing') : revision;
}

export function expectedRevisionOrNew(request: Request, response: Response): number | 'new' | undefined {
  const isNew = request.get('if-none-match') === '*' && request.get('if-match') === undefined;
  return isNew ? 'new' : expectedRevision(request, response);
}

export function etagOf({ revision }: { readonly revision: number }): string {
  return `"${revision}"`;
}

/** A strong comparison (RFC 9110, 8.8.3.2), so a weak tag never matches; nor does `*`, which knows no state. */
function revisionIn(header: string | undefined): number | undefined {
  const digits = /^"(\d{1,15})"$/.exec(header ?? '')?.[1];
  return digits === undefined ? undefined : Number(digits);
}

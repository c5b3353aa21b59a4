/** The query of a request as it came: Express parses none (its parser has opinions about brackets). */

import type { Request } from 'express';

export function queryOf(request: Request): string {
  const at = request.originalUrl.indexOf('?');
  return at === -1 ? '' : request.originalUrl.slice(at + 1);
}

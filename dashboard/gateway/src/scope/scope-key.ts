/** Equal texts for scopes that grant the same. */

import type { Scope } from '@contor/policy';

export function scopeKey(scope: Scope): string {
  if (scope.kind === 'everything') return '*';
  const grants = scope.grants.map(({ to, fromMs, toMs }) => JSON.stringify([to, fromMs ?? null, toMs ?? null]));
  return JSON.stringify([scope.username ?? null, grants.sort()]);
}

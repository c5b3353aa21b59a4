/** What of the trail somebody may see whose scope is limited: what is about things that lay inside it at that time, and what they did themselves. */

import type { ScopeIndex, Subject } from '@contor/policy';
import type { IsVisible } from './search/query.js';

/** Undefined: everything. A record about several things is seen by whoever may see all of them. */
export function visibleTo(subject: Subject, index: ScopeIndex): IsVisible | undefined {
  const { id, scope } = subject;
  if (scope.kind === 'everything') return undefined;
  return ({ actor, targets = [], atMs }) =>
    actor.id === id || (targets.length > 0 && targets.every((target) => index.isVisible(scope, target, atMs)));
}

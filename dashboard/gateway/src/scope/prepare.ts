/** Before a list is asked of the index: what it has to work out first is done in pieces, and other requests are answered between them. */

import { setImmediate as letOthers } from 'node:timers/promises';
import type { Scope, ScopeIndex } from '@contor/policy';

export async function prepare(index: ScopeIndex, scope: Scope, types: readonly string[]): Promise<void> {
  for (const _piece of index.prepare(scope, types)) await letOthers();
}

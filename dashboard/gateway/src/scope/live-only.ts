/** The index as far as the broker goes: what lives in history alone is no entity of the broker. */

import type { ScopeIndex } from '@contor/policy';
import type { KnownScopes } from './feed.js';

export function liveOnly({ index, isLive }: KnownScopes): ScopeIndex {
  return {
    apply: (entity) => index.apply(entity),
    remove: (id) => index.remove(id),
    get version() {
      return index.version;
    },
    get size() {
      return index.size;
    },
    spansOf: (scope, id) => index.spansOf(scope, id),
    isVisible: (scope, id, atMs) => isLive(id) && index.isVisible(scope, id, atMs),
    idsOf: (scope, types, when) => index.idsOf(scope, types, when).filter(isLive),
    typesOf: (scope, when) =>
      index.typesOf(scope, when).filter((type) => index.idsOf(scope, [type], when).some(isLive)),
    has: (id) => index.has(id),
    typeOf: (id) => index.typeOf(id),
    isOwn: (scope, id) => index.isOwn(scope, id),
    spansOfEntity: (scope, entity) => index.spansOfEntity(scope, entity),
  };
}

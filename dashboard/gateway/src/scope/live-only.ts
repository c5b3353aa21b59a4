/** The index as far as the broker goes: what lives in history alone is no entity of the broker. */

import type { ScopeIndex } from '@contor/policy';
import type { KnownScopes } from './feed.js';

/** Of a list of the index, which is the same one until something in it changes. */
const shortened = new WeakMap<readonly string[], { readonly version: number; readonly ids: readonly string[] }>();

export function liveOnly({ index, isLive, liveVersion }: KnownScopes): ScopeIndex {
  const idsOf: ScopeIndex['idsOf'] = (scope, types, when) => {
    const all = index.idsOf(scope, types, when);
    const known = shortened.get(all);
    if (known?.version === liveVersion) return known.ids;
    const ids = all.filter(isLive);
    shortened.set(all, { version: liveVersion, ids });
    return ids;
  };
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
    idsOf,
    prepare: (scope, types) => index.prepare(scope, types),
    typesOf: (scope, when) =>
      index.typesOf(scope, when).filter((type) => index.idsOf(scope, [type], when).some(isLive)),
    has: (id) => index.has(id),
    typeOf: (id) => index.typeOf(id),
    isOwn: (scope, id) => index.isOwn(scope, id),
    spansOfEntity: (scope, entity) => index.spansOfEntity(scope, entity),
  };
}

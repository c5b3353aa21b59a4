/** Which subscriptions a change concerns (GS CIM 009 V1.9.1, 5.8.6). Indexed by type: most changes concern few. */

import type { EntityChange } from '../entity/change.js';
import { compileQuery, type Predicate } from '../query/evaluate.js';
import { compileSelector, indexTypes, type SelectorTest } from '../query/select.js';
import { expiresAtMs, type Subscription, type Telling } from './model.js';

export interface Watcher {
  readonly id: string;
  readonly concerns: (change: EntityChange) => boolean;
}

/** Subscriptions of one tenant, by the entity types they name; those that name none hear of every type. */
export class WatchList {
  readonly #byType = new Map<string, Watcher[]>();
  #ofAnyType: Watcher[] = [];

  set(subscription: Subscription): void {
    this.delete(subscription.id);
    const watcher: Watcher = { id: subscription.id, concerns: compileConcern(subscription) };
    const types = watchedTypes(subscription);
    if (types === undefined) this.#ofAnyType.push(watcher);
    else for (const type of types) this.#byType.set(type, [...(this.#byType.get(type) ?? []), watcher]);
  }

  delete(id: string): void {
    this.#ofAnyType = this.#ofAnyType.filter((watcher) => watcher.id !== id);
    for (const [type, watchers] of this.#byType) {
      const left = watchers.filter((watcher) => watcher.id !== id);
      if (left.length === 0) this.#byType.delete(type);
      else if (left.length < watchers.length) this.#byType.set(type, left);
    }
  }

  /** Calls `tell` once for each subscription the change concerns. */
  match(change: EntityChange, tell: (id: string, telling: Telling) => void): void {
    const { before, after, position, atMs } = change;
    if (after === undefined) return;
    const telling: Telling = { position, atMs, reason: before === undefined ? 'created' : 'updated', entity: after };
    const { types } = after;
    const told = types.length > 1 ? new Set<string>() : undefined;
    for (const type of types) {
      for (const watcher of this.#byType.get(type) ?? []) {
        if (told?.has(watcher.id) || !watcher.concerns(change)) continue;
        told?.add(watcher.id);
        tell(watcher.id, telling);
      }
    }
    for (const watcher of this.#ofAnyType) if (watcher.concerns(change)) tell(watcher.id, telling);
  }
}

/** undefined: some selector is open to any type. */
function watchedTypes({ entities }: Subscription): ReadonlySet<string> | undefined {
  if (entities === undefined) return undefined;
  const types = new Set<string>();
  for (const selector of entities) {
    if (selector.types === undefined) return undefined;
    for (const type of indexTypes(selector.types)) types.add(type);
  }
  return types;
}

function compileConcern(subscription: Subscription): (change: EntityChange) => boolean {
  const { entities, watchedAttributes, isActive } = subscription;
  if (!isActive) return () => false;
  const selectors: readonly SelectorTest[] | undefined = entities?.map(compileSelector);
  const watched = watchedAttributes === undefined ? undefined : new Set(watchedAttributes);
  const holds: Predicate | undefined = subscription.q && compileQuery(subscription.q.query);
  const expiryMs = expiresAtMs(subscription);
  return ({ after, changed, atMs }) => {
    // Default triggers: attributes created or updated (5.2.12). A deletion leaves no state to tell.
    if (after === undefined || atMs >= expiryMs) return false;
    if (watched !== undefined && !changed.some((name) => watched.has(name))) return false;
    if (selectors !== undefined && !selectors.some((selects) => selects(after))) return false;
    return holds === undefined || holds(after);
  };
}

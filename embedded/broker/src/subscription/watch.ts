/**
 * Which subscriptions a change concerns (GS CIM 009 V1.9.1, 5.8.6). Indexed by exact id and by type: a change asks only
 * those that could mean its entity, however many others there are.
 */

import type { EntityChange } from '../entity/change.js';
import { indexTypes } from '../query/select.js';
import { type Compilers, Conditions, type EntityTest } from './conditions.js';
import { type AttributeChange, differenceOf } from './difference.js';
import { expiresAtMs, type Subscription, type Telling } from './model.js';
import { compileTeller, type Teller } from './telling.js';
import { compileTriggers, type Fires } from './triggers.js';

interface Watcher {
  readonly subscription: Subscription;
  readonly expiryMs: number;
  readonly fires: Fires;
  readonly tests: readonly EntityTest[];
  readonly tell: Teller;
  /** Where it stands; in more than one place it could be met twice. */
  readonly places: readonly Place[];
}

type Place = { readonly kind: 'id' | 'type'; readonly key: string } | { readonly kind: 'any' };

const NOBODY: ReadonlySet<Watcher> = new Set();

/** Subscriptions of one tenant that hear of changes: active, and not periodic. */
export class WatchList {
  readonly #watchers = new Map<string, Watcher>();
  readonly #index = { id: new Map<string, Set<Watcher>>(), type: new Map<string, Set<Watcher>>() };
  readonly #ofAny = new Set<Watcher>();
  readonly #conditions: Conditions;

  constructor(compilers?: Compilers) {
    this.#conditions = new Conditions(compilers);
  }

  /** Watchers, places in the index, compiled conditions: what has to be 0 when nobody watches. */
  get size(): { readonly watchers: number; readonly places: number; readonly tests: number } {
    const places = [this.#index.id, this.#index.type].map((index) => index.size);
    return {
      watchers: this.#watchers.size,
      places: places.reduce((sum, count) => sum + count, this.#ofAny.size),
      tests: this.#conditions.size,
    };
  }

  set(subscription: Subscription): void {
    this.delete(subscription.id);
    if (!subscription.isActive || subscription.timeInterval !== undefined) return;
    const watcher: Watcher = {
      subscription,
      expiryMs: expiresAtMs(subscription),
      fires: compileTriggers(subscription),
      tests: this.#conditions.acquire(subscription),
      tell: compileTeller(subscription),
      places: placesOf(subscription),
    };
    this.#watchers.set(subscription.id, watcher);
    for (const place of watcher.places) this.#at(place).add(watcher);
  }

  delete(id: string): void {
    const watcher = this.#watchers.get(id);
    if (watcher === undefined) return;
    this.#watchers.delete(id);
    for (const place of watcher.places) {
      const there = this.#at(place);
      there.delete(watcher);
      if (there.size === 0 && place.kind !== 'any') this.#index[place.kind].delete(place.key);
    }
    this.#conditions.release(watcher.subscription);
  }

  /** Calls `tell` once for each subscription the change concerns. */
  match(change: EntityChange, tell: (id: string, telling: Telling) => void): void {
    // Of a deleted entity the last state is asked; there is no other.
    const state = change.after ?? change.before;
    if (state === undefined) return;
    const difference = once(() => differenceOf(change));
    this.#conditions.turn();
    const met = new Set<Watcher>();
    const meet = (watcher: Watcher): void => {
      if (watcher.places.length > 1) {
        if (met.has(watcher)) return;
        met.add(watcher);
      }
      if (change.atMs >= watcher.expiryMs) return;
      if (!watcher.tests.every((test) => test(state)) || !watcher.fires(change, difference)) return;
      const telling = watcher.tell(change, difference);
      if (telling !== undefined) tell(watcher.subscription.id, telling);
    };
    for (const watcher of this.#index.id.get(state.id) ?? NOBODY) meet(watcher);
    for (const type of state.types) for (const watcher of this.#index.type.get(type) ?? NOBODY) meet(watcher);
    for (const watcher of this.#ofAny) meet(watcher);
  }

  #at(place: Place): Set<Watcher> {
    if (place.kind === 'any') return this.#ofAny;
    const index = this.#index[place.kind];
    const there = index.get(place.key) ?? new Set<Watcher>();
    index.set(place.key, there);
    return there;
  }
}

/** An id says more than a type; a selector with neither may mean anything. */
function placesOf({ entities }: Subscription): readonly Place[] {
  if (entities === undefined) return [{ kind: 'any' }];
  const keys = { id: new Set<string>(), type: new Set<string>() };
  for (const { ids, types } of entities) {
    if (ids === undefined && types === undefined) return [{ kind: 'any' }];
    if (ids !== undefined) for (const id of ids) keys.id.add(id);
    else for (const type of indexTypes(types ?? [])) keys.type.add(type);
  }
  return (['id', 'type'] as const).flatMap((kind) => [...keys[kind]].map((key) => ({ kind, key })));
}

function once(work: () => readonly AttributeChange[]): () => readonly AttributeChange[] {
  let done: readonly AttributeChange[] | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

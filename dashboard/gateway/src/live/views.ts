/** All views that somebody looks through: who shares which, and which of them sees an entity. */

import type { Scope } from '@contor/policy';
import type { Change, LiveState } from './state.js';
import { type Difference, keyOf, type Topics, View, type ViewParts } from './view.js';

/** Somebody who looks through a view. */
interface Looking {
  readonly view: View;
}

export interface Views<Client extends Looking> {
  readonly size: number;
  all(): Iterable<View>;
  clientsOf(view: View): Iterable<Client>;
  /** The view of this scope, made when nobody looks through it yet; it is there for as long as somebody does. */
  viewOf(scope: Scope, topics: Topics, nowMs: number): View;
  join(client: Client): void;
  leave(client: Client): void;
  /** The view asks the index again. */
  look(view: View, nowMs: number): Difference;
  seeing(id: string, type: string): Iterable<View>;
  /** Each view with the changes it may have to show; every view is among them. */
  route(changes: readonly Change[]): Iterable<readonly [View, readonly Change[]]>;
  /** What a client that is behind has missed, oldest first, at most `limit`. */
  since(view: View, counter: number, limit: number): readonly Change[];
}

interface Entry<Client> {
  readonly view: View;
  readonly clients: Set<Client>;
}

export function createViews<Client extends Looking>(parts: ViewParts & { readonly state: LiveState }): Views<Client> {
  const { state } = parts;
  const entries = new Map<string, Entry<Client>>();
  /** Views that see everything of their types. */
  const whole = new Set<View>();
  /** By entity, the views that see it and not everything. */
  const seers = new Map<string, Set<View>>();

  function see(id: string, view: View): void {
    const views = seers.get(id);
    if (views === undefined) seers.set(id, new Set([view]));
    else views.add(view);
  }

  function unsee(id: string, view: View): void {
    const views = seers.get(id);
    if (views?.delete(view) && views.size === 0) seers.delete(id);
  }

  function look(view: View, nowMs: number): Difference {
    const difference = view.look(nowMs);
    for (const id of difference.lost) unsee(id, view);
    for (const id of difference.gained) see(id, view);
    return difference;
  }

  return {
    get size() {
      return entries.size;
    },
    *all() {
      for (const { view } of entries.values()) yield view;
    },
    clientsOf: (view) => entries.get(view.key)?.clients ?? [],
    viewOf(scope, topics, nowMs) {
      const known = entries.get(keyOf(scope, topics));
      if (known !== undefined) return known.view;
      const view = new View(scope, topics, parts);
      entries.set(view.key, { view, clients: new Set() });
      if (view.isWhole) whole.add(view);
      else look(view, nowMs);
      return view;
    },
    join: (client) => void entries.get(client.view.key)?.clients.add(client),
    leave(client) {
      const { view } = client;
      const entry = entries.get(view.key);
      if (!entry?.clients.delete(client) || entry.clients.size > 0) return;
      entries.delete(view.key);
      whole.delete(view);
      for (const id of view.inside ?? []) unsee(id, view);
    },
    look,
    *seeing(id, type) {
      for (const view of whole) if (view.hasType(type)) yield view;
      yield* seers.get(id) ?? [];
    },
    route(changes) {
      const routed = new Map<View, Change[]>();
      for (const { view } of entries.values()) routed.set(view, []);
      for (const change of changes) {
        for (const view of whole) if (view.hasType(change.type)) routed.get(view)?.push(change);
        for (const view of seers.get(change.id) ?? []) routed.get(view)?.push(change);
      }
      return routed;
    },
    since(view, counter, limit) {
      if (view.inside === undefined) return state.since(counter, limit, (type) => view.hasType(type));
      const changes: Change[] = [];
      for (const id of view.inside) {
        const change = state.get(id);
        if (change !== undefined && change.counter > counter) changes.push(change);
      }
      return changes.sort((a, b) => a.counter - b.counter).slice(0, limit);
    },
  };
}

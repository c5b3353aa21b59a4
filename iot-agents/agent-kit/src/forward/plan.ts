/**
 * The plan for a window of live states: what goes to the broker, in which order, and which records are too late to be
 * live and go to history instead. Pure, so that it is easy to believe.
 *
 * `in order`: a burst brought several states of an entity. All go to the broker, oldest first; its subscriptions carry
 * each of them to history.
 * `newest first`: a backlog after an outage or a restart. Of each attribute only the newest goes to the broker, the
 * rest directly to history: the page shows the present at once, and never moves backwards on the way there.
 */

import { groupBy } from '../group-by.js';
import { entityKey, type Marks } from './marks.js';
import { attributeNames, attributeTimeMs, type Entity, type State } from './state.js';

export type Order = 'in order' | 'newest first';

/** A state that waits in the window, with where it came from. */
export interface Item {
  readonly sequence: number;
  readonly tenant: string;
  readonly state: State;
}

export interface Send {
  readonly item: Item;
  readonly key: string;
  /** The state, or what is left of it when some attributes are older than what the broker has. */
  readonly entity: Entity;
}

export interface Plan {
  /** Per entity, in the order in which they must be sent. */
  readonly sends: ReadonlyMap<string, readonly Send[]>;
  /** Sequences of records of which something is too late for the broker. */
  readonly late: ReadonlySet<number>;
  /** Items with nothing left for the broker: done once their record is safe in the late log. */
  readonly onlyLate: readonly Item[];
}

export function planWindow(items: readonly Item[], marks: Marks, order: Order): Plan {
  const sends = new Map<string, Send[]>();
  const late = new Set<number>();
  const onlyLate: Item[] = [];
  for (const [key, states] of groupBy(items, (item) => entityKey(item.tenant, item.state.entity.id))) {
    const queue = order === 'in order' ? inOrder(key, states, marks) : newestFirst(key, states, marks);
    const planned: Send[] = [];
    for (const { send, item, isPartLate } of queue) {
      if (isPartLate) late.add(item.sequence);
      if (send === undefined) onlyLate.push(item);
      else planned.push(send);
    }
    if (planned.length > 0) sends.set(key, planned);
  }
  return { sends, late, onlyLate };
}

interface Decision {
  readonly item: Item;
  readonly send: Send | undefined;
  readonly isPartLate: boolean;
}

function inOrder(key: string, items: readonly Item[], marks: Marks): Decision[] {
  return [...items]
    .sort(byTime)
    .map((item) => decide(key, item, (name, timeMs) => timeMs >= (marks.timeMs(key, name) ?? timeMs)));
}

function newestFirst(key: string, items: readonly Item[], marks: Marks): Decision[] {
  const taken = new Set<string>();
  return [...items]
    .sort((a, b) => byTime(b, a))
    .map((item) => {
      const decision = decide(key, item, (name, timeMs) => {
        return !taken.has(name) && timeMs >= (marks.timeMs(key, name) ?? timeMs);
      });
      if (!item.state.isOneOff) for (const name of attributeNames(item.state.entity)) taken.add(name);
      return decision;
    });
}

/** Splits one state into what is fresh and what is not; nearly always it is all or nothing. */
function decide(key: string, item: Item, isFresh: (name: string, timeMs: number) => boolean): Decision {
  const { entity, timeMs, isOneOff } = item.state;
  if (isOneOff) return { item, send: { item, key, entity }, isPartLate: false };
  const names = attributeNames(entity);
  const fresh = names.filter((name) => isFresh(name, attributeTimeMs(entity[name], timeMs)));
  if (fresh.length === names.length) return { item, send: { item, key, entity }, isPartLate: false };
  if (fresh.length === 0) return { item, send: undefined, isPartLate: true };
  const part: Entity = {
    id: entity.id,
    type: entity.type,
    ...Object.fromEntries(fresh.map((name) => [name, entity[name]])),
  };
  return { item, send: { item, key, entity: part }, isPartLate: true };
}

/** At the same time, what arrived later is newer: a revision. */
function byTime(a: Item, b: Item): number {
  return a.state.timeMs - b.state.timeMs || a.sequence - b.sequence;
}

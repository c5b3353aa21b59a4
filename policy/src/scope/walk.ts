/**
 * From the grants of a scope down to everything it may see. The walk finds candidates, and a few too many; the view has the last
 * word on each. Lists are sorted once and kept until something of their types changes.
 */

import { NONE } from './columns.js';
import { KIND, PART, SHOWS, WITH } from './read-ties.js';
import { contains, NEVER, type Spans, unite, within } from './spans.js';
import { TIES, type TypeRow, typeRow } from './ties.js';
import type { Budget, View } from './view.js';
import type { World } from './world.js';

export interface Seen {
  readonly id: string;
  readonly type: string;
  readonly spans: Spans;
}

/** A sum is seen with its group, the group with its site. */
const WITH_STEPS = 2;
/** Beyond it walking again is cheaper than looking at each. */
const MOST_TOUCHED = 10_000;
/** Lists kept for one scope: one for each kind of page somebody has open. */
const MOST_LISTS = 16;
const SHOWING_TYPES = Object.entries<TypeRow>(TIES).flatMap(([type, { ties }]) =>
  ties.some(({ kind }) => kind === 'shows') ? [type] : [],
);

export class Walk {
  readonly #world: World;
  readonly #view: View;
  readonly #budget: Budget;
  readonly #lists = new Map<string, { readonly stamp: number; readonly seen: readonly Seen[] }>();
  /** Those found by walking, and those that changed since. */
  #found: ReadonlySet<number> | undefined;
  #touched = new Set<number>();
  #shown: { readonly stamp: number; readonly spans: ReadonlyMap<number, Spans> } | undefined;

  constructor(world: World, view: View, budget: Budget) {
    this.#world = world;
    this.#budget = budget;
    this.#view = view;
    view.shownOf = (node) => this.#shownSpans().get(node) ?? NEVER;
  }

  touch(nodes: Iterable<number>): void {
    if (this.#found === undefined) return;
    for (const node of nodes) this.#touched.add(node);
    if (this.#touched.size > MOST_TOUCHED) this.forget();
  }

  forget(): void {
    this.#budget.left += this.#found?.size ?? 0;
    for (const { seen } of this.#lists.values()) this.#budget.left += seen.length;
    this.#found = undefined;
    this.#touched = new Set();
    this.#shown = undefined;
    this.#lists.clear();
  }

  /** Everything of these types that is seen at some time, by id. No type means all. */
  list(types: readonly string[], version: number): readonly Seen[] {
    const wanted = [...new Set(types)].sort();
    const key = JSON.stringify(wanted);
    const isShown = wanted.some((type) => typeRow(type)?.isShown);
    const stamp = wanted.length === 0 ? version : this.#stampOf(isShown ? [...wanted, ...SHOWING_TYPES] : wanted);
    const known = this.#lists.get(key);
    if (known?.stamp === stamp) return known.seen;
    const seen = this.#collect(new Set(wanted));
    this.#drop(key);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size >= MOST_LISTS && oldest !== undefined) this.#drop(oldest);
    this.#lists.set(key, { stamp, seen });
    this.#budget.left -= seen.length;
    return seen;
  }

  #drop(key: string): void {
    this.#budget.left += this.#lists.get(key)?.seen.length ?? 0;
    this.#lists.delete(key);
  }

  #collect(types: ReadonlySet<string>): readonly Seen[] {
    const seen: Seen[] = [];
    const add = (node: number): void => {
      const type = this.#world.typeNameOf(node);
      if (type === undefined || (types.size > 0 && !types.has(type))) return;
      const spans = this.#view.seen(node);
      if (spans.length > 0) seen.push({ id: this.#world.graph.idOf(node), type, spans });
    };
    const candidates = this.#candidates();
    for (const node of candidates) add(node);
    for (const node of this.#beside(candidates)) add(node);
    return seen.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What no link below a grant leads to: one's own, the common, and what is shown. */
  #beside(candidates: ReadonlySet<number>): ReadonlySet<number> {
    const others = new Set([...this.#world.owned, ...this.#world.common, ...this.#shownSpans().keys()]);
    for (const node of others) if (candidates.has(node)) others.delete(node);
    return others;
  }

  #candidates(): ReadonlySet<number> {
    if (this.#found === undefined) {
      this.#found = this.#descend();
      this.#budget.left -= this.#found.size;
    }
    return this.#touched.size === 0 ? this.#found : new Set([...this.#found, ...this.#touched]);
  }

  #descend(): ReadonlySet<number> {
    const { graph } = this.#world;
    const found = new Set<number>();
    for (const id of this.#view.grantedIds) {
      const node = graph.find(id);
      if (node !== NONE) found.add(node);
    }
    for (const node of found) this.#below(node, PART, found);
    let edge: Iterable<number> = new Set([...found, ...this.#world.owned]);
    for (let step = 0; step < WITH_STEPS; step += 1) {
      const next = new Set<number>();
      for (const node of edge) this.#below(node, WITH, next);
      for (const node of next) found.add(node);
      edge = next;
    }
    return found;
  }

  #below(node: number, kind: number, into: Set<number>): void {
    const { graph } = this.#world;
    for (let link = graph.firstDown(node); link !== NONE; link = graph.nextDown(link)) {
      if ((graph.flagsOf(link) & KIND) === kind) into.add(graph.childOf(link));
    }
  }

  #shownSpans(): ReadonlyMap<number, Spans> {
    const stamp = this.#stampOf(SHOWING_TYPES);
    if (this.#shown?.stamp === stamp) return this.#shown.spans;
    const { graph } = this.#world;
    const spans = new Map<number, Spans>();
    for (const node of this.#candidates()) {
      for (let link = graph.firstUp(node); link !== NONE; link = graph.nextUp(link)) {
        if ((graph.flagsOf(link) & KIND) !== SHOWS) continue;
        const parent = graph.parentOf(link);
        const shown = within(this.#view.seen(node), graph.fromOf(link), graph.toOf(link));
        spans.set(parent, unite(spans.get(parent) ?? NEVER, shown));
      }
    }
    this.#shown = { stamp, spans };
    return spans;
  }

  /** Versions only grow, so equal sums are equal versions. */
  #stampOf(types: readonly string[]): number {
    return types.reduce((sum, type) => sum + this.#world.typeVersion(type), 0);
  }
}

export function idsAt(seen: readonly Seen[], when: number | 'ever'): readonly string[] {
  const there = when === 'ever' ? seen : seen.filter(({ spans }) => contains(spans, when));
  return there.map(({ id }) => id);
}

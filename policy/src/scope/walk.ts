/**
 * From the grants of a scope down to everything it may see. The walk finds candidates, and a few too many; the view has the last
 * word on each. Candidates are put in order once, lists are kept until something of their types changes, and what is there at a moment
 * until a date has passed.
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

/** What a walk found, by number and in the order of identifiers. */
interface Found {
  readonly nodes: ReadonlySet<number>;
  readonly inOrder: readonly number[];
}

interface List {
  readonly stamp: number;
  readonly seen: readonly Seen[];
  /** The last answer of `idsAt`. */
  there?: There;
}

/** The same from one instant to the next that changes it. */
interface There {
  readonly fromMs: number;
  readonly toMs: number;
  readonly ids: readonly string[];
}

/** A sum is seen with its group, the group with its site. */
const WITH_STEPS = 2;
/** Beyond it walking again is cheaper than looking at each. */
const MOST_TOUCHED = 10_000;
/** Lists kept for one scope: one for each kind of page somebody has open. */
const MOST_LISTS = 16;
/** Entities looked at without letting others in between: some milliseconds. */
const PIECE = 1_000;
/** While a town is built everything is forgotten again and again; then one walks in one piece. */
const MOST_BEGINNINGS = 3;
const SHOWING_TYPES = Object.entries<TypeRow>(TIES).flatMap(([type, { ties }]) =>
  ties.some(({ kind }) => kind === 'shows') ? [type] : [],
);

export class Walk {
  readonly #world: World;
  readonly #view: View;
  readonly #budget: Budget;
  readonly #lists = new Map<string, List>();
  /** Those found by walking, and those that changed since. */
  #found: Found | undefined;
  #touched = new Set<number>();
  /** What was found whose every entity has been looked at. */
  #prepared: Found | undefined;
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
    this.#budget.left += this.#found?.inOrder.length ?? 0;
    for (const { seen } of this.#lists.values()) this.#budget.left += seen.length;
    this.#found = undefined;
    this.#prepared = undefined;
    this.#touched = new Set();
    this.#shown = undefined;
    this.#lists.clear();
  }

  /** The work of `list`, in pieces: whoever walks through them may let others in between. */
  *prepare(types: readonly string[], version: () => number): Generator<void> {
    for (let beginning = 0; beginning < MOST_BEGINNINGS; beginning += 1) {
      const found = this.#foundNow();
      if (this.#prepared === found) break;
      yield;
      for (let at = 0; at < found.inOrder.length && this.#found === found; at += PIECE) {
        for (const node of found.inOrder.slice(at, at + PIECE)) if (this.#world.isKnown(node)) this.#view.seen(node);
        yield;
      }
      if (this.#found === found) this.#prepared = found;
    }
    if (this.#isListed(types, version())) return;
    this.#listOf(types, version());
    yield;
  }

  /** Everything of these types that is seen at some time, by id. No type means all. */
  list(types: readonly string[], version: number): readonly Seen[] {
    return this.#listOf(types, version).seen;
  }

  /** What of it is there at a moment, or ever. */
  idsAt(types: readonly string[], when: number | 'ever', version: number): readonly string[] {
    const list = this.#listOf(types, version);
    if (when === 'ever') return list.seen.map(({ id }) => id);
    if (list.there === undefined || when < list.there.fromMs || when >= list.there.toMs)
      list.there = thereAt(list.seen, when);
    return list.there.ids;
  }

  #isListed(types: readonly string[], version: number): boolean {
    const { key, stamp } = this.#labelOf(types, version);
    return this.#lists.get(key)?.stamp === stamp;
  }

  #labelOf(types: readonly string[], version: number) {
    const wanted = [...new Set(types)].sort();
    const isShown = wanted.some((type) => typeRow(type)?.isShown);
    const stamp = wanted.length === 0 ? version : this.#stampOf(isShown ? [...wanted, ...SHOWING_TYPES] : wanted);
    return { wanted, key: JSON.stringify(wanted), stamp };
  }

  #listOf(types: readonly string[], version: number): List {
    const { wanted, key, stamp } = this.#labelOf(types, version);
    const known = this.#lists.get(key);
    if (known?.stamp === stamp) return known;
    const list: List = { stamp, seen: this.#collect(new Set(wanted)) };
    this.#drop(key);
    const [oldest] = this.#lists.keys();
    if (this.#lists.size >= MOST_LISTS && oldest !== undefined) this.#drop(oldest);
    this.#lists.set(key, list);
    this.#budget.left -= list.seen.length;
    return list;
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
    for (const node of this.#candidates()) add(node);
    for (const node of this.#beside()) add(node);
    // Little of it is out of order, and then sorting is little work.
    return seen.sort(byId);
  }

  /** What no link below a grant leads to: one's own, the common, and what is shown. */
  #beside(): ReadonlySet<number> {
    const { nodes } = this.#foundNow();
    const others = new Set([...this.#world.owned, ...this.#world.common, ...this.#shownSpans().keys()]);
    for (const node of others) if (nodes.has(node) || this.#touched.has(node)) others.delete(node);
    return others;
  }

  /** Those found in the order of their identifiers, then those that changed since. */
  #candidates(): readonly number[] {
    const { nodes, inOrder } = this.#foundNow();
    return this.#touched.size === 0 ? inOrder : inOrder.concat([...this.#touched].filter((node) => !nodes.has(node)));
  }

  #foundNow(): Found {
    if (this.#found === undefined) {
      const nodes = this.#descend();
      const named = Array.from(nodes, (node) => ({ id: this.#world.graph.idOf(node), node })).sort(byId);
      this.#found = { nodes, inOrder: named.map(({ node }) => node) };
      this.#budget.left -= nodes.size;
    }
    return this.#found;
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

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}

function thereAt(seen: readonly Seen[], atMs: number): There {
  const ids: string[] = [];
  let [lastMs, nextMs] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (const { id, spans } of seen) {
    if (contains(spans, atMs)) ids.push(id);
    for (const { fromMs, toMs } of spans) {
      for (const edgeMs of [fromMs, toMs]) {
        if (edgeMs <= atMs) lastMs = Math.max(lastMs, edgeMs);
        else nextMs = Math.min(nextMs, edgeMs);
      }
    }
  }
  return { fromMs: lastMs, toMs: nextMs, ids };
}

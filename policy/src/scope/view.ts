/**
 * What one scope sees, worked out when it is asked and remembered until something changes. Time is cut along a path and added up
 * over paths: a customer sees a meter while it was on a point and the point was theirs, whichever points those were.
 *
 * A path goes up: at first from one thing to another it is seen with, at most twice (a sum, its group, its site), and from there
 * only to what it is part of, until it meets a grant.
 */

import type { Scope } from '../scope.js';
import { NONE } from './columns.js';
import { DATED, FALLBACK, KIND, PART, PERSONAL, PLACED, SHOWS, type Tied, WITH } from './read-ties.js';
import { ALWAYS, complement, covers, intersect, NEVER, overlaps, type Spans, spansOf, unite, within } from './spans.js';
import type { TypeRow } from './ties.js';
import type { World } from './world.js';

export type Grants = Extract<Scope, { readonly kind: 'grants' }>;

/** Counts what is remembered in all views together. */
export interface Budget {
  left: number;
}

/** Links looked at for one circle: a tenth of a second. What is found until then is true; the rest is not seen. */
const MOST_LOOKS = 500_000;
const SOME_DATED = 1;
const SOME_UNDATED = 2;
const NOBODY: ReadonlySet<number> = new Set();
/** One tie outranks nothing. */
const ALONE = { isPlaced: false, dated: NOBODY } as const;

export class View {
  readonly #world: World;
  readonly #budget: Budget;
  readonly #grants: ReadonlyMap<string, Spans>;
  readonly #username: string | undefined;
  /** The same scope without its grants to customers. */
  readonly #impersonal: View | undefined;
  /** What belongs to entities that others belong to; a meter is asked about by all its series. */
  readonly #inside = new Map<number, Spans>();
  /** By identifier: one look is enough for what is asked again. */
  readonly #seen = new Map<string, Spans>();
  /** At links, in all. */
  #looks = 0;
  /** Set by the walk, which alone knows who shows what. */
  shownOf: (node: number) => Spans = () => NEVER;

  constructor(world: World, scope: Grants, budget: Budget, isImpersonal = false) {
    this.#world = world;
    this.#budget = budget;
    this.#grants = datesByTarget(scope);
    this.#username = scope.username;
    this.#impersonal = isImpersonal ? undefined : new View(world, scope, budget, true);
  }

  get grantedIds(): Iterable<string> {
    return this.#grants.keys();
  }

  forget(nodes: Iterable<number>, ids: readonly string[]): void {
    for (const node of nodes) if (this.#inside.delete(node)) this.#budget.left += 1;
    for (const id of ids) if (this.#seen.delete(id)) this.#budget.left += 1;
    this.#impersonal?.forget(nodes, ids);
  }

  forgetAll(): void {
    this.#budget.left += this.#inside.size + this.#seen.size;
    this.#inside.clear();
    this.#seen.clear();
    this.#impersonal?.forgetAll();
  }

  /** When somebody of this scope sees the entity. */
  seenById(id: string): Spans {
    const known = this.#seen.get(id);
    if (known !== undefined) return known;
    const node = this.#world.graph.find(id);
    return this.#world.isKnown(node) ? this.seen(node) : NEVER;
  }

  seen(node: number): Spans {
    const id = this.#world.graph.idOf(node);
    const known = this.#seen.get(id);
    if (known !== undefined) return known;
    const row = this.#world.rowOf(node);
    if (row === undefined) return NEVER;
    const spans = this.#look(node, row);
    // What others show changes with them, so the walk remembers it.
    if (row.isShown) return spans;
    this.#seen.set(id, spans);
    this.#budget.left -= 1;
    return spans;
  }

  #look(node: number, row: TypeRow): Spans {
    if (row.isForEverybody) return ALWAYS;
    const world = this.#world;
    if (row.owner !== undefined && this.isOwn(node)) return ALWAYS;
    let spans = row.needsAll ? this.#seesAll(node) : this.#along(node);
    if (row.isShown) spans = unite(spans, this.shownOf(node));
    spans = duringItsTime(spans, row, world.aboutFrom(node), world.aboutTo(node));
    if (row.shared === undefined || !world.isShared(node)) return spans;
    return holdsMembers(row) ? unite(spans, this.#together(node)) : ALWAYS;
  }

  isOwn(node: number): boolean {
    return this.#username !== undefined && this.#world.ownerOf(node) === this.#username;
  }

  /** The same of an entity that the index does not know, by what it says itself. */
  seenAs(id: string, { row, links, owner, isShared, isUnclear, fromMs, toMs }: Tied): Spans {
    if (row.isForEverybody) return ALWAYS;
    if (owner !== undefined && owner === this.#username) return ALWAYS;
    const { graph } = this.#world;
    const above = links.filter(({ child, flags }) => child === id && (flags & KIND) !== SHOWS);
    const lent = above.map((link) => {
      const parent = graph.find(link.parent);
      const isPart = (link.flags & KIND) === PART;
      const whole = isPart
        ? this.inside(parent)
        : (link.flags & PERSONAL) !== 0
          ? this.#without(parent)
          : this.#lend(parent);
      return row.isRoot && isPart ? NEVER : within(whole, link.fromMs, link.toMs);
    });
    const all = row.needsAll
      ? isUnclear
        ? NEVER
        : lent.reduce(intersect, lent[0] ?? NEVER)
      : lent.reduce(unite, NEVER);
    const spans = duringItsTime(all, row, fromMs, toMs);
    return isShared && !holdsMembers(row) ? ALWAYS : spans;
  }

  /** Part of what is granted, or seen with something. */
  #along(node: number): Spans {
    return this.#withSteps(node, this.inside(node), (parent, flags) =>
      (flags & PERSONAL) !== 0 ? this.#without(parent) : this.#lend(parent),
    );
  }

  /** When what is seen with a thing is seen on its account. A group of one's own lends nothing that its members do not. */
  #lend(node: number): Spans {
    const row = this.#world.rowOf(node);
    if (row === undefined) return NEVER;
    const spans = this.#withSteps(node, this.inside(node), (parent, flags) =>
      (flags & PERSONAL) !== 0 ? NEVER : this.inside(parent),
    );
    const isReachable = holdsMembers(row) && (this.isOwn(node) || this.#world.isShared(node));
    return isReachable ? unite(spans, this.#together(node)) : spans;
  }

  #withSteps(node: number, start: Spans, valueAt: (parent: number, flags: number) => Spans): Spans {
    const { graph } = this.#world;
    let spans = start;
    let dated: ReadonlySet<number> | undefined;
    for (let link = graph.firstUp(node); link !== NONE && spans !== ALWAYS; link = graph.nextUp(link)) {
      const flags = graph.flagsOf(link);
      if ((flags & KIND) !== WITH) continue;
      const parent = graph.parentOf(link);
      dated ??= this.#outranking(node, WITH).dated;
      if ((flags & DATED) === 0 && dated.has(parent)) continue;
      spans = unite(spans, within(valueAt(parent, flags), graph.fromOf(link), graph.toOf(link)));
    }
    return spans;
  }

  #without(node: number): Spans {
    return (this.#impersonal ?? this).inside(node);
  }

  /** When every member that belongs to the group at that time is seen. */
  #together(group: number): Spans {
    const { graph } = this.#world;
    if (this.#world.isUnclear(group)) return NEVER;
    let spans: Spans | undefined;
    for (let link = graph.firstOwned(group); link !== NONE; link = graph.nextOwned(link)) {
      if (graph.parentOf(link) !== group) continue;
      const elsewhere = complement(spansOf(graph.fromOf(link), graph.toOf(link)));
      spans = intersect(spans ?? ALWAYS, unite(elsewhere, this.inside(graph.childOf(link))));
      if (spans.length === 0) break;
    }
    return spans ?? NEVER;
  }

  #seesAll(node: number): Spans {
    const { graph } = this.#world;
    if (this.#world.isUnclear(node)) return NEVER;
    let spans: Spans | undefined;
    for (let link = graph.firstUp(node); link !== NONE; link = graph.nextUp(link)) {
      if ((graph.flagsOf(link) & KIND) !== PART) continue;
      const one = within(this.inside(graph.parentOf(link)), graph.fromOf(link), graph.toOf(link));
      spans = spans === undefined ? one : intersect(spans, one);
    }
    return spans ?? NEVER;
  }

  /** When the entity is granted or part of what is. */
  inside(node: number): Spans {
    const known = this.#inside.get(node);
    if (known !== undefined) return known;
    const { graph } = this.#world;
    // Nothing below it, so nothing asks again by way of it, and no circle leads through it.
    if (graph.firstDown(node) === NONE) return this.#gather(node, (parent) => this.inside(parent));
    if (this.#isReady(node))
      return this.#remember(
        node,
        this.#gather(node, (parent) => this.#inside.get(parent) ?? NEVER),
      );
    const { order, isCircle } = this.#above(node);
    const found = new Map<number, Spans>();
    const valueAt = (parent: number) => this.#inside.get(parent) ?? found.get(parent) ?? NEVER;
    for (const one of order) found.set(one, this.#gather(one, valueAt));
    if (isCircle) this.#settle(order, found, valueAt);
    for (const [one, spans] of found) this.#remember(one, spans);
    return found.get(node) ?? NEVER;
  }

  #remember(node: number, spans: Spans): Spans {
    this.#inside.set(node, spans);
    this.#budget.left -= 1;
    return spans;
  }

  /** Whether everything right above it is known, as it is when somebody comes from above. */
  #isReady(node: number): boolean {
    const { graph } = this.#world;
    for (let link = graph.firstUp(node); link !== NONE; link = graph.nextUp(link)) {
      if ((graph.flagsOf(link) & KIND) === PART && !this.#inside.has(graph.parentOf(link))) return false;
    }
    return true;
  }

  /** Everything above that is not remembered yet, parents first as far as there is a first. */
  #above(start: number): { readonly order: readonly number[]; readonly isCircle: boolean } {
    const { graph } = this.#world;
    const order: number[] = [];
    const isOpen = new Map<number, boolean>([[start, true]]);
    const path = [start];
    const links = [graph.firstUp(start)];
    let isCircle = false;
    while (path.length > 0) {
      const link = links.pop() ?? NONE;
      if (link === NONE) {
        const done = path.pop() ?? NONE;
        isOpen.set(done, false);
        order.push(done);
        continue;
      }
      links.push(graph.nextUp(link));
      if ((graph.flagsOf(link) & KIND) !== PART) continue;
      const parent = graph.parentOf(link);
      const state = isOpen.get(parent);
      if (state === true) isCircle = true;
      if (state !== undefined || this.#inside.has(parent)) continue;
      isOpen.set(parent, true);
      path.push(parent);
      links.push(graph.firstUp(parent));
    }
    return { order, isCircle };
  }

  /** In a circle one value may widen another: again and again, until nothing changes. */
  #settle(order: readonly number[], found: Map<number, Spans>, valueAt: (parent: number) => Spans): void {
    const { graph } = this.#world;
    const below = new Map<number, number[]>();
    for (const child of order) {
      for (let link = graph.firstUp(child); link !== NONE; link = graph.nextUp(link)) {
        const parent = graph.parentOf(link);
        if ((graph.flagsOf(link) & KIND) !== PART || !found.has(parent)) continue;
        const children = below.get(parent);
        if (children === undefined) below.set(parent, [child]);
        else children.push(child);
      }
    }
    const waiting = new Set(order);
    const enough = this.#looks + MOST_LOOKS;
    for (const node of waiting) {
      if (this.#looks > enough) return;
      waiting.delete(node);
      const spans = this.#gather(node, valueAt);
      if (isSame(spans, found.get(node) ?? NEVER)) continue;
      found.set(node, spans);
      for (const child of below.get(node) ?? []) waiting.add(child);
    }
  }

  #gather(node: number, valueAt: (parent: number) => Spans): Spans {
    const { graph } = this.#world;
    const row = this.#world.rowOf(node);
    if (row === undefined) return NEVER;
    let spans = row.isGrantable ? this.#granted(node) : NEVER;
    if (row.isRoot) return spans;
    const { isPlaced, dated } = this.#outranking(node, PART);
    for (let link = graph.firstUp(node); link !== NONE && spans !== ALWAYS; link = graph.nextUp(link)) {
      this.#looks += 1;
      const flags = graph.flagsOf(link);
      if ((flags & KIND) !== PART || (isPlaced && (flags & FALLBACK) !== 0)) continue;
      if ((flags & DATED) === 0 && dated.has(graph.parentOf(link))) continue;
      spans = unite(spans, within(valueAt(graph.parentOf(link)), graph.fromOf(link), graph.toOf(link)));
    }
    return spans;
  }

  /** Where an installation says where a meter is, its site does not; where somebody dates a tie, a tie without dates is outdated. */
  #outranking(node: number, kind: number): { readonly isPlaced: boolean; readonly dated: ReadonlySet<number> } {
    const { graph } = this.#world;
    const first = graph.firstUp(node);
    if (first === NONE || graph.nextUp(first) === NONE) return ALONE;
    let isPlaced = false;
    let dates = 0;
    for (let link = graph.firstUp(node); link !== NONE; link = graph.nextUp(link)) {
      const flags = graph.flagsOf(link);
      if ((flags & KIND) !== kind) continue;
      if ((flags & PLACED) !== 0) isPlaced = true;
      dates |= (flags & DATED) === 0 ? SOME_UNDATED : SOME_DATED;
    }
    if (dates !== (SOME_DATED | SOME_UNDATED)) return { isPlaced, dated: NOBODY };
    const dated = new Set<number>();
    for (let link = graph.firstUp(node); link !== NONE; link = graph.nextUp(link)) {
      const flags = graph.flagsOf(link);
      const isOutranked = isPlaced && (flags & FALLBACK) !== 0;
      if ((flags & KIND) === kind && (flags & DATED) !== 0 && !isOutranked) dated.add(graph.parentOf(link));
    }
    return { isPlaced, dated };
  }

  #granted(node: number): Spans {
    if (this.#impersonal === undefined && this.#world.typeNameOf(node) === 'Customer') return NEVER;
    return this.#grants.get(this.#world.graph.idOf(node)) ?? NEVER;
  }
}

/** A record belongs for good to those whose time it is about; a meter's stay at a point to those who were there with it. */
function duringItsTime(spans: Spans, { about }: TypeRow, fromMs: number, toMs: number): Spans {
  if (about === undefined) return spans;
  if (about.rule === 'whole') return covers(spans, fromMs, toMs) ? ALWAYS : NEVER;
  return overlaps(spans, fromMs, toMs) ? spans : NEVER;
}

/** Of types that may be shared only groups have members. */
function holdsMembers({ ties, shared }: TypeRow): boolean {
  return shared !== undefined && ties.some(({ kind }) => kind === 'holds');
}

function datesByTarget({ grants }: Grants): ReadonlyMap<string, Spans> {
  const dates = new Map<string, Spans>();
  for (const { to, fromMs, toMs } of grants) {
    const spans = spansOf(fromMs ?? Number.NEGATIVE_INFINITY, toMs ?? Number.POSITIVE_INFINITY);
    dates.set(to, unite(dates.get(to) ?? NEVER, spans));
  }
  return dates;
}

function isSame(a: Spans, b: Spans): boolean {
  return (
    a === b ||
    (a.length === b.length && a.every(({ fromMs, toMs }, at) => b[at]?.fromMs === fromMs && b[at]?.toMs === toMs))
  );
}

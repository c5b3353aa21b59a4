/**
 * The index of who sees what: fed with entities, asked with scopes. It keeps views of the scopes that were asked about lately, and
 * takes out of them what a change may have changed: one entry for a new alert or reading, a few when a meter moves, all when a town does.
 */

import { EVER, type Scope, type ScopeIndex, type Span, type TiedEntity } from '../scope.js';
import { readTies } from './read-ties.js';
import { contains, NEVER, type Spans } from './spans.js';
import { type Budget, type Grants, View } from './view.js';
import { type Seen, Walk } from './walk.js';
import { type Change, World } from './world.js';

/** Scopes asked about at the same time: everybody who is signed in, and partners. */
const MOST_VIEWS = 1_000;
/** Answers remembered in all views together, some 50 bytes each. */
const MOST_REMEMBERED = 4_000_000;

interface Kept {
  readonly view: View;
  readonly walk: Walk;
}

const ALWAYS: Spans = Object.freeze([EVER]);

export function createScopeIndex(): ScopeIndex {
  return new Index();
}

class Index implements ScopeIndex {
  readonly #world = new World();
  readonly #budget: Budget = { left: MOST_REMEMBERED };
  /** By what they say, the one that was used last at the end. */
  readonly #views = new Map<string, Kept>();
  /** The same by the scope object, so that a request that asks a hundred times is not read a hundred times. */
  #byScope = new WeakMap<Scope, Kept>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  get size(): number {
    return this.#world.size;
  }

  apply(entity: TiedEntity): void {
    this.#after(this.#world.apply(entity));
  }

  remove(id: string): void {
    this.#after(this.#world.remove(id));
  }

  has(id: string): boolean {
    return this.#world.isKnown(this.#world.graph.find(id));
  }

  typeOf(id: string): string | undefined {
    return this.#world.typeNameOf(this.#world.graph.find(id));
  }

  isOwn(scope: Scope, id: string): boolean {
    const node = this.#world.graph.find(id);
    return scope.kind === 'grants' && this.#world.isKnown(node) && this.#kept(scope).view.isOwn(node);
  }

  spansOfEntity(scope: Scope, entity: TiedEntity): readonly Span[] {
    if (scope.kind === 'everything' || this.has(entity.id)) return this.spansOf(scope, entity.id);
    const tied = readTies(entity);
    return tied === undefined ? NEVER : this.#kept(scope).view.seenAs(entity.id, tied);
  }

  spansOf(scope: Scope, id: string): readonly Span[] {
    if (scope.kind === 'everything') return ALWAYS;
    return this.#kept(scope).view.seenById(id);
  }

  isVisible(scope: Scope, id: string, atMs: number): boolean {
    return contains(this.spansOf(scope, id), atMs);
  }

  idsOf(scope: Scope, types: readonly string[], when: number | 'ever'): readonly string[] {
    if (scope.kind === 'everything') return this.#all(types).map(({ id }) => id);
    return this.#kept(scope).walk.idsAt(types, when, this.#version);
  }

  *prepare(scope: Scope, types: readonly string[]): Generator<void> {
    if (scope.kind === 'grants') yield* this.#kept(scope).walk.prepare(types, () => this.#version);
  }

  typesOf(scope: Scope, when: number | 'ever'): readonly string[] {
    const there = new Set<string>();
    for (const { type, spans } of this.#list(scope, [])) {
      if (!there.has(type) && (when === 'ever' || contains(spans, when))) there.add(type);
    }
    return [...there].sort();
  }

  #list(scope: Scope, types: readonly string[]): readonly Seen[] {
    return scope.kind === 'everything' ? this.#all(types) : this.#kept(scope).walk.list(types, this.#version);
  }

  #all(types: readonly string[]): readonly Seen[] {
    const { graph } = this.#world;
    const wanted = new Set(types);
    const seen: Seen[] = [];
    for (let node = 0; node < graph.end; node += 1) {
      const type = this.#world.typeNameOf(node);
      if (type === undefined || (wanted.size > 0 && !wanted.has(type))) continue;
      seen.push({ id: graph.idOf(node), type, spans: ALWAYS });
    }
    return seen.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  #kept(scope: Grants): Kept {
    if (this.#budget.left < 0) this.#makeRoom();
    const known = this.#byScope.get(scope);
    if (known !== undefined) return known;
    const key = keyOf(scope);
    const kept = this.#views.get(key) ?? this.#open(scope);
    this.#views.delete(key);
    this.#views.set(key, kept);
    this.#byScope.set(scope, kept);
    return kept;
  }

  #open(scope: Grants): Kept {
    if (this.#views.size >= MOST_VIEWS) this.#forgetViews();
    const view = new View(this.#world, scope, this.#budget);
    return { view, walk: new Walk(this.#world, view, this.#budget) };
  }

  /** A view that is reached by its object alone would not hear of changes, so all go together. */
  #forgetViews(): void {
    this.#forgetAll();
    this.#views.clear();
    this.#byScope = new WeakMap();
  }

  /** Those that were opened first forget first; a quarter of the room is enough for the others to go on. */
  #makeRoom(): void {
    for (const { view, walk } of this.#views.values()) {
      view.forgetAll();
      walk.forget();
      if (this.#budget.left > MOST_REMEMBERED / 4) return;
    }
  }

  #forgetAll(): void {
    for (const { view, walk } of this.#views.values()) {
      view.forgetAll();
      walk.forget();
    }
  }

  #after(change: Change): void {
    if (change.kind === 'none') return;
    this.#version += 1;
    if (change.kind === 'all') {
      this.#forgetAll();
      return;
    }
    for (const { view, walk } of this.#views.values()) {
      view.forget(change.nodes, change.ids);
      walk.touch(change.nodes);
    }
  }
}

/** Equal for scopes that grant the same. */
function keyOf({ grants, username }: Grants): string {
  const said = grants.map(({ to, fromMs, toMs }) => [to, fromMs ?? null, toMs ?? null]);
  return JSON.stringify([username ?? null, ...said.map((grant) => JSON.stringify(grant)).sort()]);
}

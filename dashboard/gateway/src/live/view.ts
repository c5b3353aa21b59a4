/**
 * What one scope sees of the live state. Clients with the same scope and topics share a view, and with it every text that goes out.
 * A view knows which entities lie inside now and when that will next change by itself, because grants and ties have dates.
 */

import { redact, type Scope, type ScopeIndex } from '@contor/policy';
import { scopeKey } from '../scope/scope-key.js';
import { type Change, LIVE_TYPES } from './state.js';

/** What a client asked for: nothing said means everything it may see. */
export interface Topics {
  readonly types: readonly string[];
  /** URN of a Site: what belongs to it now. */
  readonly site: string | undefined;
}

export interface ViewParts {
  readonly index: ScopeIndex;
}

export interface Difference {
  readonly gained: readonly string[];
  readonly lost: readonly string[];
}

const EVERYTHING: Scope = { kind: 'everything' };
const NO_DIFFERENCE: Difference = { gained: [], lost: [] };

export class View {
  readonly key: string;
  readonly scope: Scope;
  readonly topics: Topics;
  readonly #parts: ViewParts;
  readonly #types: readonly string[];
  readonly #site: Scope | undefined;
  /** Entities inside now; undefined where all are. */
  #inside: Set<string> | undefined;
  /** Of targets of relationships; forgotten at each look. */
  readonly #hidden = new Map<string, boolean>();
  #version = Number.NaN;
  #validUntilMs = Number.NEGATIVE_INFINITY;
  #stamp = 0;

  constructor(scope: Scope, topics: Topics, parts: ViewParts) {
    this.key = keyOf(scope, topics);
    this.scope = scope;
    this.topics = topics;
    this.#parts = parts;
    this.#types = listedTypes(topics);
    this.#site = siteOf(topics);
  }

  /** It need not ask the index who is inside. */
  get isWhole(): boolean {
    return this.scope.kind === 'everything' && this.#site === undefined;
  }

  /** Entities inside, as of the last look; undefined where all of its types are. */
  get inside(): ReadonlySet<string> | undefined {
    return this.#inside;
  }

  /**
   * Says for a client that comes back whether the entities inside are still the same ones: it has missed no state of an entity
   * that came in meanwhile without having changed.
   */
  get stamp(): string {
    return this.isWhole ? '' : this.#stamp.toString(36);
  }

  isStale(): boolean {
    return !this.isWhole && this.#version !== this.#parts.index.version;
  }

  /** A date has passed since the last look, from which on something is inside or no longer is. */
  isOver(nowMs: number): boolean {
    return !this.isWhole && nowMs >= this.#validUntilMs;
  }

  hasType(type: string): boolean {
    return this.#types.includes(type);
  }

  /** Whether this may be shown at this moment: asked before each text when the index has changed since the last look. */
  shows(change: Change, nowMs: number): boolean {
    if (!this.hasType(change.type)) return false;
    if (this.isWhole) return true;
    if (this.isStale() || this.isOver(nowMs)) return this.#isVisible(change.id, nowMs);
    return this.#inside?.has(change.id) === true;
  }

  /** Asks the index anew who is inside. */
  look(nowMs: number): Difference {
    if (this.isWhole) return NO_DIFFERENCE;
    const { index } = this.#parts;
    const before = this.#inside;
    const inside = new Set<string>();
    this.#validUntilMs = Number.POSITIVE_INFINITY;
    for (const id of index.idsOf(listedBy(this.scope, this.topics), this.#types, 'ever')) {
      if (this.#site !== undefined) this.#holdsUntilChange(this.#site, id, nowMs);
      if (this.#holdsUntilChange(this.scope, id, nowMs) && this.#isVisible(id, nowMs)) inside.add(id);
    }
    this.#inside = inside;
    this.#hidden.clear();
    this.#version = index.version;
    this.#stamp = stampOf(this.key, inside);
    return {
      gained: [...inside].filter((id) => !before?.has(id)),
      lost: [...(before ?? [])].filter((id) => !inside.has(id)),
    };
  }

  /** Without relationships to what this scope never sees. */
  textOf({ text, targets }: Change): string {
    if (this.scope.kind === 'everything' || !targets.some((id) => this.#isHidden(id))) return text;
    return JSON.stringify(redact(JSON.parse(text), this.scope, this.#parts.index));
  }

  #isVisible(id: string, nowMs: number): boolean {
    const { index } = this.#parts;
    return index.isVisible(this.scope, id, nowMs) && index.isVisible(this.#site ?? EVERYTHING, id, nowMs);
  }

  #isHidden(id: string): boolean {
    const { index } = this.#parts;
    const isStale = this.isStale();
    const known = isStale ? undefined : this.#hidden.get(id);
    if (known !== undefined) return known;
    const isHidden = index.has(id) && index.spansOf(this.scope, id).length === 0;
    if (!isStale) this.#hidden.set(id, isHidden);
    return isHidden;
  }

  /** Whether it is inside now, and a look is due when that ends or begins. */
  #holdsUntilChange(scope: Scope, id: string, nowMs: number): boolean {
    let isInside = false;
    for (const { fromMs, toMs } of this.#parts.index.spansOf(scope, id)) {
      if (fromMs <= nowMs && nowMs < toMs) isInside = true;
      for (const atMs of [fromMs, toMs]) if (atMs > nowMs && atMs < this.#validUntilMs) this.#validUntilMs = atMs;
    }
    return isInside;
  }
}

/** What lists the candidates: of everything, the site. They are held against both. */
export function listedBy(scope: Scope, topics: Topics): Scope {
  return (scope.kind === 'everything' ? siteOf(topics) : undefined) ?? scope;
}

export function listedTypes({ types }: Topics): readonly string[] {
  return types.length === 0 ? LIVE_TYPES : types;
}

function siteOf({ site }: Topics): Scope | undefined {
  return site === undefined ? undefined : { kind: 'grants', grants: [{ to: site }] };
}

export function keyOf(scope: Scope, { types, site }: Topics): string {
  return JSON.stringify([scopeKey(scope), [...types].sort(), site ?? null]);
}

/** Does not depend on the order: equal sets have equal stamps, and different ones hardly ever. */
function stampOf(key: string, ids: ReadonlySet<string>): number {
  let stamp = hashOf(key);
  for (const id of ids) stamp = (stamp + hashOf(id)) % STAMP_LIMIT;
  return stamp;
}

/** Sums stay exact below it. */
const STAMP_LIMIT = 2 ** 52;

/** FNV-1a with two seeds, 52 bits of them. */
function hashOf(text: string): number {
  let [low, high] = [0x811c9dc5, 0x01000193];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit, 0x85ebca6b);
  }
  return ((high >>> 0) % 2 ** 20) * 2 ** 32 + (low >>> 0);
}

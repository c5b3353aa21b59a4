/**
 * What part of the world somebody may see, and for which time. A scope is a set of dated grants to sites, customers, points or groups;
 * the index knows the dated relationships of the context and says for each entity during which spans it lies inside a scope.
 */

/** Half open: from is inside, to is not. Missing ends are open. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** "From this day to that day, everything of this site, customer, point or group." */
export interface Grant {
  /** URN of a Site, Customer, ConsumptionPoint or MeterGroup. */
  readonly to: string;
  readonly fromMs?: number | undefined;
  readonly toMs?: number | undefined;
}

export type Scope =
  | { readonly kind: 'everything' }
  | {
      readonly kind: 'grants';
      readonly grants: readonly Grant[];
      /** What is owned under this name is seen besides: groups, reports, rules, exports of one's own. */
      readonly username?: string | undefined;
    };

/** What the index reads of an entity: its name and its relationships, normalized NGSI-LD (`pick` of the attributes in `TIES`). */
export interface TiedEntity {
  readonly id: string;
  readonly type: string;
  readonly [attribute: string]: unknown;
}

export interface ScopeIndex {
  /** The entity as it is now; replaces what was known of it. */
  apply(entity: TiedEntity): void;
  remove(id: string): void;
  /** A new number whenever an answer may have changed, so that callers may cache by it. */
  readonly version: number;
  readonly size: number;
  /** When the entity lies inside the scope: none means it does not exist for them. Everything is one span without ends. */
  spansOf(scope: Scope, id: string): readonly Span[];
  isVisible(scope: Scope, id: string, atMs: number): boolean;
  /** Identifiers of these types (all types when empty) that lie inside at that moment, or at any moment, sorted. */
  idsOf(scope: Scope, types: readonly string[], when: number | 'ever'): readonly string[];
  /**
   * What `idsOf` has to work out for the first time may be long work. It can be done before, in pieces of some milliseconds: one for each
   * step of the generator. Answers are the same without it.
   */
  prepare(scope: Scope, types: readonly string[]): Generator<void>;
  /** Types of which somebody may see at least one entity, sorted. */
  typesOf(scope: Scope, when: number | 'ever'): readonly string[];
  has(id: string): boolean;
  typeOf(id: string): string | undefined;
  /** Whether it says that it belongs to the user of this scope. */
  isOwn(scope: Scope, id: string): boolean;
  /** Of an entity in hand: as `spansOf` when it is known, otherwise as if it were applied, by what it says itself. */
  spansOfEntity(scope: Scope, entity: TiedEntity): readonly Span[];
}

export const EVER: Span = Object.freeze({ fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY });

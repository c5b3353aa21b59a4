/**
 * Which entities a subscription is about: selectors, q, geoQ and scopeQ (GS CIM 009 V1.9.1, 5.2.12). Many subscriptions have
 * conditions in common: each is compiled once, and asked once of each state.
 */

import type { Entity } from '../entity/model.js';
import { compileQuery } from '../query/evaluate.js';
import { compileGeoQuery, type GeoQuery } from '../query/geo-query.js';
import type { Query } from '../query/q.js';
import { compileScopeQuery, type ScopeQuery } from '../query/scope-query.js';
import { compileSelector, type Selector } from '../query/select.js';
import type { Subscription } from './model.js';

export type EntityTest = (entity: Entity) => boolean;

/** Each kind of condition and how it becomes a test; whoever counts questions puts his own here. */
export interface Compilers {
  readonly entities: (selectors: readonly Selector[]) => EntityTest;
  readonly q: (query: Query) => EntityTest;
  readonly geoQ: (query: GeoQuery) => EntityTest;
  readonly scopeQ: (query: ScopeQuery) => EntityTest;
}

export const COMPILERS: Compilers = {
  entities: compileSome,
  q: compileQuery,
  geoQ: compileGeoQuery,
  scopeQ: compileScopeQuery,
};

interface Condition {
  readonly kind: keyof Compilers;
  readonly key: string;
  readonly compile: () => EntityTest;
}

interface Shared {
  readonly test: EntityTest;
  users: number;
}

export class Conditions {
  readonly #compilers: Compilers;
  readonly #tests = new Map<string, Shared>();
  /** Of which state is being asked. */
  #round = 0;

  constructor(compilers: Compilers = COMPILERS) {
    this.#compilers = compilers;
  }

  get size(): number {
    return this.#tests.size;
  }

  /** From here on another state is asked about: what was answered before no longer holds. */
  turn(): void {
    this.#round += 1;
  }

  /** The tests of a subscription, cheapest first; `release` gives them back. */
  acquire(subscription: Subscription): readonly EntityTest[] {
    return conditionsOf(subscription, this.#compilers).map(({ key, compile }) => {
      const shared = this.#tests.get(key) ?? { test: this.#remembering(compile()), users: 0 };
      shared.users += 1;
      this.#tests.set(key, shared);
      return shared.test;
    });
  }

  release(subscription: Subscription): void {
    for (const { key } of conditionsOf(subscription, this.#compilers)) {
      const shared = this.#tests.get(key);
      if (shared === undefined) continue;
      shared.users -= 1;
      if (shared.users === 0) this.#tests.delete(key);
    }
  }

  #remembering(test: EntityTest): EntityTest {
    let askedIn = -1;
    let answer = false;
    return (entity) => {
      if (askedIn !== this.#round) answer = test(entity);
      askedIn = this.#round;
      return answer;
    };
  }
}

/** Whether an entity is one the subscription is about, for those that ask of all entities and not of a change. */
export function compileConditions(subscription: Subscription): EntityTest {
  const tests = conditionsOf(subscription, COMPILERS).map(({ compile }) => compile());
  return (entity) => tests.every((test) => test(entity));
}

/** The conditions that this state does not meet, by their members of the subscription. */
export function unmetConditions(subscription: Subscription, entity: Entity): readonly (keyof Compilers)[] {
  return conditionsOf(subscription, COMPILERS).flatMap(({ kind, compile }) => (compile()(entity) ? [] : [kind]));
}

function conditionsOf({ entities, q, geoQ, scopeQ }: Subscription, compilers: Compilers): readonly Condition[] {
  const conditions: Condition[] = [];
  if (entities !== undefined)
    conditions.push({
      kind: 'entities',
      key: keyOf('entities', entities),
      compile: () => compilers.entities(entities),
    });
  if (scopeQ !== undefined)
    conditions.push({
      kind: 'scopeQ',
      key: keyOf('scopeQ', scopeQ.query),
      compile: () => compilers.scopeQ(scopeQ.query),
    });
  if (q !== undefined) conditions.push({ kind: 'q', key: keyOf('q', q.query), compile: () => compilers.q(q.query) });
  if (geoQ !== undefined)
    conditions.push({ kind: 'geoQ', key: keyOf('geoQ', geoQ.query), compile: () => compilers.geoQ(geoQ.query) });
  return conditions;
}

function keyOf(kind: keyof Compilers, source: unknown): string {
  return kind + JSON.stringify(source);
}

function compileSome(selectors: readonly Selector[]): EntityTest {
  const tests = selectors.map(compileSelector);
  return (entity) => tests.some((test) => test(entity));
}

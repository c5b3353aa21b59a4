/**
 * Conditions that many subscriptions have in common: compiled once, and asked once of each state. A thousand subscribers of
 * one type and one query cost one question.
 */

import type { Entity } from '../entity/model.js';

export type EntityTest = (entity: Entity) => boolean;

interface Shared {
  readonly test: EntityTest;
  users: number;
}

export class SharedTests<Source> {
  readonly #compile: (source: Source) => EntityTest;
  readonly #tests = new Map<string, Shared>();

  constructor(compile: (source: Source) => EntityTest) {
    this.#compile = compile;
  }

  get size(): number {
    return this.#tests.size;
  }

  /** The test of this source; give it back with `release` and the same source. */
  acquire(source: Source): EntityTest {
    const key = JSON.stringify(source);
    const shared = this.#tests.get(key) ?? { test: remembering(this.#compile(source)), users: 0 };
    shared.users += 1;
    this.#tests.set(key, shared);
    return shared.test;
  }

  release(source: Source): void {
    const key = JSON.stringify(source);
    const shared = this.#tests.get(key);
    if (shared === undefined) return;
    shared.users -= 1;
    if (shared.users === 0) this.#tests.delete(key);
  }
}

/** States are immutable, so an answer holds for as long as the state is the same object. */
function remembering(test: EntityTest): EntityTest {
  let asked: WeakRef<Entity> | undefined;
  let answer = false;
  return (entity) => {
    if (asked?.deref() !== entity) {
      answer = test(entity);
      asked = new WeakRef(entity);
    }
    return answer;
  };
}

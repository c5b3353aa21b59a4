/** One tenant's entities, subscriptions and registrations in memory. A tenant is a wall: nothing in here knows another one. */

import type { Entity } from '../entity/model.js';
import { RegistrationBook } from '../registration/book.js';
import type { Subscription } from '../subscription/model.js';

/** A place that keeps its identity while the entity in it is replaced: the indexes point here. */
interface Slot {
  entity: Entity;
}

export class Tenant {
  readonly name: string;
  readonly subscriptions = new Map<string, Subscription>();
  readonly registrations = new RegistrationBook();
  readonly #slots = new Map<string, Slot>();
  readonly #byType = new Map<string, Set<Slot>>();

  constructor(name: string) {
    this.name = name;
  }

  get size(): number {
    return this.#slots.size;
  }

  get types(): Iterable<string> {
    return this.#byType.keys();
  }

  entity(id: string): Entity | undefined {
    return this.#slots.get(id)?.entity;
  }

  countOf(type: string): number {
    return this.#byType.get(type)?.size ?? 0;
  }

  /** In order of creation. With several types an entity that has two of them comes once. */
  *entities(types?: readonly string[]): Iterable<Entity> {
    if (types === undefined) {
      for (const { entity } of this.#slots.values()) yield entity;
      return;
    }
    const [only] = types;
    if (types.length === 1 && only !== undefined) {
      for (const { entity } of this.#byType.get(only) ?? []) yield entity;
      return;
    }
    const seen = new Set<Slot>();
    for (const type of types) {
      for (const slot of this.#byType.get(type) ?? []) {
        if (seen.has(slot)) continue;
        seen.add(slot);
        yield slot.entity;
      }
    }
  }

  put(entity: Entity): void {
    const slot = this.#slots.get(entity.id);
    if (slot === undefined) {
      const created = { entity };
      this.#slots.set(entity.id, created);
      this.#index(created, entity.types);
    } else {
      const before = slot.entity;
      slot.entity = entity;
      if (before.types !== entity.types) this.#reindex(slot, before.types, entity.types);
    }
  }

  remove(id: string): void {
    const slot = this.#slots.get(id);
    if (slot === undefined) return;
    this.#slots.delete(id);
    this.#reindex(slot, slot.entity.types, []);
  }

  #index(slot: Slot, types: readonly string[]): void {
    for (const type of types) {
      const bucket = this.#byType.get(type);
      if (bucket === undefined) this.#byType.set(type, new Set([slot]));
      else bucket.add(slot);
    }
  }

  #reindex(slot: Slot, before: readonly string[], after: readonly string[]): void {
    for (const type of before) {
      if (after.includes(type)) continue;
      const bucket = this.#byType.get(type);
      bucket?.delete(slot);
      if (bucket?.size === 0) this.#byType.delete(type);
    }
    this.#index(slot, after);
  }
}

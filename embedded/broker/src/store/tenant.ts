/** One tenant's entities, subscriptions and registrations in memory. A tenant is a wall: nothing in here knows another one. */

import { Catalogue } from '../entity/catalogue.js';
import type { Entity } from '../entity/model.js';
import { RegistrationBook } from '../registration/book.js';
import type { Subscription } from '../subscription/model.js';
import { EntityTable } from './entity-table.js';
import type { Shelf } from './shelf.js';

export class Tenant {
  readonly name: string;
  readonly subscriptions = new Map<string, Subscription>();
  readonly registrations = new RegistrationBook();
  /** For queries, which need not unpack what they do not answer with. */
  readonly table: EntityTable;
  #catalogue: Catalogue | undefined;

  constructor(name: string, shelf: Shelf) {
    this.name = name;
    this.table = new EntityTable(shelf);
  }

  get size(): number {
    return this.table.size;
  }

  get types(): Iterable<string> {
    return this.table.types;
  }

  has(id: string): boolean {
    return this.table.has(id);
  }

  entity(id: string): Entity | undefined {
    const slot = this.table.slot(id);
    return slot === undefined ? undefined : this.table.entityAt(slot);
  }

  countOf(type: string): number {
    return this.table.countOf(type);
  }

  /** In order of creation; with several types an entity that has two of them comes once. Each is unpacked: see `table`. */
  *entities(types?: readonly string[]): Iterable<Entity> {
    for (const slot of this.table.slots(types)) yield this.table.entityAt(slot);
  }

  /** What discovery asks; the first to ask waits for a look at all entities. */
  get catalogue(): Catalogue {
    this.#catalogue ??= new Catalogue(this.entities());
    return this.#catalogue;
  }

  /** After a write, for those who count. */
  changed(before: Entity | undefined, after: Entity | undefined): void {
    this.#catalogue?.changed(before, after);
  }

  put(entity: Entity): void {
    this.table.put(entity);
  }

  remove(id: string): void {
    this.table.remove(id);
  }
}

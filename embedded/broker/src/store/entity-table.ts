/**
 * The entities of one tenant: a slot each, in order of creation, with the packed entity behind it. Slots of the same types
 * form a group, so that a query by type walks over numbers and unpacks only what it answers with.
 */

import type { Entity } from '../entity/model.js';
import { Column, type Member, type Predicate, type SlotTest } from './column.js';
import { IdMap } from './id-map.js';
import type { Shelf } from './shelf.js';

/** Entities with the same types in the same order. */
interface Group {
  readonly number: number;
  readonly types: readonly string[];
  /** Ascending. Slots that have left stay until they are half of it: only those whose group this still is count. */
  slots: Uint32Array;
  length: number;
  size: number;
}

export interface CapturedTable {
  /** Empty where a slot is. */
  readonly ids: readonly string[];
  readonly owners: Uint32Array;
}

/** Slots are given once; when this many and half of all are empty, the others move together. */
const LEAST_EMPTY = 1_024;
const NO_GROUP = 0;

export class EntityTable {
  readonly #shelf: Shelf;
  readonly #slotOf = new IdMap();
  #ids: string[] = [];
  #owners = new Uint32Array(64);
  #groupOf = new Uint32Array(64);
  /** By number; 0 is none. */
  readonly #groups: (Group | undefined)[] = [undefined];
  readonly #freeGroups: number[] = [];
  readonly #byTypes = new Map<string, Group>();
  readonly #byType = new Map<string, Set<Group>>();
  readonly #columns = new Map<string, Column>();

  constructor(shelf: Shelf) {
    this.#shelf = shelf;
  }

  get size(): number {
    return this.#slotOf.size;
  }

  get types(): Iterable<string> {
    return this.#byType.keys();
  }

  /** Slots are below this number; some are empty. */
  get end(): number {
    return this.#ids.length;
  }

  countOf(type: string): number {
    let count = 0;
    for (const group of this.#byType.get(type) ?? []) count += group.size;
    return count;
  }

  has(id: string): boolean {
    return this.#slotOf.has(id);
  }

  slot(id: string): number | undefined {
    return this.#slotOf.get(id);
  }

  id(slot: number): string {
    return this.#ids[slot] ?? '';
  }

  typesAt(slot: number): readonly string[] {
    return this.#groups[this.#groupOf[slot] ?? NO_GROUP]?.types ?? [];
  }

  entityAt(slot: number): Entity {
    return this.#shelf.entity(this.#owners[slot] ?? 0, this.id(slot), this.typesAt(slot));
  }

  /** The entity with its attributes of this name and no others. */
  onlyAt(slot: number, name: string): Entity {
    return this.#shelf.only(name, this.#owners[slot] ?? 0, this.id(slot), this.typesAt(slot));
  }

  /** The entity without its attributes. */
  bareAt(slot: number): Entity {
    return this.#shelf.bare(this.#owners[slot] ?? 0, this.id(slot), this.typesAt(slot));
  }

  /** A predicate that looks only at this member of this attribute, by slot: the first such test makes a column of them. */
  columnTest(name: string, member: Member, predicate: Predicate): SlotTest {
    const key = `${member} ${name}`;
    const column = this.#columns.get(key) ?? new Column(name, member, (slot, only) => this.onlyAt(slot, only));
    this.#columns.set(key, column);
    const test = column.test(predicate, this.end);
    this.#shelf.columns.used(column, () => this.#columns.delete(key));
    return test;
  }

  /** Ids and where their entities lie, in order of creation, as they are now. */
  capture(): CapturedTable {
    const ids = this.#ids.slice();
    const owners = this.#owners.slice(0, ids.length);
    return { ids, owners };
  }

  /** In order of creation: all, or those that have one of the types. To be walked through without a pause. */
  *slots(types?: readonly string[]): Iterable<number> {
    if (types === undefined) {
      for (let slot = 0; slot < this.#ids.length; slot += 1) if (this.#groupOf[slot] !== NO_GROUP) yield slot;
      return;
    }
    const groups = new Set(types.flatMap((type) => [...(this.#byType.get(type) ?? [])]));
    const [only] = groups;
    if (only === undefined) return;
    if (groups.size === 1) {
      const { slots, length, number } = only;
      for (let at = 0; at < length; at += 1) {
        const slot = slots[at] ?? 0;
        if (this.#groupOf[slot] === number) yield slot;
      }
      return;
    }
    yield* this.#merged(groups);
  }

  put(entity: Entity): void {
    this.putPacked(entity.id, entity.types, this.#shelf.pack(entity));
  }

  /** What a snapshot holds is kept as it is. */
  putPacked(id: string, types: readonly string[], packed: Uint8Array): void {
    const known = this.#slotOf.get(id);
    if (known !== undefined) {
      this.#shelf.pages.replace(this.#owners[known] ?? 0, packed);
      this.#forget(known);
      const before = this.#groups[this.#groupOf[known] ?? NO_GROUP];
      if (before !== undefined && isSame(before.types, types)) return;
      this.#leave(known);
      this.#join(known, types);
      return;
    }
    const slot = this.#newSlot(id);
    this.#owners[slot] = this.#shelf.pages.add(packed);
    this.#join(slot, types);
  }

  remove(id: string): void {
    const slot = this.#slotOf.get(id);
    if (slot === undefined) return;
    this.#slotOf.delete(id);
    this.#ids[slot] = '';
    this.#forget(slot);
    this.#shelf.pages.remove(this.#owners[slot] ?? 0);
    this.#leave(slot);
    const empty = this.#ids.length - this.#slotOf.size;
    if (empty >= LEAST_EMPTY && empty * 2 > this.#ids.length) this.#moveTogether();
  }

  #forget(slot: number): void {
    for (const column of this.#columns.values()) {
      column.forget(slot);
      if (column.isUnused) this.#shelf.columns.drop(column);
    }
  }

  #newSlot(id: string): number {
    const slot = this.#ids.push(id) - 1;
    if (slot === this.#owners.length) {
      this.#owners = grown(this.#owners);
      this.#groupOf = grown(this.#groupOf);
    }
    this.#slotOf.set(id, slot);
    return slot;
  }

  #join(slot: number, types: readonly string[]): void {
    const group = this.#groupFor(types);
    this.#groupOf[slot] = group.number;
    group.size += 1;
    const last = group.length === 0 ? -1 : (group.slots[group.length - 1] ?? 0);
    if (slot > last) insert(group, group.length, slot);
    else {
      // An old entity with new types: its place is among its elders, where it may still stand from before.
      const at = placeOf(group, slot);
      if (group.slots[at] !== slot) insert(group, at, slot);
    }
  }

  #leave(slot: number): void {
    const group = this.#groups[this.#groupOf[slot] ?? NO_GROUP];
    this.#groupOf[slot] = NO_GROUP;
    if (group === undefined) return;
    group.size -= 1;
    if (group.size === 0) this.#dissolve(group);
    else if (group.size * 2 < group.length) {
      group.slots = group.slots.subarray(0, group.length).filter((other) => this.#groupOf[other] === group.number);
      group.length = group.slots.length;
    }
  }

  #groupFor(types: readonly string[]): Group {
    const [only = ''] = types;
    // Names have no space (4.6.2), so joined they are told apart.
    const key = types.length === 1 ? only : types.join(' ');
    const known = this.#byTypes.get(key);
    if (known !== undefined) return known;
    const number = this.#freeGroups.pop() ?? this.#groups.length;
    const group: Group = { number, types, slots: new Uint32Array(4), length: 0, size: 0 };
    this.#groups[number] = group;
    this.#byTypes.set(key, group);
    for (const type of types) {
      const groups = this.#byType.get(type) ?? new Set();
      this.#byType.set(type, groups.add(group));
    }
    return group;
  }

  #dissolve(group: Group): void {
    this.#groups[group.number] = undefined;
    this.#freeGroups.push(group.number);
    this.#byTypes.delete(group.types.join(' '));
    for (const type of group.types) {
      const groups = this.#byType.get(type);
      groups?.delete(group);
      if (groups?.size === 0) this.#byType.delete(type);
    }
  }

  #merged(groups: ReadonlySet<Group>): Uint32Array {
    let size = 0;
    for (const group of groups) size += group.size;
    const all = new Uint32Array(size);
    let at = 0;
    for (const { slots, length, number } of groups) {
      for (let index = 0; index < length; index += 1) {
        const slot = slots[index] ?? 0;
        if (this.#groupOf[slot] === number) all[at++] = slot;
      }
    }
    return all.sort();
  }

  /** Gives the slots new numbers without gaps; the order stays. */
  #moveTogether(): void {
    for (const column of this.#columns.values()) this.#shelf.columns.drop(column);
    const ids: string[] = [];
    for (const group of this.#groups) if (group !== undefined) group.length = 0;
    for (const [slot, id] of this.#ids.entries()) {
      const number = this.#groupOf[slot] ?? NO_GROUP;
      const group = this.#groups[number];
      if (group === undefined) continue;
      const next = ids.push(id) - 1;
      this.#slotOf.set(id, next);
      this.#owners[next] = this.#owners[slot] ?? 0;
      this.#groupOf[next] = number;
      group.slots[group.length] = next;
      group.length += 1;
    }
    this.#groupOf.fill(NO_GROUP, ids.length);
    this.#ids = ids;
  }
}

/** Where the slot stands, or would. */
function placeOf({ slots, length }: Group, slot: number): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((slots[middle] ?? 0) < slot) low = middle + 1;
    else high = middle;
  }
  return low;
}

function insert(group: Group, at: number, slot: number): void {
  if (group.length === group.slots.length) group.slots = grown(group.slots);
  group.slots.copyWithin(at + 1, at, group.length);
  group.slots[at] = slot;
  group.length += 1;
}

function grown(array: Uint32Array): Uint32Array<ArrayBuffer> {
  const larger = new Uint32Array(Math.max(8, array.length * 2));
  larger.set(array);
  return larger;
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  if (some === others) return true;
  return some.length === others.length && some.every((type, index) => type === others[index]);
}

/** What the index knows of the context: who belongs to whom, and of each entity its type, its owner, and the time it is about. */

import { EVER, type TiedEntity } from '../scope.js';
import { affectedBy, type Said, saidBy } from './affected.js';
import { instants, NONE } from './columns.js';
import { Graph } from './graph.js';
import { readTies, type Tied } from './read-ties.js';
import { type TypeRow, typeRow } from './ties.js';

/** What a change may have changed: nothing, these, or anything. */
export type Change =
  | { readonly kind: 'none' }
  | { readonly kind: 'some'; readonly nodes: Iterable<number>; readonly ids: readonly string[] }
  | { readonly kind: 'all' };

const NO_CHANGE: Change = { kind: 'none' };

export class World {
  readonly graph = new Graph();
  /** Entities that have an owner or are shared: few, and reached by no link. */
  readonly owned = new Set<number>();
  /** Entities that everybody sees: few as well. */
  readonly common = new Set<number>();
  readonly #types: { readonly name: string; readonly row: TypeRow | undefined }[] = [];
  readonly #typeNumbers = new Map<string, number>();
  readonly #counts: number[] = [];
  readonly #typeVersions: number[] = [];
  readonly #owners = new Map<number, string>();
  readonly #shared = new Set<number>();
  readonly #unclear = new Set<number>();
  readonly #aboutFrom = instants(EVER.fromMs);
  readonly #aboutTo = instants(EVER.toMs);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  apply(entity: TiedEntity): Change {
    const tied = readTies(entity);
    const node = this.graph.take(entity.id);
    const type = this.#typeNumber(String(entity.type));
    const before = this.graph.typeOf(node);
    if (before === type && this.#isAsBefore(node, tied)) return NO_CHANGE;
    const said = saidBy(this.graph, node);
    this.#forget(node);
    this.graph.setType(node, type);
    this.#counts[type] = (this.#counts[type] ?? 0) + 1;
    this.#size += 1;
    if (tied !== undefined) this.#keep(node, tied);
    this.#stamp(before);
    return this.#changeOf(node, entity.id, said, before !== type);
  }

  remove(id: string): Change {
    const node = this.graph.find(id);
    if (!this.isKnown(node)) return NO_CHANGE;
    const said = saidBy(this.graph, node);
    this.#stamp(this.graph.typeOf(node));
    this.#forget(node);
    const change = this.#changeOf(node, id, said, true);
    this.graph.release(node);
    return change;
  }

  #changeOf(node: number, id: string, before: Said, isOther: boolean): Change {
    const { graph } = this;
    const nodes = affectedBy(graph, node, before, saidBy(graph, node), isOther, (one) => this.#holdsMembers(one));
    if (nodes === undefined) return { kind: 'all' };
    for (const one of nodes) this.#stamp(graph.typeOf(one));
    return { kind: 'some', nodes, ids: [id, ...Array.from(nodes, (one) => graph.idOf(one))] };
  }

  #holdsMembers(node: number): boolean {
    return this.rowOf(node)?.ties.some(({ kind }) => kind === 'holds') === true;
  }

  isKnown(node: number): boolean {
    return node !== NONE && this.graph.typeOf(node) !== NONE;
  }

  rowOf(node: number): TypeRow | undefined {
    return this.#types[this.graph.typeOf(node)]?.row;
  }

  typeNameOf(node: number): string | undefined {
    return this.#types[this.graph.typeOf(node)]?.name;
  }

  ownerOf(node: number): string | undefined {
    return this.#owners.get(node);
  }

  isShared(node: number): boolean {
    return this.#shared.has(node);
  }

  isUnclear(node: number): boolean {
    return this.#unclear.has(node);
  }

  aboutFrom(node: number): number {
    return this.#aboutFrom.get(node);
  }

  aboutTo(node: number): number {
    return this.#aboutTo.get(node);
  }

  /** A number that changes whenever an entity of the type came, changed or went. */
  typeVersion(name: string): number {
    const type = this.#typeNumbers.get(name);
    return type === undefined ? 0 : (this.#typeVersions[type] ?? 0);
  }

  typeNames(): readonly string[] {
    return this.#types.filter((_type, at) => (this.#counts[at] ?? 0) > 0).map(({ name }) => name);
  }

  #keep(node: number, { row, links, owner, isShared, isUnclear, fromMs, toMs }: Tied): void {
    for (const link of links) this.graph.add(node, link);
    if (owner !== undefined) this.#owners.set(node, owner);
    if (isShared) this.#shared.add(node);
    if (owner !== undefined || isShared) this.owned.add(node);
    if (isUnclear) this.#unclear.add(node);
    if (row.isForEverybody) this.common.add(node);
    if (row.about !== undefined) {
      this.#aboutFrom.set(node, fromMs);
      this.#aboutTo.set(node, toMs);
    }
  }

  #forget(node: number): void {
    const type = this.graph.typeOf(node);
    if (type !== NONE) {
      this.#counts[type] = (this.#counts[type] ?? 0) - 1;
      this.#size -= 1;
    }
    const touched = new Set<number>();
    for (let link = this.graph.firstOwned(node); link !== NONE; link = this.graph.nextOwned(link)) {
      touched.add(this.graph.childOf(link)).add(this.graph.parentOf(link));
    }
    this.graph.dropOwned(node);
    this.graph.setType(node, NONE);
    touched.delete(node);
    for (const other of touched) this.graph.release(other);
    this.#owners.delete(node);
    for (const marks of [this.#shared, this.#unclear, this.owned, this.common]) marks.delete(node);
    this.#aboutFrom.set(node, EVER.fromMs);
    this.#aboutTo.set(node, EVER.toMs);
  }

  #isAsBefore(node: number, tied: Tied | undefined): boolean {
    const { graph } = this;
    if (tied === undefined) return graph.firstOwned(node) === NONE && !this.owned.has(node) && !this.common.has(node);
    if (this.#owners.get(node) !== tied.owner || this.isShared(node) !== tied.isShared) return false;
    if (this.isUnclear(node) !== tied.isUnclear) return false;
    if (tied.row.about !== undefined && (this.aboutFrom(node) !== tied.fromMs || this.aboutTo(node) !== tied.toMs)) {
      return false;
    }
    let link = graph.firstOwned(node);
    for (const said of [...tied.links].reverse()) {
      if (link === NONE) return false;
      const isSame =
        graph.flagsOf(link) === said.flags &&
        graph.fromOf(link) === said.fromMs &&
        graph.toOf(link) === said.toMs &&
        graph.idOf(graph.childOf(link)) === said.child &&
        graph.idOf(graph.parentOf(link)) === said.parent;
      if (!isSame) return false;
      link = graph.nextOwned(link);
    }
    return link === NONE;
  }

  #typeNumber(name: string): number {
    const known = this.#typeNumbers.get(name);
    if (known !== undefined) return known;
    const type = this.#types.push({ name, row: typeRow(name) }) - 1;
    this.#typeNumbers.set(name, type);
    return type;
  }

  #stamp(type: number): void {
    if (type !== NONE) this.#typeVersions[type] = (this.#typeVersions[type] ?? 0) + 1;
  }
}

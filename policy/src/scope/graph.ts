/**
 * Entities as numbers and the links between them as chains through columns: some 180 bytes an entity with its identifier,
 * nothing for the garbage collector to walk, and a link is taken out as fast as it is put in, however many its parent has.
 */

import { EVER } from '../scope.js';
import { instants, integers, NONE } from './columns.js';
import type { Link } from './read-ties.js';

export class Graph {
  readonly #numbers = new Map<string, number>();
  readonly #ids: string[] = [];
  readonly #freeNodes: number[] = [];
  readonly #freeLinks: number[] = [];
  #links = 0;

  /** By node: what is known of it (an index of types, NONE while only others speak of it), and where its chains begin. */
  readonly #type = integers();
  readonly #firstUp = integers();
  readonly #firstDown = integers();
  readonly #firstOwned = integers();

  /** By link. A link stands in the chain of its child, of its parent, and of the entity that said it. */
  readonly #child = integers();
  readonly #parent = integers();
  readonly #flags = integers();
  readonly #from = instants(EVER.fromMs);
  readonly #to = instants(EVER.toMs);
  readonly #nextUp = integers();
  readonly #previousUp = integers();
  readonly #nextDown = integers();
  readonly #previousDown = integers();
  readonly #nextOwned = integers();

  find(id: string): number {
    return this.#numbers.get(id) ?? NONE;
  }

  /** The number of an identifier, a new one if need be. */
  take(id: string): number {
    const known = this.#numbers.get(id);
    if (known !== undefined) return known;
    const node = this.#freeNodes.pop() ?? this.#ids.length;
    this.#numbers.set(id, node);
    this.#ids[node] = id;
    return node;
  }

  /** Forgets a number that neither an entity nor a link needs. */
  release(node: number): boolean {
    if (this.#type.get(node) !== NONE || this.firstUp(node) !== NONE || this.firstDown(node) !== NONE) return false;
    this.#numbers.delete(this.idOf(node));
    this.#ids[node] = '';
    this.#freeNodes.push(node);
    return true;
  }

  idOf(node: number): string {
    return this.#ids[node] ?? '';
  }

  /** One beyond the largest number. */
  get end(): number {
    return this.#ids.length;
  }

  typeOf(node: number): number {
    return this.#type.get(node);
  }

  setType(node: number, type: number): void {
    this.#type.set(node, type);
  }

  add(owner: number, { child, parent, flags, fromMs, toMs }: Link): void {
    const link = this.#freeLinks.pop() ?? this.#links++;
    const [down, up] = [this.take(child), this.take(parent)];
    this.#child.set(link, down);
    this.#parent.set(link, up);
    this.#flags.set(link, flags);
    this.#from.set(link, fromMs);
    this.#to.set(link, toMs);
    const [besideUp, besideDown] = [this.firstUp(down), this.firstDown(up)];
    this.#nextUp.set(link, besideUp);
    this.#previousUp.set(link, NONE);
    if (besideUp !== NONE) this.#previousUp.set(besideUp, link);
    this.#firstUp.set(down, link);
    this.#nextDown.set(link, besideDown);
    this.#previousDown.set(link, NONE);
    if (besideDown !== NONE) this.#previousDown.set(besideDown, link);
    this.#firstDown.set(up, link);
    this.#nextOwned.set(link, this.firstOwned(owner));
    this.#firstOwned.set(owner, link);
  }

  /** Takes out everything an entity said. */
  dropOwned(owner: number): void {
    for (let link = this.firstOwned(owner); link !== NONE; ) {
      const next = this.#nextOwned.get(link);
      this.#unlink(link);
      this.#freeLinks.push(link);
      link = next;
    }
    this.#firstOwned.set(owner, NONE);
  }

  #unlink(link: number): void {
    const [nextUp, previousUp] = [this.#nextUp.get(link), this.#previousUp.get(link)];
    if (nextUp !== NONE) this.#previousUp.set(nextUp, previousUp);
    if (previousUp !== NONE) this.#nextUp.set(previousUp, nextUp);
    else this.#firstUp.set(this.childOf(link), nextUp);
    const [nextDown, previousDown] = [this.#nextDown.get(link), this.#previousDown.get(link)];
    if (nextDown !== NONE) this.#previousDown.set(nextDown, previousDown);
    if (previousDown !== NONE) this.#nextDown.set(previousDown, nextDown);
    else this.#firstDown.set(this.parentOf(link), nextDown);
  }

  firstUp(node: number): number {
    return this.#firstUp.get(node);
  }

  nextUp(link: number): number {
    return this.#nextUp.get(link);
  }

  firstDown(node: number): number {
    return this.#firstDown.get(node);
  }

  nextDown(link: number): number {
    return this.#nextDown.get(link);
  }

  firstOwned(node: number): number {
    return this.#firstOwned.get(node);
  }

  nextOwned(link: number): number {
    return this.#nextOwned.get(link);
  }

  childOf(link: number): number {
    return this.#child.get(link);
  }

  parentOf(link: number): number {
    return this.#parent.get(link);
  }

  flagsOf(link: number): number {
    return this.#flags.get(link);
  }

  fromOf(link: number): number {
    return this.#from.get(link);
  }

  toOf(link: number): number {
    return this.#to.get(link);
  }
}

/**
 * Which attributes the entities of each type have, counted (GS CIM 009 V1.9.1, 5.7.5 to 5.7.10). Made by one look at all
 * entities when somebody first asks, and from then on kept by what changes, so that asking costs no look.
 */

import type { Attribute, AttributeKind, Entity } from './model.js';

type Kind = Attribute['kind'];
/** How many instances there are of each kind. */
type Kinds = Map<Kind, number>;

export class Catalogue {
  /** Type → attribute → kind. */
  readonly #byType = new Map<string, Map<string, Kinds>>();
  readonly #counts = new Map<string, number>();

  constructor(entities: Iterable<Entity>) {
    for (const entity of entities) this.#count(entity, 1);
  }

  /** Most writes change values only: the same attributes of the same kinds are there afterwards. */
  changed(before: Entity | undefined, after: Entity | undefined): void {
    if (before !== undefined && after !== undefined && isAlike(before, after)) return;
    if (before !== undefined) this.#count(before, -1);
    if (after !== undefined) this.#count(after, 1);
  }

  /** Expanded. */
  get attributes(): Iterable<string> {
    return this.#counts.keys();
  }

  /** Instances of an attribute, over all entities. */
  countOf(attribute: string): number {
    return this.#counts.get(attribute) ?? 0;
  }

  attributesOf(type: string): ReadonlyMap<string, ReadonlyMap<Kind, number>> {
    return this.#byType.get(type) ?? new Map();
  }

  typesWith(attribute: string): string[] {
    return [...this.#byType].filter(([, attributes]) => attributes.has(attribute)).map(([type]) => type);
  }

  kindsOf(attribute: string): AttributeKind[] {
    const kinds = [...this.#byType.values()].flatMap((attributes) => [...(attributes.get(attribute)?.keys() ?? [])]);
    return [...new Set(kinds)] as AttributeKind[];
  }

  #count({ types, attributes }: Entity, by: 1 | -1): void {
    for (const { name } of attributes) bump(this.#counts, name, by);
    for (const type of types) {
      const known = this.#byType.get(type) ?? new Map<string, Kinds>();
      for (const { name, kind } of attributes) {
        const kinds = known.get(name) ?? new Map<Kind, number>();
        bump(kinds, kind, by);
        if (kinds.size === 0) known.delete(name);
        else known.set(name, kinds);
      }
      if (known.size === 0) this.#byType.delete(type);
      else this.#byType.set(type, known);
    }
  }
}

function bump<K>(counts: Map<K, number>, key: K, by: number): void {
  const count = (counts.get(key) ?? 0) + by;
  if (count === 0) counts.delete(key);
  else counts.set(key, count);
}

function isAlike(before: Entity, after: Entity): boolean {
  return (
    before.attributes.length === after.attributes.length &&
    before.types.length === after.types.length &&
    before.types.every((type, at) => type === after.types[at]) &&
    before.attributes.every(({ name, kind }, at) => {
      const other = after.attributes[at];
      return other?.name === name && other.kind === kind;
    })
  );
}

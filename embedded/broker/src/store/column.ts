/**
 * The values of one attribute by slot, for queries that compare it: a number or a text in place of a look into the packed
 * entity. It holds what queries have looked at; a write makes it forget the slot, so it costs a write next to nothing.
 */

import type { Attribute, Entity } from '../entity/model.js';
import type { Json } from '../json.js';

/** What stands at a slot. */
const UNKNOWN = 0;
const ABSENT = 1;
const NUMBER = 2;
const TEXT = 3;
const REFERENCE = 4;
const TRUE = 5;
const FALSE = 6;
/** Several instances, a list, an object, another kind: only the attribute itself tells. */
const OTHER = 7;

/** Different texts kept, and how long they may be; beyond it a slot is OTHER. */
const MAX_TEXTS = 50_000;
const MAX_TEXT = 200;
/** A column that so many writes for each slot have passed without a query is not worth keeping up. */
const WRITES_UNUSED = 4;

export type Predicate = (entity: Entity) => boolean;
export type SlotTest = (slot: number) => boolean;
/** The entity at a slot with the attributes of one name and no others. */
export type LookAt = (slot: number, name: string) => Entity;

export class Column {
  readonly name: string;
  readonly #lookAt: LookAt;
  #forms = new Uint8Array(0);
  #values = new Float64Array(0);
  readonly #texts: string[] = [];
  readonly #textNumbers = new Map<string, number>();
  #textBytes = 0;
  #writes = 0;

  constructor(name: string, lookAt: LookAt) {
    this.name = name;
    this.#lookAt = lookAt;
  }

  get bytes(): number {
    return this.#forms.byteLength + this.#values.byteLength + this.#textBytes;
  }

  get isUnused(): boolean {
    return this.#writes > WRITES_UNUSED * this.#forms.length;
  }

  /** Something else stands there now. */
  forget(slot: number): void {
    this.#writes += 1;
    if (slot < this.#forms.length) this.#forms[slot] = UNKNOWN;
  }

  /**
   * A predicate that looks only at the values of this attribute, for slots below `end`. Where the value is plain the
   * predicate is given an entity that has nothing else, so that its answer is the one it would give to the whole.
   */
  test(predicate: Predicate, end: number): SlotTest {
    this.#writes = 0;
    this.#reach(end);
    const forms = this.#forms;
    const values = this.#values;
    const [property, entity] = entityWith(this.name, 'Property');
    const answers = new Map<number, boolean>();
    const once = (key: number, kind: Attribute['kind'] | undefined, value: Json): boolean => {
      const known = answers.get(key);
      if (known !== undefined) return known;
      const [attribute, whole] = entityWith(this.name, kind);
      attribute.value = value;
      const answer = predicate(whole);
      answers.set(key, answer);
      return answer;
    };
    return (slot) => {
      let form = forms[slot] ?? OTHER;
      if (form === UNKNOWN) form = this.#look(slot);
      const value = values[slot] ?? 0;
      switch (form) {
        case NUMBER:
          property.value = value;
          return predicate(entity);
        case TEXT:
          return once(value * 2, 'Property', this.#texts[value] ?? '');
        case REFERENCE:
          return once(value * 2 + 1, 'Relationship', this.#texts[value] ?? '');
        case ABSENT:
          return once(-1, undefined, null);
        case TRUE:
          return once(-2, 'Property', true);
        case FALSE:
          return once(-3, 'Property', false);
        default:
          return predicate(this.#lookAt(slot, this.name));
      }
    };
  }

  #reach(end: number): void {
    if (end <= this.#forms.length) return;
    const length = Math.max(256, Math.ceil(end * 1.25));
    const forms = new Uint8Array(length);
    forms.set(this.#forms);
    const values = new Float64Array(length);
    values.set(this.#values);
    this.#forms = forms;
    this.#values = values;
  }

  #look(slot: number): number {
    const { attributes } = this.#lookAt(slot, this.name);
    const [attribute] = attributes;
    const form = attribute === undefined ? ABSENT : attributes.length > 1 ? OTHER : this.#note(slot, attribute);
    this.#forms[slot] = form;
    return form;
  }

  #note(slot: number, { kind, value }: Attribute): number {
    if (kind !== 'Property' && kind !== 'Relationship') return OTHER;
    if (typeof value === 'string') {
      const number = this.#textNumber(value);
      if (number === undefined) return OTHER;
      this.#values[slot] = number;
      return kind === 'Property' ? TEXT : REFERENCE;
    }
    if (kind !== 'Property') return OTHER;
    if (typeof value === 'boolean') return value ? TRUE : FALSE;
    if (typeof value !== 'number') return OTHER;
    this.#values[slot] = value;
    return NUMBER;
  }

  #textNumber(text: string): number | undefined {
    const known = this.#textNumbers.get(text);
    if (known !== undefined || this.#texts.length >= MAX_TEXTS || text.length > MAX_TEXT) return known;
    const number = this.#texts.push(text) - 1;
    this.#textNumbers.set(text, number);
    this.#textBytes += 100 + text.length * 2;
    return number;
  }
}

/** An entity with at most one attribute, whose value can be set. */
function entityWith(name: string, kind: Attribute['kind'] | undefined): [{ value: Json }, Entity] {
  const attribute = {
    name,
    kind: kind ?? 'Property',
    value: null as Json,
    observedAt: undefined,
    unitCode: undefined,
    datasetId: undefined,
    parts: [],
    createdAt: 0,
    modifiedAt: 0,
    size: 0,
  };
  const attributes = kind === undefined ? [] : [attribute];
  return [attribute, { id: '', types: [], scope: undefined, attributes, createdAt: 0, modifiedAt: 0 }];
}

/** Columns of all tenants together; the one used longest ago goes first. */
const MAX_COLUMN_BYTES = 64 * 2 ** 20;

export class ColumnShelf {
  /** How each is dropped, the one used longest ago first. */
  readonly #drops = new Map<Column, () => void>();

  used(column: Column, drop: () => void): void {
    this.#drops.delete(column);
    this.#drops.set(column, drop);
    let bytes = 0;
    for (const one of this.#drops.keys()) bytes += one.bytes;
    for (const one of this.#drops.keys()) {
      if (bytes <= MAX_COLUMN_BYTES || one === column) break;
      bytes -= one.bytes;
      this.drop(one);
    }
  }

  drop(column: Column): void {
    this.#drops.get(column)?.();
    this.#drops.delete(column);
  }

  clear(): void {
    this.#drops.clear();
  }
}

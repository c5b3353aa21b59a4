/**
 * The values of one attribute by slot (or its observedAt, or its unitCode), for queries that compare it: a number or a text
 * in place of a look into the packed entity. It holds what queries have looked at; a write makes it forget the slot, so it
 * costs a write next to nothing.
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
/** The attribute is there, the member is not. */
const LACKING = 8;

/** What a column is about. */
export type Member = 'value' | 'observedAt' | 'unitCode';

/** Different texts kept, and how long they may be; beyond it a slot is OTHER, and the next query begins anew. */
const MAX_TEXTS = 100_000;
const MAX_TEXT = 200;
/** A column that so many writes for each slot have passed without a query is not worth keeping up. */
const WRITES_UNUSED = 4;

export type Predicate = (entity: Entity) => boolean;
export type SlotTest = (slot: number) => boolean;
/** The entity at a slot with the attributes of one name and no others. */
export type LookAt = (slot: number, name: string) => Entity;

export class Column {
  readonly name: string;
  readonly #member: Member;
  readonly #lookAt: LookAt;
  #forms = new Uint8Array(0);
  #values = new Float64Array(0);
  readonly #texts: string[] = [];
  readonly #textNumbers = new Map<string, number>();
  #textBytes = 0;
  #writes = 0;

  constructor(name: string, member: Member, lookAt: LookAt) {
    this.name = name;
    this.#member = member;
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
   * A predicate that looks only at this member of this attribute, for slots below `end`. Where it is plain the predicate is
   * given an entity that has nothing else, so that its answer is the one it would give to the whole.
   */
  test(predicate: Predicate, end: number): SlotTest {
    this.#writes = 0;
    if (this.#texts.length >= MAX_TEXTS) this.#forgetAll();
    this.#reach(end);
    const forms = this.#forms;
    const values = this.#values;
    const numbered = shown(this.name);
    const answer = (kind: Attribute['kind'] | undefined, value: Json | undefined): boolean => {
      const one = shown(this.name, kind ?? 'Property');
      if (this.#member === 'value') one.attribute.value = value ?? null;
      else one.attribute[this.#member] = value;
      return predicate(kind === undefined ? { ...one.entity, attributes: [] } : one.entity);
    };
    const plain = new Map<number, boolean>();
    const texts: (boolean | undefined)[] = [];
    const references: (boolean | undefined)[] = [];
    return (slot) => {
      let form = forms[slot] ?? OTHER;
      if (form === UNKNOWN) form = this.#look(slot);
      const value = values[slot] ?? 0;
      switch (form) {
        case NUMBER:
          numbered.attribute.value = value;
          return predicate(numbered.entity);
        case TEXT:
          texts[value] ??= answer('Property', this.#texts[value]);
          return texts[value] ?? false;
        case REFERENCE:
          references[value] ??= answer('Relationship', this.#texts[value]);
          return references[value] ?? false;
        case OTHER:
          return predicate(this.#lookAt(slot, this.name));
        default: {
          const known = plain.get(form) ?? answer(form === ABSENT ? undefined : 'Property', PLAIN[form]);
          plain.set(form, known);
          return known;
        }
      }
    };
  }

  #forgetAll(): void {
    this.#forms.fill(UNKNOWN);
    this.#texts.length = 0;
    this.#textNumbers.clear();
    this.#textBytes = 0;
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

  #note(slot: number, attribute: Attribute): number {
    const { kind, value } = attribute;
    if (this.#member !== 'value') {
      const text = attribute[this.#member];
      return text === undefined ? LACKING : this.#noteText(slot, text, TEXT);
    }
    if (kind !== 'Property' && kind !== 'Relationship') return OTHER;
    if (typeof value === 'string') return this.#noteText(slot, value, kind === 'Property' ? TEXT : REFERENCE);
    if (kind !== 'Property') return OTHER;
    if (typeof value === 'boolean') return value ? TRUE : FALSE;
    if (typeof value !== 'number') return OTHER;
    this.#values[slot] = value;
    return NUMBER;
  }

  #noteText(slot: number, text: string, form: number): number {
    const number = this.#textNumber(text);
    if (number === undefined) return OTHER;
    this.#values[slot] = number;
    return form;
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

/** Forms that say by themselves what stands there; LACKING says that nothing does. */
const PLAIN: Readonly<Record<number, Json>> = { [TRUE]: true, [FALSE]: false };

interface Shown {
  readonly attribute: { value: Json; observedAt: Json | undefined; unitCode: Json | undefined };
  readonly entity: Entity;
}

/** An entity with one attribute, in which the member can be set that a predicate looks at. */
function shown(name: string, kind: Attribute['kind'] = 'Property'): Shown {
  const attribute = {
    name,
    kind,
    value: null as Json,
    observedAt: undefined,
    unitCode: undefined,
    datasetId: undefined,
    parts: [],
    createdAt: 0,
    modifiedAt: 0,
    size: 0,
  };
  return {
    attribute,
    entity: { id: '', types: [], scope: undefined, attributes: [attribute], createdAt: 0, modifiedAt: 0 },
  };
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

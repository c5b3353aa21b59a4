/**
 * An entity as bytes: a tenth of what its objects take, and nothing the garbage collector has to walk through. Also the
 * form it has in snapshots and log records, so a change here is a new version there. The id stands outside.
 *
 *   entity     flags · createdAt f64 · modifiedAt f64 · types · [scope] · [more] · number of attributes · attributes
 *   attribute  length · name · kind letter · flags · size · [observedAt] · [unitCode] · [datasetId] · [createdAt f64] ·
 *              [modifiedAt f64] · value · [number of parts · parts] · [more]
 *
 * An attribute leaves out the times it shares with its entity, and an observedAt it shares with the attribute before.
 */

import {
  type Attribute,
  type AttributeKind,
  type Entity,
  type EntityInput,
  KINDS,
  NO_PARTS,
  SAME,
} from '../entity/model.js';
import type { Json } from '../json.js';
import type { ByteReader } from './byte-reader.js';
import type { ByteWriter } from './byte-writer.js';
import { Moments } from './moments.js';
import type { Names } from './names.js';

type PlacedInEntity = 'id' | 'types' | 'scope' | 'attributes' | 'createdAt' | 'modifiedAt';
type PlacedInAttribute =
  | ('name' | 'kind' | 'value' | 'observedAt' | 'unitCode' | 'datasetId')
  | ('parts' | 'createdAt' | 'modifiedAt' | 'size');

/** Members without a place of their own above travel as JSON. A new one of the model does not compile until it stands here. */
const MORE_OF_ENTITY: Readonly<Record<Exclude<keyof Entity, PlacedInEntity>, true>> = { deletedAt: true };
const MORE_OF_ATTRIBUTE: Readonly<Record<Exclude<keyof Attribute, PlacedInAttribute>, true>> = { deletedAt: true };
const MORE_OF_INPUT: Readonly<Record<Exclude<keyof EntityInput, PlacedInEntity>, true>> = {};
const INPUT_MORE = Object.keys(MORE_OF_INPUT) as (keyof EntityInput)[];
const ENTITY_MORE = Object.keys(MORE_OF_ENTITY) as (keyof Entity)[];
const ATTRIBUTE_MORE = Object.keys(MORE_OF_ATTRIBUTE) as (keyof Attribute)[];

const HAS_SCOPE = 1;
const HAS_MORE = 2;

const HAS_OBSERVED_AT = 1;
const HAS_UNIT_CODE = 2;
const HAS_DATASET = 4;
const HAS_PARTS = 8;
const HAS_CREATED_AT = 16;
const HAS_MODIFIED_AT = 32;
const HAS_MORE_MEMBERS = 64;
const SAME_MOMENT = 128;

/** Values by the byte before them. */
const NULL = 0;
const FALSE = 1;
const TRUE = 2;
const TEXT = 3;
const DOUBLE = 4;
const WHOLE = 5;
const JSON_TEXT = 6;
const MOST_WHOLE = 2 ** 31;

const SAME_LETTER = 's'.charCodeAt(0);
const LETTERS: ReadonlyMap<string, number> = new Map<string, number>([
  ...(Object.keys(KINDS) as AttributeKind[]).map((kind): [string, number] => [kind, KINDS[kind].letter.charCodeAt(0)]),
  [SAME, SAME_LETTER],
]);
const KIND_OF_LETTER: readonly (Attribute['kind'] | undefined)[] = Array.from({ length: 256 }, (_none, letter) =>
  letter === SAME_LETTER
    ? SAME
    : (Object.keys(KINDS) as AttributeKind[]).find((kind) => KINDS[kind].letter.charCodeAt(0) === letter),
);

const moments = new Moments();

/** Everything but the id. */
export function packEntity(entity: Entity, into: ByteWriter, names: Names): void {
  const { types, scope, attributes, createdAt, modifiedAt } = entity;
  const more = membersOf(entity, ENTITY_MORE);
  into.byte((scope === undefined ? 0 : HAS_SCOPE) | (more === undefined ? 0 : HAS_MORE));
  into.double(createdAt);
  into.double(modifiedAt);
  into.varint(types.length);
  for (const type of types) putName(type, into, names);
  if (scope !== undefined) putTexts(scope, into);
  if (more !== undefined) into.text(more);
  packAttributes(attributes, into, names, createdAt, modifiedAt);
}

function packAttributes(
  attributes: readonly Attribute[],
  into: ByteWriter,
  names: Names,
  createdAt: number,
  modifiedAt: number,
): void {
  into.varint(attributes.length);
  let moment: string | undefined;
  for (const attribute of attributes) {
    const start = into.begin();
    packAttribute(attribute, into, names, createdAt, modifiedAt, moment);
    into.end(start);
    moment = attribute.observedAt ?? moment;
  }
}

function packAttribute(
  attribute: Attribute,
  into: ByteWriter,
  names: Names,
  createdAt: number,
  modifiedAt: number,
  moment: string | undefined,
): void {
  const { observedAt, unitCode, datasetId, parts } = attribute;
  const more = membersOf(attribute, ATTRIBUTE_MORE);
  const flags =
    (observedAt === undefined ? 0 : observedAt === moment ? SAME_MOMENT : HAS_OBSERVED_AT) |
    (unitCode === undefined ? 0 : HAS_UNIT_CODE) |
    (datasetId === undefined ? 0 : HAS_DATASET) |
    (parts.length === 0 ? 0 : HAS_PARTS) |
    (attribute.createdAt === createdAt ? 0 : HAS_CREATED_AT) |
    (attribute.modifiedAt === modifiedAt ? 0 : HAS_MODIFIED_AT) |
    (more === undefined ? 0 : HAS_MORE_MEMBERS);
  putName(attribute.name, into, names);
  into.byte(LETTERS.get(attribute.kind) ?? SAME_LETTER);
  into.byte(flags);
  into.varint(attribute.size);
  if (flags & HAS_OBSERVED_AT) moments.put(observedAt ?? '', into);
  if (unitCode !== undefined) putName(unitCode, into, names);
  if (datasetId !== undefined) putName(datasetId, into, names);
  if (flags & HAS_CREATED_AT) into.double(attribute.createdAt);
  if (flags & HAS_MODIFIED_AT) into.double(attribute.modifiedAt);
  putValue(attribute.value, into);
  if (flags & HAS_PARTS) packAttributes(parts, into, names, createdAt, modifiedAt);
  if (more !== undefined) into.text(more);
}

function putName(name: string, into: ByteWriter, names: Names): void {
  const number = names.number(name);
  into.varint(number);
  if (number === 0) into.text(name);
}

function putTexts(texts: readonly string[], into: ByteWriter): void {
  into.varint(texts.length);
  for (const text of texts) into.text(text);
}

function putValue(value: Json, into: ByteWriter): void {
  if (typeof value === 'number') {
    if (value >= 0 && value < MOST_WHOLE && Number.isInteger(value) && !Object.is(value, -0)) {
      into.byte(WHOLE);
      into.varint(value);
    } else {
      into.byte(DOUBLE);
      into.double(value);
    }
  } else if (typeof value === 'string') {
    into.byte(TEXT);
    into.text(value);
  } else if (typeof value === 'boolean') into.byte(value ? TRUE : FALSE);
  else if (value === null) into.byte(NULL);
  else {
    into.byte(JSON_TEXT);
    into.text(JSON.stringify(value));
  }
}

function membersOf<T extends object>(whole: T, members: readonly (keyof T)[]): string | undefined {
  let there: Partial<T> | undefined;
  for (const member of members)
    if (whole[member] !== undefined) there = { ...there, [member]: whole[member] } as Partial<T>;
  return there === undefined ? undefined : JSON.stringify(there);
}

/** An input of a command: its times are the command's, and are said once for all of them. */
export function packInput(input: EntityInput, atMs: number, into: ByteWriter, names: Names): void {
  const { id, types, scope, attributes } = input;
  const more = membersOf(input, INPUT_MORE);
  into.text(id);
  into.byte((scope === undefined ? 0 : HAS_SCOPE) | (more === undefined ? 0 : HAS_MORE));
  into.varint(types.length);
  for (const type of types) putName(type, into, names);
  if (scope !== undefined) putTexts(scope, into);
  if (more !== undefined) into.text(more);
  packAttributes(attributes, into, names, atMs, atMs);
}

export function unpackInput(atMs: number, from: ByteReader, names: Names): EntityInput {
  const id = from.text();
  const flags = from.byte();
  const types = takeTypes(from, names, undefined);
  const scope = flags & HAS_SCOPE ? takeTexts(from) : undefined;
  const more = flags & HAS_MORE ? (JSON.parse(from.text()) as Partial<EntityInput>) : undefined;
  const input = { id, types, scope, attributes: unpackAttributes(from, names, atMs, atMs, undefined) };
  return more === undefined ? input : { ...input, ...more };
}

/** The reader stands at the entity. */
export function unpackEntity(id: string, from: ByteReader, names: Names, knownTypes?: readonly string[]): Entity {
  const flags = from.byte();
  const createdAt = from.double();
  const modifiedAt = from.double();
  const types = takeTypes(from, names, knownTypes);
  const scope = flags & HAS_SCOPE ? takeTexts(from) : undefined;
  const more = flags & HAS_MORE ? (JSON.parse(from.text()) as Partial<Entity>) : undefined;
  const attributes = unpackAttributes(from, names, createdAt, modifiedAt, undefined);
  const entity = { id, types, scope, attributes, createdAt, modifiedAt };
  return more === undefined ? entity : { ...entity, ...more };
}

/** A name, and its number when it has one: most attributes are told apart by it alone. */
export interface Only {
  readonly name: string;
  readonly number: number;
}

/** The entity with the attributes of one name only, which are found without unpacking the others. */
export function unpackOnly(only: Only, id: string, from: ByteReader, names: Names, types: readonly string[]): Entity {
  const bare = unpackBare(id, from, names, types);
  return { ...bare, attributes: unpackAttributes(from, names, bare.createdAt, bare.modifiedAt, only) };
}

/** The entity without its attributes, at which the reader then stands. */
export function unpackBare(id: string, from: ByteReader, names: Names, types: readonly string[]): Entity {
  const flags = from.byte();
  const createdAt = from.double();
  const modifiedAt = from.double();
  takeTypes(from, names, types);
  const scope = flags & HAS_SCOPE ? takeTexts(from) : undefined;
  if (flags & HAS_MORE) from.skipText();
  return { id, types, scope, attributes: NO_PARTS, createdAt, modifiedAt };
}

/** The types alone. */
export function unpackTypes(from: ByteReader, names: Names): readonly string[] {
  from.at += 17;
  return takeTypes(from, names, undefined);
}

function takeTypes(from: ByteReader, names: Names, known: readonly string[] | undefined): readonly string[] {
  const count = from.varint();
  const types: string[] = [];
  for (let index = 0; index < count; index += 1) {
    const number = from.varint();
    if (known === undefined) types.push(number === 0 ? from.text() : names.text(number));
    else if (number === 0) from.skipText();
  }
  return known ?? types;
}

function takeTexts(from: ByteReader): readonly string[] {
  return Array.from({ length: from.varint() }, () => from.text());
}

function unpackAttributes(
  from: ByteReader,
  names: Names,
  createdAt: number,
  modifiedAt: number,
  only: Only | undefined,
): readonly Attribute[] {
  const count = from.varint();
  const attributes: Attribute[] = [];
  let momentAt = 0;
  for (let index = 0; index < count; index += 1) {
    const end = from.varint() + from.at;
    const number = from.varint();
    const isWanted = only === undefined || (number === 0 ? undefined : number === only.number);
    const name = isWanted === false ? '' : number === 0 ? from.text() : names.text(number);
    const letter = from.byte();
    const flags = from.byte();
    const size = from.varint();
    if (flags & HAS_OBSERVED_AT) momentAt = from.at;
    if (isWanted ?? name === only?.name) {
      const kind = KIND_OF_LETTER[letter];
      if (kind === undefined) throw new RangeError(`a packed attribute is of the unknown kind ${letter}`);
      attributes.push(unpackAttribute(from, names, { name, kind, flags, size, momentAt, createdAt, modifiedAt }));
    }
    from.at = end;
  }
  return attributes.length === 0 ? NO_PARTS : attributes;
}

interface Beginning {
  readonly name: string;
  readonly kind: Attribute['kind'];
  readonly flags: number;
  readonly size: number;
  /** Where the observedAt stands that this attribute has or shares. */
  readonly momentAt: number;
  readonly createdAt: number;
  readonly modifiedAt: number;
}

function unpackAttribute(from: ByteReader, names: Names, begun: Beginning): Attribute {
  const { name, kind, flags, size, momentAt, createdAt, modifiedAt } = begun;
  let observedAt: string | undefined;
  if (flags & HAS_OBSERVED_AT) observedAt = moments.take(from);
  else if (flags & SAME_MOMENT) observedAt = moments.peek(from, momentAt);
  const unitCode = flags & HAS_UNIT_CODE ? takeName(from, names) : undefined;
  const datasetId = flags & HAS_DATASET ? takeName(from, names) : undefined;
  const created = flags & HAS_CREATED_AT ? from.double() : createdAt;
  const modified = flags & HAS_MODIFIED_AT ? from.double() : modifiedAt;
  const value = takeValue(from);
  const parts = flags & HAS_PARTS ? unpackAttributes(from, names, createdAt, modifiedAt, undefined) : NO_PARTS;
  const attribute: Attribute = {
    name,
    kind,
    value,
    observedAt,
    unitCode,
    datasetId,
    parts,
    createdAt: created,
    modifiedAt: modified,
    size,
  };
  if (!(flags & HAS_MORE_MEMBERS)) return attribute;
  return { ...attribute, ...(JSON.parse(from.text()) as Partial<Attribute>) };
}

function takeName(from: ByteReader, names: Names): string {
  const number = from.varint();
  return number === 0 ? from.text() : names.text(number);
}

function takeValue(from: ByteReader): Json {
  const form = from.byte();
  switch (form) {
    case WHOLE:
      return from.varint();
    case DOUBLE:
      return from.double();
    case TEXT:
      return from.text();
    case TRUE:
      return true;
    case FALSE:
      return false;
    case NULL:
      return null;
    case JSON_TEXT:
      return JSON.parse(from.text());
    default:
      throw new RangeError(`a packed value is of the unknown form ${form}`);
  }
}

/**
 * Entities in their short form as JSON, for outboxes, and for log records and snapshots of format 1: arrays instead of
 * objects, and one table of strings per record, because a hundred meters say the same names and moments a hundred times.
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
import { intern, type Json } from '../json.js';
import type { Reason, Telling } from '../subscription/model.js';

/** The strings of one record, by number from 1; 0 is "absent". */
export class StringTable {
  readonly strings: string[];
  readonly #numbers = new Map<string, number>();

  constructor(strings: readonly string[] = []) {
    this.strings = strings.map(intern);
  }

  number(text: string | undefined): number {
    if (text === undefined) return 0;
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.strings.push(text);
    this.#numbers.set(text, number);
    return number;
  }

  text(number: number): string {
    const text = this.strings[number - 1];
    if (text === undefined) throw new RangeError(`a packed record names string ${number} of ${this.strings.length}`);
    return text;
  }

  optional(number: number): string | undefined {
    return number === 0 ? undefined : this.text(number);
  }
}

/** name, kind, value, size, observedAt, unitCode, datasetId, parts, createdAt, modifiedAt, deletedAt. */
export type PackedAttribute = readonly [
  number,
  string,
  Json,
  number,
  number,
  number,
  number,
  readonly PackedAttribute[] | 0,
  (number | undefined)?,
  (number | undefined)?,
  (number | undefined)?,
];

/** id, types, scope, attributes, createdAt, modifiedAt, deletedAt. */
export type PackedEntity = readonly [
  string,
  readonly number[],
  readonly string[] | 0,
  readonly PackedAttribute[],
  (number | undefined)?,
  (number | undefined)?,
  (number | undefined)?,
];

/** position, moment, entity, reason (`updated` when absent), state before. */
export type PackedTelling = readonly [number, number, PackedEntity, (Reason | undefined)?, (PackedEntity | undefined)?];

const SAME_LETTER = 's';
const KIND_OF_LETTER: ReadonlyMap<string, AttributeKind | typeof SAME> = new Map<string, AttributeKind | typeof SAME>([
  ...(Object.keys(KINDS) as AttributeKind[]).map((kind): [string, AttributeKind] => [KINDS[kind].letter, kind]),
  [SAME_LETTER, SAME],
]);

/** In a log record of format 1 every time was the command's, and left out. */
export function unpackInput(
  [id, types, scope, attributes]: PackedEntity,
  table: StringTable,
  atMs: number,
): EntityInput {
  return {
    id,
    types: types.map((type) => table.text(type)),
    scope: scope === 0 ? undefined : scope,
    attributes: unpackAttributes(attributes, table, atMs),
  };
}

export function packEntity(entity: Entity, table: StringTable): PackedEntity {
  const { id, types, scope, attributes, createdAt, modifiedAt, deletedAt } = entity;
  const numbers = types.map((type) => table.number(type));
  const packed = packAttributes(attributes, table, true);
  return deletedAt === undefined
    ? [id, numbers, scope ?? 0, packed, createdAt, modifiedAt]
    : [id, numbers, scope ?? 0, packed, createdAt, modifiedAt, deletedAt];
}

export function unpackEntity(packed: PackedEntity, table: StringTable): Entity {
  const [, , , , createdAt = 0, modifiedAt = 0, deletedAt] = packed;
  const entity: Entity = { ...unpackInput(packed, table, 0), createdAt, modifiedAt };
  return deletedAt === undefined ? entity : { ...entity, deletedAt };
}

export function packTelling({ position, atMs, reason, entity, previous }: Telling, table: StringTable): PackedTelling {
  const packed = packEntity(entity, table);
  if (previous !== undefined) return [position, atMs, packed, reason, packEntity(previous, table)];
  return reason === 'updated' ? [position, atMs, packed] : [position, atMs, packed, reason];
}

export function unpackTelling(
  [position, atMs, packed, reason = 'updated', before]: PackedTelling,
  table: StringTable,
): Telling {
  const telling: Telling = { position, atMs, reason, entity: unpackEntity(packed, table) };
  return before === undefined ? telling : { ...telling, previous: unpackEntity(before, table) };
}

function packAttributes(
  attributes: readonly Attribute[],
  table: StringTable,
  hasTimes: boolean,
): readonly PackedAttribute[] {
  return attributes.map((attribute) => {
    const { name, kind, value, size, observedAt, unitCode, datasetId, parts } = attribute;
    const letter = kind === SAME ? SAME_LETTER : KINDS[kind].letter;
    const packed: PackedAttribute = [
      table.number(name),
      letter,
      value,
      size,
      table.number(observedAt),
      table.number(unitCode),
      table.number(datasetId),
      parts.length === 0 ? 0 : packAttributes(parts, table, hasTimes),
    ];
    if (!hasTimes) return packed;
    const { createdAt, modifiedAt, deletedAt } = attribute;
    return deletedAt === undefined ? [...packed, createdAt, modifiedAt] : [...packed, createdAt, modifiedAt, deletedAt];
  }) as readonly PackedAttribute[];
}

function unpackAttributes(packed: readonly PackedAttribute[], table: StringTable, atMs: number): readonly Attribute[] {
  return packed.map(
    ([
      name,
      letter,
      value,
      size,
      observedAt,
      unitCode,
      datasetId,
      parts,
      createdAt = atMs,
      modifiedAt = atMs,
      deletedAt,
    ]) => {
      const kind = KIND_OF_LETTER.get(letter);
      if (kind === undefined) throw new RangeError(`a packed attribute is of the unknown kind '${letter}'`);
      return {
        name: table.text(name),
        kind,
        value,
        observedAt: table.optional(observedAt),
        unitCode: table.optional(unitCode),
        datasetId: table.optional(datasetId),
        parts: parts === 0 ? NO_PARTS : unpackAttributes(parts, table, atMs),
        createdAt,
        modifiedAt,
        ...(deletedAt !== undefined && { deletedAt }),
        size,
      };
    },
  );
}

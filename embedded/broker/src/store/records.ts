/**
 * Command ↔ record of the log. Most are JSON. Entities are packed, as they are in memory: a byte of their own, the command
 * without its inputs as JSON, the names they say by number, and the inputs. The log beneath frames, checks and numbers.
 */

import type { EntityInput } from '../entity/model.js';
import { intern } from '../json.js';
import { ByteReader } from './byte-reader.js';
import { ByteWriter } from './byte-writer.js';
import type { Command, InputOperation } from './commands.js';
import type { Names } from './names.js';
import { type PackedEntity, StringTable, unpackInput as unpackJsonInput } from './pack.js';
import { packInput, unpackInput } from './packed.js';

/** Version of this payload format; the log refuses a newer one. Records of format 1, all JSON, are read as they are. */
export const RECORD_VERSION = 2;
export const RECORD_KIND = 'broker';

type EntitiesCommand = Extract<Command, { readonly kind: 'entities' }>;

/** Of format 1. */
interface EntitiesRecord extends Omit<EntitiesCommand, 'inputs'> {
  readonly operation: InputOperation;
  readonly strings: readonly string[];
  readonly entities: readonly PackedEntity[];
}

type Recorded = EntitiesRecord | Exclude<Command, { readonly kind: 'entities' }>;

/** No JSON begins so. */
const PACKED = 1;

const record = new ByteWriter();
const inputs = new ByteWriter();

/** Good until the next call: the log takes a copy at once. */
export function encodeCommand(command: Command): Uint8Array {
  if (command.kind !== 'entities') return Buffer.from(JSON.stringify(command), 'utf8');
  const { inputs: given, ...head } = command;
  const names = new RecordNames();
  inputs.restart();
  inputs.varint(given.length);
  for (const input of given) packInput(input, command.atMs, inputs, names);
  record.restart();
  record.byte(PACKED);
  record.text(JSON.stringify(head));
  record.varint(names.texts.length);
  for (const text of names.texts) record.text(text);
  record.raw(inputs.written());
  return record.written();
}

export function decodeCommand(payload: Uint8Array): Command {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  return bytes[0] === PACKED ? decodePacked(new ByteReader(bytes, 1)) : decodeJson(bytes.toString('utf8'));
}

function decodePacked(from: ByteReader): EntitiesCommand {
  const head: Omit<EntitiesCommand, 'inputs'> = JSON.parse(from.text());
  const names = new RecordNames(Array.from({ length: from.varint() }, () => interned(from.text())));
  const given: EntityInput[] = [];
  for (let left = from.varint(); left > 0; left -= 1) given.push(unpackInput(head.atMs, from, names));
  return { ...head, inputs: given };
}

function decodeJson(text: string): Command {
  const found: Recorded = JSON.parse(text);
  if (found.kind !== 'entities') return found;
  const { strings, entities, ...head } = found;
  const table = new StringTable(strings);
  return { ...head, inputs: entities.map((packed) => unpackJsonInput(packed, table, head.atMs)) };
}

/** The names of one record. */
class RecordNames implements Names {
  readonly texts: string[];
  readonly #numbers = new Map<string, number>();

  constructor(texts: string[] = []) {
    this.texts = texts;
  }

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    const number = this.texts.push(text);
    this.#numbers.set(text, number);
    return number;
  }

  text(number: number): string {
    const text = this.texts[number - 1];
    if (text === undefined) throw new RangeError(`a record names text ${number} of ${this.texts.length}`);
    return text;
  }
}

/** A replay reads the same few names in each record. */
const MAX_INTERNED = 10_000;
const MAX_INTERNED_LENGTH = 512;
const kept = new Map<string, string>();

function interned(text: string): string {
  const known = kept.get(text);
  if (known !== undefined || text.length > MAX_INTERNED_LENGTH) return known ?? text;
  if (kept.size >= MAX_INTERNED) kept.clear();
  const one = intern(text);
  kept.set(one, one);
  return one;
}

/**
 * A SenML pack as JSON (RFC 8428, 5) and as CBOR (RFC 8428, 6) to records and back. Base values are not applied here:
 * that is resolve.ts.
 */

import { type Decoded, WireError } from '@contor/kit';
import { decodeItem } from '../cbor/decode.js';
import { encodeItem } from '../cbor/encode.js';
import { bignumOf, type CborEntry, type CborItem, DECIMAL_FRACTION, FALSE, TRUE } from '../cbor/item.js';
import { toPlain } from '../cbor/plain.js';
import { fieldOf, labelOfCborKey, SENML_FIELDS, type SenmlKind, type SenmlRecord } from './fields.js';

/** A meter-day in steps of ten seconds is 8,640 records; more is no pack but a flood. */
const MAX_RECORDS = 10_000;
/** A URN of a device with its register is below 100; what is in a base name is repeated in every resolved record. */
const MAX_TEXT = 255;
/** Largest power of ten of a decimal fraction that a double can hold. */
const MAX_EXPONENT = 400;

type Fields = readonly (readonly [label: string, value: unknown])[];

/** From what JSON.parse made of the text. */
export function readSenmlJson(json: unknown): readonly SenmlRecord[] {
  if (!Array.isArray(json)) throw new WireError('senml.pack', 'A pack is an array of records.');
  return readPack(json, (record) => {
    if (typeof record !== 'object' || record === null || Array.isArray(record))
      throw new WireError('senml.record', 'A record is an object.');
    return Object.entries(record).map(([label, value]) => [
      label,
      fieldOf(label)?.kind === 'data' ? fromBase64(value) : value,
    ]);
  });
}

/** The text form; never pending, as its end cannot be told from a cut. */
export function decodeSenmlJson(bytes: Uint8Array): Decoded<readonly SenmlRecord[]> {
  return asDecoded(bytes.length, () => {
    try {
      return readSenmlJson(JSON.parse(STRICT_UTF8.decode(bytes)));
    } catch (error) {
      if (error instanceof WireError) throw error;
      throw new WireError('senml.json', 'The bytes are not JSON in UTF-8.', {}, error);
    }
  });
}

export function decodeSenmlCbor(bytes: Uint8Array): Decoded<readonly SenmlRecord[]> {
  const item = decodeItem(bytes);
  if (item.kind !== 'value') return item;
  return asDecoded(item.used, () => {
    if (item.value.type !== 'array') throw new WireError('senml.pack', 'A pack is an array of records.');
    return readPack(item.value.items, (record) => {
      if (record.type !== 'map') throw new WireError('senml.record', 'A record is a map.');
      return record.entries.map(readCborField);
    });
  });
}

export function encodeSenmlJson(records: readonly SenmlRecord[]): string {
  return JSON.stringify(records.map(toJsonRecord));
}

export function encodeSenmlCbor(records: readonly SenmlRecord[]): Uint8Array {
  return encodeItem({ type: 'array', items: records.map(toCborRecord), isIndefinite: false });
}

/** A record as JSON writes it: data in base64url without padding (RFC 8428, 5). */
export function toJsonRecord(record: SenmlRecord): Readonly<Record<string, unknown>> {
  const { extensions, vd, ...plain } = record;
  return { ...extensions, ...plain, ...(vd !== undefined && { vd: Buffer.from(vd).toString('base64url') }) };
}

function readPack<T>(entries: readonly T[], fieldsOf: (entry: T) => Fields): readonly SenmlRecord[] {
  if (entries.length === 0) throw new WireError('senml.pack', 'A pack has at least one record.');
  if (entries.length > MAX_RECORDS) throw new WireError('senml.too-long', 'The pack has too many records.');
  return entries.map((entry) => readRecord(fieldsOf(entry)));
}

function readRecord(fields: Fields): SenmlRecord {
  const known: Record<string, unknown> = {};
  const extensions = new Map<string, unknown>();
  for (const [label, value] of fields) {
    const field = fieldOf(label);
    if (Object.hasOwn(known, label) || extensions.has(label))
      throw new WireError('senml.repeated', 'A label is repeated.', { label });
    if (field !== undefined) known[label] = checked(label, field.kind, value);
    // RFC 8428, 4.4: a label that ends with "_" must be understood or the pack is refused.
    else if (label.endsWith('_'))
      throw new WireError('senml.must-understand', 'A field must be understood and is not.');
    else extensions.set(label, value);
  }
  return { ...known, ...(extensions.size > 0 && { extensions: Object.fromEntries(extensions) }) };
}

function checked(label: string, kind: SenmlKind, value: unknown): unknown {
  if (kind === 'data' ? !(value instanceof Uint8Array) : typeof value !== (kind === 'text' ? 'string' : kind))
    throw new WireError('senml.type', 'A field has a value of another type.', { label, kind });
  if (typeof value === 'number' && !Number.isFinite(value))
    throw new WireError('senml.number', 'A number is not finite.', { label });
  if (typeof value === 'string' && label !== 'vs' && value.length > MAX_TEXT)
    throw new WireError('senml.too-long', 'A name or unit is too long.', { label });
  return value;
}

function fromBase64(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (!/^[A-Za-z0-9_-]*$/.test(value) || value.length % 4 === 1)
    throw new WireError('senml.data', 'Data is base64url without padding.');
  return new Uint8Array(Buffer.from(value, 'base64url'));
}

function readCborField([key, item]: CborEntry): readonly [string, unknown] {
  const label =
    key.type === 'text' ? key.value : key.type === 'integer' ? labelOfCborKey(Number(key.value)) : undefined;
  // RFC 8428, 6: the table of integer keys is conclusive.
  if (label === undefined) throw new WireError('senml.label', 'A key is no label of SenML.');
  const kind = fieldOf(label)?.kind;
  if (kind === undefined) return [label, toPlain(item)];
  return [label, kind === 'number' ? numberOf(item) : scalarOf(item)];
}

function scalarOf(item: CborItem): unknown {
  if (item.type === 'text' || item.type === 'bytes') return item.value;
  return item.type === 'simple' && (item.value === TRUE || item.value === FALSE) ? item.value === TRUE : undefined;
}

/** RFC 8428, 6: integers, floats and decimal fractions (RFC 8949, 3.4.4), all read as doubles. */
function numberOf(item: CborItem): number | undefined {
  if (item.type === 'integer') return Number(item.value);
  if (item.type === 'float') return item.value;
  const whole = bignumOf(item);
  if (whole !== undefined) return Number(whole);
  if (item.type !== 'tag' || item.tag !== DECIMAL_FRACTION || item.item.type !== 'array') return undefined;
  const [exponent, mantissa, ...more] = item.item.items;
  if (exponent?.type !== 'integer' || mantissa === undefined || more.length > 0) return undefined;
  const digits = mantissa.type === 'integer' ? mantissa.value : bignumOf(mantissa);
  if (digits === undefined || exponent.value > MAX_EXPONENT || exponent.value < -MAX_EXPONENT) return undefined;
  return Number(`${digits}e${exponent.value}`);
}

function toCborRecord(record: SenmlRecord): CborItem {
  const { extensions = {}, ...plain } = record;
  const values: Readonly<Record<string, unknown>> = plain;
  const entries: CborEntry[] = [];
  for (const { label, cborKey } of SENML_FIELDS) {
    if (values[label] !== undefined) entries.push([{ type: 'integer', value: cborKey }, toCborScalar(values[label])]);
  }
  for (const [label, value] of Object.entries(extensions))
    entries.push([{ type: 'text', value: label }, toCborScalar(value)]);
  return { type: 'map', entries, isIndefinite: false };
}

function toCborScalar(value: unknown): CborItem {
  if (typeof value === 'boolean') return { type: 'simple', value: value ? TRUE : FALSE };
  if (typeof value === 'string') return { type: 'text', value };
  if (value instanceof Uint8Array) return { type: 'bytes', value };
  if (typeof value !== 'number') throw new WireError('senml.type', 'An extension holds what cannot be written.');
  return Number.isSafeInteger(value) && !Object.is(value, -0) ? { type: 'integer', value } : { type: 'float', value };
}

function asDecoded<T>(used: number, read: () => T): Decoded<T> {
  try {
    return { kind: 'value', value: read(), used: Math.max(1, used) };
  } catch (error) {
    if (error instanceof WireError) return { kind: 'garbage', error, used: Math.max(1, used) };
    throw error;
  }
}

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Reads a table of ANSI C12.19 by its list of fields. What a hostile ST21 or ST61 declares is bounded by the bytes that came. */

import { ByteReader, toHex, WireError } from '@contor/kit';
import { type Formats, formatsOf, holds, lookUp, sizeOf } from './context.js';
import { nonInteger, readSmall, readSmallSigned } from './number.js';
import { tableNumbered } from './tables.js';
import { readTime, timeLength } from './time.js';
import type { Bits, Field, Fields, Known, Type, Value } from './type.js';

/** Elements may be empty (no clock, no occurrence), so bytes alone bound nothing: a byte may be in so many nested values. */
const VALUES_A_BYTE = 4;
const SPARE_VALUES = 1024;

interface Reading {
  readonly reader: ByteReader;
  readonly known: Known;
  readonly formats: Formats;
  valuesLeft: number;
}

/** The table by its fields; `known` are the tables it leans on. */
export function decodeTable(number: number, bytes: Uint8Array, known: Known): Fields | WireError {
  const table = tableNumbered(number);
  if (table === undefined) return new WireError('c12.table', 'The table is not described here.', { number });
  try {
    const reader = new ByteReader(bytes);
    const reading = {
      reader,
      known,
      formats: formatsOf(known),
      valuesLeft: bytes.length * VALUES_A_BYTE + SPARE_VALUES,
    };
    const fields = readRecord(table.fields, reading);
    // A meter may keep more than its version of the standard declares; what is left over is shown, not lost.
    return reader.remaining > 0 ? { ...fields, undeclared: toHex(reader.rest()) } : fields;
  } catch (error) {
    if (error instanceof WireError) return error;
    throw error;
  }
}

function readRecord(fields: readonly Field[], reading: Reading): Fields {
  const record: Record<string, Value> = {};
  for (const { name, type, when } of fields)
    if (holds(when, reading.known)) record[name] = readType(type, reading, record);
  return record;
}

const INTEGERS = { u8: 1, u16: 2, u32: 4, i8: 1, i16: 2, i32: 4 } as const;

function readType(type: Type, reading: Reading, record: Fields): Value {
  const { reader, known, formats } = reading;
  reading.valuesLeft -= 1;
  if (reading.valuesLeft < 0) throw new WireError('c12.table-size', 'The table declares more than came.');
  if (typeof type === 'string') return readNamed(type, reader, formats);
  if ('bits' in type) return readBits(type, readSmall(reader.bytes(type.bits), formats.isLittle));
  if ('text' in type) return text(reader.bytes(sizeIn(type.text, known, record)), formats);
  if ('id' in type) return formats.isBcdId ? toHex(reader.bytes(type.id / 2)) : text(reader.bytes(type.id), formats);
  if ('bcd' in type) return toHex(reader.bytes(type.bcd));
  if ('bytes' in type)
    return toHex(type.bytes === 'rest' ? reader.rest() : reader.bytes(sizeIn(type.bytes, known, record)));
  if ('set' in type) return bitsSet(reader.bytes(sizeIn(type.set, known, record)));
  if ('record' in type) return readRecord(type.record, reading);
  if ('choose' in type) return readType(chosen(type, known), reading, record);
  const values: Value[] = [];
  for (let left = sizeIn(type.array, known, record); left > 0; left -= 1)
    values.push(readType(type.of, reading, record));
  return values;
}

function readNamed(type: Extract<Type, string>, reader: ByteReader, formats: Formats): Value {
  if (type === 'ni1' || type === 'ni2') {
    const row = nonInteger(formats[type]);
    return row.read(reader.bytes(row.length), formats);
  }
  if (type === 'stime' || type === 'ltime' || type === 'time' || type === 'date')
    return readTime(type, reader.bytes(timeLength(type, formats)), formats);
  const bytes = reader.bytes(INTEGERS[type]);
  return type.startsWith('i') ? readSmallSigned(bytes, formats) : readSmall(bytes, formats.isLittle);
}

function readBits({ parts }: Bits, word: number): Fields {
  const fields: Record<string, Value> = {};
  for (const [name, [from, to]] of Object.entries(parts)) {
    const value = Math.floor(word / 2 ** from) % 2 ** (to - from + 1);
    fields[name] = from === to ? value === 1 : value;
  }
  return fields;
}

/** `ST0` in ST0 itself is the record being read. */
function sizeIn(size: Parameters<typeof sizeOf>[0], known: Known, record: Fields): number {
  if (typeof size === 'string' && size.startsWith('ST0.')) {
    const own = record[size.slice('ST0.'.length)];
    if (typeof own === 'number') return own;
  }
  return sizeOf(size, known);
}

export function chosen(type: Extract<Type, { readonly choose: unknown }>, known: Known): Type {
  const choice = Number(lookUp(type.choose, known));
  const found = type.of[choice];
  if (found === undefined)
    throw new WireError('c12.table-choice', 'A table names a format that is reserved.', { choice });
  return found;
}

function text(bytes: Uint8Array, { encoding }: Formats): string {
  return Buffer.from(bytes)
    .toString(encoding)
    .replace(/[\0 ]+$/, '');
}

function bitsSet(bytes: Uint8Array): readonly number[] {
  const set: number[] = [];
  bytes.forEach((byte, at) => {
    for (let bit = 0; bit < 8; bit += 1) if (byte & (1 << bit)) set.push(at * 8 + bit);
  });
  return set;
}

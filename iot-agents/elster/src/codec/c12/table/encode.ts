/** Writes a table of ANSI C12.19 by its list of fields: the meter's side of `decodeTable`. */

import { ByteWriter, WireError } from '@contor/kit';
import { asFields, type Formats, formatsOf, holds, sizeOf } from './context.js';
import { chosen } from './decode.js';
import { integral, nonInteger, writeHex, writeSigned, writeText, writeUnsigned } from './number.js';
import { tableNumbered } from './tables.js';
import { writeTime } from './time.js';
import type { Bits, Field, Fields, Known, Type, Value } from './type.js';

/** The count of a partial read has 16 bits, an offset 24: no table is longer. */
const MAX_TABLE = 2 ** 24;

interface Writing {
  readonly writer: ByteWriter;
  readonly known: Known;
  readonly formats: Formats;
}

/** A field that is missing, or has another shape than its type, is `wire.range`. */
export function encodeTable(number: number, fields: Fields, known: Known): Uint8Array {
  const table = tableNumbered(number);
  if (table === undefined) throw new WireError('c12.table', 'The table is not described here.', { number });
  // ST0 steers itself: its counts stand before what they count.
  const leaning = number === 0 ? new Map([...known, [0, fields] as const]) : known;
  const writing = { writer: new ByteWriter(MAX_TABLE), known: leaning, formats: formatsOf(leaning) };
  writeRecord(table.fields, fields, writing);
  return writing.writer.finish();
}

function writeRecord(fields: readonly Field[], values: Fields, writing: Writing): void {
  for (const { name, type, when } of fields) {
    if (!holds(when, writing.known)) continue;
    const value = values[name];
    if (value === undefined) throw new WireError('wire.range', 'A field of the table is missing.', { name });
    writeType(type, value, writing);
  }
}

const INTEGERS = { u8: 1, u16: 2, u32: 4, i8: 1, i16: 2, i32: 4 } as const;

function writeType(type: Type, value: Value, writing: Writing): void {
  const { writer, known, formats } = writing;
  if (typeof type === 'string') writer.bytes(named(type, value, formats));
  else if ('bits' in type) writer.bytes(writeUnsigned(word(type, asFields(value)), type.bits, formats.isLittle));
  else if ('text' in type) writer.bytes(writeText(value, sizeOf(type.text, known), formats.encoding));
  else if ('id' in type)
    writer.bytes(formats.isBcdId ? writeHex(value, type.id / 2) : writeText(value, type.id, formats.encoding));
  else if ('bcd' in type) writer.bytes(writeHex(value, type.bcd));
  else if ('bytes' in type)
    writer.bytes(writeHex(value, type.bytes === 'rest' ? String(value).length / 2 : sizeOf(type.bytes, known)));
  else if ('set' in type) writer.bytes(setOf(value, sizeOf(type.set, known)));
  else if ('record' in type) writeRecord(type.record, asFields(value), writing);
  else if ('choose' in type) writeType(chosen(type, known), value, writing);
  else {
    const values = listOf(value);
    const count = sizeOf(type.array, known);
    if (values.length !== count)
      throw new WireError('wire.range', 'A list has another length than declared.', { count });
    for (const element of values) writeType(type.of, element, writing);
  }
}

function named(type: Extract<Type, string>, value: Value, formats: Formats): Uint8Array {
  if (type === 'ni1' || type === 'ni2') {
    const row = nonInteger(formats[type]);
    return row.write(value, row.length, formats);
  }
  if (type === 'stime' || type === 'ltime' || type === 'time' || type === 'date')
    return writeTime(type, String(value), formats);
  const length = INTEGERS[type];
  return type.startsWith('i')
    ? writeSigned(integral(value), length, formats)
    : writeUnsigned(integral(value), length, formats.isLittle);
}

function word({ parts }: Bits, fields: Fields): bigint {
  let bits = 0n;
  for (const [name, [from, to]] of Object.entries(parts)) {
    const part = BigInt(Number(fields[name] ?? 0));
    if (part < 0n || part >= 1n << BigInt(to - from + 1))
      throw new WireError('wire.range', 'The value does not fit its bits.', { name });
    bits |= part << BigInt(from);
  }
  return bits;
}

function setOf(value: Value, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (const number of listOf(value).map(Number)) {
    if (!(number >= 0 && number < length * 8))
      throw new WireError('wire.range', 'The set has no such member.', { number });
    bytes[number >> 3] = (bytes[number >> 3] ?? 0) | (1 << (number & 7));
  }
  return bytes;
}

function listOf(value: Value): readonly Value[] {
  return Array.isArray(value) ? value : [];
}

/** Bytes → Data: A-XDR, IEC 61334-6 as used by IEC 62056-5-3. Hot: a push of thirty objects passes here two hundred times. */

import { type Decoded, toHex, WireError } from '@contor/kit';
import { attempt, type Cursor, type Mark } from '../cursor.js';
import { DATA_TYPES, type Data, type DataType, type IntegerType, type TypeDescription } from './data.js';

type Content = (from: Cursor) => Data;

const NULL: Data = { type: 'null-data', value: null };
const DONT_CARE: Data = { type: 'dont-care', value: null };

const integer =
  (type: IntegerType, read: (from: Cursor) => number): Content =>
  (from) => ({ type, value: read(from) });

const octets =
  (type: 'floating-point' | 'date-time' | 'date' | 'time', size: number): Content =>
  (from) => ({ type, value: from.bytes(size) });

const i8 = (from: Cursor) => from.i8();
const i16 = (from: Cursor) => from.i16();
const i32 = (from: Cursor) => from.i32();
const u8 = (from: Cursor) => from.u8();
const u16 = (from: Cursor) => from.u16();
const u32 = (from: Cursor) => from.u32();

const CONTENTS: Readonly<Record<DataType, Content>> = {
  'null-data': () => NULL,
  'dont-care': () => DONT_CARE,
  array: (from) => ({ type: 'array', value: elements(from) }),
  structure: (from) => ({ type: 'structure', value: elements(from) }),
  'compact-array': compactArray,
  boolean: (from) => ({ type: 'boolean', value: from.u8() !== 0 }),
  'bit-string': (from) => ({ type: 'bit-string', value: bits(from) }),
  'octet-string': (from) => ({ type: 'octet-string', value: from.bytes(from.length()) }),
  'visible-string': (from) => ({ type: 'visible-string', value: visible(from.bytes(from.length())) }),
  'utf8-string': (from) => ({ type: 'utf8-string', value: from.text(from.length()) }),
  bcd: integer('bcd', i8),
  integer: integer('integer', i8),
  long: integer('long', i16),
  'double-long': integer('double-long', i32),
  unsigned: integer('unsigned', u8),
  'long-unsigned': integer('long-unsigned', u16),
  'double-long-unsigned': integer('double-long-unsigned', u32),
  enum: integer('enum', u8),
  'delta-integer': integer('delta-integer', i8),
  'delta-long': integer('delta-long', i16),
  'delta-double-long': integer('delta-double-long', i32),
  'delta-unsigned': integer('delta-unsigned', u8),
  'delta-long-unsigned': integer('delta-long-unsigned', u16),
  'delta-double-long-unsigned': integer('delta-double-long-unsigned', u32),
  long64: (from) => ({ type: 'long64', value: from.i64() }),
  'long64-unsigned': (from) => ({ type: 'long64-unsigned', value: from.u64() }),
  float32: (from) => ({ type: 'float32', value: from.f32() }),
  float64: (from) => ({ type: 'float64', value: from.f64() }),
  'floating-point': octets('floating-point', 4),
  'date-time': octets('date-time', 12),
  date: octets('date', 5),
  time: octets('time', 4),
};

const BY_TAG: readonly (Content | undefined)[] = Array.from({ length: 256 }, (_, tag) => {
  const row = DATA_TYPES.find((candidate) => candidate.tag === tag);
  return row === undefined ? undefined : CONTENTS[row.type];
});

export function decodeData(bytes: Uint8Array, trace?: Mark[]): Decoded<Data> {
  return attempt(bytes, readData, trace);
}

export function readData(from: Cursor): Data {
  const start = from.offset;
  const tag = from.u8();
  const content = BY_TAG[tag];
  if (content === undefined) throw new WireError('axdr.type', 'There is no such type.', { offset: start, tag });
  const value = content(from);
  if (from.trace !== undefined && !Array.isArray(value.value)) from.mark(start, value.type, saysOf(value));
  return value;
}

function elements(from: Cursor): readonly Data[] {
  const start = from.offset - 1;
  const count = from.length();
  from.mark(start, 'array or structure', `${count} elements`);
  // An element takes one byte at least, so a count beyond the bytes cannot be filled and must not be allocated.
  if (count > from.remaining) throw shortBy(from, count);
  from.deeper();
  const values: Data[] = [];
  for (let index = 0; index < count; index += 1) values.push(readData(from));
  from.back();
  return values;
}

/** IEC 62056-5-3, compact-array: a TypeDescription, then the contents of all elements in one octet string. */
function compactArray(from: Cursor): Data {
  const start = from.offset - 1;
  const description = readDescription(from);
  const length = from.length();
  from.mark(start, 'compact-array', `${description.type} in ${length} bytes`);
  if (length > from.remaining) throw shortBy(from, length);
  const end = from.offset + length;
  const value: Data[] = [];
  while (from.offset < end) {
    const before = from.offset;
    value.push(readDescribed(from, description));
    if (from.offset > end || from.offset === before)
      throw new WireError('axdr.compact', 'The elements of a compact array do not fill it.', { offset: before });
  }
  return { type: 'compact-array', description, value };
}

function readDescription(from: Cursor): TypeDescription {
  const tag = from.u8();
  const type = DATA_TYPES.find((row) => row.tag === tag)?.type;
  from.deeper();
  try {
    if (type === 'array') return { type, count: from.u16(), element: readDescription(from) };
    if (type === 'structure') {
      const count = from.length();
      if (count > from.remaining) throw shortBy(from, count);
      return { type, elements: Array.from({ length: count }, () => readDescription(from)) };
    }
  } finally {
    from.back();
  }
  if (type === undefined || type === 'compact-array')
    throw new WireError('axdr.type', 'There is no such type in a description.', { offset: from.offset, tag });
  return { type };
}

function readDescribed(from: Cursor, description: TypeDescription): Data {
  const start = from.offset;
  if (description.type === 'array') {
    const value: Data[] = [];
    for (let index = 0; index < description.count; index += 1) {
      const before = from.offset;
      value.push(readDescribed(from, description.element));
      if (from.offset === before) from.countEmpty();
    }
    return { type: 'array', value };
  }
  if (description.type === 'structure') {
    const value = description.elements.map((element) => {
      const before = from.offset;
      const read = readDescribed(from, element);
      if (from.offset === before) from.countEmpty();
      return read;
    });
    return { type: 'structure', value };
  }
  const value = CONTENTS[description.type](from);
  from.mark(start, value.type, from.trace === undefined ? '' : saysOf(value));
  return value;
}

function bits(from: Cursor): string {
  const count = from.length();
  const bytes = from.bytes(Math.ceil(count / 8));
  let text = '';
  for (const byte of bytes) text += byte.toString(2).padStart(8, '0');
  return text.slice(0, count);
}

function visible(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function shortBy(from: Cursor, expected: number): WireError {
  return new WireError('wire.short', 'The bytes end before the value does.', {
    offset: from.offset,
    expected,
    actual: from.remaining,
  });
}

function saysOf({ value }: Data): string {
  return value instanceof Uint8Array ? toHex(value) : String(value);
}

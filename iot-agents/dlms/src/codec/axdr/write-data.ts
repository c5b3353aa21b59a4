/** Data → bytes: A-XDR, IEC 61334-6 as used by IEC 62056-5-3. A value that does not fit its type is a WireError. */

import { ByteWriter, WireError } from '@contor/kit';
import { MAX_LENGTH } from '../cursor.js';
import { type Data, type DataType, TAG_OF, type TypeDescription } from './data.js';

export function encodeData(data: Data): Uint8Array {
  const to = new ByteWriter(MAX_LENGTH);
  writeData(to, data);
  return to.finish();
}

export function writeData(to: ByteWriter, data: Data): void {
  to.u8(tagOf(data.type));
  writeContent(to, data);
}

/** IEC 61334-6, 6.1, in the fewest bytes. */
export function writeLength(to: ByteWriter, length: number): void {
  if (length < 0x80) to.u8(length);
  else if (length <= 0xff) to.u8(0x81).u8(length);
  else if (length <= 0xffff) to.u8(0x82).u16(length);
  else to.u8(0x84).u32(length);
}

export function writeOctets(to: ByteWriter, bytes: Uint8Array): void {
  writeLength(to, bytes.length);
  to.bytes(bytes);
}

function writeContent(to: ByteWriter, data: Data): void {
  switch (data.type) {
    case 'null-data':
    case 'dont-care':
      return;
    case 'array':
    case 'structure':
      writeLength(to, data.value.length);
      for (const element of data.value) writeData(to, element);
      return;
    case 'compact-array':
      writeCompact(to, data.description, data.value);
      return;
    case 'boolean':
      to.u8(data.value ? 1 : 0);
      return;
    case 'bit-string':
      writeBits(to, data.value);
      return;
    case 'visible-string':
      writeOctets(to, latin1(data.value));
      return;
    case 'utf8-string':
      writeOctets(to, Buffer.from(data.value, 'utf8'));
      return;
    case 'octet-string':
      writeOctets(to, data.value);
      return;
    case 'floating-point':
    case 'date-time':
    case 'date':
    case 'time':
      writeFixed(to, data.type, data.value);
      return;
    case 'long64':
      to.i64(data.value);
      return;
    case 'long64-unsigned':
      to.u64(data.value);
      return;
    default:
      WRITE_NUMBER[data.type](to, data.value);
  }
}

type NumberType = Extract<Data, { value: number }>['type'];

const i8 = (to: ByteWriter, value: number) => void to.i8(value);
const i16 = (to: ByteWriter, value: number) => void to.i16(value);
const i32 = (to: ByteWriter, value: number) => void to.i32(value);
const u8 = (to: ByteWriter, value: number) => void to.u8(value);
const u16 = (to: ByteWriter, value: number) => void to.u16(value);
const u32 = (to: ByteWriter, value: number) => void to.u32(value);

const WRITE_NUMBER: Readonly<Record<NumberType, (to: ByteWriter, value: number) => void>> = {
  bcd: i8,
  integer: i8,
  long: i16,
  'double-long': i32,
  unsigned: u8,
  'long-unsigned': u16,
  'double-long-unsigned': u32,
  enum: u8,
  'delta-integer': i8,
  'delta-long': i16,
  'delta-double-long': i32,
  'delta-unsigned': u8,
  'delta-long-unsigned': u16,
  'delta-double-long-unsigned': u32,
  float32: (to, value) => void to.f32(value),
  float64: (to, value) => void to.f64(value),
};

const FIXED_SIZES = { 'floating-point': 4, 'date-time': 12, date: 5, time: 4 } as const;

function writeFixed(to: ByteWriter, type: keyof typeof FIXED_SIZES, bytes: Uint8Array): void {
  if (bytes.length !== FIXED_SIZES[type])
    throw new WireError('wire.range', 'The value does not fit its field.', { type, bytes: bytes.length });
  to.bytes(bytes);
}

function writeBits(to: ByteWriter, digits: string): void {
  if (!/^[01]*$/.test(digits)) throw new WireError('wire.range', 'Bits are 0 and 1.', {});
  writeLength(to, digits.length);
  for (let at = 0; at < digits.length; at += 8) to.u8(Number.parseInt(digits.slice(at, at + 8).padEnd(8, '0'), 2));
}

function writeCompact(to: ByteWriter, description: TypeDescription, elements: readonly Data[]): void {
  writeDescription(to, description);
  const contents = new ByteWriter(MAX_LENGTH);
  for (const element of elements) writeDescribed(contents, description, element);
  writeOctets(to, contents.finish());
}

function writeDescription(to: ByteWriter, description: TypeDescription): void {
  to.u8(tagOf(description.type));
  if (description.type === 'array') {
    to.u16(description.count);
    writeDescription(to, description.element);
  } else if (description.type === 'structure') {
    writeLength(to, description.elements.length);
    for (const element of description.elements) writeDescription(to, element);
  }
}

function writeDescribed(to: ByteWriter, description: TypeDescription, data: Data): void {
  const wrong = () =>
    new WireError('axdr.compact', 'An element is not as the array describes it.', {
      described: description.type,
      actual: data.type,
    });
  if (data.type !== description.type) throw wrong();
  if (description.type === 'array' && data.type === 'array') {
    if (data.value.length !== description.count) throw wrong();
    for (const element of data.value) writeDescribed(to, description.element, element);
  } else if (description.type === 'structure' && data.type === 'structure') {
    if (data.value.length !== description.elements.length) throw wrong();
    description.elements.forEach((element, index) => {
      const value = data.value[index];
      if (value !== undefined) writeDescribed(to, element, value);
    });
  } else writeContent(to, data);
}

function latin1(text: string): Uint8Array {
  for (let at = 0; at < text.length; at += 1)
    if (text.charCodeAt(at) > 0xff) throw new WireError('wire.range', 'A visible string has one byte a character.', {});
  return Buffer.from(text, 'latin1');
}

function tagOf(type: DataType): number {
  const tag = TAG_OF.get(type);
  if (tag === undefined) throw new WireError('axdr.type', 'There is no such type.', { type });
  return tag;
}

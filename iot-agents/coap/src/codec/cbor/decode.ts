/**
 * Reading one CBOR data item (RFC 8949, 3 and appendix C). The bytes may come from a stream: an item that is well-formed as
 * far as it goes is "pending". Lengths are checked against limits before anything is kept, and nesting has a floor.
 */

import { ByteReader, type Decoded, WireError } from '@contor/kit';
import { readFloat16 } from './float16.js';
import type { CborEntry, CborItem } from './item.js';

export interface CborLimits {
  /** Arrays, maps and tags within each other. */
  readonly maxDepth?: number;
  /** Items in one array or entries in one map, and bytes in one string. */
  readonly maxLength?: number;
}

/** Packs of meters nest two or three deep; the stack holds much more. */
const MAX_DEPTH = 64;
/** As long as the longest body the agent takes. */
const MAX_LENGTH = 2 ** 20;

const INDEFINITE = 31;
const BREAK = 0xff;

export function decodeItem(bytes: Uint8Array, limits: CborLimits = {}): Decoded<CborItem> {
  const reader = new ByteReader(bytes);
  const bounds = { maxDepth: limits.maxDepth ?? MAX_DEPTH, maxLength: limits.maxLength ?? MAX_LENGTH };
  try {
    const value = readItem(reader, bounds, 0);
    return { kind: 'value', value, used: reader.offset };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    if (error.code === 'wire.short') return { kind: 'pending' };
    return { kind: 'garbage', error, used: Math.max(1, reader.offset) };
  }
}

type Bounds = Required<CborLimits>;
type Reading = (reader: ByteReader, info: number, bounds: Bounds, depth: number) => CborItem;

/** RFC 8949, 3.1: what the upper three bits of the first byte mean. */
const MAJOR_TYPES: readonly Reading[] = [
  (reader, info) => ({ type: 'integer', value: readArgument(reader, info) }),
  (reader, info) => ({ type: 'integer', value: negative(readArgument(reader, info)) }),
  readBytes,
  readText,
  readArray,
  readMap,
  readTag,
  readSimpleOrFloat,
];

function readItem(reader: ByteReader, bounds: Bounds, depth: number): CborItem {
  if (depth > bounds.maxDepth) refuse('cbor.depth', 'The items nest too deeply.', reader);
  const first = reader.u8();
  const read = MAJOR_TYPES[first >> 5] ?? readSimpleOrFloat;
  return read(reader, first & 31, bounds, depth);
}

/** RFC 8949, 3: the value of the low five bits, with up to eight bytes behind them. */
function readArgument(reader: ByteReader, info: number): number | bigint {
  if (info < 24) return info;
  if (info === 24) return reader.u8();
  if (info === 25) return reader.u16();
  if (info === 26) return reader.u32();
  if (info === 27) return narrow(reader.u64());
  return refuse('cbor.reserved', 'The additional information is reserved.', reader);
}

function readLength(reader: ByteReader, info: number, bounds: Bounds): number {
  const length = readArgument(reader, info);
  if (typeof length === 'bigint' || length > bounds.maxLength)
    return refuse('cbor.too-long', 'A string, array or map is longer than its limit.', reader);
  return length;
}

function readBytes(reader: ByteReader, info: number, bounds: Bounds): CborItem {
  if (info !== INDEFINITE) return { type: 'bytes', value: reader.bytes(readLength(reader, info, bounds)) };
  const chunks = readChunks(reader, 2, bounds, (length) => reader.bytes(length));
  return { type: 'bytes', value: new Uint8Array(Buffer.concat(chunks)), chunks };
}

function readText(reader: ByteReader, info: number, bounds: Bounds): CborItem {
  if (info !== INDEFINITE) return { type: 'text', value: textOf(reader, readLength(reader, info, bounds)) };
  const chunks = readChunks(reader, 3, bounds, (length) => textOf(reader, length));
  return { type: 'text', value: chunks.join(''), chunks };
}

/** A million empty pieces cost no million decoders. */
function textOf(reader: ByteReader, length: number): string {
  return length === 0 ? '' : reader.text(length);
}

/** RFC 8949, 3.2.3: the pieces are strings of the same type and of definite length. */
function readChunks<T>(
  reader: ByteReader,
  majorType: number,
  bounds: Bounds,
  take: (length: number) => T,
): readonly T[] {
  const chunks: T[] = [];
  let total = 0;
  for (let first = reader.u8(); first !== BREAK; first = reader.u8()) {
    if (first >> 5 !== majorType || (first & 31) === INDEFINITE)
      refuse('cbor.chunk', 'A piece of a string is no string of its type.', reader);
    const length = readLength(reader, first & 31, bounds);
    total += length;
    if (total > bounds.maxLength || chunks.length >= bounds.maxLength)
      refuse('cbor.too-long', 'A string, array or map is longer than its limit.', reader);
    chunks.push(take(length));
  }
  return chunks;
}

function readArray(reader: ByteReader, info: number, bounds: Bounds, depth: number): CborItem {
  const items: CborItem[] = [];
  const length = lengthOf(reader, info, bounds);
  while (hasNext(reader, items.length, length, bounds)) items.push(readItem(reader, bounds, depth + 1));
  return { type: 'array', items, isIndefinite: length === undefined };
}

function readMap(reader: ByteReader, info: number, bounds: Bounds, depth: number): CborItem {
  const entries: CborEntry[] = [];
  const length = lengthOf(reader, info, bounds);
  while (hasNext(reader, entries.length, length, bounds)) {
    const key = readItem(reader, bounds, depth + 1);
    entries.push([key, readItem(reader, bounds, depth + 1)]);
  }
  return { type: 'map', entries, isIndefinite: length === undefined };
}

function lengthOf(reader: ByteReader, info: number, bounds: Bounds): number | undefined {
  return info === INDEFINITE ? undefined : readLength(reader, info, bounds);
}

/** Whether another element follows: up to the number announced, or else up to the break, which is taken. */
function hasNext(reader: ByteReader, have: number, length: number | undefined, bounds: Bounds): boolean {
  if (length !== undefined) return have < length;
  if (reader.peek() === BREAK) {
    reader.skip(1);
    return false;
  }
  if (have >= bounds.maxLength) refuse('cbor.too-long', 'A string, array or map is longer than its limit.', reader);
  return true;
}

function readTag(reader: ByteReader, info: number, bounds: Bounds, depth: number): CborItem {
  const tag = readArgument(reader, info);
  return { type: 'tag', tag, item: readItem(reader, bounds, depth + 1) };
}

function readSimpleOrFloat(reader: ByteReader, info: number): CborItem {
  if (info < 24) return { type: 'simple', value: info };
  if (info === 25) return { type: 'float', value: readFloat16(reader.u16()) };
  if (info === 26) return { type: 'float', value: reader.f32() };
  if (info === 27) return { type: 'float', value: reader.f64() };
  if (info === INDEFINITE) return refuse('cbor.break', 'There is a break and nothing to end.', reader);
  if (info !== 24) return refuse('cbor.reserved', 'The additional information is reserved.', reader);
  const value = reader.u8();
  // RFC 8949, 3.3: two bytes for a value below 32 are not well-formed.
  if (value < 32) return refuse('cbor.simple', 'A simple value below 32 takes one byte.', reader);
  return { type: 'simple', value };
}

function narrow(value: bigint): number | bigint {
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

function negative(argument: number | bigint): number | bigint {
  if (typeof argument === 'number' && argument < Number.MAX_SAFE_INTEGER) return -1 - argument;
  return -1n - BigInt(argument);
}

function refuse(code: string, message: string, reader: ByteReader): never {
  throw new WireError(code, message, { offset: reader.offset });
}

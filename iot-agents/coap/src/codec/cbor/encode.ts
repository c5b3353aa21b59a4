/** Writing CBOR in the preferred serialization (RFC 8949, 4.1): shortest arguments, shortest exact floats, definite lengths. */

import { ByteWriter, WireError } from '@contor/kit';
import { exactFloat16 } from './float16.js';
import { bignumOf, type CborItem } from './item.js';

/** No message of ours comes near. */
const MAX_BYTES = 16 * 2 ** 20;
const MAX_ARGUMENT = 0xffff_ffff_ffff_ffffn;

export function encodeItem(item: CborItem, maxBytes = MAX_BYTES): Uint8Array {
  const writer = new ByteWriter(maxBytes);
  writeItem(writer, item);
  return writer.finish();
}

function writeItem(writer: ByteWriter, item: CborItem): void {
  if (item.type === 'integer') writeInteger(writer, item.value);
  else if (item.type === 'bytes') writeHead(writer, 2, item.value.length).bytes(item.value);
  else if (item.type === 'text') {
    const text = Buffer.from(item.value, 'utf8');
    writeHead(writer, 3, text.length).bytes(text);
  } else if (item.type === 'array') {
    writeHead(writer, 4, item.items.length);
    for (const element of item.items) writeItem(writer, element);
  } else if (item.type === 'map') {
    writeHead(writer, 5, item.entries.length);
    for (const [key, value] of item.entries) {
      writeItem(writer, key);
      writeItem(writer, value);
    }
  } else if (item.type === 'tag') writeTag(writer, item);
  else if (item.type === 'simple') writeSimple(writer, item.value);
  else writeFloat(writer, item.value);
}

function writeHead(writer: ByteWriter, majorType: number, argument: number | bigint): ByteWriter {
  const first = majorType << 5;
  if (argument < 24) return writer.u8(first | Number(argument));
  if (argument <= 0xff) return writer.u8(first | 24).u8(Number(argument));
  if (argument <= 0xffff) return writer.u8(first | 25).u16(Number(argument));
  if (argument <= 0xffff_ffff) return writer.u8(first | 26).u32(Number(argument));
  return writer.u8(first | 27).u64(BigInt(argument));
}

function writeInteger(writer: ByteWriter, value: number | bigint): void {
  if (typeof value === 'number' && !Number.isSafeInteger(value))
    throw new WireError('cbor.integer', 'The number is no exact integer.', { value });
  if (typeof value === 'number') {
    if (value < 0) writeHead(writer, 1, -1 - value);
    else writeHead(writer, 0, value);
    return;
  }
  const whole = value;
  if (whole > MAX_ARGUMENT || whole < -1n - MAX_ARGUMENT) {
    writeHead(writer, 6, whole < 0n ? 3 : 2);
    const magnitude = bytesOf(whole < 0n ? -1n - whole : whole);
    writeHead(writer, 2, magnitude.length).bytes(magnitude);
  } else if (whole < 0n) writeHead(writer, 1, -1n - whole);
  else writeHead(writer, 0, whole);
}

/** RFC 8949, 3.4.3: a bignum that fits an integer is written as one, and has no leading zeros. */
function writeTag(writer: ByteWriter, item: CborItem & { readonly type: 'tag' }): void {
  const bignum = bignumOf(item);
  if (bignum === undefined) {
    writeHead(writer, 6, item.tag);
    writeItem(writer, item.item);
  } else writeInteger(writer, bignum);
}

function writeSimple(writer: ByteWriter, value: number): void {
  if (!Number.isInteger(value) || value < 0 || value > 0xff || (value >= 24 && value < 32))
    throw new WireError('cbor.simple', 'There is no such simple value.', { value });
  writeHead(writer, 7, value);
}

function writeFloat(writer: ByteWriter, value: number): void {
  const half = exactFloat16(value);
  if (half !== undefined) writer.u8(0xf9).u16(half);
  else if (Math.fround(value) === value) writer.u8(0xfa).f32(value);
  else writer.u8(0xfb).f64(value);
}

function bytesOf(magnitude: bigint): Uint8Array {
  const digits = magnitude.toString(16);
  return Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
}

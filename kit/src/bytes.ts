/** Bounded cursors over bytes. A read past the end or a value that does not fit is a WireError, never a RangeError. */

import { WireError } from './errors.js';

/** The three answers of a decoder; "not yet" is not an error, and `used` is never zero, so a reader always moves on. */
export type Decoded<T> =
  | { readonly kind: 'value'; readonly value: T; readonly used: number }
  | { readonly kind: 'pending' }
  | { readonly kind: 'garbage'; readonly error: WireError; readonly used: number };

/** Reads forward over bytes it does not copy. Integers are big-endian unless the name says `Le`. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  #offset = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get offset(): number {
    return this.#offset;
  }

  get remaining(): number {
    return this.#bytes.byteLength - this.#offset;
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1));
  }

  i8(): number {
    return this.#view.getInt8(this.#take(1));
  }

  u16(): number {
    return this.#view.getUint16(this.#take(2));
  }

  u16Le(): number {
    return this.#view.getUint16(this.#take(2), true);
  }

  i16(): number {
    return this.#view.getInt16(this.#take(2));
  }

  i16Le(): number {
    return this.#view.getInt16(this.#take(2), true);
  }

  u32(): number {
    return this.#view.getUint32(this.#take(4));
  }

  u32Le(): number {
    return this.#view.getUint32(this.#take(4), true);
  }

  i32(): number {
    return this.#view.getInt32(this.#take(4));
  }

  i32Le(): number {
    return this.#view.getInt32(this.#take(4), true);
  }

  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8));
  }

  u64Le(): bigint {
    return this.#view.getBigUint64(this.#take(8), true);
  }

  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8));
  }

  i64Le(): bigint {
    return this.#view.getBigInt64(this.#take(8), true);
  }

  f32(): number {
    return this.#view.getFloat32(this.#take(4));
  }

  f64(): number {
    return this.#view.getFloat64(this.#take(8));
  }

  /** A view, not a copy. */
  bytes(length: number): Uint8Array {
    const start = this.#take(length);
    return this.#bytes.subarray(start, start + length);
  }

  rest(): Uint8Array {
    return this.bytes(this.remaining);
  }

  /** UTF-8; malformed text is a WireError. */
  text(length: number): string {
    const bytes = this.bytes(length);
    try {
      return STRICT_UTF8.decode(bytes);
    } catch (error) {
      throw new WireError('wire.text', 'The text is not UTF-8.', { offset: this.#offset - length }, error);
    }
  }

  skip(length: number): void {
    this.#take(length);
  }

  /** The next byte without moving on, or undefined at the end. */
  peek(): number | undefined {
    return this.#bytes[this.#offset];
  }

  #take(length: number): number {
    const start = this.#offset;
    if (!Number.isInteger(length) || length < 0 || length > this.remaining) {
      throw new WireError('wire.short', 'The bytes end before the value does.', {
        offset: start,
        expected: length,
        actual: this.remaining,
      });
    }
    this.#offset = start + length;
    return start;
  }
}

const STRICT_UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const FIRST_CAPACITY = 64;

/** Writes forward into a buffer that grows up to `limit` bytes. */
export class ByteWriter {
  readonly #limit: number;
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#bytes = new Uint8Array(Math.min(FIRST_CAPACITY, limit));
    this.#view = new DataView(this.#bytes.buffer);
  }

  get length(): number {
    return this.#length;
  }

  u8(value: number): this {
    const start = this.#room(1, value, 0, 0xff);
    this.#view.setUint8(start, value);
    return this;
  }

  i8(value: number): this {
    const start = this.#room(1, value, -0x80, 0x7f);
    this.#view.setInt8(start, value);
    return this;
  }

  u16(value: number): this {
    const start = this.#room(2, value, 0, 0xffff);
    this.#view.setUint16(start, value);
    return this;
  }

  u16Le(value: number): this {
    const start = this.#room(2, value, 0, 0xffff);
    this.#view.setUint16(start, value, true);
    return this;
  }

  i16(value: number): this {
    const start = this.#room(2, value, -0x8000, 0x7fff);
    this.#view.setInt16(start, value);
    return this;
  }

  i16Le(value: number): this {
    const start = this.#room(2, value, -0x8000, 0x7fff);
    this.#view.setInt16(start, value, true);
    return this;
  }

  u32(value: number): this {
    const start = this.#room(4, value, 0, 0xffff_ffff);
    this.#view.setUint32(start, value);
    return this;
  }

  u32Le(value: number): this {
    const start = this.#room(4, value, 0, 0xffff_ffff);
    this.#view.setUint32(start, value, true);
    return this;
  }

  i32(value: number): this {
    const start = this.#room(4, value, -0x8000_0000, 0x7fff_ffff);
    this.#view.setInt32(start, value);
    return this;
  }

  i32Le(value: number): this {
    const start = this.#room(4, value, -0x8000_0000, 0x7fff_ffff);
    this.#view.setInt32(start, value, true);
    return this;
  }

  u64(value: bigint): this {
    const start = this.#bigRoom(value, 0n, 0xffff_ffff_ffff_ffffn);
    this.#view.setBigUint64(start, value);
    return this;
  }

  u64Le(value: bigint): this {
    const start = this.#bigRoom(value, 0n, 0xffff_ffff_ffff_ffffn);
    this.#view.setBigUint64(start, value, true);
    return this;
  }

  i64(value: bigint): this {
    const start = this.#bigRoom(value, -(1n << 63n), (1n << 63n) - 1n);
    this.#view.setBigInt64(start, value);
    return this;
  }

  i64Le(value: bigint): this {
    const start = this.#bigRoom(value, -(1n << 63n), (1n << 63n) - 1n);
    this.#view.setBigInt64(start, value, true);
    return this;
  }

  f32(value: number): this {
    const start = this.#grow(4);
    this.#view.setFloat32(start, value);
    return this;
  }

  f64(value: number): this {
    const start = this.#grow(8);
    this.#view.setFloat64(start, value);
    return this;
  }

  bytes(bytes: Uint8Array): this {
    const start = this.#grow(bytes.byteLength);
    this.#bytes.set(bytes, start);
    return this;
  }

  /** UTF-8, without a length in front. */
  text(text: string): this {
    return this.bytes(Buffer.from(text, 'utf8'));
  }

  /** A copy of what was written. */
  finish(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  // Growing changes the view, so where to write is asked before the view is.
  #room(length: number, value: number, least: number, most: number): number {
    if (!Number.isInteger(value) || value < least || value > most) this.#refuse(length, value);
    return this.#grow(length);
  }

  #bigRoom(value: bigint, least: bigint, most: bigint): number {
    if (value < least || value > most) this.#refuse(8, value);
    return this.#grow(8);
  }

  #refuse(length: number, value: number | bigint): never {
    throw new WireError('wire.range', 'The value does not fit its field.', { bytes: length, value: String(value) });
  }

  #grow(length: number): number {
    const start = this.#length;
    const end = start + length;
    if (end > this.#limit) {
      throw new WireError('wire.long', 'The message grows beyond its limit.', { limit: this.#limit, needed: end });
    }
    if (end > this.#bytes.byteLength) {
      const grown = new Uint8Array(Math.min(this.#limit, Math.max(end, this.#bytes.byteLength * 2)));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = end;
    return start;
  }
}

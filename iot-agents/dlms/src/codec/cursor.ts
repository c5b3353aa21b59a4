/**
 * The reader every layer above the frames uses: bounded, with the counters that keep hostile input cheap, and, when asked, a
 * trace that says of each field where it stood.
 */

import { ByteReader, type Decoded, errnoOf, WireError } from '@contor/kit';

/** Where a field stood and what it said. */
export interface Mark {
  readonly start: number;
  readonly end: number;
  readonly name: string;
  readonly says: string;
}

/** Real objects nest five deep (a profile of structures of structures); beyond this only an attacker goes. */
const MAX_DEPTH = 32;

/** Values of a compact array that take no byte (null-data) could be had by the million for three bytes. */
const MAX_EMPTY = 4096;

/** No meter sends so much in one piece: a year of quarter hours of ten columns is half of it. */
export const MAX_LENGTH = 4 * 2 ** 20;

export class Cursor extends ByteReader {
  readonly trace: Mark[] | undefined;
  readonly #all: Uint8Array;
  #depth = 0;
  #empty = 0;

  constructor(bytes: Uint8Array, trace?: Mark[]) {
    super(bytes);
    this.#all = bytes;
    this.trace = trace;
  }

  /** The byte so many after the next one, without moving on. */
  ahead(count: number): number | undefined {
    return this.#all[this.offset + count];
  }

  deeper(): void {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) throw new WireError('axdr.deep', 'The value nests too deep.', { limit: MAX_DEPTH });
  }

  back(): void {
    this.#depth -= 1;
  }

  countEmpty(): void {
    this.#empty += 1;
    if (this.#empty > MAX_EMPTY)
      throw new WireError('axdr.empty', 'Too many values without bytes.', { limit: MAX_EMPTY });
  }

  /** IEC 61334-6, 6.1: one byte below 128, or the number of bytes that hold the length. */
  length(): number {
    const first = this.u8();
    if (first < 0x80) return first;
    const size = first & 0x7f;
    if (size === 0 || size > 4) throw new WireError('axdr.length', 'A length has one to four bytes.', { first });
    let length = 0;
    for (let index = 0; index < size; index += 1) length = length * 256 + this.u8();
    if (length > MAX_LENGTH) throw new WireError('axdr.long', 'The length is beyond any message.', { length });
    return length;
  }

  mark(start: number, name: string, says: string): void {
    this.trace?.push({ start, end: this.offset, name, says });
  }
}

/** The three answers out of a reader that throws: too few bytes are a beginning, all else is garbage. */
export function attempt<T>(bytes: Uint8Array, read: (from: Cursor) => T, trace?: Mark[]): Decoded<T> {
  if (bytes.length === 0) return { kind: 'pending' };
  const from = new Cursor(bytes, trace);
  try {
    const value = read(from);
    return { kind: 'value', value, used: from.offset };
  } catch (error) {
    return refusal(error, bytes.length);
  }
}

/** As `attempt`, of bytes that an outer layer has delimited: nothing may be missing and nothing left over. */
export function attemptWhole<T>(bytes: Uint8Array, read: (from: Cursor) => T, trace?: Mark[]): Decoded<T> {
  const decoded = attempt(bytes, read, trace);
  if (decoded.kind !== 'value' || decoded.used === bytes.length) return decoded;
  const error = new WireError('wire.trailing', 'Bytes follow the end of the message.', { offset: decoded.used });
  return { kind: 'garbage', error, used: bytes.length };
}

function refusal(error: unknown, length: number): Decoded<never> {
  if (!(error instanceof WireError)) throw error;
  return errnoOf(error) === 'wire.short' ? { kind: 'pending' } : { kind: 'garbage', error, used: length };
}

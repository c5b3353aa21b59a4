/**
 * The bytes of a segment, as a pure codec. All integers are big-endian.
 *
 * A segment is a header, twice, and then records without anything between them:
 *
 *   header (64)   magic 8 · format version u16 · kind length u8 · 0 u8 · payload version u32 · first sequence u64 ·
 *                 created at, ms u64 · kind 28, zero-filled · CRC-32 of the 60 bytes before u32
 *   record (20+n) CRC-32 u32 · payload length u32 · sequence u64 · place in its commit group u32 · payload n
 *
 * A record's CRC covers everything behind it and is seeded with the CRC of the header, so that a record of another
 * segment, another log or an older life of the same disk block is never taken for one of ours.
 *
 * The place in the group tells, after a crash, what was certainly durable: a group is written only when the one before is
 * on disk. A `seal` is a record without payload and without a sequence of its own (it names the next one): it begins a
 * group of its own, is written when a log is opened and closed, and so proves everything before it.
 */

import { crc32 } from '../crc32.js';
import { assert } from '../errors.js';

export const FORMAT_VERSION = 1;
export const HEADER_BYTES = 128;
export const RECORD_HEADER_BYTES = 20;
/** One record must fit into memory several times over; what is larger is a file, not a record. */
export const MAX_PAYLOAD_BYTES = 16 * 2 ** 20;
const MAX_KIND_BYTES = 28;

const MAGIC = Buffer.from('CONTORLG', 'latin1');
const HEADER_COPY_BYTES = 64;
const HEADER_CRC_AT = 60;
const KIND_AT = 32;
const SEAL_PLACE = 0xffff_ffff;
const WORD = 2 ** 32;

export interface SegmentHeader {
  readonly kind: string;
  readonly payloadVersion: number;
  readonly firstSequence: number;
  readonly createdAtMs: number;
}

export type HeaderOutcome =
  | { readonly kind: 'header'; readonly header: SegmentHeader; readonly seed: number; readonly intactCopies: 1 | 2 }
  | { readonly kind: 'newer'; readonly formatVersion: number }
  | { readonly kind: 'unreadable' };

export function encodeHeader({ kind, payloadVersion, firstSequence, createdAtMs }: SegmentHeader): Uint8Array {
  const name = Buffer.from(kind, 'utf8');
  assert(name.byteLength > 0 && name.byteLength <= MAX_KIND_BYTES, 'The kind of a log is a short word.', { kind });
  const bytes = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(bytes, 0);
  bytes.writeUInt16BE(FORMAT_VERSION, 8);
  bytes.writeUInt8(name.byteLength, 10);
  bytes.writeUInt32BE(payloadVersion, 12);
  bytes.writeBigUInt64BE(BigInt(firstSequence), 16);
  bytes.writeBigUInt64BE(BigInt(Math.trunc(createdAtMs)), 24);
  name.copy(bytes, KIND_AT);
  bytes.writeUInt32BE(crc32(bytes.subarray(0, HEADER_CRC_AT)), HEADER_CRC_AT);
  bytes.copy(bytes, HEADER_COPY_BYTES, 0, HEADER_COPY_BYTES);
  return bytes;
}

/** The seed of the records' checksums. */
export function seedOf(encodedHeader: Uint8Array): number {
  return viewOf(encodedHeader).getUint32(HEADER_CRC_AT);
}

export function decodeHeader(segment: Uint8Array): HeaderOutcome {
  const first = decodeHeaderCopy(segment.subarray(0, HEADER_COPY_BYTES));
  const second = decodeHeaderCopy(segment.subarray(HEADER_COPY_BYTES, HEADER_BYTES));
  if (first.kind === 'header' && second.kind === 'header') return { ...first, intactCopies: 2 };
  if (first.kind === 'header') return first;
  if (second.kind === 'header') return second;
  return first.kind === 'newer' ? first : second;
}

function decodeHeaderCopy(copy: Uint8Array): HeaderOutcome {
  if (copy.byteLength < HEADER_COPY_BYTES) return { kind: 'unreadable' };
  const bytes = Buffer.from(copy.buffer, copy.byteOffset, copy.byteLength);
  if (!bytes.subarray(0, MAGIC.byteLength).equals(MAGIC)) return { kind: 'unreadable' };
  // The version comes first: where a newer format keeps its checksum is not ours to know.
  const formatVersion = bytes.readUInt16BE(8);
  if (formatVersion > FORMAT_VERSION) return { kind: 'newer', formatVersion };
  const seed = bytes.readUInt32BE(HEADER_CRC_AT);
  const kindBytes = bytes.readUInt8(10);
  if (crc32(bytes.subarray(0, HEADER_CRC_AT)) !== seed || kindBytes > MAX_KIND_BYTES) return { kind: 'unreadable' };
  const header = {
    kind: bytes.toString('utf8', KIND_AT, KIND_AT + kindBytes),
    payloadVersion: bytes.readUInt32BE(12),
    firstSequence: Number(bytes.readBigUInt64BE(16)),
    createdAtMs: Number(bytes.readBigUInt64BE(24)),
  };
  return { kind: 'header', header, seed, intactCopies: 1 };
}

/** Writes one record at `at`, where there must be room. */
export function encodeRecord(
  into: Buffer,
  at: number,
  seed: number,
  sequence: number,
  placeInGroup: number,
  payload: Uint8Array,
): void {
  const end = at + RECORD_HEADER_BYTES + payload.byteLength;
  into.writeUInt32BE(payload.byteLength, at + 4);
  into.writeUInt32BE(Math.floor(sequence / WORD), at + 8);
  into.writeUInt32BE(sequence % WORD, at + 12);
  into.writeUInt32BE(placeInGroup, at + 16);
  into.set(payload, at + RECORD_HEADER_BYTES);
  into.writeUInt32BE(crc32(into.subarray(at + 4, end), seed), at);
}

/** A seal says: everything before `nextSequence` is on disk. */
export function encodeSeal(seed: number, nextSequence: number): Uint8Array {
  const seal = Buffer.alloc(RECORD_HEADER_BYTES);
  encodeRecord(seal, 0, seed, nextSequence, SEAL_PLACE, new Uint8Array(0));
  return seal;
}

export type Step = 'record' | 'seal' | 'damage' | 'short';

/**
 * Walks over records. `next` moves to the next one and fills the fields; after 'damage' or 'short' it stays where it is,
 * and `resync` looks for the next record that is whole. One object for a whole walk: a million records make no garbage.
 */
export class RecordWalk {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #seed: number;
  /** Where the next record is looked for. */
  offset: number;
  /** The lowest sequence the next record may have. */
  expected: number;
  sequence = 0;
  /** First sequence of the commit group the record came with. */
  groupStart = 0;
  start = 0;
  end = 0;

  constructor(bytes: Uint8Array, offset: number, seed: number, expected: number) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#seed = seed;
    this.offset = offset;
    this.expected = expected;
  }

  get payload(): Uint8Array {
    return this.#bytes.subarray(this.start + RECORD_HEADER_BYTES, this.end);
  }

  /** 'short': the bytes end before the record does, or there are none. */
  next(): Step {
    const at = this.offset;
    if (at + RECORD_HEADER_BYTES > this.#bytes.byteLength) return 'short';
    const length = this.#view.getUint32(at + 4);
    if (length > MAX_PAYLOAD_BYTES) return 'damage';
    const end = at + RECORD_HEADER_BYTES + length;
    if (end > this.#bytes.byteLength) return 'short';
    const sequence = this.#sequenceAt(at);
    if (sequence < this.expected || !this.#isWhole(at, end)) return 'damage';
    this.offset = end;
    this.start = at;
    this.end = end;
    return this.#accept(sequence, this.#view.getUint32(at + 16));
  }

  /** Moves to the next whole record behind a damage. false: there is none, and nothing has moved. */
  resync(): boolean {
    const last = this.#bytes.byteLength - RECORD_HEADER_BYTES;
    for (let at = this.offset + 1; at <= last; at += 1) {
      const end = at + RECORD_HEADER_BYTES + this.#view.getUint32(at + 4);
      if (end > this.#bytes.byteLength) continue;
      const sequence = this.#sequenceAt(at);
      // Damaged bytes can hide at most as many records as fit into a segment: a farther number is not worth a checksum.
      if (sequence < this.expected || sequence > this.expected + WORD) continue;
      if (!this.#isWhole(at, end)) continue;
      this.offset = at;
      return true;
    }
    return false;
  }

  #accept(sequence: number, place: number): Step {
    this.sequence = sequence;
    if (place === SEAL_PLACE) {
      this.groupStart = sequence;
      this.expected = sequence;
      return 'seal';
    }
    this.groupStart = sequence - place;
    this.expected = sequence + 1;
    return 'record';
  }

  #sequenceAt(at: number): number {
    return this.#view.getUint32(at + 8) * WORD + this.#view.getUint32(at + 12);
  }

  #isWhole(at: number, end: number): boolean {
    return this.#view.getUint32(at) === crc32(this.#bytes.subarray(at + 4, end), this.#seed);
  }
}

/** File name of a segment: its first sequence, so that names sort as sequences do. */
export function segmentName(firstSequence: number): string {
  return `${String(firstSequence).padStart(16, '0')}.log`;
}

export function parseSegmentName(name: string): number | undefined {
  return /^\d{16}\.log$/.test(name) ? Number(name.slice(0, 16)) : undefined;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The records of DTLS 1.2 (RFC 6347, 4.1) as they are on the wire, their contents still sealed or plain as the epoch says.
 * Several may share a datagram; connection identifiers (RFC 9146) are not read.
 */

import { ByteReader, ByteWriter, type Decoded, WireError } from '@contor/kit';
import { garbage } from '../garbage.js';

/** RFC 5246, 6.2.1. */
export const CONTENT_TYPES = [
  { value: 20, name: 'changeCipherSpec' },
  { value: 21, name: 'alert' },
  { value: 22, name: 'handshake' },
  { value: 23, name: 'applicationData' },
] as const satisfies readonly { readonly value: number; readonly name: string }[];

export type ContentType = (typeof CONTENT_TYPES)[number]['name'];

export interface DtlsRecord {
  readonly type: ContentType;
  /** 0xfefd is DTLS 1.2; a first ClientHello may say 0xfeff (RFC 6347, 4.2.1). */
  readonly version: number;
  readonly epoch: number;
  /** 48 bits, exact in a number. */
  readonly sequenceNumber: number;
  readonly fragment: Uint8Array;
}

const HEADER_BYTES = 13;
/** RFC 5246, 6.2.3: 2^14 and what a cipher may add. */
const MAX_FRAGMENT = 2 ** 14 + 2048;
const MAX_SEQUENCE_NUMBER = 2 ** 48 - 1;
const VERSIONS: ReadonlySet<number> = new Set([0xfeff, 0xfefd]);

/** One record from the beginning of a datagram; `used` says where the next one begins. */
export function decodeRecord(bytes: Uint8Array): Decoded<DtlsRecord> {
  if (bytes.length < HEADER_BYTES) return garbage('dtls.short', 'A record has a header of 13 bytes.', bytes.length);
  const reader = new ByteReader(bytes);
  const typeByte = reader.u8();
  const version = reader.u16();
  const epoch = reader.u16();
  const sequenceNumber = reader.u16() * 2 ** 32 + reader.u32();
  const length = reader.u16();
  // RFC 6347, 4.1.2.1 and 4.1.2.7: what is no record is dropped with its datagram, silently.
  const type = CONTENT_TYPES.find(({ value }) => value === typeByte)?.name;
  if (type === undefined) return garbage('dtls.type', 'The content type of the record is unknown.', bytes.length);
  if (!VERSIONS.has(version))
    return garbage('dtls.version', 'The version of the record is not that of DTLS 1.2.', bytes.length);
  if (length > MAX_FRAGMENT || length > reader.remaining)
    return garbage('dtls.length', 'The record is longer than its datagram or than allowed.', bytes.length, { length });
  const value = { type, version, epoch, sequenceNumber, fragment: reader.bytes(length) };
  return { kind: 'value', value, used: reader.offset };
}

export function encodeRecord(record: DtlsRecord): Uint8Array {
  const { sequenceNumber, fragment } = record;
  if (!Number.isInteger(sequenceNumber) || sequenceNumber < 0 || sequenceNumber > MAX_SEQUENCE_NUMBER)
    throw new WireError('wire.range', 'The sequence number has 48 bits.', { sequenceNumber });
  const type = CONTENT_TYPES.find(({ name }) => name === record.type)?.value ?? 0;
  return new ByteWriter(HEADER_BYTES + MAX_FRAGMENT)
    .u8(type)
    .u16(record.version)
    .u16(record.epoch)
    .u16(Math.floor(sequenceNumber / 2 ** 32))
    .u32(sequenceNumber % 2 ** 32)
    .u16(fragment.length)
    .bytes(fragment)
    .finish();
}

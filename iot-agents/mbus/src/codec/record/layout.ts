/**
 * Compact frames (EN 13757-3:2018, annex G): the record headers (DIB and VIB) are left out and named by their checksum, the
 * format signature. A full frame, or a format frame, teaches the layout; a compact frame is then filled in and checked.
 */

import { WireError } from '@contor/kit';
import { crcOf } from '../radio/crc.js';
import type { MeterRecord } from './record.js';
import { FIELD_LENGTHS, lvarLength } from './value.js';

export interface Layout {
  readonly signature: number;
  /** One DIB and VIB each. */
  readonly headers: readonly Uint8Array[];
}

/**
 * Layouts by signature; one may be shared by thousands of meters of a type. What came encrypted is read only by layouts that came
 * encrypted, or are known: sixteen bits of checksum keep no stranger from teaching a wrong one.
 */
export interface LayoutBook {
  readonly find: (signature: number, wasEncrypted: boolean) => Layout | undefined;
  readonly learn: (layout: Layout, wasEncrypted: boolean) => void;
}

/** More types of telegram than any receiver hears; a stranger cannot fill the memory with inventions. */
const MAX_LAYOUTS = 1_024;

export function layoutBook(known: readonly Layout[]): LayoutBook {
  const fixed = new Map(known.map((layout) => [layout.signature, layout]));
  const [encrypted, plain] = [new Map<number, Layout>(), new Map<number, Layout>()];
  return {
    find: (signature, wasEncrypted) =>
      fixed.get(signature) ?? encrypted.get(signature) ?? (wasEncrypted ? undefined : plain.get(signature)),
    learn: (layout, wasEncrypted) => {
      const learned = wasEncrypted ? encrypted : plain;
      if (learned.size >= MAX_LAYOUTS && !learned.has(layout.signature)) {
        const [oldest] = learned.keys();
        if (oldest !== undefined) learned.delete(oldest);
      }
      learned.set(layout.signature, layout);
    },
  };
}

/** Of the records of a full frame. Fillers and what a maker puts behind 0F are no part of it. */
export function layoutOf(bytes: Uint8Array, records: readonly MeterRecord[]): Layout {
  // The members of a profile share the header of the record that carried them.
  const headers = records
    .filter((record, index) => record.at !== records[index - 1]?.at)
    .filter((record) => record.function !== 'manufacturer' && record.function !== 'moreFollows')
    .map(({ at, dataAt }) => bytes.slice(at, dataAt));
  return { signature: crcOf(joined(headers)), headers };
}

/** Of the headers alone, as in a format frame or a table. */
export function layoutOfHeaders(bytes: Uint8Array): Layout | WireError {
  const headers: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const end = headerEnd(bytes, at);
    if (end > bytes.length)
      return new WireError('mbus.vif.short', 'The bytes end within a record header.', { offset: at });
    headers.push(bytes.slice(at, end));
    at = end;
  }
  return { signature: crcOf(bytes), headers };
}

const EXTENSION = 0x80;

function headerEnd(bytes: Uint8Array, from: number): number {
  let at = from;
  for (let part = 0; part < 2; part += 1) {
    while (((bytes[at] ?? 0) & EXTENSION) !== 0) at += 1;
    at += 1;
  }
  return at;
}

/** Signature, checksum of the full frame, values. */
const COMPACT_HEADER = 4;
const VARIABLE = 0x0d;

/** The full frame's bytes. */
export function expandCompact(payload: Uint8Array, book: LayoutBook, wasEncrypted: boolean): Uint8Array | WireError {
  if (payload.length < COMPACT_HEADER)
    return new WireError('mbus.compact.short', 'A compact frame begins with two checksums.', {
      actual: payload.length,
    });
  const signature = u16(payload, 0);
  const layout = book.find(signature, wasEncrypted);
  if (layout === undefined)
    return new WireError('mbus.compact.unknown', 'No full frame has taught this layout yet.', { signature });
  const parts: Uint8Array[] = [];
  let at = COMPACT_HEADER;
  for (const header of layout.headers) {
    const length = dataLength(header, payload, at);
    if (at + length > payload.length)
      return new WireError('mbus.compact.short', 'The values end before their layout does.', { offset: at });
    parts.push(header, payload.subarray(at, at + length));
    at += length;
  }
  parts.push(payload.subarray(at));
  const full = joined(parts);
  const expected = crcOf(full);
  if (u16(payload, 2) !== expected)
    return new WireError('mbus.compact.crc', 'The values do not fit the layout.', {
      expected,
      actual: u16(payload, 2),
    });
  return full;
}

function dataLength(header: Uint8Array, payload: Uint8Array, at: number): number {
  const field = (header[0] ?? 0) & 0x0f;
  if (field !== VARIABLE) return Math.max(0, FIELD_LENGTHS[field] ?? 0);
  return 1 + (lvarLength(payload[at] ?? 0) ?? 0);
}

/** A format frame: length, signature, headers. */
export function decodeFormat(payload: Uint8Array): Layout | WireError {
  const length = payload[0] ?? 0;
  if (length < 2 || payload.length < length + 1)
    return new WireError('mbus.format.short', 'The bytes end within the format.', { actual: payload.length });
  const layout = layoutOfHeaders(payload.subarray(3, length + 1));
  if (layout instanceof WireError) return layout;
  const actual = u16(payload, 1);
  if (actual !== layout.signature)
    return new WireError('mbus.format.crc', 'The signature is not that of the headers.', {
      expected: layout.signature,
      actual,
    });
  return layout;
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}

function u16(bytes: Uint8Array, at: number): number {
  return (bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8);
}

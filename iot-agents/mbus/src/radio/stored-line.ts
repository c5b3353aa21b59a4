/**
 * How a concentrator with a store of its own hands telegrams over: `sequence;time;hex` a line, oldest first. The other side answers with
 * the sequence when the telegram is on disk; what is not answered comes again on the next connection.
 */

import { type Decoded, fromHex, parseIso, toHex, toIso } from '@contor/kit';
import { garbage, PENDING } from '../codec/fault.js';

export interface StoredTelegram {
  readonly sequence: number;
  /** When the concentrator heard it, by its own clock. */
  readonly heardMs: number;
  readonly bytes: Uint8Array;
}

const NEW_LINE = 0x0a;
/** A number, a time and at most 290 bytes in hex. */
export const MAX_STORED_LINE = 1_024;
const LINE = /^(\d{1,15});([^;]{20,30});((?:[0-9a-f]{2})+)\r?$/;
const text = new TextDecoder('latin1');
const utf8 = new TextEncoder();

export function decodeStored(bytes: Uint8Array): Decoded<StoredTelegram> {
  const end = bytes.indexOf(NEW_LINE);
  if (end < 0) {
    if (bytes.length <= MAX_STORED_LINE) return PENDING;
    return garbage('stored.long', 'A line does not end.', { limit: MAX_STORED_LINE }, bytes.length);
  }
  const used = end + 1;
  const [, sequence, time = '', hex = ''] =
    LINE.exec(text.decode(bytes.subarray(0, Math.min(end, MAX_STORED_LINE)))) ?? [];
  const heardMs = parseIso(time);
  if (sequence === undefined || heardMs === undefined)
    return garbage('stored.line', 'A line is not sequence;time;hex.', {}, used);
  return { kind: 'value', value: { sequence: Number(sequence), heardMs, bytes: fromHex(hex) }, used };
}

export function encodeStored({ sequence, heardMs, bytes }: StoredTelegram): Uint8Array {
  return utf8.encode(`${sequence};${toIso(heardMs)};${toHex(bytes)}\n`);
}

export function encodeStoredAck(sequence: number): Uint8Array {
  return utf8.encode(`${sequence}\n`);
}

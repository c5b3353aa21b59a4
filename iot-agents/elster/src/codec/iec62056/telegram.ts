/**
 * Messages that carry whole readouts: `/identification CR LF CR LF data ! CR LF` of mode D (IEC 62056-21, 6.4.4) and of P1
 * ports, there with a CRC-16 behind the "!" (DSMR P1 companion standard 5.0.2, 6.2), and the data of a readout block.
 */

import { type Decoded, WireError } from '@contor/kit';
import { crc16Arc } from '../checksum.js';
import type { Block } from './block.js';
import { type DataSet, formatDataSet, parseDataSets } from './data-set.js';
import { type Identification, parseIdentification } from './sign-on.js';
import { CR, EXCLAMATION, LF, MAX_MESSAGE, SLASH, toBytes, toText } from './text.js';

export interface TelegramCrc {
  /** Four hexadecimal digits as sent. */
  readonly given: string;
  readonly computed: string;
  readonly ok: boolean;
}

export interface Telegram {
  readonly identification: Identification;
  readonly sets: readonly DataSet[];
  /** Absent where the sender gives none: mode D, DSMR before version 4. */
  readonly crc16?: TelegramCrc;
}

/** Like `decodeTelegram`, but shows a telegram with a wrong CRC instead of refusing it. */
export function examineTelegram(bytes: Uint8Array): Decoded<Telegram> {
  if (bytes.length === 0) return { kind: 'pending' };
  if (bytes[0] !== SLASH) return garbage(noise(), bytes, 1);
  const { end, next } = boundsOf(bytes);
  // Another one begins before this has ended: it was cut.
  if (next !== undefined) return { kind: 'garbage', error: noise(), used: next };
  if (end < 0) return bytes.length < MAX_MESSAGE ? { kind: 'pending' } : garbage(tooLong(), bytes, 1);
  const text = toText(bytes, 0, end);
  const lineEnd = text.indexOf('\r\n');
  const identification = parseIdentification(text.slice(0, Math.max(0, lineEnd)));
  // Behind its first line nothing of it can be another telegram's beginning (`boundsOf`): it goes as a whole.
  if (identification === undefined)
    return { kind: 'garbage', error: new WireError('iec62056.identification', 'No identification.'), used: end };
  const parsed = parseDataSets(text, lineEnd);
  if (!('sets' in parsed)) return { kind: 'garbage', error: parsed, used: end };
  const crc16 = crcAt(bytes, text, parsed.end);
  if (!parsed.isEnded || crc16 instanceof WireError) return { kind: 'garbage', error: noise(), used: end };
  return { kind: 'value', value: { identification, sets: parsed.sets, ...(crc16 && { crc16 }) }, used: end };
}

export function decodeTelegram(bytes: Uint8Array): Decoded<Telegram> {
  const examined = examineTelegram(bytes);
  if (examined.kind !== 'value' || examined.value.crc16?.ok !== false) return examined;
  const { given, computed } = examined.value.crc16;
  const error = new WireError('wire.checksum', 'The CRC does not fit.', { expected: computed, actual: given });
  return { kind: 'garbage', error, used: examined.used };
}

/** A set a line; with the CRC of a P1 port, or plain as in mode D. */
export function encodeTelegram(
  { identification, sets }: { readonly identification: { readonly line: string }; readonly sets: readonly DataSet[] },
  hasCrc: boolean,
): Uint8Array {
  const body = `${identification.line}\r\n\r\n${sets.map((set) => `${formatDataSet(set)}\r\n`).join('')}!`;
  const bytes = toBytes(body);
  return hasCrc ? toBytes(`${body}${hex16(crc16Arc(bytes, 0, bytes.length))}\r\n`) : toBytes(`${body}\r\n`);
}

/** The block of a readout in modes A to C: `STX data ! CR LF ETX BCC` (6.5, data message). */
export function readoutBlock(sets: readonly DataSet[]): Block {
  return { data: `${sets.map((set) => `${formatDataSet(set)}\r\n`).join('')}!\r\n`, isLast: true };
}

/** What stands behind the "!" at `bang`: four hex digits, or nothing. */
export function crcAt(bytes: Uint8Array, text: string, bang: number): TelegramCrc | WireError | undefined {
  const tail = /^[ \t]*([0-9A-Fa-f]{4})?[ \t]*(?:\r\n|$)/.exec(text.slice(bang + 1, bang + 16));
  if (tail === null) return noise();
  const given = tail[1];
  if (given === undefined) return undefined;
  const computed = hex16(crc16Arc(bytes, text.indexOf('/'), bang + 1));
  return { given, computed, ok: given.toUpperCase() === computed };
}

function hex16(value: number): string {
  return value.toString(16).toUpperCase().padStart(4, '0');
}

interface Bounds {
  /** Just behind the CR LF after a "!" that stands outside of brackets; −1 while that has not come. */
  readonly end: number;
  /** The last line that begins with "/", as no line within a telegram does: a stream of beginnings is one error, not many. */
  readonly next?: number;
}

function boundsOf(bytes: Uint8Array): Bounds {
  let isOpen = false;
  let next: number | undefined;
  for (let at = 1; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (byte === 0x28) isOpen = true;
    else if (byte === 0x29) isOpen = false;
    else if (byte === SLASH && bytes[at - 1] === LF) {
      next = at;
      isOpen = false;
    } else if (byte === EXCLAMATION && !isOpen) {
      return next === undefined ? { end: lineEndAfter(bytes, at) } : { end: -1, next };
    }
  }
  return next === undefined ? { end: -1 } : { end: -1, next };
}

function lineEndAfter(bytes: Uint8Array, from: number): number {
  for (let at = from + 1; at < bytes.length - 1; at += 1) {
    if (bytes[at] === CR && bytes[at + 1] === LF) return at + 2;
  }
  return -1;
}

function noise(): WireError {
  return new WireError('iec62056.noise', 'The bytes are no telegram.');
}

function tooLong(): WireError {
  return new WireError('iec62056.telegram-too-long', 'The telegram does not end.');
}

/** Skips to where a telegram might begin. */
function garbage(error: WireError, bytes: Uint8Array, least: number): Decoded<never> {
  const next = bytes.indexOf(SLASH, least);
  return { kind: 'garbage', error, used: next < 0 ? bytes.length : next };
}

/**
 * Telegrams as lines of text: hex alone; rtl-wmbus (mode; checksums right; coding right; time; two levels; number; hex); gateways
 * that put fields before the hex (Elvaco CMeX50: number; maker; version; type; status; dBm; mode; hex;).
 */

import type { Decoded } from '@contor/kit';
import { fromHex, toHex } from '@contor/kit';
import { garbage, PENDING } from '../codec/fault.js';
import { type HeardTelegram, MAX_FRAMED, type ReceiverRow } from './receiver.js';

const NEW_LINE = 0x0a;
const HEX = /^(?:0x)?((?:[0-9a-f]{2})+)$/i;
/** S1, T1, C1 and their like, with a sign of who received it before it in newer editions. */
const RTL_MODE = /^(?:rtlwmbus: *)?[STCN]\d?$/i;
const ELVACO_FIELDS = 8;
const text = new TextDecoder('latin1');

export function decodeLine(bytes: Uint8Array): Decoded<HeardTelegram | 'nothing'> {
  const end = bytes.indexOf(NEW_LINE);
  if (end < 0) {
    if (bytes.length <= MAX_FRAMED) return PENDING;
    return garbage('receiver.line.long', 'A line does not end.', { limit: MAX_FRAMED }, bytes.length);
  }
  const used = end + 1;
  if (end > MAX_FRAMED)
    return garbage('receiver.line.long', 'A line is longer than any telegram.', { actual: end }, used);
  const fields = text
    .decode(bytes.subarray(0, end))
    .split(';')
    .map((field) => field.trim());
  const given = fields.filter((field) => field !== '');
  const last = given.at(-1);
  if (last === undefined) return { kind: 'value', value: 'nothing', used };
  const hex = HEX.exec(last)?.[1];
  if (hex === undefined) return garbage('receiver.line.hex', 'A line does not end in hex.', {}, used);
  const [mode = '', isRight] = given;
  const isRtl = given.length > 2 && RTL_MODE.test(mode);
  if (isRtl && isRight !== '1') return garbage('wmbus.crc', 'The receiver says that a checksum is wrong.', {}, used);
  const level = given.length === ELVACO_FIELDS ? Number(given[5]) : Number.NaN;
  const rssiDbm = !isRtl && Number.isFinite(level) ? level : undefined;
  return { kind: 'value', value: { bytes: fromHex(hex.toLowerCase()), format: 'bare', rssiDbm }, used };
}

const utf8 = new TextEncoder();

export const HEX_LINES: ReceiverRow = {
  name: 'hex',
  about: 'lines of hex, also with fields of a gateway before it',
  decode: decodeLine,
  encode: ({ bytes }) => utf8.encode(`${toHex(bytes)}\n`),
};

export const RTL_WMBUS: ReceiverRow = {
  name: 'rtl-wmbus',
  about: 'lines of rtl_wmbus (a radio dongle and a program)',
  decode: decodeLine,
  encode: ({ bytes }) => {
    const id = toHex(bytes.subarray(4, 8).slice().reverse());
    return utf8.encode(`T1;1;1;2026-01-01 00:00:00.000;97;148;${id};0x${toHex(bytes)}\n`);
  },
};

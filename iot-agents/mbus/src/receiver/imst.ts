/**
 * IMST sticks. iM871A (WiMOD HCI): A5, flags and endpoint, message, length, payload from the C field on, and as the flags say time,
 * level, checksum. iU891A (HCI over SLIP): service, message, status, time and level, the telegram with its length, checksum.
 */

import type { Decoded } from '@contor/kit';
import { garbage, PENDING } from '../codec/fault.js';
import { type HeardTelegram, MAX_FRAMED, type ReceiverRow } from './receiver.js';

const START = 0xa5;
const RADIO_LINK = 0x02;
const MESSAGE_INDICATION = 0x03;
const HAS_TIME = 0x20;
const HAS_LEVEL = 0x40;
const HAS_CHECKSUM = 0x80;
const HEAD = 4;
const TIME = 4;
const CHECKSUM = 2;

export function decodeIm871a(bytes: Uint8Array): Decoded<HeardTelegram | 'nothing'> {
  const [start, flags = 0, message, length] = bytes;
  if (start === undefined) return PENDING;
  if (start !== START) return garbage('receiver.start', 'No message of the stick begins so.', { actual: start });
  if (length === undefined) return PENDING;
  const has = (flag: number) => (flags & flag) !== 0;
  const levelAt = HEAD + length + (has(HAS_TIME) ? TIME : 0);
  const checksumAt = levelAt + (has(HAS_LEVEL) ? 1 : 0);
  const used = checksumAt + (has(HAS_CHECKSUM) ? CHECKSUM : 0);
  if (bytes.length < used) return PENDING;
  if (has(HAS_CHECKSUM) && !isRight(bytes.subarray(1, used)))
    return garbage('receiver.checksum', 'The checksum of the stick is wrong.');
  const isTelegram = (flags & 0x0f) === RADIO_LINK && message === MESSAGE_INDICATION && length > 0;
  if (!isTelegram) return { kind: 'value', value: 'nothing', used };
  const telegram = Uint8Array.of(length, ...bytes.subarray(HEAD, HEAD + length));
  const rssiDbm = has(HAS_LEVEL) ? levelOf(bytes[levelAt] ?? 0) : undefined;
  return { kind: 'value', value: { bytes: telegram, format: 'bare', rssiDbm }, used };
}

/** WiMOD HCI: a byte from -100 dBm - 80/3 up, at 80/150 dB a step. */
function levelOf(byte: number): number {
  return Math.round((80 / 150) * byte - 100 - 4_000 / 150);
}

function levelByte(dbm: number): number {
  return Math.max(0, Math.min(255, Math.round((dbm + 100 + 4_000 / 150) / (80 / 150))));
}

export const IM871A: ReceiverRow = {
  name: 'im871a',
  about: 'IMST iM871A',
  decode: decodeIm871a,
  encode: ({ bytes, rssiDbm = -70 }) => {
    const body = bytes.subarray(1);
    const message = [
      RADIO_LINK | HAS_LEVEL | HAS_CHECKSUM,
      MESSAGE_INDICATION,
      body.length,
      ...body,
      levelByte(rssiDbm),
    ];
    return Uint8Array.of(START, ...message, ...checksumOf(Uint8Array.from(message)));
  },
};

/** RFC 1055. */
const SLIP = { end: 0xc0, escape: 0xdb, escapedEnd: 0xdc, escapedEscape: 0xdd } as const;
/** Service, message, status, seven bytes of state and time, level. */
const IU891A_HEAD = 11;
const IU891A_LEVEL_AT = 10;
/** Service 1 is the stick itself. */
const DEVICE_MANAGEMENT = 0x01;
const GATEWAY = 0x09;

export function decodeIu891a(bytes: Uint8Array): Decoded<HeardTelegram | 'nothing'> {
  if (bytes.length === 0) return PENDING;
  if (bytes[0] !== SLIP.end) return garbage('receiver.start', 'A SLIP frame begins with C0.', { actual: bytes[0] });
  const end = bytes.indexOf(SLIP.end, 1);
  if (end < 0) return bytes.length <= MAX_FRAMED ? PENDING : garbage('receiver.long', 'A SLIP frame does not end.');
  // Two in a row are the end of one frame and the beginning of the next.
  if (end === 1) return { kind: 'value', value: 'nothing', used: 1 };
  const message = unescaped(bytes.subarray(1, end));
  const used = end;
  if (message === undefined || message.length < CHECKSUM + 2 || !isRight(message))
    return garbage('receiver.checksum', 'The checksum of the stick is wrong.', {}, used);
  const telegram = message.subarray(IU891A_HEAD, message.length - CHECKSUM);
  const isTelegram = message[0] !== DEVICE_MANAGEMENT && telegram.length > 1 && telegram[0] === telegram.length - 1;
  if (!isTelegram) return { kind: 'value', value: 'nothing', used };
  const level = message[IU891A_LEVEL_AT] ?? 0;
  const rssiDbm = level > 127 ? level - 256 : level;
  return { kind: 'value', value: { bytes: telegram.slice(), format: 'bare', rssiDbm }, used };
}

function unescaped(bytes: Uint8Array): Uint8Array | undefined {
  const plain: number[] = [];
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (byte !== SLIP.escape) {
      plain.push(byte);
      continue;
    }
    at += 1;
    if (bytes[at] === SLIP.escapedEnd) plain.push(SLIP.end);
    else if (bytes[at] === SLIP.escapedEscape) plain.push(SLIP.escape);
    else return undefined;
  }
  return Uint8Array.from(plain);
}

export const IU891A: ReceiverRow = {
  name: 'iu891a',
  about: 'IMST iU891A-XL',
  decode: decodeIu891a,
  encode: ({ bytes, rssiDbm = -70 }) => {
    const head = [GATEWAY, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, rssiDbm & 0xff];
    const message = Uint8Array.of(...head, ...bytes);
    const escaped = [...message, ...checksumOf(message)].flatMap((byte) => {
      if (byte === SLIP.end) return [SLIP.escape, SLIP.escapedEnd];
      return byte === SLIP.escape ? [SLIP.escape, SLIP.escapedEscape] : [byte];
    });
    return Uint8Array.of(SLIP.end, ...escaped, SLIP.end);
  },
};

/** CRC-16/X-25 over what stands before it, low byte first. */
function isRight(bytes: Uint8Array): boolean {
  const [low, high] = checksumOf(bytes.subarray(0, -CHECKSUM));
  return bytes.at(-2) === low && bytes.at(-1) === high;
}

function checksumOf(bytes: Uint8Array): [low: number, high: number] {
  let crc = 0xffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >> 1 : (crc >> 1) ^ 0x8408;
  }
  crc ^= 0xffff;
  return [crc & 0xff, crc >> 8];
}

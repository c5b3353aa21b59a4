/**
 * Amber (Würth) AMB8465 and their like in command mode: FF, 03, length, the telegram from the C field on, and the XOR of all. Told to
 * send the level, the module puts it behind the telegram and counts it.
 */

import type { Decoded } from '@contor/kit';
import { garbage, PENDING } from '../codec/fault.js';
import type { HeardTelegram, ReceiverRow } from './receiver.js';

const START = 0xff;
const DATA_INDICATION = 0x03;
const HEAD = 3;

function decoder(hasLevel: boolean): ReceiverRow['decode'] {
  return (bytes: Uint8Array): Decoded<HeardTelegram | 'nothing'> => {
    const [start, command, length] = bytes;
    if (start === undefined) return PENDING;
    if (start !== START) return garbage('receiver.start', 'No message of the module begins so.', { actual: start });
    if (length === undefined) return PENDING;
    const used = HEAD + length + 1;
    if (bytes.length < used) return PENDING;
    if (xorOf(bytes.subarray(0, used)) !== 0)
      return garbage('receiver.checksum', 'The checksum of the module is wrong.');
    const count = length - (hasLevel ? 1 : 0);
    if (command !== DATA_INDICATION || count < 1) return { kind: 'value', value: 'nothing', used };
    const telegram = Uint8Array.of(count, ...bytes.subarray(HEAD, HEAD + count));
    const rssiDbm = hasLevel ? levelOf(bytes[HEAD + count] ?? 0) : undefined;
    return { kind: 'value', value: { bytes: telegram, format: 'bare', rssiDbm }, used };
  };
}

/** The radio chip's own scale: half decibels, with an offset of 74. */
function levelOf(byte: number): number {
  return (byte >= 128 ? byte - 256 : byte) / 2 - 74;
}

function encoder(hasLevel: boolean): ReceiverRow['encode'] {
  return ({ bytes, rssiDbm = -70 }) => {
    const body = [...bytes.subarray(1), ...(hasLevel ? [Math.round((rssiDbm + 74) * 2) & 0xff] : [])];
    const message = Uint8Array.of(START, DATA_INDICATION, body.length, ...body);
    return Uint8Array.of(...message, xorOf(message));
  };
}

function xorOf(bytes: Uint8Array): number {
  let sum = 0;
  for (const byte of bytes) sum ^= byte;
  return sum;
}

export const AMBER: ReceiverRow = {
  name: 'amber',
  about: 'Amber / Würth AMB8465 in command mode',
  decode: decoder(false),
  encode: encoder(false),
};

export const AMBER_LEVEL: ReceiverRow = {
  name: 'amber-rssi',
  about: 'the same, told to send the level',
  decode: decoder(true),
  encode: encoder(true),
};

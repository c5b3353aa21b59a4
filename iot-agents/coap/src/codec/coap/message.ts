/**
 * CoAP messages over datagrams (RFC 7252, 3): header, token, options in delta coding, payload behind its marker. A datagram
 * is whole or wrong, so nothing here is ever "pending". Which options a message may carry is the matter of options.ts.
 */

import { type Decoded, WireError } from '@contor/kit';
import { type Garbage, garbage } from '../garbage.js';

/** RFC 7252, 3: the two bits of T, in their order. */
export const MESSAGE_TYPES = ['CON', 'NON', 'ACK', 'RST'] as const;
export type MessageType = (typeof MESSAGE_TYPES)[number];

export interface CoapOption {
  readonly number: number;
  readonly value: Uint8Array;
}

export interface CoapMessage {
  readonly type: MessageType;
  /** Class in the upper three bits, detail in the lower five: 2.05 is 0x45. */
  readonly code: number;
  readonly messageId: number;
  readonly token: Uint8Array;
  /** In ascending order of their numbers; of the same number in the order of the message. */
  readonly options: readonly CoapOption[];
  readonly payload: Uint8Array;
}

export interface MessageLimits {
  /** 8 as RFC 7252 has it; more where RFC 8974 was agreed on. */
  readonly maxTokenLength?: number;
}

/** RFC 7252, 5.10: the option number is an unsigned integer of 16 bits. */
const MAX_OPTION_NUMBER = 0xffff;
/** What UDP can carry; neither read nor written beyond it. */
const MAX_MESSAGE_BYTES = 0xffff;
const MAX_TOKEN = 8;
const HEADER_BYTES = 4;
const PAYLOAD_MARKER = 0xff;
/** RFC 7252, 3.1 and RFC 8974, 2.1: a nibble of 13 or 14 says that one or two bytes follow, which count from here. */
const EXTENDED_BY_ONE = 13;
const EXTENDED_BY_TWO = 14;
const RESERVED_NIBBLE = 15;
const FROM_ONE = 13;
const FROM_TWO = 269;
const EMPTY = new Uint8Array(0);

export function decodeMessage(bytes: Uint8Array, limits: MessageLimits = {}): Decoded<CoapMessage> {
  const end = bytes.length;
  if (end < HEADER_BYTES) return refuse(bytes, 'coap.short', 'The header of CoAP has four bytes.', 0);
  if (end > MAX_MESSAGE_BYTES) return refuse(bytes, 'coap.too-long', 'The message is longer than a datagram.', 0);
  const first = at(bytes, 0);
  if (first >> 6 !== 1) return refuse(bytes, 'coap.version', 'The version of CoAP is 1.', 0);
  const code = at(bytes, 1);
  // RFC 7252, 4.2: the classes 1, 6 and 7 are reserved, and a message with one of them is rejected.
  if (RESERVED_CLASSES.has(code >> 5)) return refuse(bytes, 'coap.code', 'The class of the code is reserved.', 1);
  const tokenLength = readTokenLength(bytes, first & 15, limits.maxTokenLength ?? MAX_TOKEN);
  if (typeof tokenLength !== 'number') return tokenLength;
  const tokenAt = HEADER_BYTES + lengthBytes(first & 15);
  const optionsAt = tokenAt + tokenLength;
  if (optionsAt > end) return refuse(bytes, 'coap.short', 'The message ends within its token.', HEADER_BYTES);
  // RFC 7252, 4.1: an Empty message has neither token nor anything after the message id.
  if (code === 0 && end > HEADER_BYTES) return refuse(bytes, 'coap.empty', 'An empty message has four bytes.', 1);

  const options: CoapOption[] = [];
  const payloadAt = readOptions(bytes, optionsAt, options);
  if (typeof payloadAt !== 'number') return payloadAt;
  const value: CoapMessage = {
    type: MESSAGE_TYPES[(first >> 4) & 3] ?? 'CON',
    code,
    messageId: (at(bytes, 2) << 8) | at(bytes, 3),
    token: tokenLength === 0 ? EMPTY : bytes.subarray(tokenAt, optionsAt),
    options,
    payload: payloadAt === end ? EMPTY : bytes.subarray(payloadAt),
  };
  return { kind: 'value', value, used: end };
}

/** Throws a WireError (`wire.…`, `coap.…`) when a field of the message does not fit: our fault, not the peer's. */
export function encodeMessage(message: CoapMessage): Uint8Array {
  const tokenLength = message.token.length;
  if (message.code === 0 && tokenLength + message.options.length + message.payload.length > 0)
    throw new WireError('coap.empty', 'An empty message has four bytes.');
  const options = [...message.options].sort((a, b) => a.number - b.number);
  const bytes = new Uint8Array(encodedLength(message, options));
  bytes[0] = (1 << 6) | (MESSAGE_TYPES.indexOf(message.type) << 4) | nibbleOf(tokenLength);
  bytes[1] = message.code;
  bytes[2] = message.messageId >> 8;
  bytes[3] = message.messageId;
  let position = writeExtension(bytes, HEADER_BYTES, tokenLength);
  bytes.set(message.token, position);
  position += tokenLength;
  let previous = 0;
  for (const { number, value } of options) {
    const delta = number - previous;
    bytes[position] = (nibbleOf(delta) << 4) | nibbleOf(value.length);
    position = writeExtension(bytes, position + 1, delta);
    position = writeExtension(bytes, position, value.length);
    bytes.set(value, position);
    position += value.length;
    previous = number;
  }
  if (message.payload.length > 0) {
    bytes[position] = PAYLOAD_MARKER;
    bytes.set(message.payload, position + 1);
  }
  return bytes;
}

/** RFC 7252, 12.1: "2.05" of 0x45. */
export function formatCode(code: number): string {
  return `${code >> 5}.${String(code & 31).padStart(2, '0')}`;
}

export function parseCode(text: string): number {
  const match = /^([0-7])\.([0-2]\d|3[01])$/.exec(text);
  if (match === null) throw new WireError('coap.code', 'A code is written like 2.05.', { text: text.slice(0, 16) });
  return (Number(match[1]) << 5) | Number(match[2]);
}

const RESERVED_CLASSES: ReadonlySet<number> = new Set([1, 6, 7]);

function readTokenLength(bytes: Uint8Array, nibble: number, maxTokenLength: number): number | Garbage {
  if (nibble <= MAX_TOKEN) return nibble;
  // RFC 8974, 2.1: where longer tokens were agreed on, 9 to 12 stand for themselves.
  if (maxTokenLength <= MAX_TOKEN || nibble === RESERVED_NIBBLE)
    return refuse(bytes, 'coap.token-length', 'The token length is reserved.', 0);
  const length = extended(bytes, HEADER_BYTES, nibble);
  if (length < 0) return refuse(bytes, 'coap.short', 'The message ends within its token length.', HEADER_BYTES);
  if (length > maxTokenLength) return refuse(bytes, 'coap.token-length', 'The token is longer than agreed on.', 0);
  return length;
}

/** Where the payload begins (the end of the message when there is none), or why not. */
function readOptions(bytes: Uint8Array, start: number, options: CoapOption[]): number | Garbage {
  const end = bytes.length;
  let position = start;
  let number = 0;
  while (position < end) {
    const head = at(bytes, position);
    if (head === PAYLOAD_MARKER) {
      // RFC 7252, 3: a marker followed by a payload of no length is a message format error.
      if (position + 1 === end) return refuse(bytes, 'coap.payload', 'The payload marker has no payload.', position);
      return position + 1;
    }
    const deltaNibble = head >> 4;
    const lengthNibble = head & 15;
    if (deltaNibble === RESERVED_NIBBLE)
      return refuse(bytes, 'coap.option-delta', 'The option delta is reserved.', position);
    if (lengthNibble === RESERVED_NIBBLE)
      return refuse(bytes, 'coap.option-length', 'The option length is reserved.', position);
    const delta = extended(bytes, position + 1, deltaNibble);
    const lengthAt = position + 1 + lengthBytes(deltaNibble);
    const length = extended(bytes, lengthAt, lengthNibble);
    const valueAt = lengthAt + lengthBytes(lengthNibble);
    if (delta < 0 || length < 0 || valueAt + length > end)
      return refuse(bytes, 'coap.short', 'The message ends within an option.', position);
    number += delta;
    if (number > MAX_OPTION_NUMBER)
      return refuse(bytes, 'coap.option-number', 'The option number exceeds 65535.', position);
    position = valueAt + length;
    options.push({ number, value: length === 0 ? EMPTY : bytes.subarray(valueAt, position) });
  }
  return end;
}

/** The value of a nibble with the bytes that extend it, or -1 when they are not there. */
function extended(bytes: Uint8Array, position: number, nibble: number): number {
  if (nibble < EXTENDED_BY_ONE) return nibble;
  if (position + lengthBytes(nibble) > bytes.length) return -1;
  if (nibble === EXTENDED_BY_ONE) return at(bytes, position) + FROM_ONE;
  return ((at(bytes, position) << 8) | at(bytes, position + 1)) + FROM_TWO;
}

function lengthBytes(nibble: number): number {
  return nibble < EXTENDED_BY_ONE ? 0 : nibble - (EXTENDED_BY_ONE - 1);
}

function nibbleOf(value: number): number {
  if (value < FROM_ONE) return value;
  return value < FROM_TWO ? EXTENDED_BY_ONE : EXTENDED_BY_TWO;
}

function writeExtension(bytes: Uint8Array, position: number, value: number): number {
  if (value < FROM_ONE) return position;
  if (value < FROM_TWO) {
    bytes[position] = value - FROM_ONE;
    return position + 1;
  }
  bytes[position] = (value - FROM_TWO) >> 8;
  bytes[position + 1] = value - FROM_TWO;
  return position + 2;
}

function encodedLength(message: CoapMessage, options: readonly CoapOption[]): number {
  check(message.code, 0xff, 'code');
  check(message.messageId, 0xffff, 'messageId');
  check(message.token.length, FROM_TWO + 0xffff, 'token');
  const tokenLength = message.token.length;
  let length = HEADER_BYTES + lengthBytes(nibbleOf(tokenLength)) + tokenLength;
  let previous = 0;
  for (const { number, value } of options) {
    check(number, MAX_OPTION_NUMBER, 'option');
    length += 1 + lengthBytes(nibbleOf(number - previous)) + lengthBytes(nibbleOf(value.length)) + value.length;
    previous = number;
  }
  if (message.payload.length > 0) length += 1 + message.payload.length;
  check(length, MAX_MESSAGE_BYTES, 'message');
  return length;
}

function check(value: number, most: number, field: string): void {
  if (!Number.isInteger(value) || value < 0 || value > most)
    throw new WireError('wire.range', 'The value does not fit its field.', { field, value, most });
}

function at(bytes: Uint8Array, index: number): number {
  return bytes[index] ?? 0;
}

function refuse(bytes: Uint8Array, code: string, message: string, offset: number): Garbage {
  return garbage(code, message, bytes.length, { offset });
}

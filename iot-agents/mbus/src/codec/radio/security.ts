/**
 * Security of the radio: TPL modes 0, 2, 5 and 7 (EN 13757-7, 7.7; OMS volume 2, 9), the CTR mode of the ELL (EN 13757-4,
 * 13.2.7). What opens and does not begin with 2F 2F was opened with another key; a code that does not match over bytes that do
 * is a damaged message.
 */

import { createDecipheriv } from 'node:crypto';
import { WireError } from '@contor/kit';
import { linkBytes, type MeterAddress } from '../header/address.js';
import type { AuthenticationLayer } from './afl.js';
import { cmac, DERIVE, deriveKey, isSame } from './cmac.js';
import { crcOf } from './crc.js';
import { ELL_CRC, type ExtendedLink } from './ell.js';
import type { TransportHeader } from './tpl.js';

/** What stands open now; `isSealed` when there was no key for it. */
export interface Opened {
  readonly payload: Uint8Array;
  readonly wasEncrypted: boolean;
  readonly isSealed: boolean;
  /** In plain, with the marks of data that are encrypted otherwise. */
  readonly isPlainMarked: boolean;
}

export const FILLER = 0x2f;
const AES_BLOCK = 16;
const DES_BLOCK = 8;
const AES_KEY = 16;
const DES_KEY = 8;

const OPEN = { wasEncrypted: false, isSealed: false, isPlainMarked: false } as const;

/** The modes of table 23 that we know by name and do not open. */
const UNSUPPORTED: Readonly<Record<number, string>> = {
  8: 'AES-128-CTR with CMAC',
  9: 'AES-128-GCM',
  10: 'AES-128-CCM',
  13: 'TLS',
};

export interface SecurityContext {
  readonly header: TransportHeader;
  readonly meter: MeterAddress;
  readonly authentication: AuthenticationLayer | undefined;
  /** From the CI of the transport layer to the end: what the code covers. */
  readonly message: Uint8Array;
}

export function openTransport(
  payload: Uint8Array,
  context: SecurityContext,
  key: Uint8Array | undefined,
): Opened | WireError {
  const { securityMode, config } = context.header;
  const unsupported = UNSUPPORTED[securityMode];
  if (unsupported !== undefined)
    return new WireError(
      `wmbus.mode.${securityMode}`,
      `Security mode ${securityMode} (${unsupported}) is not opened here.`,
    );
  switch (securityMode) {
    case 2:
    case 3:
      return openDes(payload, config & 0xff, key);
    case 5:
    case 7:
      return openAes(payload, context, key);
    case 0:
      return openPlain(payload, key);
    default:
      return new WireError('wmbus.mode.reserved', 'No security mode has this number.', { actual: securityMode });
  }
}

/** A meter that has a key may not speak in clear: somebody else could speak in its name. */
function openPlain(payload: Uint8Array, key: Uint8Array | undefined): Opened | WireError {
  return key === undefined ? { payload, ...OPEN, isPlainMarked: startsPlain(payload) } : downgrade();
}

/** Modes 5 and 7: the high nibble of the configuration counts the blocks of 16 bytes; 15 means all. */
function openAes(payload: Uint8Array, context: SecurityContext, key: Uint8Array | undefined): Opened | WireError {
  const length = encryptedLength(payload.length, (context.header.config >> 4) & 0x0f);
  if (length === 0) return openPlain(payload, key);
  const isPlain = startsPlain(payload);
  if (key === undefined) return isPlain ? plainMarked(payload) : sealed(payload);
  if (isPlain) return downgrade();
  if (key.length !== AES_KEY) return wrongKeyLength(AES_KEY, key.length);
  if (length > payload.length) return shortCipher(length, payload.length);
  return context.header.securityMode === 5
    ? openMode5(payload, length, context, key)
    : openMode7(payload, length, context, key);
}

const ALL_BLOCKS = 15;

function encryptedLength(available: number, blocks: number): number {
  return blocks === ALL_BLOCKS ? available - (available % AES_BLOCK) : blocks * AES_BLOCK;
}

/** 9.2.4: the IV is who sends, and the access number eight times. No integrity beyond the two fillers. */
function openMode5(payload: Uint8Array, length: number, context: SecurityContext, key: Uint8Array): Opened | WireError {
  const iv = new Uint8Array(AES_BLOCK).fill(context.header.accessNumber);
  iv.set(linkBytes(context.meter));
  return checkedPlain(decryptHead('aes-128-cbc', key, iv, payload, length));
}

const NO_IV = new Uint8Array(AES_BLOCK);

/** 9.2.6: the code first, over the whole message, with keys of this message counter. */
function openMode7(payload: Uint8Array, length: number, context: SecurityContext, key: Uint8Array): Opened | WireError {
  const { authentication, meter, message } = context;
  if (authentication?.mac === undefined || authentication.counter === undefined)
    return new WireError('wmbus.mac.missing', 'Mode 7 needs the authentication layer with counter and code.');
  const counter = u32Bytes(authentication.counter);
  const id = linkBytes(meter).subarray(2, 6);
  const mac = cmac(deriveKey(key, DERIVE.authentication, counter, id), authenticated(authentication, counter, message));
  const plain = () =>
    decryptHead('aes-128-cbc', deriveKey(key, DERIVE.encryption, counter, id), NO_IV, payload, length);
  if (!isSame(mac.subarray(0, authentication.mac.length), authentication.mac)) {
    return startsPlain(plain())
      ? new WireError('wmbus.mac', 'The key is right and the code is not: the message is damaged.')
      : wrongKey();
  }
  return checkedPlain(plain());
}

/** OMS volume 2, 9.3.2: message control, counter, the length if sent, and the message. */
function authenticated(layer: AuthenticationLayer, counter: Uint8Array, message: Uint8Array): Uint8Array {
  const { control = 0, messageLength } = layer;
  const length = messageLength === undefined ? [] : [messageLength & 0xff, messageLength >> 8];
  return Uint8Array.of(control, ...counter, ...length, ...message);
}

/** Modes 2 and 3 (EN 13757-3:2004, 5.9): DES-CBC over as many bytes as the configuration counts, IV zero. */
function openDes(payload: Uint8Array, count: number, key: Uint8Array | undefined): Opened | WireError {
  const isPlain = startsPlain(payload);
  if (key === undefined) return isPlain ? plainMarked(payload) : sealed(payload);
  if (isPlain) return downgrade();
  if (key.length !== DES_KEY) return wrongKeyLength(DES_KEY, key.length);
  const length = count - (count % DES_BLOCK);
  if (length === 0) return downgrade();
  if (length > payload.length) return shortCipher(length, payload.length);
  // OpenSSL 3 keeps single DES in its legacy provider; three times the same key is the same cipher.
  const threeTimes = Uint8Array.of(...key, ...key, ...key);
  return checkedPlain(decryptHead('des-ede3-cbc', threeTimes, new Uint8Array(DES_BLOCK), payload, length));
}

function decryptHead(cipher: string, key: Uint8Array, iv: Uint8Array, payload: Uint8Array, length: number): Uint8Array {
  const head = createDecipheriv(cipher, key, iv).setAutoPadding(false).update(payload.subarray(0, length));
  if (length === payload.length) return head;
  const plain = new Uint8Array(payload.length);
  plain.set(head);
  plain.set(payload.subarray(length), length);
  return plain;
}

function checkedPlain(payload: Uint8Array): Opened | WireError {
  return startsPlain(payload) ? { payload, wasEncrypted: true, isSealed: false, isPlainMarked: false } : wrongKey();
}

/** ELL II and IV: AES-128-CTR; the checksum within says whether the key was right. */
export function openEll(
  link: ExtendedLink,
  session: number,
  sender: MeterAddress,
  key: Uint8Array | undefined,
): Opened | WireError {
  const isPlain = hasChecksum(link.payload);
  if (key === undefined) {
    return isPlain ? { ...plainMarked(link.payload.subarray(ELL_CRC)) } : sealed(link.payload);
  }
  if (isPlain) return downgrade();
  if (key.length !== AES_KEY) return wrongKeyLength(AES_KEY, key.length);
  const iv = new Uint8Array(AES_BLOCK);
  iv.set(linkBytes(link.destination ?? sender));
  iv[8] = link.communicationControl;
  iv.set(u32Bytes(session), 9);
  const plain = createDecipheriv('aes-128-ctr', key, iv).update(link.payload);
  if (!hasChecksum(plain)) return wrongKey();
  return { payload: plain.subarray(ELL_CRC), wasEncrypted: true, isSealed: false, isPlainMarked: false };
}

/** 13.2.8: over all that follows, low byte first. */
export function hasChecksum(payload: Uint8Array): boolean {
  return ((payload[0] ?? 0) | ((payload[1] ?? 0) << 8)) === crcOf(payload, ELL_CRC);
}

function startsPlain(payload: Uint8Array): boolean {
  return payload[0] === FILLER && payload[1] === FILLER;
}

function u32Bytes(value: number): Uint8Array {
  return Uint8Array.of(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, value >>> 24);
}

function plainMarked(payload: Uint8Array): Opened {
  return { payload, ...OPEN, isPlainMarked: true };
}

function sealed(payload: Uint8Array): Opened {
  return { payload, wasEncrypted: true, isSealed: true, isPlainMarked: false };
}

function downgrade(): WireError {
  return new WireError('wmbus.downgrade', 'The meter has a key, and this telegram is in plain.');
}

function wrongKey(): WireError {
  return new WireError('wmbus.key.wrong', 'The telegram does not open with the key of this meter.');
}

function wrongKeyLength(expected: number, actual: number): WireError {
  return new WireError('wmbus.key.length', 'The key has the wrong length for this mode.', { expected, actual });
}

function shortCipher(expected: number, actual: number): WireError {
  return new WireError('wmbus.cipher.short', 'Fewer bytes than the header says are encrypted.', { expected, actual });
}

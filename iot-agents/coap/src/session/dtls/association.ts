/** The keys of one connection at work: records of epoch 1 are sealed and opened (RFC 6347, 4.1.2; RFC 6655, 3; RFC 5288, 3). */

import {
  type CipherCCM,
  type CipherGCM,
  createCipheriv,
  createDecipheriv,
  type DecipherCCM,
  type DecipherGCM,
} from 'node:crypto';
import { CONTENT_TYPES, type ContentType, type DtlsRecord } from '../../codec/dtls/record.js';
import { SALT_BYTES } from './key-schedule.js';
import { ReplayWindow } from './replay-window.js';
import { DTLS_1_2, type SuiteRow } from './suites.js';

export type Role = 'client' | 'server';

const HEADER_BYTES = 13;
/** RFC 6655, 3: the half of the nonce that is sent. */
const EXPLICIT_NONCE_BYTES = 8;
/** RFC 5246, 6.2.1. */
const MAX_PLAINTEXT = 2 ** 14;
/** RFC 6347, 4.1: a sequence number is never used twice. */
const MAX_SEQUENCE_NUMBER = 2 ** 48 - 1;
const EPOCH = 1;

interface Direction {
  readonly key: Uint8Array;
  readonly salt: Uint8Array;
}

export class Association {
  readonly #suite: SuiteRow;
  readonly #read: Direction;
  readonly #write: Direction;
  readonly #window = new ReplayWindow();
  #sequenceNumber = 0;

  constructor(suite: SuiteRow, keyBlock: Uint8Array, role: Role) {
    const { keyBytes } = suite;
    const salts = 2 * keyBytes;
    const client = { key: keyBlock.subarray(0, keyBytes), salt: keyBlock.subarray(salts, salts + SALT_BYTES) };
    const server = { key: keyBlock.subarray(keyBytes, salts), salt: keyBlock.subarray(salts + SALT_BYTES) };
    this.#suite = suite;
    this.#read = role === 'client' ? server : client;
    this.#write = role === 'client' ? client : server;
  }

  /** What a record is longer than its plaintext. */
  get overheadBytes(): number {
    return HEADER_BYTES + EXPLICIT_NONCE_BYTES + this.#suite.tagBytes;
  }

  /** A whole record; undefined where the plaintext is too long for one or the numbers have run out. */
  seal(type: ContentType, plaintext: Uint8Array): Uint8Array | undefined {
    if (plaintext.length > MAX_PLAINTEXT || this.#sequenceNumber > MAX_SEQUENCE_NUMBER) return undefined;
    const record = Buffer.alloc(plaintext.length + this.overheadBytes);
    const number = this.#sequenceNumber++;
    writeHeader(record, type, number, record.length - HEADER_BYTES);
    // RFC 6655, 3: epoch and sequence number are a nonce that does not repeat.
    record.copy(record, HEADER_BYTES, 3, 3 + EXPLICIT_NONCE_BYTES);
    const nonce = nonceOf(this.#write.salt, record.subarray(3, 3 + EXPLICIT_NONCE_BYTES));
    const cipher = cipherOf(this.#suite, this.#write.key, nonce);
    cipher.setAAD(additionalData(type, number, plaintext.length), { plaintextLength: plaintext.length });
    record.set(cipher.update(plaintext), HEADER_BYTES + EXPLICIT_NONCE_BYTES);
    cipher.final();
    record.set(cipher.getAuthTag(), record.length - this.#suite.tagBytes);
    return record;
  }

  /** The plaintext; undefined where the record is forged, damaged or has been seen (RFC 6347, 4.1.2.7: dropped silently). */
  open(record: DtlsRecord): Uint8Array | undefined {
    const { tagBytes } = this.#suite;
    const { type, sequenceNumber, fragment } = record;
    const length = fragment.length - EXPLICIT_NONCE_BYTES - tagBytes;
    if (record.epoch !== EPOCH || record.version !== DTLS_1_2 || length < 0 || length > MAX_PLAINTEXT) return undefined;
    if (!this.#window.isFresh(sequenceNumber)) return undefined;
    const nonce = nonceOf(this.#read.salt, fragment.subarray(0, EXPLICIT_NONCE_BYTES));
    const decipher = decipherOf(this.#suite, this.#read.key, nonce);
    decipher.setAuthTag(fragment.subarray(fragment.length - tagBytes));
    decipher.setAAD(additionalData(type, sequenceNumber, length), { plaintextLength: length });
    const plaintext = verified(decipher, fragment.subarray(EXPLICIT_NONCE_BYTES, EXPLICIT_NONCE_BYTES + length));
    if (plaintext !== undefined) this.#window.mark(sequenceNumber);
    return plaintext;
  }
}

/** RFC 5246, 6.2.3.3: epoch and sequence number, type, version, length of the plaintext. */
function additionalData(type: ContentType, sequenceNumber: number, length: number): Uint8Array {
  const header = Buffer.alloc(HEADER_BYTES);
  writeHeader(header, type, sequenceNumber, length);
  const data = Buffer.alloc(HEADER_BYTES);
  header.copy(data, 0, 3, 11);
  header.copy(data, 8, 0, 3);
  header.copy(data, 11, 11, 13);
  return data;
}

function writeHeader(into: Buffer, type: ContentType, sequenceNumber: number, length: number): void {
  into[0] = CONTENT_TYPES.find(({ name }) => name === type)?.value ?? 0;
  into.writeUInt16BE(DTLS_1_2, 1);
  into.writeUInt16BE(EPOCH, 3);
  into.writeUIntBE(sequenceNumber, 5, 6);
  into.writeUInt16BE(length, 11);
}

function nonceOf(salt: Uint8Array, explicit: Uint8Array): Uint8Array {
  const nonce = new Uint8Array(SALT_BYTES + EXPLICIT_NONCE_BYTES);
  nonce.set(salt);
  nonce.set(explicit, SALT_BYTES);
  return nonce;
}

function cipherOf({ cipher, tagBytes }: SuiteRow, key: Uint8Array, nonce: Uint8Array): CipherCCM | CipherGCM {
  const options = { authTagLength: tagBytes };
  return cipher === 'aes-128-gcm'
    ? createCipheriv(cipher, key, nonce, options)
    : createCipheriv(cipher, key, nonce, options);
}

function decipherOf({ cipher, tagBytes }: SuiteRow, key: Uint8Array, nonce: Uint8Array): DecipherCCM | DecipherGCM {
  const options = { authTagLength: tagBytes };
  return cipher === 'aes-128-gcm'
    ? createDecipheriv(cipher, key, nonce, options)
    : createDecipheriv(cipher, key, nonce, options);
}

/** Node tells a wrong tag by throwing; to us it is a peer's fault and so a value. */
function verified(decipher: DecipherCCM | DecipherGCM, sealed: Uint8Array): Uint8Array | undefined {
  try {
    const plaintext = decipher.update(sealed);
    decipher.final();
    return plaintext;
  } catch {
    return undefined;
  }
}

/**
 * Something long that is wrapped as it passes: chunks of 64 KiB, each AES-256-GCM under one data key, which the keyring wraps in front of them. A
 * chunk's nonce holds its number and whether it is the last, so that chunks cannot be left out, turned round, repeated or cut off (the STREAM
 * construction of Hoang, Reyhanitabar, Rogaway and Vizár, CRYPTO 2015); what stands in front is authenticated with each.
 *
 * Layout: magic (8), format version u16, length of the wrapped key u16, wrapped key, nonce prefix (7), chunks of up to 65,536 + 16 bytes.
 */

import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import { ConfigError, DamagedFileError } from '../errors.js';
import { KEY_BYTES } from './envelope.js';
import type { Keyring } from './keyring.js';

const MAGIC = Buffer.from('CONTORSS', 'latin1');
const FORMAT_VERSION = 1;
const HEAD_BYTES = 12;
const PREFIX_BYTES = 7;
const CHUNK_BYTES = 64 * 1024;
const TAG_BYTES = 16;
const CIPHER = 'aes-256-gcm';
/** Of our own, some 150 letters; a file that says more is not one of ours. */
const MOST_KEY_BYTES = 1_024;

type Bytes = AsyncIterable<Uint8Array>;

/** `name` is authenticated: what was sealed under one name opens under no other. */
export async function* sealStream(keyring: Keyring, name: string, source: Bytes): AsyncGenerator<Uint8Array> {
  const key = randomBytes(KEY_BYTES);
  const prefix = randomBytes(PREFIX_BYTES);
  const wrapped = Buffer.from(keyring.wrap(keyNameOf(name), key), 'latin1');
  const head = Buffer.alloc(HEAD_BYTES);
  MAGIC.copy(head);
  head.writeUInt16BE(FORMAT_VERSION, 8);
  head.writeUInt16BE(wrapped.length, 10);
  const front = Buffer.concat([head, wrapped, prefix]);
  yield front;
  for await (const { number, isLast, bytes } of chunked(source, CHUNK_BYTES)) {
    const cipher = createCipheriv(CIPHER, key, nonceOf(prefix, number, isLast), { authTagLength: TAG_BYTES });
    cipher.setAAD(front);
    yield Buffer.concat([cipher.update(bytes), cipher.final(), cipher.getAuthTag()]);
  }
}

/** Yields what is authentic, chunk by chunk; throws before anything that is not. Whoever cannot undo must wait for the end. */
export async function* openStream(keyring: Keyring, name: string, source: Bytes): AsyncGenerator<Uint8Array> {
  const reader = new Reader(source);
  const head = await reader.take(HEAD_BYTES);
  if (!head.subarray(0, MAGIC.length).equals(MAGIC)) throw damaged(name);
  const version = head.readUInt16BE(8);
  if (version > FORMAT_VERSION) throw newer(name, version);
  const length = head.readUInt16BE(10);
  if (length > MOST_KEY_BYTES) throw damaged(name);
  const wrapped = await reader.take(length);
  const key = keyring.unwrap(keyNameOf(name), wrapped.toString('latin1'));
  const prefix = await reader.take(PREFIX_BYTES);
  const front = Buffer.concat([head, wrapped, prefix]);
  for await (const { number, isLast, bytes } of chunked(reader.rest(), CHUNK_BYTES + TAG_BYTES)) {
    if (bytes.length < TAG_BYTES) throw damaged(name);
    const decipher = createDecipheriv(CIPHER, key, nonceOf(prefix, number, isLast), { authTagLength: TAG_BYTES });
    decipher.setAAD(front);
    decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
    const opened = decipher.update(bytes.subarray(0, -TAG_BYTES));
    try {
      decipher.final();
    } catch {
      throw damaged(name); // Node says only that it is not authentic, and there is nothing else to say.
    }
    yield opened;
  }
}

interface Chunk {
  readonly number: number;
  readonly isLast: boolean;
  readonly bytes: Buffer;
}

/** All of one size but the last, which may be empty: even nothing has an end that is authenticated. */
async function* chunked(source: Bytes, size: number): AsyncGenerator<Chunk> {
  let number = 0;
  let parts: Uint8Array[] = [];
  let held = 0;
  for await (const part of source) {
    parts.push(part);
    held += part.byteLength;
    if (held <= size) continue;
    const all = Buffer.concat(parts);
    let at = 0;
    for (; all.length - at > size; at += size) {
      yield { number, isLast: false, bytes: all.subarray(at, at + size) };
      number += 1;
    }
    parts = [all.subarray(at)];
    held = all.length - at;
  }
  yield { number, isLast: true, bytes: Buffer.concat(parts) };
}

class Reader {
  readonly #source: AsyncIterator<Uint8Array>;
  #held: Buffer = Buffer.alloc(0);

  constructor(source: Bytes) {
    this.#source = source[Symbol.asyncIterator]();
  }

  /** Fewer when there are no more, and then nothing that follows can be right. */
  async take(length: number): Promise<Buffer> {
    while (this.#held.length < length) {
      const next = await this.#source.next();
      if (next.done === true) break;
      this.#held = Buffer.concat([this.#held, next.value]);
    }
    const taken = this.#held.subarray(0, length);
    this.#held = this.#held.subarray(length);
    return taken;
  }

  async *rest(): AsyncGenerator<Uint8Array> {
    if (this.#held.length > 0) yield this.#held;
    for (let next = await this.#source.next(); next.done !== true; next = await this.#source.next()) yield next.value;
  }
}

function nonceOf(prefix: Uint8Array, number: number, isLast: boolean): Uint8Array {
  const nonce = Buffer.alloc(PREFIX_BYTES + 5);
  nonce.set(prefix);
  nonce.writeUInt32BE(number, PREFIX_BYTES);
  nonce.writeUInt8(isLast ? 1 : 0, PREFIX_BYTES + 4);
  return nonce;
}

function keyNameOf(name: string): string {
  return `stream ${name}`;
}

function damaged(name: string): DamagedFileError {
  return new DamagedFileError('sealed.damaged', `${name} is not what was written under that name.`, { name });
}

function newer(name: string, version: number): ConfigError {
  const message = `${name} was written by a newer version of this program (format ${version}).`;
  return new ConfigError([{ code: 'config.newer-format', message, fix: 'Use that newer version.' }]);
}

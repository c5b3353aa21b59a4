/**
 * Protected messages: IEC 62056-5-3, 5.3.7 and 5.7.2 — security control, invocation counter, then the message by AES-GCM with a
 * tag of 12 bytes. The IV is the title of who sent it and the counter; what is authenticated beside the message are the control
 * byte, the authentication key and, in general-ciphering, the header. The tag is verified before anybody sees the message.
 */

import { createCipheriv, createDecipheriv, createSecretKey, type KeyObject } from 'node:crypto';
import { ByteWriter, type Decoded, WireError } from '@contor/kit';
import { decodeSecurityControl, type SuiteRow, suiteOf } from './suite.js';

export interface CipherKeys {
  readonly encryptionKey: KeyObject;
  readonly keySize: number;
  /** Without it no tag can be verified, and what is read is marked so. */
  readonly authenticationKey?: Uint8Array;
}

export interface SecurityHeader {
  readonly securityControl: number;
  readonly invocationCounter: number;
}

export interface OpenedService extends SecurityHeader {
  readonly plain: Uint8Array;
  /** False when the message carries no tag, or there is no authentication key to verify it with. */
  readonly isAuthentic: boolean;
}

const HEADER_SIZE = 5;
export const TAG_SIZE = 12;
const TITLE_SIZE = 8;
const GCM_OPTIONS = { authTagLength: TAG_SIZE } as const;
const NONE = new Uint8Array(0);

export function cipherKeys(encryptionKey: Uint8Array, authenticationKey?: Uint8Array): CipherKeys {
  for (const key of [encryptionKey, authenticationKey])
    if (key !== undefined && key.length !== 16 && key.length !== 32)
      throw new WireError('security.key-size', 'A key has 16 or 32 bytes.', { size: key.length });
  return {
    encryptionKey: createSecretKey(encryptionKey),
    keySize: encryptionKey.length,
    ...(authenticationKey !== undefined && { authenticationKey }),
  };
}

export function readSecurityHeader(service: Uint8Array): Decoded<SecurityHeader> {
  if (service.length < HEADER_SIZE) return { kind: 'pending' };
  const view = new DataView(service.buffer, service.byteOffset, HEADER_SIZE);
  const value = { securityControl: view.getUint8(0), invocationCounter: view.getUint32(1) };
  return { kind: 'value', value, used: HEADER_SIZE };
}

/** `associated` is the header of general-ciphering, as it stands on the wire. */
export function openService(
  service: Uint8Array,
  systemTitle: Uint8Array,
  keys: CipherKeys,
  associated: Uint8Array = NONE,
): Decoded<OpenedService> {
  const header = readSecurityHeader(service);
  if (header.kind !== 'value') return refuse('security.header', 'The security header is not whole.');
  const { securityControl } = header.value;
  const control = decodeSecurityControl(securityControl);
  const suite = suiteOf(control.suite);
  if (suite === undefined)
    return refuse('security.suite', 'There is no such security suite.', { suite: control.suite });
  if (control.isCompressed) return refuse('security.compressed', 'Compressed messages are not read.');
  if (systemTitle.length !== TITLE_SIZE) return refuse('security.title', 'A system title has eight bytes.');
  if (suite.keySize !== keys.keySize) return refuse('security.key-size', 'The key is not of this suite.');
  const tagSize = control.isAuthenticated ? TAG_SIZE : 0;
  if (service.length < HEADER_SIZE + tagSize) return refuse('security.tag', 'The tag is not whole.');
  const end = service.length - tagSize;
  const content = service.subarray(HEADER_SIZE, end);
  const isAuthentic = control.isAuthenticated && keys.authenticationKey !== undefined;
  const unprotected = control.isEncrypted ? undefined : content;
  if (!isAuthentic) {
    const plain = unprotected ?? decryptUnverified(suite, service, systemTitle, keys, content);
    return { kind: 'value', value: { ...header.value, plain, isAuthentic }, used: service.length };
  }
  const decipher = createDecipheriv(suite.cipher, keys.encryptionKey, ivOf(systemTitle, service), GCM_OPTIONS);
  decipher.setAAD(aadOf(securityControl, keys, associated, unprotected));
  decipher.setAuthTag(service.subarray(end));
  const decrypted = unprotected ?? asBytes(decipher.update(content));
  try {
    decipher.final();
  } catch {
    // node:crypto says of a wrong tag only that it is one; a wrong key looks the same.
    return refuse('security.tag', 'The tag is wrong: another key, another sender, or changed on the way.');
  }
  return { kind: 'value', value: { ...header.value, plain: decrypted, isAuthentic }, used: service.length };
}

/** Security control, counter, message and tag. Whoever calls sees to it that no counter is used twice with a key. */
export function sealService(
  plain: Uint8Array,
  header: SecurityHeader,
  systemTitle: Uint8Array,
  keys: CipherKeys,
  associated: Uint8Array = NONE,
): Uint8Array {
  const control = decodeSecurityControl(header.securityControl);
  const suite = suiteOf(control.suite);
  if (
    suite === undefined ||
    suite.keySize !== keys.keySize ||
    systemTitle.length !== TITLE_SIZE ||
    control.isCompressed
  )
    throw new WireError('security.suite', 'The suite, the key and the title do not fit.', { suite: control.suite });
  if (control.isAuthenticated && keys.authenticationKey === undefined)
    throw new WireError('security.no-key', 'Authentication needs the authentication key.', {});
  const head = new ByteWriter(HEADER_SIZE).u8(header.securityControl).u32(header.invocationCounter).finish();
  if (!control.isAuthenticated && !control.isEncrypted) return asBytes(Buffer.concat([head, plain]));
  const cipher = createCipheriv(suite.cipher, keys.encryptionKey, ivOf(systemTitle, head), GCM_OPTIONS);
  if (control.isAuthenticated)
    cipher.setAAD(aadOf(header.securityControl, keys, associated, control.isEncrypted ? undefined : plain));
  const content = control.isEncrypted ? cipher.update(plain) : plain;
  cipher.final();
  return asBytes(Buffer.concat([head, content, control.isAuthenticated ? cipher.getAuthTag() : NONE]));
}

/** A Buffer is bytes with other manners: its JSON, its slice. Nobody above shall have to know. */
export function asBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.length);
}

/** System title and invocation counter, which stands after the control byte. */
function ivOf(systemTitle: Uint8Array, service: Uint8Array): Uint8Array {
  const iv = new Uint8Array(TITLE_SIZE + 4);
  iv.set(systemTitle);
  iv.set(service.subarray(1, HEADER_SIZE), TITLE_SIZE);
  return iv;
}

/** IEC 62056-5-3, 5.7.2.4.3: control byte, authentication key, header; the message too when it is not encrypted. */
function aadOf(
  securityControl: number,
  { authenticationKey = NONE }: CipherKeys,
  associated: Uint8Array,
  message: Uint8Array = NONE,
): Uint8Array {
  const aad = new Uint8Array(1 + authenticationKey.length + associated.length + message.length);
  aad[0] = securityControl;
  aad.set(authenticationKey, 1);
  aad.set(associated, 1 + authenticationKey.length);
  aad.set(message, 1 + authenticationKey.length + associated.length);
  return aad;
}

/** NIST SP 800-38D, 6.5: the key stream of GCM is counter mode from 2. */
function decryptUnverified(
  suite: SuiteRow,
  service: Uint8Array,
  systemTitle: Uint8Array,
  keys: CipherKeys,
  content: Uint8Array,
): Uint8Array {
  const block = new Uint8Array(16);
  block.set(ivOf(systemTitle, service));
  block[15] = 2;
  return asBytes(createDecipheriv(suite.counter, keys.encryptionKey, block).update(content));
}

function refuse(code: string, message: string, context = {}): Decoded<never> {
  return { kind: 'garbage', error: new WireError(code, message, context), used: 1 };
}

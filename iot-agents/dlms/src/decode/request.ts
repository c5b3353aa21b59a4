/** What a line asks for: bytes, layer and keys; see docs/decode.md. */

import { type DecodeRequest, fromHex, WireError } from '@contor/kit';
import { type CipherKeys, cipherKeys } from '../codec/security/gcm.js';

export interface Members {
  readonly hex: (name: string) => Uint8Array | undefined;
  readonly number: (name: string) => number | undefined;
}

export interface DlmsRequest {
  readonly bytes: Uint8Array | undefined;
  readonly layer: string | undefined;
  readonly keys: CipherKeys | undefined;
  readonly systemTitle: Uint8Array | undefined;
  readonly members: Members;
}

/** Keys and titles may stand beside the bytes or on the line itself; `key` is the encryption key. */
export function readRequest(request: DecodeRequest): DlmsRequest {
  const input = isRecord(request.input) ? request.input : {};
  const all = { ...request, ...input };
  const members: Members = {
    hex: (name) => hexOf(all, name),
    number: (name) => (typeof all[name] === 'number' ? all[name] : undefined),
  };
  const encryptionKey = members.hex('encryptionKey') ?? hexOf(request, 'key');
  const layer = request.layer;
  return {
    bytes: members.hex('hex'),
    layer: typeof layer === 'string' ? layer : undefined,
    keys: encryptionKey === undefined ? undefined : cipherKeys(encryptionKey, members.hex('authenticationKey')),
    systemTitle: members.hex('systemTitle'),
    members,
  };
}

function hexOf(record: Readonly<Record<string, unknown>>, name: string): Uint8Array | undefined {
  const value = record[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string')
    throw new WireError('decode.input', 'A member that should be hex is no text.', { name });
  return fromHex(value);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

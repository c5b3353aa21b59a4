/** The provider's own secrets: the RS256 signing keys (RFC 7517), the keys that sign its cookies, the client's secret. */

import { createHash, generateKeyPair, type JsonWebKey, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type Keyring, type KeyringOptions, openKeyring, readOrMakeSealed, realDisk } from '@contor/kit';

/** The first of each list signs; the others still verify, so that a key can be rotated without signing everybody out. */
export interface ProviderKeys {
  readonly signing: readonly SigningKey[];
  readonly cookies: readonly string[];
}

export type SigningKey = JsonWebKey & { readonly kid: string; readonly use: 'sig'; readonly alg: 'RS256' };

const SECRET_BYTES = 32;
/** RFC 7518, 3.3: 2048 bits or more. */
const MODULUS_BITS = 2048;

export async function openKeys(dataFolder: string, keyring: Keyring): Promise<ProviderKeys> {
  const file = { disk: realDisk(), path: join(dataFolder, 'keys.json'), keyring, name: 'identity keys' };
  const text = await readOrMakeSealed(file, async () => JSON.stringify(await makeKeys()));
  return JSON.parse(text) as ProviderKeys;
}

/** Secret of the dashboard's client. Makes the data folder's secret when there is none yet, so that start order is free. */
export async function clientSecret(dataFolder: string, keys: Omit<KeyringOptions, 'folder'> = {}): Promise<string> {
  const keyring = await openKeyring({ ...keys, folder: dataFolder });
  const file = { disk: realDisk(), path: join(dataFolder, 'client-secret'), keyring, name: 'identity client-secret' };
  return readOrMakeSealed(file, async () => randomText());
}

async function makeKeys(): Promise<ProviderKeys> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: MODULUS_BITS });
  const jwk = privateKey.export({ format: 'jwk' });
  return { signing: [{ ...jwk, kid: thumbprint(jwk), use: 'sig', alg: 'RS256' }], cookies: [randomText()] };
}

/** RFC 7638: the required members in lexicographic order. */
function thumbprint(jwk: JsonWebKey): string {
  const { e, kty, n } = jwk;
  return createHash('sha256').update(JSON.stringify({ e, kty, n })).digest('base64url');
}

/** From the system, never from a port: a secret must not come from a generator that can be replayed. */
function randomText(): string {
  return randomBytes(SECRET_BYTES).toString('base64url');
}

/** Identities and their keys (RFC 4279). Who asks for an unknown identity gets a key too, one that opens nothing: the time is the same. */

import { createHmac } from 'node:crypto';
import { ConfigError, type ConfigFault, type Random } from '@contor/kit';

export interface PskKey {
  readonly key: Uint8Array;
  /** The identity as it was registered; undefined where nobody has it. */
  readonly identity: string | undefined;
}

/** RFC 4279, 5.3. */
const MAX_IDENTITY_BYTES = 128;
const MAX_KEY_BYTES = 64;
/** RFC 9257, 4: shorter keys can be tried out. */
const MIN_KEY_BYTES = 8;
const DECOY_BYTES = 16;
const SECRET_BYTES = 32;

export class PskKeys {
  readonly #secret: Uint8Array;
  readonly #byDigest = new Map<string, PskKey>();

  constructor(keys: Iterable<readonly [identity: string, key: Uint8Array]>, random: Random) {
    this.#secret = random.bytes(SECRET_BYTES);
    const faults: ConfigFault[] = [];
    for (const [identity, key] of keys) {
      const fault = faultOf(identity, key);
      if (fault) faults.push(fault);
      else this.#byDigest.set(this.#digestOf(Buffer.from(identity)).toString('latin1'), { key, identity });
    }
    if (faults.length > 0) throw new ConfigError(faults);
  }

  /** Found by a keyed digest: how long it takes says nothing of how much of an identity was right. */
  keyOf(identity: Uint8Array): PskKey {
    const digest = this.#digestOf(identity);
    const decoy = { key: digest.subarray(0, DECOY_BYTES), identity: undefined };
    return this.#byDigest.get(digest.toString('latin1')) ?? decoy;
  }

  #digestOf(identity: Uint8Array): Buffer {
    return createHmac('sha256', this.#secret).update(identity).digest();
  }
}

function faultOf(identity: string, key: Uint8Array): ConfigFault | undefined {
  const identityBytes = Buffer.byteLength(identity);
  if (identityBytes === 0 || identityBytes > MAX_IDENTITY_BYTES)
    return {
      code: 'dtls.identity',
      message: `An identity of DTLS has 1 to ${MAX_IDENTITY_BYTES} bytes, this one has ${identityBytes}.`,
      fix: 'Give the device a shorter identity.',
    };
  if (key.length < MIN_KEY_BYTES || key.length > MAX_KEY_BYTES)
    return {
      code: 'dtls.key',
      message: `The key of "${identity}" has ${key.length} bytes; ${MIN_KEY_BYTES} to ${MAX_KEY_BYTES} are allowed.`,
      fix: 'Give the device a random key of 16 bytes.',
    };
  return undefined;
}

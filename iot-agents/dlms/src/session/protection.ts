/**
 * Ciphering on an association: IEC 62056-5-3, 5.3.7 and 5.7.2. What is said gets a counter that was never used with its key;
 * what is heard must be from the peer whose title is known, carry what the policy asks for, and a counter above all before it.
 */

import { type Decoded, ProtocolError, WireError } from '@contor/kit';
import { type CipherKeys, sealService } from '../codec/security/gcm.js';
import { cipheredServiceOf, headerOf, openApdu } from '../codec/security/open.js';
import { decodeSecurityControl, encodeSecurityControl } from '../codec/security/suite.js';
import { encodeApdu } from '../codec/xdlms/apdu.js';
import { APDUS, type Apdu, type ApduName } from '../codec/xdlms/apdus.js';

export interface Policy {
  readonly isAuthenticated: boolean;
  readonly isEncrypted: boolean;
}

export interface ProtectionSettings {
  readonly suite: number;
  readonly ownTitle: Uint8Array;
  readonly keys: CipherKeys;
  /** Of this association alone. */
  readonly dedicated?: CipherKeys;
  readonly policy: Policy;
  /** `service`: glo- and ded- of each service; `general`: general-glo- and general-ded-ciphering. */
  readonly form: 'service' | 'general';
  /** Each number once and never again, over every restart; undefined when there is none left. */
  readonly nextCounter: () => number | undefined;
  /** The highest counter that was ever taken from this peer under the global key. */
  readonly highestReceived: number;
}

interface Kind {
  readonly prefix: 'glo' | 'ded';
  readonly general: 'GeneralGloCiphering' | 'GeneralDedCiphering';
}

const GLOBAL: Kind = { prefix: 'glo', general: 'GeneralGloCiphering' };
const DEDICATED: Kind = { prefix: 'ded', general: 'GeneralDedCiphering' };

/** IEC 62056-5-3, 8: the ciphered services have the tag of the plain one and 0x08 (dedicated 0x10) more, the old ones 0x20 and 0x40. */
const OFFSETS: Readonly<Record<Kind['prefix'], readonly [from: number, to: number, offset: number][]>> = {
  glo: [
    [0x01, 0x18, 0x20],
    [0xc0, 0xc7, 0x08],
  ],
  ded: [
    [0x01, 0x18, 0x40],
    [0xc0, 0xc7, 0x10],
  ],
};
const NAME_OF_TAG = new Map<number, ApduName>(APDUS.map(({ tag, apdu }) => [tag, apdu]));
const FIRST_RECEIVABLE = -1;

export class Protection {
  readonly #settings: ProtectionSettings;
  #peerTitle: Uint8Array | undefined;
  #highestReceived: number;
  /** A dedicated key is new with the association, and so are its counters. */
  #highestDedicated = FIRST_RECEIVABLE;

  constructor(settings: ProtectionSettings, peerTitle?: Uint8Array) {
    this.#settings = settings;
    this.#peerTitle = peerTitle;
    this.#highestReceived = settings.highestReceived;
  }

  get highestReceived(): number {
    return this.#highestReceived;
  }

  get peerTitle(): Uint8Array | undefined {
    return this.#peerTitle;
  }

  set peerTitle(title: Uint8Array | undefined) {
    this.#peerTitle = title;
  }

  /** `isGlobal`: what opens an association cannot be under the key that it brings. */
  seal(plain: Uint8Array, isGlobal = false): Uint8Array {
    const { suite, ownTitle, keys, dedicated, policy, form } = this.#settings;
    const kind = isGlobal || dedicated === undefined ? GLOBAL : DEDICATED;
    const invocationCounter = this.takeCounter();
    const securityControl = encodeSecurityControl({ suite, ...policy, isBroadcast: false, isCompressed: false });
    const header = { securityControl, invocationCounter };
    const key = kind === DEDICATED && dedicated !== undefined ? dedicated : keys;
    const cipheredService = sealService(plain, header, ownTitle, key);
    const own = form === 'service' || isGlobal ? cipheredNameOf(kind, plain[0] ?? 0) : undefined;
    if (own === undefined) return encodeApdu({ apdu: kind.general, body: { systemTitle: ownTitle, cipheredService } });
    return encodeApdu({ apdu: own, body: { cipheredService } } as Apdu);
  }

  takeCounter(): number {
    const counter = this.#settings.nextCounter();
    if (counter === undefined)
      throw new ProtocolError('security.counter', 'No invocation counter is left for this key.', {});
    return counter;
  }

  /** A counter that was accepted elsewhere, as in the answer to a challenge. */
  accept(counter: number): void {
    this.#highestReceived = Math.max(this.#highestReceived, counter);
  }

  open(apdu: Apdu): Decoded<Uint8Array> {
    const ciphered = cipheredServiceOf(apdu);
    if (ciphered === undefined) return refuse('security.plain', 'The message should have been ciphered.');
    const { suite, keys, dedicated, policy } = this.#settings;
    const isDedicated = apdu.apdu === 'GeneralDedCiphering' || apdu.apdu.startsWith('ded-');
    const key = isDedicated ? dedicated : keys;
    if (key === undefined) return refuse('security.no-key', 'There is no dedicated key on this association.');
    if (ciphered.associated !== undefined) return refuse('security.form', 'General ciphering was not agreed.');
    if (ciphered.systemTitle !== undefined && !isTitle(ciphered.systemTitle, this.#peerTitle))
      return refuse('security.title', 'The message is from somebody else.');
    const header = headerOf(ciphered);
    if (header.kind !== 'value') return refuse('security.header', 'The security header is not whole.');
    const control = decodeSecurityControl(header.value.securityControl);
    if (control.suite !== suite) return refuse('security.suite', 'The message is of another security suite.');
    const isWeaker =
      (policy.isAuthenticated && !control.isAuthenticated) || (policy.isEncrypted && !control.isEncrypted);
    if (isWeaker) return refuse('security.policy', 'The message is protected less than agreed.');
    const { invocationCounter } = header.value;
    if (invocationCounter <= (isDedicated ? this.#highestDedicated : this.#highestReceived))
      return refuse('security.replay', 'The counter of the message was used before.');
    const opened = openApdu(ciphered, key, this.#peerTitle);
    if (opened.kind !== 'value') return opened;
    if (policy.isAuthenticated && !opened.value.isAuthentic)
      return refuse('security.no-key', 'The tag cannot be verified without the authentication key.');
    // Only what was verified moves the counter: else anybody could lock the peer out by a high one.
    if (isDedicated) this.#highestDedicated = invocationCounter;
    else this.#highestReceived = invocationCounter;
    return { kind: 'value', value: opened.value.plain, used: opened.used };
  }
}

export function isTitle(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && a.length === b.length && a.every((byte, index) => byte === b[index]);
}

/** Undefined of a service that has no ciphered form of its own: then the general one holds it. */
function cipheredNameOf({ prefix }: Kind, tag: number): ApduName | undefined {
  const row = OFFSETS[prefix].find(([from, to]) => tag >= from && tag <= to);
  return row === undefined ? undefined : NAME_OF_TAG.get(tag + row[2]);
}

function refuse(code: string, message: string): Decoded<never> {
  return { kind: 'garbage', error: new WireError(code, message, {}), used: 1 };
}

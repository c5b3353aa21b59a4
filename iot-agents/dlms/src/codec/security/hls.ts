/**
 * Who are you: the four passes of high level security, IEC 62056-5-3, 5.3.4.3 and 5.7.4. Each side answers the challenge of the
 * other with a function of a secret. Mechanism 2 is the maker's own and is not known here; 7 is in agreement.ts.
 */

import { createHash, timingSafeEqual } from 'node:crypto';
import { WireError } from '@contor/kit';
import { asBytes, type CipherKeys, sealService } from './gcm.js';

/** Arguments of an answer; each mechanism takes its own. */
export interface HlsInput {
  readonly challenge: Uint8Array;
  readonly secret?: Uint8Array;
  /** Of who answers. */
  readonly ownSystemTitle?: Uint8Array;
  readonly peerSystemTitle?: Uint8Array;
  /** The challenge that the answering side sent itself (mechanism 6). */
  readonly ownChallenge?: Uint8Array;
  readonly invocationCounter?: number;
  readonly keys?: CipherKeys;
  readonly suite?: number;
}

interface HlsRow {
  readonly mechanism: number;
  readonly name: string;
  readonly answer: (input: HlsInput) => Uint8Array;
}

const AUTHENTICATED = 0x10;

export const HLS_MECHANISMS = [
  { mechanism: 3, name: 'HLS with MD5', answer: (input) => digest('md5', input.challenge, needed(input.secret)) },
  { mechanism: 4, name: 'HLS with SHA-1', answer: (input) => digest('sha1', input.challenge, needed(input.secret)) },
  { mechanism: 5, name: 'HLS with GMAC', answer: answerByGmac },
  { mechanism: 6, name: 'HLS with SHA-256', answer: answerBySha256 },
] as const satisfies readonly HlsRow[];

export function answerChallenge(mechanism: number, input: HlsInput): Uint8Array {
  const row = HLS_MECHANISMS.find((candidate) => candidate.mechanism === mechanism);
  if (row === undefined)
    throw new WireError('security.mechanism', 'No answer is known for this mechanism.', { mechanism });
  return row.answer(input);
}

/** In constant time. */
export function isAnswer(expected: Uint8Array, actual: Uint8Array): boolean {
  return expected.length === actual.length && timingSafeEqual(expected, actual);
}

/** Control byte, counter and the tag over the challenge, which is not sent again. */
function answerByGmac({ challenge, ownSystemTitle, invocationCounter, keys, suite = 0 }: HlsInput): Uint8Array {
  if (keys === undefined || invocationCounter === undefined || ownSystemTitle === undefined) throw missing();
  const header = { securityControl: AUTHENTICATED | suite, invocationCounter };
  const sealed = sealService(challenge, header, ownSystemTitle, keys);
  return asBytes(Buffer.concat([sealed.subarray(0, 5), sealed.subarray(5 + challenge.length)]));
}

function answerBySha256(input: HlsInput): Uint8Array {
  const { challenge, secret, ownSystemTitle, peerSystemTitle, ownChallenge } = input;
  return digest(
    'sha256',
    needed(secret),
    needed(ownSystemTitle),
    needed(peerSystemTitle),
    challenge,
    needed(ownChallenge),
  );
}

function digest(algorithm: string, ...parts: readonly Uint8Array[]): Uint8Array {
  const hash = createHash(algorithm);
  for (const part of parts) hash.update(part);
  return asBytes(hash.digest());
}

function needed(part: Uint8Array | undefined): Uint8Array {
  if (part === undefined) throw missing();
  return part;
}

function missing(): WireError {
  return new WireError('security.no-key', 'The mechanism needs a secret, key or title that is not there.', {});
}

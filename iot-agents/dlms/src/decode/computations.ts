/** Lines without a frame: answers to a challenge and wrapped keys, told by the members they bring. */

import { type DecodeAnswer, WireError } from '@contor/kit';
import { answerChallenge } from '../codec/security/hls.js';
import { unwrapKey, wrapKey } from '../codec/security/key-wrap.js';
import type { DlmsRequest } from './request.js';

const GMAC = 5;

export function compute({ members, keys }: DlmsRequest): DecodeAnswer {
  const masterKey = members.hex('masterKey');
  if (masterKey !== undefined) return wrapOrUnwrap(masterKey, members.hex('key'), members.hex('wrapped'));
  const challenge = members.hex('challenge') ?? members.hex('StoC');
  if (challenge === undefined) throw new WireError('decode.input', 'The line has neither bytes nor a challenge.', {});
  const mechanism = members.number('mechanism') ?? GMAC;
  const answer = answerChallenge(mechanism, {
    challenge,
    ...given('secret', members.hex('secret')),
    ...given('ownSystemTitle', members.hex('ownSystemTitle') ?? members.hex('systemTitle')),
    ...given('peerSystemTitle', members.hex('peerSystemTitle')),
    ...given('ownChallenge', members.hex('CtoS')),
    ...given('invocationCounter', members.number('invocationCounter')),
    ...given('suite', members.number('suite')),
    ...given('keys', keys),
  });
  return { ok: true, mechanism, answer };
}

function wrapOrUnwrap(masterKey: Uint8Array, key?: Uint8Array, wrapped?: Uint8Array): DecodeAnswer {
  if (key !== undefined) return { ok: true, wrapped: wrapKey(masterKey, key) };
  if (wrapped === undefined) throw new WireError('decode.input', 'The line has neither a key nor a wrapped one.', {});
  const unwrapped = unwrapKey(masterKey, wrapped);
  if (unwrapped.kind === 'value') return { ok: true, key: unwrapped.value };
  return { ok: false, code: unwrapped.kind === 'garbage' ? unwrapped.error.code : 'wire.short' };
}

function given<N extends string, T>(name: N, value: T | undefined): { readonly [K in N]?: T } {
  return value === undefined ? {} : ({ [name]: value } as { readonly [K in N]?: T });
}

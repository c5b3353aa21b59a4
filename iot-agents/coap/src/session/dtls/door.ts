/** The door of a server, where nothing is remembered: a hello without a good cookie gets one, shorter than what it sent (RFC 6347, 4.2.1). */

import { WireError } from '@contor/kit';
import {
  type ClientHello,
  decodeClientHello,
  encodeHandshake,
  encodeHelloVerifyRequest,
  type HandshakeFragment,
} from '../../codec/dtls/handshake.js';
import { encodeRecord } from '../../codec/dtls/record.js';
import type { Cookies } from './cookie.js';
import { DTLS_1_0 } from './suites.js';

export type Knock =
  | { readonly kind: 'answer'; readonly datagram: Uint8Array }
  | { readonly kind: 'enter'; readonly hello: ClientHello }
  | { readonly kind: 'refuse'; readonly error: WireError };

/** What is remembered of nobody cannot be put together either: a hello comes in one piece, as all but a huge one do. */
export function knock(
  peer: string,
  fragment: HandshakeFragment,
  recordSequence: number,
  cookies: Cookies,
  nowMs: number,
): Knock {
  if (fragment.offset !== 0 || fragment.fragment.length !== fragment.length)
    return { kind: 'refuse', error: new WireError('dtls.fragmented-hello', 'The hello comes in fragments.') };
  const decoded = decodeClientHello(fragment.fragment);
  if (decoded.kind !== 'value')
    return {
      kind: 'refuse',
      error: decoded.kind === 'garbage' ? decoded.error : new WireError('dtls.short', 'Short.'),
    };
  const hello = decoded.value;
  if (cookies.isOurs(peer, hello, nowMs)) return { kind: 'enter', hello };
  // RFC 6347, 4.2.1: the version here says nothing, and older peers look for that of DTLS 1.0.
  const body = encodeHelloVerifyRequest(DTLS_1_0, cookies.bake(peer, hello, nowMs));
  const message = encodeHandshake({
    type: 'helloVerifyRequest',
    length: body.length,
    messageSequence: 0,
    offset: 0,
    fragment: body,
  });
  const record = { type: 'handshake', version: DTLS_1_0, epoch: 0, sequenceNumber: recordSequence } as const;
  return { kind: 'answer', datagram: encodeRecord({ ...record, fragment: message }) };
}

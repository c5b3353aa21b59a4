/** What one message does to a handshake, whichever role reads it. */

import { ProtocolError, type WireError } from '@contor/kit';
import { type AlertName, encodeAlert } from '../../codec/dtls/alert.js';
import type { HandshakeFragment } from '../../codec/dtls/handshake.js';
import type { HandshakeLine } from './handshake-line.js';
import type { HandshakeMessage } from './message-assembly.js';

export type HandshakeStep =
  | { readonly kind: 'go'; readonly datagrams: readonly Uint8Array[] }
  | { readonly kind: 'done'; readonly datagrams: readonly Uint8Array[] }
  | { readonly kind: 'fail'; readonly datagrams: readonly Uint8Array[]; readonly error: ProtocolError }
  | { readonly kind: 'refuse'; readonly error: WireError };

export const NOTHING: HandshakeStep = { kind: 'go', datagrams: [] };

/** RFC 5246, 7.2.2: the peer hears why. */
export function failWith(line: HandshakeLine, description: AlertName, error: ProtocolError): HandshakeStep {
  return { kind: 'fail', datagrams: [line.plain('alert', encodeAlert({ isFatal: true, description }))], error };
}

export function unexpected(line: HandshakeLine, { type }: HandshakeMessage, state: string): HandshakeStep {
  return failWith(
    line,
    'unexpectedMessage',
    new ProtocolError('dtls.unexpected', 'The handshake message comes at the wrong moment.', { type, state }),
  );
}

export function undecodable(line: HandshakeLine, { type }: HandshakeMessage, cause: WireError): HandshakeStep {
  return failWith(
    line,
    'decodeError',
    new ProtocolError('dtls.decode', 'The body of the handshake message cannot be read.', { type }, cause),
  );
}

/** The messages that a fragment completes, one after the other, until one of them ends the handshake. */
export function walk(
  messages: readonly HandshakeMessage[],
  step: (message: HandshakeMessage) => HandshakeStep,
): HandshakeStep {
  const datagrams: Uint8Array[] = [];
  for (const message of messages) {
    const next = step(message);
    if (next.kind === 'refuse') return next;
    datagrams.push(...next.datagrams);
    if (next.kind !== 'go') return { ...next, datagrams };
  }
  return { kind: 'go', datagrams };
}

/** RFC 6347, 4.1: only a Finished is of the new epoch. */
export function isInItsEpoch({ type }: HandshakeFragment, isSealed: boolean): boolean {
  return (type === 'finished') === isSealed;
}

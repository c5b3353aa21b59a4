/** What a DTLS endpoint wants done: a peer's fault is a value here, never thrown. */

import type { ProtocolError, WireError } from '@contor/kit';

export type CloseReason = 'peer' | 'alert' | 'ours' | 'idle' | 'room' | 'replaced' | 'spent';

export type DtlsEffect =
  | { readonly kind: 'send'; readonly peer: string; readonly datagram: Uint8Array }
  | { readonly kind: 'open'; readonly peer: string; readonly identity: string; readonly suite: string }
  | { readonly kind: 'deliver'; readonly peer: string; readonly identity: string; readonly plaintext: Uint8Array }
  | { readonly kind: 'close'; readonly peer: string; readonly identity: string; readonly reason: CloseReason }
  /** A handshake that came to nothing. */
  | { readonly kind: 'fail'; readonly peer: string; readonly error: ProtocolError }
  /** Bytes that were dropped; to be counted. */
  | { readonly kind: 'refuse'; readonly peer: string; readonly error: WireError };

/** How often `wake` wants to be called while an endpoint is open: a tenth of the shortest timeout. */
export const WAKE_EVERY_MS = 100;

/** RFC 7252, 4.6 and RFC 8200, 5: what fits an IPv6 packet of 1280 bytes. */
export const DEFAULT_DATAGRAM_BYTES = 1232;

/** A datagram of 64 kB could hold 5,000 empty records; a flight has six. */
export const MAX_RECORDS_PER_DATAGRAM = 16;

export function sends(peer: string, datagrams: readonly Uint8Array[]): DtlsEffect[] {
  return datagrams.map((datagram) => ({ kind: 'send', peer, datagram }));
}

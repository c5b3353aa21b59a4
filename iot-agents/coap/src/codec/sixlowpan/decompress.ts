/** A 6LoWPAN payload, whatever its dispatch, to the IPv6 packet it stands for (RFC 4944, 5.1; RFC 6282, 3). */

import { type Decoded, WireError } from '@contor/kit';
import type { Contexts } from './addresses.js';
import { type Expanded, Expansion } from './expansion.js';
import { dispatchOf, shortened } from './frame.js';
import { expandHc1 } from './hc1.js';
import { expandIphc } from './iphc.js';
import type { Link } from './link.js';

/** What the headers of a packet in a frame grow by: IPv6 and UDP, less next to nothing. */
const USUAL_GROWTH = 48;

/** `size` is that of the whole packet when these bytes are only its first fragment. */
export function decompress(payload: Uint8Array, link: Link, contexts: Contexts, size?: number): Decoded<Expanded> {
  try {
    return { kind: 'value', value: expand(payload, link, contexts, size), used: Math.max(1, payload.length) };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { kind: 'garbage', error: shortened(error), used: Math.max(1, payload.length) };
  }
}

function expand(payload: Uint8Array, link: Link, contexts: Contexts, size: number | undefined): Expanded {
  const dispatch = dispatchOf(payload[0]);
  if (dispatch === 'ipv6') return { bytes: payload.slice(1), elidedChecksum: undefined };
  const into = new Expansion(payload.length + USUAL_GROWTH);
  if (dispatch === 'iphc') expandIphc(payload, link, contexts, into);
  else if (dispatch === 'hc1') expandHc1(payload.subarray(1), link, into);
  else throw new WireError('sixlowpan.dispatch', 'The dispatch announces no packet.', { dispatch: payload[0] ?? null });
  return into.finish(size);
}

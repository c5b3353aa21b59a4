/**
 * What an answer of a peer means to a lane. Only an answer that blames the content refuses it for good; everything else
 * (no connection, 401, 404, 408, 429, 5xx) may be right tomorrow, and readings are never given up for it.
 */

import { RequestError } from '@contor/history-query';
import { TransportError } from '@contor/kit';
import type { Delivery } from '../forward/ports.js';

/** RFC 9110: 400, 413 and 422 speak about the request itself. */
const BLAMES_CONTENT: readonly (number | undefined)[] = [400, 413, 422];

/** Turns a failed request into a refusal, or throws it as the line's fault. */
export function deliveryOfFailure(peer: string, error: unknown): Delivery {
  const status = error instanceof RequestError ? error.status : undefined;
  if (error instanceof RequestError && BLAMES_CONTENT.includes(status)) {
    return { kind: 'all refused', reason: `${status} ${error.context.detail}` };
  }
  const because = error instanceof Error ? error.message : String(error);
  throw new TransportError('peer.unavailable', `${peer} did not take a batch.`, { peer, status, because });
}

/**
 * What an answer of a peer means to a lane. Only an answer that blames the content refuses it for good; everything else
 * (no connection, 401, 404, 408, 429, 5xx) may be right tomorrow, and readings are never given up for it.
 */

import { TransportError } from '@contor/kit';
import type { Delivery } from '../forward/ports.js';

/** RFC 9110: 400, 413 and 422 speak about the request itself. */
const BLAMES_CONTENT: readonly number[] = [400, 413, 422];
/** A reason is kept beside a dead letter; no peer fills our disk with it. */
const LONGEST_REASON = 500;

/** Turns a failed request into a refusal, or throws it as the line's fault. */
export function deliveryOfFailure(peer: string, error: unknown): Delivery {
  const answer = answerOf(error);
  if (answer !== undefined && BLAMES_CONTENT.includes(answer.status)) {
    return { kind: 'all refused', reason: `${answer.status} ${reasonText(answer.data)}` };
  }
  const because = error instanceof Error ? error.message : String(error);
  const context = {
    peer,
    status: answer?.status,
    because,
    answer: answer === undefined ? undefined : reasonText(answer.data),
  };
  // Not as the cause: an HTTP client's error carries the whole request, and with it readings and secrets.
  throw new TransportError('peer.unavailable', `${peer} did not take a batch.`, context);
}

export function reasonText(data: unknown): string {
  const text = typeof data === 'string' ? data : (JSON.stringify(data) ?? '');
  return text.slice(0, LONGEST_REASON);
}

function answerOf(error: unknown): { readonly status: number; readonly data: unknown } | undefined {
  if (typeof error !== 'object' || error === null || !('response' in error)) return undefined;
  const { response } = error;
  if (typeof response !== 'object' || response === null || !('status' in response)) return undefined;
  const { status } = response;
  return typeof status === 'number' ? { status, data: 'data' in response ? response.data : undefined } : undefined;
}

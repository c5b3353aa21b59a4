/** One word for everything that comes from elsewhere: a page draws all five and can forget none. */
import type { Fault, FaultCode } from './fault.js';

export type Remote<T> =
  | { readonly kind: 'loading' }
  | { readonly kind: 'ready'; readonly value: T; readonly atMs: number }
  | { readonly kind: 'stale'; readonly value: T; readonly atMs: number; readonly fault: Fault }
  | { readonly kind: 'empty'; readonly atMs: number }
  | { readonly kind: 'failed'; readonly fault: Fault };

export const LOADING = { kind: 'loading' } as const;

export function heldValue<T>(remote: Remote<T>): T | undefined {
  return remote.kind === 'ready' || remote.kind === 'stale' ? remote.value : undefined;
}

export function arrived<T>(value: T, atMs: number, isEmpty: boolean): Remote<T> {
  return isEmpty ? { kind: 'empty', atMs } : { kind: 'ready', value, atMs };
}

/** These answers are about the value itself: whoever may no longer see it must not go on seeing it. */
const TAKES_AWAY: readonly FaultCode[] = ['forbidden', 'not-found', 'signed-out'];

/** Any other refresh that failed does not take away what is already on the page; it only grows old. */
export function failed<T>(previous: Remote<T>, fault: Fault): Remote<T> {
  if (TAKES_AWAY.includes(fault.code)) return { kind: 'failed', fault };
  if (previous.kind === 'ready' || previous.kind === 'stale')
    return { kind: 'stale', value: previous.value, atMs: previous.atMs, fault };
  return { kind: 'failed', fault };
}

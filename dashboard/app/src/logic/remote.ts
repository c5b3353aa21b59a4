/** One word for everything that comes from elsewhere: a page draws all five and can forget none. */
import type { Fault } from './fault.js';

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

/** A refresh that failed does not take away what is already on the page; it only grows old. */
export function failed<T>(previous: Remote<T>, fault: Fault): Remote<T> {
  if (previous.kind === 'ready' || previous.kind === 'stale')
    return { kind: 'stale', value: previous.value, atMs: previous.atMs, fault };
  return { kind: 'failed', fault };
}

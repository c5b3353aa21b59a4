/**
 * Guessing must not pay: after ten wrong passwords for one name from one address in a row, that pair waits; each further
 * miss doubles the wait. An address that fails for many names waits as a whole. Kept in memory: a restart forgives.
 */

import type { Clock } from '@contor/kit';

/** Ten, so that somebody who mistypes and tries all their passwords is not yet locked out. */
const FREE_TRIES_PER_PAIR = 10;
/** A family or an office behind one address may mistype more, a sprayer of names far more. */
const FREE_TRIES_PER_ADDRESS = 100;
const FIRST_WAIT_MS = 30_000;
const LONGEST_WAIT_MS = 15 * 60_000;
/** Misses older than this no longer count. */
const FORGIVEN_AFTER_MS = 60 * 60_000;
/** About 100 bytes each; a flood of names pushes out the oldest, and its own address is counted apart. */
const KEPT = 20_000;

interface Misses {
  readonly count: number;
  readonly lastAtMs: number;
  readonly waitUntilMs: number;
}

export interface BackOff {
  /**
   * Asks to try. 0: go ahead, and the try already counts as a miss, so that a hundred at once do not all slip through
   * before the first has failed. Otherwise the milliseconds to wait; the try is not looked at and not counted.
   */
  tryOnce(username: string, address: string): number;
  /** The try was right after all. */
  succeeded(username: string, address: string): void;
}

export function createBackOff(clock: Clock): BackOff {
  const pairs = new Map<string, Misses>();
  const addresses = new Map<string, Misses>();

  return {
    tryOnce(username, address) {
      const pair = pairKey(username, address);
      const waitMs = Math.max(waitOf(pairs, pair, clock), waitOf(addresses, address, clock));
      if (waitMs > 0) return waitMs;
      count(pairs, pair, FREE_TRIES_PER_PAIR, clock);
      count(addresses, address, FREE_TRIES_PER_ADDRESS, clock);
      return 0;
    },
    succeeded(username, address) {
      pairs.delete(pairKey(username, address));
      uncount(addresses, address);
    },
  };
}

function pairKey(username: string, address: string): string {
  return `${username.toLowerCase()}\n${address}`;
}

function waitOf(table: ReadonlyMap<string, Misses>, key: string, clock: Clock): number {
  return Math.max(0, (table.get(key)?.waitUntilMs ?? 0) - clock.monotonicMs());
}

function count(table: Map<string, Misses>, key: string, freeTries: number, clock: Clock): void {
  const nowMs = clock.monotonicMs();
  const before = table.get(key);
  const isRecent = before !== undefined && nowMs - before.lastAtMs < FORGIVEN_AFTER_MS;
  const misses = (isRecent ? before.count : 0) + 1;
  table.delete(key); // Re-inserted below: a Map keeps the order of insertion, so the first key is the oldest.
  table.set(key, { count: misses, lastAtMs: nowMs, waitUntilMs: nowMs + waitAfter(misses, freeTries) });
  const oldest = table.keys().next();
  if (table.size > KEPT && oldest.done !== true) table.delete(oldest.value);
}

function uncount(table: Map<string, Misses>, key: string): void {
  const misses = table.get(key);
  if (misses === undefined) return;
  if (misses.count <= 1) table.delete(key);
  else table.set(key, { ...misses, count: misses.count - 1, waitUntilMs: 0 });
}

function waitAfter(misses: number, freeTries: number): number {
  if (misses < freeTries) return 0;
  return Math.min(FIRST_WAIT_MS * 2 ** (misses - freeTries), LONGEST_WAIT_MS);
}

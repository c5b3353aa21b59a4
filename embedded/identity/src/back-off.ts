/**
 * Guessing must not pay. Four counts, a table below: of one name from one address, of an address with any names, of a name from any
 * address, and of codes for one account. Whoever is out of free tries waits; each further miss doubles the wait. What
 * makes somebody wait is kept across a restart, under a keyed hash, because people type their password into the wrong field.
 */

import { createHmac } from 'node:crypto';
import type { Clock } from '@contor/kit';

interface Rule {
  readonly freeTries: number;
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
}

const QUARTER_HOUR_MS = 15 * 60_000;

const RULES = {
  /** Ten, so that somebody who mistypes and tries all their passwords is not yet locked out. */
  pair: { freeTries: 10, firstWaitMs: 30_000, longestWaitMs: QUARTER_HOUR_MS },
  /** A family or an office behind one address may mistype more, a sprayer of names far more. */
  address: { freeTries: 100, firstWaitMs: 30_000, longestWaitMs: QUARTER_HOUR_MS },
  /** Many addresses that guess at one name. Short waits, because they are meant for the guesser and met by the owner too. */
  name: { freeTries: 100, firstWaitMs: 15_000, longestWaitMs: 60_000 },
  /** Six digits, three of them good at a time: a hundred tries a day find the code of one account in twenty in half a year. */
  code: { freeTries: 5, firstWaitMs: 30_000, longestWaitMs: QUARTER_HOUR_MS },
} as const satisfies Readonly<Record<string, Rule>>;

type RuleName = keyof typeof RULES;

/** Misses older than this no longer count. */
const FORGIVEN_AFTER_MS = 60 * 60_000;
/** About 100 bytes each; a flood of names pushes out the oldest, and its own address is counted apart. */
const KEPT = 20_000;

export interface Misses {
  readonly count: number;
  readonly lastAtMs: number;
  readonly waitUntilMs: number;
}

/** Where misses stay when the process does not. Nobody waits for it: a miss that is lost costs one more guess. */
export interface MissesKeeper {
  load(): Iterable<readonly [key: string, misses: Misses]>;
  keep(key: string, misses: Misses, expiresAtMs: number): void;
  forget(key: string): void;
}

export interface BackOff {
  /**
   * Asks to try. 0: go ahead, and the try already counts as a miss, so that a hundred at once do not all slip through
   * before the first has failed. Otherwise the milliseconds to wait; the try is not looked at and not counted.
   */
  tryOnce(username: string, address: string): number;
  /** The try was right after all. */
  succeeded(username: string, address: string): void;
  /** The same for the codes of an account, whose password is already known to whoever asks. */
  tryCode(accountId: string): number;
  codeSucceeded(accountId: string): void;
}

export function createBackOff(clock: Clock, secret: string, keeper: MissesKeeper): BackOff {
  const table = new MissesTable(clock, keeper);
  const keyOf = (rule: RuleName, ...facts: readonly string[]) => ({
    rule,
    key: `${rule}:${createHmac('sha256', secret)
      .update([rule, ...facts].join('\n'))
      .digest('base64url')}`,
  });
  /** Addresses from which a name was right since the start: a crowd of guessers elsewhere does not keep the owner out. */
  const familiar = new Set<string>();

  const keysOf = (username: string, address: string) => {
    const name = username.toLowerCase();
    const pair = keyOf('pair', name, address);
    const both = [pair, keyOf('address', address)];
    return familiar.has(pair.key) ? both : [...both, keyOf('name', name)];
  };
  const ask = (keys: readonly TableKey[]) => {
    const waitMs = Math.max(...keys.map((key) => table.waitOf(key)));
    if (waitMs === 0) for (const key of keys) table.count(key);
    return waitMs;
  };

  return {
    tryOnce: (username, address) => ask(keysOf(username, address)),
    succeeded(username, address) {
      const [pair, ...others] = keysOf(username, address);
      if (pair !== undefined) {
        table.clear(pair);
        familiar.add(pair.key);
        dropOldest(familiar);
      }
      for (const key of others) table.uncount(key);
    },
    tryCode: (accountId) => ask([keyOf('code', accountId)]),
    codeSucceeded: (accountId) => table.clear(keyOf('code', accountId)),
  };
}

interface TableKey {
  readonly rule: RuleName;
  readonly key: string;
}

class MissesTable {
  readonly #clock: Clock;
  readonly #keeper: MissesKeeper;
  readonly #misses: Map<string, Misses>;

  constructor(clock: Clock, keeper: MissesKeeper) {
    this.#clock = clock;
    this.#keeper = keeper;
    this.#misses = new Map(keeper.load());
  }

  waitOf({ rule, key }: TableKey): number {
    const waitMs = (this.#misses.get(key)?.waitUntilMs ?? 0) - this.#clock.nowMs();
    return Math.min(Math.max(0, waitMs), RULES[rule].longestWaitMs); // A clock that was set back keeps nobody out for ever.
  }

  count({ rule, key }: TableKey): void {
    const nowMs = this.#clock.nowMs();
    const before = this.#misses.get(key);
    const isRecent = before !== undefined && Math.abs(nowMs - before.lastAtMs) < FORGIVEN_AFTER_MS;
    const count = (isRecent ? before.count : 0) + 1;
    this.#set(key, { count, lastAtMs: nowMs, waitUntilMs: nowMs + waitAfter(count, RULES[rule]) });
  }

  uncount({ key }: TableKey): void {
    const misses = this.#misses.get(key);
    if (misses === undefined) return;
    if (misses.count <= 1) this.clear({ key });
    else this.#set(key, { ...misses, count: misses.count - 1, waitUntilMs: 0 });
  }

  clear({ key }: Pick<TableKey, 'key'>): void {
    const before = this.#misses.get(key);
    this.#misses.delete(key);
    if (before !== undefined && isWorthKeeping(key, before)) this.#keeper.forget(key);
  }

  #set(key: string, misses: Misses): void {
    const before = this.#misses.get(key);
    this.#misses.delete(key); // Put in again: a Map keeps the order of insertion, so the first key is the oldest.
    this.#misses.set(key, misses);
    if (isWorthKeeping(key, misses)) this.#keeper.keep(key, misses, misses.lastAtMs + FORGIVEN_AFTER_MS);
    else if (before !== undefined && isWorthKeeping(key, before)) this.#keeper.forget(key);
    const oldest = this.#misses.keys().next();
    if (this.#misses.size > KEPT && oldest.done !== true) this.clear({ key: oldest.value });
  }
}

/** Free tries may be forgiven by a restart, waits may not; codes are so short that each miss counts. */
function isWorthKeeping(key: string, { waitUntilMs, lastAtMs }: Misses): boolean {
  return key.startsWith('code:') || waitUntilMs > lastAtMs;
}

function dropOldest(set: Set<string>): void {
  const oldest = set.values().next();
  if (set.size > KEPT && oldest.done !== true) set.delete(oldest.value);
}

function waitAfter(misses: number, { freeTries, firstWaitMs, longestWaitMs }: Rule): number {
  return misses < freeTries ? 0 : Math.min(firstWaitMs * 2 ** (misses - freeTries), longestWaitMs);
}

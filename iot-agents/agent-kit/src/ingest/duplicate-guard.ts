/**
 * The duplicate guard, for payloads without device time only (DESIGN 2.2): the same bytes of the same device within a
 * short window are one reading that was delivered twice, and are stored, stamped and counted once. Payloads with device
 * time need no guard: their key makes every step downstream idempotent.
 */

import { toHex } from '@contor/kit';
import type { IngestRecord } from './record.js';

/** Keys remembered at most; the oldest go first, and with them only the guard against a very late repetition. */
const MOST_KEYS = 100_000;

interface Seen {
  readonly atMs: number;
  readonly stored: Promise<number>;
}

export class DuplicateGuard {
  readonly #seen = new Map<string, Seen>();
  readonly #windowMs: number;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Tells the guard about a record found in the log after a restart. */
  recall(record: IngestRecord, sequence: number): void {
    this.#remember(keyOf(record), { atMs: record.receivedAtMs, stored: Promise.resolve(sequence) });
  }

  /** The first delivery runs `store`; a repetition waits for the same disk write and is acked with it. */
  once(
    record: IngestRecord,
    store: () => Promise<number>,
  ): { readonly isFirst: boolean; readonly stored: Promise<number> } {
    const key = keyOf(record);
    const seen = this.#seen.get(key);
    if (seen !== undefined && Math.abs(record.receivedAtMs - seen.atMs) < this.#windowMs) {
      return { isFirst: false, stored: seen.stored };
    }
    const stored = store();
    this.#remember(key, { atMs: record.receivedAtMs, stored });
    // A refused write must not make the next delivery look stored; whoever asked hears of the refusal itself.
    stored.catch(() => this.#seen.delete(key));
    return { isFirst: true, stored };
  }

  #remember(key: string, seen: Seen): void {
    this.#seen.delete(key);
    this.#seen.set(key, seen);
    for (const [oldest, { atMs }] of this.#seen) {
      if (this.#seen.size <= MOST_KEYS && atMs > seen.atMs - this.#windowMs) return;
      this.#seen.delete(oldest);
    }
  }
}

/** The hash covers the device already; the tenant keeps namesakes apart. */
function keyOf(record: IngestRecord): string {
  return `${record.tenant}/${toHex(record.hash)}`;
}

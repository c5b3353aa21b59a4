/**
 * The guard of payloads without device time (DESIGN 2.2): the same bytes of the same device within a short window are one
 * reading that was delivered twice, and are stored, stamped and counted once. Different bytes of one device never get
 * the same stamp, or the second would look like a correction of the first. Payloads with device time need no guard:
 * their key makes every step downstream idempotent.
 */

import { toHex } from '@contor/kit';
import type { IngestRecord } from './record.js';

/** Keys remembered at most; the oldest go first, and with them only the guard against a very late repetition. */
const MOST_KEYS = 100_000;

interface Seen {
  readonly atMs: number;
  readonly stored: Promise<number>;
}

export interface Delivered {
  readonly isFirst: boolean;
  readonly stored: Promise<number>;
}

export class DuplicateGuard {
  readonly #seen = new Map<string, Seen>();
  /** Newest stamp by device: as many as are provisioned without a clock. */
  readonly #stamps = new Map<string, number>();
  readonly #windowMs: number;

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** Tells the guard about a record found in the log after a restart. */
  recall(record: IngestRecord, sequence: number): void {
    this.#remember(keyOf(record), { atMs: record.receivedAtMs, stored: Promise.resolve(sequence) });
    const stampMs = this.#stamps.get(record.device) ?? record.receivedAtMs;
    this.#stamps.set(record.device, Math.max(stampMs, record.receivedAtMs));
  }

  /** The first delivery runs `store`; a repetition waits for the same disk write and is acked with it. */
  once(record: IngestRecord, store: (stamped: IngestRecord) => Promise<number>): Delivered {
    const key = keyOf(record);
    const seen = this.#seen.get(key);
    if (seen !== undefined && Math.abs(record.receivedAtMs - seen.atMs) < this.#windowMs) {
      return { isFirst: false, stored: seen.stored };
    }
    const stamped = { ...record, receivedAtMs: this.#stamp(record) };
    const stored = store(stamped);
    this.#remember(key, { atMs: stamped.receivedAtMs, stored });
    // A refused write must not make the next delivery look stored; whoever asked hears of the refusal itself.
    stored.catch(() => this.#seen.delete(key));
    return { isFirst: true, stored };
  }

  /** Its arrival, or a millisecond after the newest stamp of its device. A clock set far back is believed again at once. */
  #stamp({ device, receivedAtMs }: IngestRecord): number {
    const newestMs = this.#stamps.get(device) ?? 0;
    const isCrowded = receivedAtMs <= newestMs && newestMs - receivedAtMs < this.#windowMs;
    const stampMs = isCrowded ? newestMs + 1 : receivedAtMs;
    this.#stamps.set(device, stampMs);
    return stampMs;
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

/** The hash covers the device already; the tenant keeps namesakes apart, the channel two attributes with the same value. */
function keyOf(record: IngestRecord): string {
  return `${record.tenant}/${record.channel}/${toHex(record.hash)}`;
}

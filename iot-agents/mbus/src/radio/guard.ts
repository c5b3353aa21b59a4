/**
 * The guard against telegrams that were heard before: what a meter counts (message counter of mode 7, session of the ELL) only
 * grows; what counts by access number alone is believed a little less. Kept durably per meter; a new key begins anew.
 */

import { createHash } from 'node:crypto';
import { type DocumentStore, toHex } from '@contor/kit';
import type { RadioTelegram } from '../codec/radio/telegram.js';

export interface Mark {
  /** Of the key it was counted under. */
  readonly key: string;
  /** Undefined where the security of the meter has no counter. */
  readonly counter: number | undefined;
  readonly access: number | undefined;
  readonly atMs: number;
  /** Of the telegram. */
  readonly hash: string;
}

/** `repeated`: the same telegram through a repeater or a second receiver. `replayed`: an older one. */
export type Verdict = 'fresh' | 'repeated' | 'replayed';

/** Mode 5 counts its access number in one byte: so far behind the newest, and so soon after it, it is old. */
const BEHIND = 32;
const BELIEVED_MS = 6 * 3_600_000;
const ACCESS_NUMBERS = 256;

export function judge(before: Mark | undefined, now: Mark): Verdict {
  if (before === undefined || before.key !== now.key) return 'fresh';
  if (before.hash === now.hash) return 'repeated';
  if (now.counter !== undefined) {
    if (before.counter === undefined || now.counter > before.counter) return 'fresh';
    return now.counter === before.counter ? 'repeated' : 'replayed';
  }
  // A meter that counted once does not stop counting: that would be the way round the counter.
  if (before.counter !== undefined) return 'replayed';
  if (now.access === undefined || before.access === undefined || now.atMs - before.atMs > BELIEVED_MS) return 'fresh';
  const behind = (before.access - now.access + ACCESS_NUMBERS) % ACCESS_NUMBERS;
  return behind > 0 && behind <= BEHIND ? 'replayed' : 'fresh';
}

export function markOf(telegram: RadioTelegram, bytes: Uint8Array, key: Uint8Array, atMs: number): Mark {
  const counter = telegram.authentication?.counter ?? telegram.ell?.session;
  const access = telegram.transport?.header?.accessNumber ?? telegram.ell?.accessNumber;
  return { key: digest(key), counter, access, atMs, hash: digest(bytes) };
}

/** Of a key too: eight bytes of a digest tell keys apart and tell nothing about them. */
function digest(bytes: Uint8Array): string {
  return toHex(createHash('sha256').update(bytes).digest().subarray(0, 8));
}

const KIND = 'mark';

export interface ReplayGuard {
  judge(meter: string, now: Mark): Verdict;
  /** Durable when it resolves. */
  advance(meter: string, now: Mark): Promise<void>;
}

export function replayGuard(documents: DocumentStore): ReplayGuard {
  const find = (meter: string) => documents.get(KIND, meter) as Mark | undefined;
  return {
    judge: (meter, now) => judge(find(meter), now),
    advance: (meter, now) => documents.put({ kind: KIND, id: meter, value: now }),
  };
}

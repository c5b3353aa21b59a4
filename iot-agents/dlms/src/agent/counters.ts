/**
 * Invocation counters that survive a restart: IEC 62056-5-3, 5.3.7.3. A number is used once with a key, so numbers are reserved on disk in blocks
 * before any of them is; what a crash leaves of a block is never used. The highest number of each peer is kept, so that what was said once is
 * not believed twice.
 */

import type { DocumentStore } from '@contor/kit';

export interface CounterStore {
  /** Nothing was ever said under this key by us. */
  isNew(key: string): boolean;
  /** Numbers for one conversation; resolves when enough of them are reserved on disk. */
  lease(key: string): Promise<() => number | undefined>;
  /** The peer says that it awaits more than this. Never goes down. */
  raise(key: string, used: number): Promise<void>;
  /** -1 when nothing was heard of this peer. */
  highest(peer: string): number;
  /** Durable when it resolves. */
  accept(peer: string, counter: number): Promise<void>;
}

/** What a conversation may use: a day of profile in the smallest blocks, ten times over. */
const LEAST_LEFT = 2_048;
/** 32 bits hold a million of them: a hundred restarts a day for years. */
const BLOCK = 4_096;
const LIMIT = 0xffff_ffff;

interface Sending {
  next: number;
  /** On disk: from here on nothing may be used. */
  reserved: number;
}

export function openCounters(documents: DocumentStore): CounterStore {
  const sendings = new Map<string, Sending>();

  function sendingOf(key: string): Sending {
    const known = sendings.get(key);
    if (known !== undefined) return known;
    const reserved = numberOf(documents.get('sent', key)) ?? 0;
    const sending = { next: reserved, reserved };
    sendings.set(key, sending);
    return sending;
  }

  async function reserve(key: string, sending: Sending): Promise<void> {
    const reserved = Math.min(LIMIT, Math.max(sending.reserved, sending.next) + BLOCK);
    await documents.put({ kind: 'sent', id: key, value: reserved });
    sending.reserved = Math.max(sending.reserved, reserved);
  }

  return {
    isNew: (key) => documents.get('sent', key) === undefined,
    async lease(key) {
      const sending = sendingOf(key);
      if (sending.reserved - sending.next < LEAST_LEFT && sending.reserved < LIMIT) await reserve(key, sending);
      return () => {
        if (sending.next >= sending.reserved) return undefined;
        sending.next += 1;
        return sending.next - 1;
      };
    },
    async raise(key, used) {
      const sending = sendingOf(key);
      if (used < sending.next) return;
      sending.next = Math.min(LIMIT, used + 1);
      sending.reserved = sending.next;
      await reserve(key, sending);
    },
    highest: (peer) => numberOf(documents.get('received', peer)) ?? -1,
    async accept(peer, counter) {
      if (counter > (numberOf(documents.get('received', peer)) ?? -1))
        await documents.put({ kind: 'received', id: peer, value: counter });
    },
  };
}

function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}

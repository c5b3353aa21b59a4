/**
 * A shelf: where readings go that may not go on, each with its reason, so that nothing acked is thrown away unseen.
 * Three stand in an agent's data folder: `unassigned` (no such device yet), `quarantine` (a time we do not believe) and
 * `dead-letters` (refused by broker or history for what they are).
 *
 * Bounded, and the stated rule when a shelf is full: its oldest entries make room, counted in `givenUp` and logged as an
 * error, because one unknown device must not be able to stop the readings of all others.
 */

import type { Clock, Disk, DurableLog, Logger } from '@contor/kit';
import { LogFullError, openDurableLog } from '@contor/kit';

export interface ShelfEntry {
  readonly atMs: number;
  /** A stable code, e.g. `time.ahead`. */
  readonly reason: string;
  readonly detail: string;
  readonly tenant: string;
  readonly device: string;
  readonly channel: string;
  /** What was said: the device's own bytes, or the entity that was refused, as text. */
  readonly content: string;
}

export interface Shelf {
  /** Entries put here since the start of this process. */
  readonly added: number;
  /** Entries that had to make room, ever since the start of this process. */
  readonly givenUp: number;
  put(entry: ShelfEntry): Promise<void>;
  entries(): AsyncIterable<ShelfEntry>;
  close(): Promise<void>;
}

export interface ShelfOptions {
  readonly name: string;
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly maxBytes: number;
  readonly log: Logger;
  readonly onFatal: (error: Error) => void;
}

const SHELF_VERSION = 1;
/** A shelf is read by people: one entry longer than this helps nobody. */
const LONGEST_CONTENT = 64 * 1024;
/** Room is made in steps of a segment, an eighth of the shelf. */
const SEGMENTS = 8;

export async function openShelf(options: ShelfOptions): Promise<Shelf> {
  const { name, log, maxBytes } = options;
  const segmentBytes = Math.ceil(maxBytes / SEGMENTS);
  const file = await openDurableLog({ ...options, kind: `shelf-${name}`, version: SHELF_VERSION, segmentBytes });
  const utf8 = new TextEncoder();
  const text = new TextDecoder();
  let added = 0;
  let givenUp = 0;

  async function put(entry: ShelfEntry): Promise<void> {
    const payload = utf8.encode(JSON.stringify({ ...entry, content: entry.content.slice(0, LONGEST_CONTENT) }));
    for (;;) {
      try {
        await file.append(payload);
        added += 1;
        return;
      } catch (error) {
        if (!(error instanceof LogFullError) || !(await makeRoom(file))) throw error;
      }
    }
  }

  async function makeRoom(shelf: DurableLog): Promise<boolean> {
    const before = shelf.tail;
    const step = Math.max(1, Math.ceil((shelf.head - before + 1) / SEGMENTS));
    for (let upTo = before + step; upTo < shelf.head && shelf.tail === before; upTo += step) await shelf.release(upTo);
    const freed = shelf.tail - before;
    if (freed === 0) return false;
    givenUp += freed;
    log.error({ shelf: name, givenUp: freed, maxBytes }, 'The shelf is full: its oldest entries were given up.');
    return true;
  }

  return {
    get added() {
      return added;
    },
    get givenUp() {
      return givenUp;
    },
    put,
    async *entries() {
      for await (const { payload } of file.read(file.tail)) yield JSON.parse(text.decode(payload)) as ShelfEntry;
    },
    close: () => file.close(),
  };
}

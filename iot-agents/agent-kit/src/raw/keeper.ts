/**
 * Raw frames, kept for a set time after they were forwarded: released segments of the ingest logs are moved aside instead of removed,
 * and go when they are too old or too many. From a value the way leads back over `recordedAt` to the very bytes (`contor trace`).
 */

import { join } from 'node:path';
import { type Clock, type Disk, errnoOf, isDiskFull, type Logger } from '@contor/kit';

export interface RawLimits {
  /** On disk, both lanes together. 0: nothing is kept. */
  readonly bytes: number;
  readonly keepMs: number;
}

export interface RawKeeperOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  /** The agent's data folder; `raw` in it is ours. */
  readonly dataFolder: string;
  readonly limits: RawLimits;
}

export interface RawKeeper {
  readonly bytes: number;
  /** A segment of this lane has been forwarded as a whole. */
  retire(lane: string, path: string): Promise<void>;
}

export const RAW_FOLDER = 'raw';

interface Kept {
  readonly path: string;
  readonly bytes: number;
  /** When it was put aside: everything in it is older. */
  readonly retiredMs: number;
}

/** Files are named by when they were put aside, so that the oldest come first and a restart knows their age. */
const NAME = /^(\d{16})-\d+\.log$/;

export async function openRawKeeper(options: RawKeeperOptions): Promise<RawKeeper> {
  const { disk, clock, log, dataFolder, limits } = options;
  const kept: Kept[] = [];
  for (const lane of await disk.list(join(dataFolder, RAW_FOLDER))) {
    const folder = join(dataFolder, RAW_FOLDER, lane);
    for (const name of await disk.list(folder)) {
      const [, stamp] = NAME.exec(name) ?? [];
      const path = join(folder, name);
      if (stamp !== undefined) kept.push({ path, bytes: await sizeOf(disk, path), retiredMs: Number(stamp) });
    }
  }
  kept.sort((a, b) => a.retiredMs - b.retiredMs);
  let bytes = kept.reduce((sum, one) => sum + one.bytes, 0);
  let count = kept.length;
  let turn: Promise<void> = prune();

  async function prune(): Promise<void> {
    const oldestMs = clock.nowMs() - limits.keepMs;
    for (let first = kept[0]; first !== undefined; first = kept[0]) {
      if (bytes <= limits.bytes && first.retiredMs >= oldestMs) return;
      kept.shift();
      bytes -= first.bytes;
      await removeIfThere(disk, first.path);
    }
  }

  async function putAside(lane: string, path: string): Promise<void> {
    if (limits.bytes === 0 || limits.keepMs === 0) return disk.remove(path);
    const folder = join(dataFolder, RAW_FOLDER, lane);
    const retiredMs = Math.trunc(Math.max(clock.nowMs(), kept.at(-1)?.retiredMs ?? 0));
    count += 1;
    const target = join(folder, `${String(retiredMs).padStart(16, '0')}-${count}.log`);
    try {
      const size = await sizeOf(disk, path);
      await disk.makeDirectory(folder);
      await disk.rename(path, target);
      await disk.syncDirectory(folder);
      kept.push({ path: target, bytes: size, retiredMs });
      bytes += size;
    } catch (error) {
      // No room for a name: space is what the release is for.
      if (!isDiskFull(error)) throw error;
      log.warn({ lane, path }, 'The disk is full: raw frames were not put aside.');
      await disk.remove(path);
    }
    await prune();
  }

  await turn;
  return {
    get bytes() {
      return bytes;
    },
    retire(lane, path) {
      // Two lanes release; one after the other.
      const mine = turn.then(() => putAside(lane, path));
      turn = mine.catch(() => undefined);
      return mine;
    },
  };
}

async function sizeOf(disk: Disk, path: string): Promise<number> {
  const file = await disk.open(path, 'read');
  try {
    return await file.size();
  } finally {
    await file.close();
  }
}

/** An operator may have been tidying up. */
async function removeIfThere(disk: Disk, path: string): Promise<void> {
  try {
    await disk.remove(path);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

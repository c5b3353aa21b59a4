/**
 * Whether the disk has room, for the log, the cursors and the snapshots alike. Each tells when it was refused and when it was
 * served; the operator hears of it once, and once when it is over. While the log has no room a file of the refused size is tried
 * once a second: nobody may be writing when space returns, and health must not go on about a disk that is well.
 */

import { dirname, join } from 'node:path';
import { type Clock, type Disk, errnoOf, isDiskFull, type Logger, openCheckpoint, toError } from '@contor/kit';

export type Writer = 'log' | 'cursors' | 'snapshot';

export interface DiskRoomOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dataFolder: string;
  /** A disk that fails in another way than by being full. */
  readonly onFatal: (error: Error) => void;
}

const PROBE_EVERY_MS = 1_000;
const LEAST_PROBE_BYTES = 64 * 1024;
/** A nearly full disk takes a small record and refuses the next large one: it is over when all were served for so long. */
const CALM_MS = 2_000;
const FIX =
  'Free space on the disk of this folder, or stop and move BROKER_DATA to a larger one; no restart is needed.';

export class DiskRoom {
  readonly #options: DiskRoomOptions;
  readonly #refused = new Set<Writer>();
  #isFull = false;
  #refusals = 0;
  #probeBytes = LEAST_PROBE_BYTES;
  #isProbing = false;
  #isClosed = false;

  constructor(options: DiskRoomOptions) {
    this.#options = options;
  }

  /** From the first refusal until everybody has been served for a while. */
  get isFull(): boolean {
    return this.#isFull;
  }

  /** Without cursors a crash would repeat ever more notifications, so writes wait until they can be saved. */
  get refusesWrites(): boolean {
    return this.#refused.has('cursors');
  }

  /** `bytes`: what had no room. */
  refused(writer: Writer, bytes = 0): void {
    this.#refused.add(writer);
    this.#refusals += 1;
    if (writer === 'log') {
      this.#probeBytes = Math.max(this.#probeBytes, bytes);
      this.#probeLater();
    }
    if (this.#isFull) return;
    this.#isFull = true;
    const { log, dataFolder } = this.#options;
    log.error(
      { code: 'disk.full', folder: dataFolder, writer, fix: FIX },
      'The disk is full: writes are refused with 503 until there is room; reads go on, and what was acknowledged is safe.',
    );
  }

  served(writer: Writer): void {
    if (!this.#refused.delete(writer) || this.#refused.size > 0) return;
    const refusals = this.#refusals;
    this.#options.clock.after(CALM_MS, () => {
      if (this.#isFull && this.#refused.size === 0 && this.#refusals === refusals) this.#isOver();
    });
  }

  close(): void {
    this.#isClosed = true;
  }

  #isOver(): void {
    const { log, dataFolder } = this.#options;
    log.info({ folder: dataFolder, refusals: this.#refusals }, 'The disk has room again: writes are taken.');
    this.#isFull = false;
    this.#refusals = 0;
    this.#probeBytes = LEAST_PROBE_BYTES;
  }

  #probeLater(): void {
    if (this.#isProbing) return;
    this.#isProbing = true;
    this.#options.clock.after(PROBE_EVERY_MS, () => {
      this.#probe().then(
        (hasRoom) => {
          this.#isProbing = false;
          if (hasRoom) this.served('log');
          else if (this.#refused.has('log')) this.#probeLater();
        },
        (error: unknown) => this.#options.onFatal(toError(error)),
      );
    });
  }

  async #probe(): Promise<boolean> {
    if (this.#isClosed || !this.#refused.has('log')) return false;
    const { disk, dataFolder } = this.#options;
    const path = join(dataFolder, 'room');
    try {
      await openCheckpoint({ disk, path }).write(new Uint8Array(this.#probeBytes));
      await disk.remove(path);
      await disk.syncDirectory(dirname(path));
      return true;
    } catch (error) {
      if (!saysFull(error)) throw error;
      return false;
    }
  }
}

/** In the kit's words or in those of the file system. */
export function saysFull(error: unknown): boolean {
  return errnoOf(error) === 'disk.full' || isDiskFull(error);
}

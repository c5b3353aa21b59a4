/**
 * The store: commands become records of the durable log, and once on disk they happen in memory, in log order. Reads see
 * only what is durable. Snapshots shorten the log; a restart is the newest whole snapshot and the records after it.
 */

import { join } from 'node:path';
import {
  type Clock,
  ConfigError,
  type Disk,
  type DurableLog,
  errnoOf,
  type Logger,
  openDurableLog,
  type Timer,
} from '@contor/kit';
import type { ContextRegistry } from '../context/registry.js';
import { Problem } from '../problem.js';
import type { Boxes } from '../subscription/model.js';
import type { Applied, Command } from './commands.js';
import { type DiskRoom, saysFull } from './disk-room.js';
import { Memory } from './memory.js';
import { decodeCommand, encodeCommand, RECORD_KIND, RECORD_VERSION } from './records.js';
import { type Frame, listSnapshots, readSnapshot, snapshotName, writeSnapshot } from './snapshot-file.js';
import { captureState, restoreState } from './snapshot-state.js';
import { NO_VEIL, type Veil } from './veil.js';

export interface StoreOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly directory: string;
  readonly log: Logger;
  readonly contexts: ContextRegistry;
  readonly boxes: Boxes;
  readonly room: DiskRoom;
  readonly maxLogBytes: number;
  /** A snapshot is written when the log has grown by this much since the last. */
  readonly snapshotBytes: number;
  readonly segmentBytes?: number;
  readonly onFatal: (error: Error) => void;
  /** Default: what lets in elsewhere is plain on disk. */
  readonly veil?: Veil | undefined;
}

export interface StoreFigures {
  readonly records: number;
  readonly logBytes: number;
  readonly damagedRanges: number;
  readonly snapshots: number;
}

interface Waiting {
  readonly command: Command;
  /** 0 until it is on disk. */
  sequence: number;
  readonly resolve: (applied: Applied) => void;
  readonly reject: (error: unknown) => void;
}

/** Snapshots kept: should the newest be damaged, the one before and the log after it still give everything. */
const GENERATIONS = 2;
const LOG_OF_STATE = 0.25;
/** Two snapshots' worth of log is kept, and some of a third is there while one is written. */
const LOG_OF_BOUND = 0.2;
const RETRY_AFTER = { 'Retry-After': '5' };
const DISK_IS_FULL = 'the disk is full';
/** A snapshot that had no room is tried again: seldom, because it is as large as all entities. */
const SNAPSHOT_AGAIN_MS = 30_000;

export class Store {
  readonly memory: Memory;
  readonly #options: StoreOptions;
  readonly #durable: DurableLog;
  readonly #waiting: Waiting[] = [];
  #applied = 0;
  #bytesAtSnapshot = 0;
  #appendedBytes = 0;
  #snapshots = 0;
  #snapshotting: Promise<void> | undefined;
  #snapshotAgain: Timer | undefined;
  readonly #veil: Veil;

  private constructor(options: StoreOptions, durable: DurableLog, memory: Memory) {
    this.#options = options;
    this.#veil = options.veil ?? NO_VEIL;
    this.#durable = durable;
    this.memory = memory;
  }

  static async open(options: StoreOptions): Promise<Store> {
    const { disk, clock, directory, maxLogBytes, segmentBytes, onFatal } = options;
    await disk.makeDirectory(directory);
    const durable = await openDurableLog({
      disk,
      clock,
      directory: join(directory, 'log'),
      kind: RECORD_KIND,
      version: RECORD_VERSION,
      // A record says itself which form it has.
      migrate: (payload) => payload,
      maxBytes: maxLogBytes,
      ...(segmentBytes === undefined ? {} : { segmentBytes }),
      onFatal,
    });
    const store = new Store(options, durable, new Memory(options.contexts, options.boxes));
    await store.#recover();
    return store;
  }

  get figures(): StoreFigures {
    const { head, bytes, report } = this.#durable;
    return { records: head, logBytes: bytes, damagedRanges: report.damaged.length, snapshots: this.#snapshots };
  }

  /** Resolves when the command is on disk and has happened; its results say how it went. */
  submit(command: Command): Promise<Applied> {
    const { room } = this.#options;
    if (room.refusesWrites) return Promise.reject(new Problem('unavailable', DISK_IS_FULL, RETRY_AFTER));
    const payload = encodeCommand(this.#veil.cover(command));
    this.#appendedBytes += payload.byteLength;
    return new Promise((resolve, reject) => {
      const waiting: Waiting = { command, sequence: 0, resolve, reject };
      this.#waiting.push(waiting);
      this.#durable.append(payload).then(
        (sequence) => {
          waiting.sequence = sequence;
          room.served('log');
          this.#drain();
        },
        (error: unknown) => {
          this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
          if (saysFull(error)) room.refused('log', payload.byteLength);
          reject(asProblem(error));
          this.#drain();
        },
      );
    });
  }

  /** Waits for what is under way, then closes the log. */
  async close(): Promise<void> {
    // Its failure is told to whoever asked for it.
    await this.#snapshotting?.catch(() => undefined);
    this.#snapshotAgain?.cancel();
    await this.#durable.close();
  }

  /** Writes a snapshot now. One at a time: a second call waits for the first. */
  snapshot(): Promise<void> {
    this.#snapshotting ??= this.#writeSnapshot().finally(() => {
      this.#snapshotting = undefined;
    });
    return this.#snapshotting;
  }

  /** Records become durable in groups; each group is applied as a whole before anything is sent. */
  #drain(): void {
    let first = this.#waiting[0];
    if (first === undefined || first.sequence === 0) return;
    while (first !== undefined && first.sequence > 0) {
      this.#waiting.shift();
      const applied = this.memory.apply(first.command, first.sequence);
      this.#applied = first.sequence;
      first.resolve(applied);
      first = this.#waiting[0];
    }
    this.#options.boxes.settled();
    if (this.#appendedBytes - this.#bytesAtSnapshot >= this.#snapshotAfterBytes && this.#snapshotting === undefined)
      this.snapshot().catch((error: unknown) => this.#noSnapshot(error));
  }

  /** A large state is not written again for a little log: a quarter of its size at least, as far as the log's bound allows. */
  get #snapshotAfterBytes(): number {
    const { snapshotBytes, maxLogBytes } = this.#options;
    const ofState = this.memory.shelf.pages.living * LOG_OF_STATE;
    return Math.max(snapshotBytes, Math.min(ofState, maxLogBytes * LOG_OF_BOUND));
  }

  /** The state is in the log all the same; without snapshots it only keeps growing. */
  #noSnapshot(error: unknown): void {
    const { clock, log, room } = this.#options;
    if (!saysFull(error)) {
      log.error({ err: error }, 'A snapshot could not be written; the log keeps growing.');
      return;
    }
    room.refused('snapshot');
    this.#snapshotAgain?.cancel();
    this.#snapshotAgain = clock.after(SNAPSHOT_AGAIN_MS, () => {
      this.snapshot().catch((again: unknown) => this.#noSnapshot(again));
    });
  }

  async #writeSnapshot(): Promise<void> {
    const { disk, directory, clock, log, room } = this.#options;
    const sequence = this.#applied;
    this.#bytesAtSnapshot = this.#appendedBytes;
    const startedMs = clock.monotonicMs();
    const state = captureState(this.memory, this.#options.boxes, sequence, clock.nowMs());
    await writeSnapshot(disk, directory, sequence, covered(state, this.#veil));
    this.#snapshots += 1;
    room.served('snapshot');
    const generations = await listSnapshots(disk, directory);
    for (const old of generations.slice(GENERATIONS)) await disk.remove(join(directory, snapshotName(old)));
    const oldest = generations[GENERATIONS - 1];
    if (oldest !== undefined) await this.#durable.release(oldest);
    log.info({ sequence, ms: Math.round(clock.monotonicMs() - startedMs) }, 'A snapshot was written.');
  }

  async #recover(): Promise<void> {
    const { directory, log } = this.#options;
    const startedMs = this.#options.clock.monotonicMs();
    this.#sayWhatWasFound();
    const sequence = await this.#loadSnapshot();
    const { head, tail } = this.#durable;
    if (head < sequence) throw gap(directory, `the snapshot knows record ${sequence}, the log ends at ${head}`);
    if (sequence + 1 < tail && this.#durable.report.damaged.length === 0)
      throw gap(directory, `the snapshot ends at record ${sequence}, the log begins at ${tail}`);
    let replayed = 0;
    for await (const record of this.#durable.read(sequence + 1)) {
      this.memory.apply(this.#veil.uncover(decodeCommand(record.payload)), record.sequence);
      replayed += 1;
      this.#appendedBytes += record.payload.byteLength;
    }
    this.#applied = head;
    log.info(
      { sequence, replayed, ms: Math.round(this.#options.clock.monotonicMs() - startedMs) },
      'The state was recovered.',
    );
    if (this.#veil.sawOlder) this.snapshot().catch((error: unknown) => this.#noSnapshot(error));
  }

  #sayWhatWasFound(): void {
    const { directory: folder, log } = this.#options;
    const { tornBytes, tornKeptAs, damaged } = this.#durable.report;
    if (tornBytes > 0)
      log.warn(
        { folder, tornBytes, keptAs: tornKeptAs },
        'An unfinished record was cut from the end of the log; it was never acknowledged, and nothing has to be done.',
      );
    for (const { file, firstSequence, lastSequence, keptAs } of damaged)
      log.error(
        {
          ...{ code: 'log.damaged', folder, file, firstSequence, lastSequence, keptAs },
          fix: 'Check the disk. Values return with the next report of each meter; compare the rest with a backup.',
        },
        'A damaged range of the log was set aside; writes in it are missing unless a snapshot holds them.',
      );
  }

  /** Loads the newest whole snapshot and answers its sequence; 0 when there is none. */
  async #loadSnapshot(): Promise<number> {
    const { disk, directory, log, boxes } = this.#options;
    for (const sequence of await listSnapshots(disk, directory)) {
      const path = join(directory, snapshotName(sequence));
      try {
        await restoreState(uncovered(readSnapshot(disk, path), this.#veil), this.memory, boxes);
        return sequence;
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        this.memory.clear();
        log.error({ path, err: error }, 'A snapshot is damaged and was set aside; the one before it is used.');
        await disk.rename(path, `${path}.damaged`);
        await disk.syncDirectory(directory);
      }
    }
    return 0;
  }
}

function* covered(frames: Iterable<Frame>, veil: Veil): Iterable<Frame> {
  for (const frame of frames) yield veil.coverFrame(frame);
}

async function* uncovered(frames: AsyncIterable<Frame>, veil: Veil): AsyncIterable<Frame> {
  for await (const frame of frames) yield veil.uncoverFrame(frame);
}

/** A full log or disk is no fault of the request: refused, nothing written, ask again. */
function asProblem(error: unknown): unknown {
  const code = errnoOf(error);
  if (code === 'log.full' || code === 'disk.full') {
    return new Problem(
      'unavailable',
      code === 'log.full' ? 'the log has reached its size limit' : DISK_IS_FULL,
      RETRY_AFTER,
    );
  }
  if (code === 'log.stopped') return new Problem('unavailable', 'the broker is stopping', RETRY_AFTER);
  return error;
}

function gap(directory: string, what: string): ConfigError {
  return new ConfigError([
    {
      code: 'config.gap',
      message: `${directory}: ${what}, so writes are missing in between.`,
      fix: 'Restore the folder from a backup as a whole; single files of it do not fit together.',
    },
  ]);
}

/**
 * The columnar store, derived from the log: opened, brought up to the log's head, and then fed with what is acknowledged.
 * When the disk has no room for it, everything acknowledged stays in the log; the database is opened again as it was after
 * its last transaction, questions are answered from that, and now and then it is tried whether there is room again.
 */

import {
  assert,
  type Clock,
  DiskFullError,
  type DurableLog,
  type Logger,
  type RetrySchedule,
  retrySchedule,
  toError,
} from '@contor/kit';
import type { Dialect } from '../dialect.js';
import { parseNotification } from '../notify/notification.js';
import { Applier, type ErasureOrder, type Task } from './applier.js';
import { Catalogue, type Table } from './catalogue.js';
import type { Columnar, Moved, SetAside } from './columnar.js';
import { lostSentence } from './log-report.js';
import { decodeRecord } from './records.js';
import { isFull, type Room } from './room.js';

export interface DerivationOptions {
  readonly log: DurableLog;
  readonly columnar: Columnar;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly room: Room;
  readonly dialect?: Dialect | undefined;
  readonly applyEveryMs: number;
  /** Free space of the disk, so that its return is noticed at once. */
  readonly freeBytes?: (() => Promise<number>) | undefined;
  readonly onFatal: (error: Error) => void;
}

/** Records read ahead while the tail of the log is applied. */
const RECOVERY_BYTES = 16 * 1024 * 1024;

/** With so much free space the next transaction fits, checkpoint and all. */
const ENOUGH_BYTES = 8 * 2 ** 20;
const LOOK_EVERY_MS = 500;
/** Without a word on free space (a quota, a small disk) we find out by trying. */
const TRIES = { firstMs: 2_000, factor: 2, maxMs: 15_000, jitter: 0 };

export class Derivation {
  /** What could not be recovered, in a sentence for the operator; undefined when nothing is missing. */
  missing: string | undefined;
  readonly #options: DerivationOptions;
  readonly #tries: RetrySchedule;
  #catalogue = new Catalogue();
  #applier: Applier;
  /** Set while the database is opened anew or brought up to the log: questions wait for it. */
  #turning: Promise<boolean> | undefined;
  #waitingForRoom: Promise<void> | undefined;
  #isReadable = false;
  /** The first sequence that comes from the front; before it the log is read. Infinity while we do not follow. */
  #followsFrom = Number.POSITIVE_INFINITY;
  #waitingBytes = 0;
  #isClosing = false;

  private constructor(options: DerivationOptions) {
    this.#options = options;
    // Full jitter is for herds; there is one of us.
    this.#tries = retrySchedule(TRIES, { next: () => 0, integer: () => 0, bytes: (length) => new Uint8Array(length) });
    this.#applier = this.#newApplier(0);
  }

  /** Resolves when the tail of the log has been applied, or the disk has no room for it. */
  static async open(options: DerivationOptions): Promise<Derivation> {
    const derivation = new Derivation(options);
    try {
      await derivation.#reopen();
      await derivation.#catchUp();
    } catch (error) {
      if (!isFull(error)) {
        throw error;
      }
      derivation.ranOutOfRoom(toError(error));
      await derivation.#turning;
    }
    return derivation;
  }

  get catalogue(): Catalogue {
    return this.#catalogue;
  }

  /** Everything acknowledged is in or on its way; false while the disk is full. */
  get isFollowing(): boolean {
    return this.#followsFrom !== Number.POSITIVE_INFINITY;
  }

  get appliedSequence(): number {
    return this.#applier.appliedSequence;
  }

  /** Bytes acknowledged but not yet applied. */
  get backlogBytes(): number {
    return this.#waitingBytes + (this.isFollowing ? this.#applier.backlogBytes : 0);
  }

  get counts(): Applier['staging']['counts'] {
    return this.#applier.staging.counts;
  }

  /** Takes what is in the log now; while the disk is full it is read from there later. */
  take(task: Task): void {
    if (task.sequence >= this.#followsFrom) {
      this.#applier.add(task);
    } else if (!this.isFollowing) {
      this.#waitingBytes += task.bytes;
    }
  }

  /** Resolves when the record of this sequence is visible, or nothing more will be for want of room. */
  async caughtUp(sequence: number): Promise<void> {
    if (this.isFollowing) {
      await this.#applier.reached(sequence);
    }
    await this.#turning;
    if (!this.#isReadable) {
      throw new DiskFullError('The database cannot be opened on a full disk.');
    }
  }

  /** Moves rows between two transactions; rejects while the disk is full. */
  between(table: Table, move: () => Promise<Moved>): Promise<void> {
    return this.isFollowing
      ? this.#applier.between(table, move)
      : Promise.reject(new DiskFullError('No rows are moved while the disk is full.'));
  }

  /** Called by whoever the database tells that the disk is full. */
  ranOutOfRoom(cause: Error): void {
    this.#options.room.refused('database', cause);
    this.#waitingBytes = this.backlogBytes;
    this.#followsFrom = Number.POSITIVE_INFINITY;
    this.#waitingForRoom ??= this.#awaitRoom()
      .catch((error: unknown) => this.#options.onFatal(toError(error)))
      .finally(() => {
        this.#waitingForRoom = undefined;
      });
  }

  /** Resolves when the record of this sequence is in, or nothing more will be: it is in the log. */
  async close(sequence: number): Promise<void> {
    this.#isClosing = true;
    if (this.isFollowing) {
      await this.#applier.reached(sequence);
    }
    await this.#waitingForRoom;
  }

  async #awaitRoom(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      const isOpen = await this.#turn(() => this.#reopen());
      await this.#patience(this.#tries.delayMs(tries));
      if (this.#isClosing) {
        return;
      }
      if (isOpen && (await this.#turn(() => this.#catchUp()))) {
        this.#options.room.served('database');
        return;
      }
    }
  }

  /** false: there was no room for it. */
  #turn(work: () => Promise<void>): Promise<boolean> {
    const turning = work().then(
      () => true,
      (error: unknown) => {
        if (!isFull(error)) {
          throw error;
        }
        return false;
      },
    );
    this.#turning = turning;
    return turning.finally(() => {
      this.#turning = undefined;
    });
  }

  async #patience(longestMs: number): Promise<void> {
    const { clock, freeBytes } = this.#options;
    for (let waitedMs = 0; waitedMs < longestMs && !this.#isClosing; waitedMs += LOOK_EVERY_MS) {
      await new Promise<void>((resolve) => void clock.after(LOOK_EVERY_MS, resolve));
      if (freeBytes !== undefined && (await freeBytes()) >= ENOUGH_BYTES) {
        return;
      }
    }
  }

  /** Everything in memory is derived anew: what was staged for a transaction that failed is not in the tables. */
  async #reopen(): Promise<void> {
    const { log, columnar, logger } = this.#options;
    this.#isReadable = false;
    const opened = await columnar.open();
    let applied = opened.appliedSequence;
    if (applied > log.head) {
      logger.warn({ applied, head: log.head }, 'The log is behind the database: it was lost or begun again.');
      applied = log.head;
      await columnar.rebase(applied);
    }
    if (opened.setAside !== undefined) {
      logger.warn({ ...opened.setAside }, `${asideSentence(opened.setAside)}; what the log holds is derived again.`);
    }
    const missing =
      missingSentence(log, applied, opened.setAside) ??
      lostSentence(log.report, applied) ??
      missingFilesSentence(opened.missingFiles ?? []);
    if (missing !== undefined && missing !== this.missing) {
      logger.error({ applied, tail: log.tail, head: log.head }, missing);
    }
    this.missing = missing ?? this.missing;
    this.#catalogue = Catalogue.from(opened, this.#options.dialect);
    this.#applier = this.#newApplier(applied);
    this.#isReadable = true;
  }

  async #catchUp(): Promise<void> {
    const { log } = this.#options;
    const applier = this.#applier;
    let last = applier.appliedSequence;
    for (let head = -1; head < log.head; ) {
      head = log.head;
      for await (const { sequence, payload } of log.read(Math.max(last + 1, log.tail))) {
        applier.skipTo(sequence);
        applier.add(toRecoveredTask(sequence, payload, this.#options.dialect));
        last = sequence;
        if (applier.backlogBytes > RECOVERY_BYTES) {
          await reached(applier, sequence);
        }
      }
      await reached(applier, last);
    }
    // Nothing was awaited since the head was looked at: what is acknowledged from here on comes through `take`.
    applier.skipTo(log.head + 1);
    this.#followsFrom = log.head + 1;
    this.#waitingBytes = 0;
  }

  #newApplier(appliedSequence: number): Applier {
    const { columnar, clock, applyEveryMs, onFatal } = this.#options;
    return new Applier({
      ...{ columnar, clock, applyEveryMs, onFatal, appliedSequence },
      catalogue: this.#catalogue,
      onFull: (error) => this.ranOutOfRoom(error),
    });
  }
}

async function reached(applier: Applier, sequence: number): Promise<void> {
  await applier.reached(sequence);
  if (applier.halted !== undefined) {
    throw applier.halted;
  }
}

function toRecoveredTask(sequence: number, payload: Uint8Array, dialect: Dialect | undefined): Task {
  const record = decodeRecord(payload);
  const body: unknown = JSON.parse(new TextDecoder().decode(record.body));
  const { tenant } = record;
  if (record.kind === 'erasure') {
    const { arrivalMs } = record;
    return { kind: 'erasure', sequence, tenant, arrivalMs, bytes: payload.length, order: body as ErasureOrder };
  }
  const parsed = parseNotification(body, { ...record, dialect });
  assert(parsed.kind === 'value', 'an acknowledged notification cannot be read again', { sequence });
  return { kind: 'notification', sequence, tenant, bytes: payload.length, updates: parsed.value };
}

/** A sentence for the operator when records are neither in the database nor in the log. */
function missingSentence(log: DurableLog, applied: number, setAside: SetAside | undefined): string | undefined {
  if (log.tail <= applied + 1) {
    return undefined;
  }
  const what = setAside === undefined ? 'The database is older than the log' : asideSentence(setAside);
  return `${what}, and records ${applied + 1} to ${log.tail - 1} are no longer in the log: restore a backup to get them back.`;
}

function missingFilesSentence(files: readonly string[]): string | undefined {
  const [first] = files;
  return first === undefined
    ? undefined
    : `${files.length} files of old months are missing, ${first} among them: put them back from a backup and start again. No answer has what is in them.`;
}

function asideSentence({ path, reason, isWhole }: SetAside): string {
  const what = isWhole ? 'The database' : 'The write-ahead log of the database';
  return `${what} was unreadable (${reason}) and was set aside in ${path}`;
}

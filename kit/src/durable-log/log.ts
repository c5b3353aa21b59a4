/** The log itself: takes records into the filling group, sends one group at a time to the disk, reads back, releases. */

import { join } from 'node:path';
import type { DurableLog, DurableLogOptions, LogRecord, OpenReport } from '../durable-log.js';
import {
  assert,
  DiskFullError,
  errnoOf,
  isDiskFull,
  LogFullError,
  LogStoppedError,
  toError,
  WireError,
} from '../errors.js';
import { folderFault, isFolderFault } from '../folder-fault.js';
import {
  encodeHeader,
  encodeSeal,
  HEADER_BYTES,
  MAX_PAYLOAD_BYTES,
  RECORD_HEADER_BYTES,
  seedOf,
  segmentName,
} from './format.js';
import { Group } from './group.js';
import { recover } from './recovery.js';
import { Segment } from './segment.js';

const DEFAULT_MAX_BYTES = 2 ** 30;
const DEFAULT_SEGMENT_BYTES = 16 * 2 ** 20;
/** A full log must be able to give segments back, so it always has several. */
const LEAST_SEGMENTS = 4;
const LONGEST_LINGER_MS = 10;
/** With this many records waiting, a commit begins without lingering further. */
const ENOUGH_RECORDS = 512;
/** Records encoded in memory while the disk is busy. Beyond it appends are refused: a caller that never waits must. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;

/** Rejects with ConfigError (another kind, a newer format, a folder that cannot be used) or DiskFullError. */
export async function openDurableLog(options: DurableLogOptions): Promise<DurableLog> {
  const { disk, directory, kind, version, migrate } = options;
  try {
    const recovered = await recover({ disk, directory, kind, version, canMigrate: migrate !== undefined });
    const log = new Log(options, recovered.segments, recovered.nextSequence, recovered.report);
    await log.begin();
    return log;
  } catch (error) {
    throw explain(error, directory);
  }
}

function explain(error: unknown, directory: string): unknown {
  if (isDiskFull(error)) return new DiskFullError(`The disk of ${directory} is full.`, { directory }, error);
  return isFolderFault(error) ? folderFault(directory, error) : error;
}

class Log implements DurableLog {
  readonly report: OpenReport;
  readonly #options: DurableLogOptions;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  readonly #lingerMs: number;
  /** Oldest first. The last one takes the appends when `#active` says so. */
  readonly #segments: Segment[];
  #active: Segment | undefined;
  #durableBytes: number;
  #head: number;
  #filling = new Group();
  #spare = new Group();
  /** The commit loop, while there is one. */
  #running: Promise<void> | undefined;
  #wake: (() => void) | undefined;
  /** Why appends are refused for good: closed, or failed. */
  #stopped: LogStoppedError | undefined;
  #failure: Error | undefined;
  #releasing: Promise<void> = Promise.resolve();
  #committingBytes = 0;

  constructor(options: DurableLogOptions, segments: Segment[], nextSequence: number, report: OpenReport) {
    const { maxBytes = DEFAULT_MAX_BYTES, segmentBytes = DEFAULT_SEGMENT_BYTES, lingerMs = 0 } = options;
    assert(lingerMs >= 0 && lingerMs <= LONGEST_LINGER_MS, 'A record lingers at most 10 ms.', { lingerMs });
    this.#options = options;
    this.#maxBytes = maxBytes;
    this.#segmentBytes = Math.min(segmentBytes, Math.floor(maxBytes / LEAST_SEGMENTS));
    this.#lingerMs = lingerMs;
    this.#segments = segments;
    this.#head = nextSequence - 1;
    this.#durableBytes = segments.reduce((sum, segment) => sum + segment.bytes, 0);
    this.report = report;
  }

  get head(): number {
    return this.#head;
  }

  get tail(): number {
    return this.#segments.find((segment) => !segment.isEmpty)?.firstSequence ?? this.#head + 1;
  }

  get bytes(): number {
    return this.#durableBytes + this.#committingBytes + (this.#filling.isOpen ? this.#filling.length : 0);
  }

  /** Finds or makes the segment that takes the appends, and seals what recovery found. A full disk can still be read. */
  async begin(): Promise<void> {
    const last = this.#segments.at(-1);
    try {
      if (last && last.payloadVersion === this.#options.version && last.bytes < this.#segmentBytes) {
        await last.take();
        this.#active = last;
        await this.#seal(last);
      } else {
        await this.#createSegment(this.#newHeader(this.#head + 1), this.#head + 1);
      }
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
    // Names that recovery found may never have been made durable by the process that died.
    await this.#options.disk.syncDirectory(this.#options.directory);
  }

  append(payload: Uint8Array): Promise<number> {
    const refusal = this.#refusal(payload.byteLength);
    if (refusal) return Promise.reject(refusal);
    return new Promise((resolve, reject) => {
      const group = this.#filling;
      if (!group.isOpen) this.#openGroup(group);
      group.add(payload, resolve, reject);
      if (group.records >= ENOUGH_RECORDS) this.#wake?.();
      this.#running ??= this.#run();
    });
  }

  async *read(fromSequence: number): AsyncGenerator<LogRecord> {
    let next = Math.max(fromSequence, this.tail);
    while (next <= this.#head) {
      const segment = this.#segments.find((one) => one.lastSequence >= next && !one.isEmpty);
      if (!segment) return;
      const through = segment.lastSequence;
      for await (const record of segment.read(next)) {
        yield this.#current(segment, record);
        next = record.sequence + 1;
      }
      // A range that was set aside stood at the end: what follows begins in a later segment.
      next = Math.max(next, through + 1);
    }
  }

  release(sequence: number): Promise<void> {
    const mine = this.#releasing.then(() => this.#release(sequence));
    this.#releasing = mine.catch(() => undefined);
    return mine;
  }

  async close(): Promise<void> {
    this.#stopped ??= new LogStoppedError('The log is closed.');
    this.#wake?.();
    await this.#running;
    await this.#releasing;
    const active = this.#active;
    if (!active) return;
    this.#active = undefined;
    if (!this.#failure) await this.#seal(active);
    await active.letGo();
  }

  #refusal(payloadBytes: number): Error | undefined {
    if (this.#stopped) return this.#stopped;
    if (payloadBytes > MAX_PAYLOAD_BYTES) {
      return new WireError('log.record-size', 'A record is at most 16 MiB.', { bytes: payloadBytes });
    }
    const size = RECORD_HEADER_BYTES + payloadBytes;
    const bytes = this.bytes + size + HEADER_BYTES;
    if (bytes > this.#maxBytes)
      return new LogFullError('The log has reached its bound.', { bytes, maxBytes: this.#maxBytes });
    const waiting = (this.#filling.isOpen ? this.#filling.length : 0) + size;
    if (waiting > MAX_WAITING_BYTES) {
      return new LogFullError('Too much is waiting for the disk.', { waiting, mostWaiting: MAX_WAITING_BYTES });
    }
    return undefined;
  }

  /** A group belongs to one segment, and which one is known when its first record arrives. */
  #openGroup(group: Group): void {
    const underway = this.#spare.isOpen ? this.#spare : undefined;
    const first = underway ? underway.firstSequence + underway.records : this.#head + 1;
    const startsSegment = underway?.header
      ? false
      : this.#active === undefined || this.#active.bytes >= this.#segmentBytes;
    const projected = (underway?.header ? HEADER_BYTES : (this.#active?.bytes ?? 0)) + (underway?.length ?? 0);
    if (startsSegment || projected >= this.#segmentBytes) {
      const header = this.#newHeader(first);
      group.open(first, seedOf(header), header);
    } else if (underway) {
      group.open(first, underway.seed);
    } else {
      group.open(first, this.#active?.seed ?? 0);
    }
  }

  /** Commits group after group until none is waiting. */
  async #run(): Promise<void> {
    try {
      await this.#linger();
      while (this.#filling.isOpen && !this.#failure) {
        const group = this.#filling;
        this.#filling = this.#spare;
        this.#spare = group;
        await this.#commit(group);
        if (this.#filling.isOpen) await this.#linger();
      }
    } finally {
      this.#running = undefined;
    }
  }

  /** Lets the writers that are ready in this turn come along, and, when asked to, those of the next milliseconds. */
  #linger(): Promise<void> {
    if (this.#lingerMs === 0 || this.#stopped || this.#filling.records >= ENOUGH_RECORDS) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#options.clock.after(this.#lingerMs, resolve);
      this.#wake = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  async #commit(group: Group): Promise<void> {
    this.#committingBytes = group.length;
    try {
      if (group.header) await this.#createSegment(group.header, group.firstSequence);
      const segment = this.#active;
      assert(segment, 'A group without a header goes to the active segment.');
      // Without records the group only begins a segment, so that the one before can be released.
      if (group.records > 0) await this.#write(segment, group.bytes);
      segment.index(group.firstSequence, segment.bytes);
      segment.bytes += group.length;
      segment.lastSequence = group.firstSequence + group.records - 1;
      this.#durableBytes += group.length;
      this.#head = segment.lastSequence;
      this.#committingBytes = 0;
      group.resolveAll();
    } catch (error) {
      this.#committingBytes = 0;
      if (isDiskFull(error)) this.#refuse(group, error);
      else this.#fail(group, error);
    }
  }

  /** One append and one sync. When the disk is full, nothing of it stays: a refused record must not come back. */
  async #write(segment: Segment, bytes: Uint8Array): Promise<void> {
    const file = await segment.take();
    try {
      await file.append([bytes]);
      await forGood(file.sync());
    } catch (error) {
      if (!isDiskFull(error)) throw error;
      await forGood(file.truncate(segment.bytes));
      await forGood(file.sync());
      throw error;
    } finally {
      await segment.letGo();
    }
  }

  #newHeader(firstSequence: number): Uint8Array {
    const { kind, version, clock } = this.#options;
    return encodeHeader({ kind, payloadVersion: version, firstSequence, createdAtMs: clock.nowMs() });
  }

  /** The header is durable, name and all, before the first record: recovery relies on it. */
  async #createSegment(header: Uint8Array, firstSequence: number): Promise<void> {
    const { disk, directory, version } = this.#options;
    const path = join(directory, segmentName(firstSequence));
    const segment = new Segment(disk, path, firstSequence, version, seedOf(header));
    const file = await disk.open(path, 'create');
    await segment.take(file);
    try {
      await file.append([header]);
      await forGood(file.sync());
      await disk.syncDirectory(directory);
    } catch (error) {
      await segment.letGo();
      if (isDiskFull(error)) await forGood(disk.remove(path));
      throw error;
    }
    this.#segments.push(segment);
    this.#durableBytes += segment.bytes;
    const before = this.#active;
    this.#active = segment;
    await before?.letGo();
  }

  /** Proves everything before it durable. A full disk does without. */
  async #seal(segment: Segment): Promise<void> {
    const seal = encodeSeal(segment.seed, this.#head + 1);
    try {
      await this.#write(segment, seal);
      segment.bytes += seal.byteLength;
      this.#durableBytes += seal.byteLength;
    } catch (error) {
      if (!isDiskFull(error)) throw error;
    }
  }

  async #release(sequence: number): Promise<void> {
    const isIdle = this.#running === undefined && this.#stopped === undefined;
    if (sequence >= this.#head && isIdle && this.#active && this.#active.bytes >= this.#segmentBytes) {
      this.#openGroup(this.#filling);
      this.#running = this.#run();
      await this.#running;
    }
    // Oldest first and each removal durable before the next, so that a power cut never leaves a gap.
    for (;;) {
      const oldest = this.#segments[0];
      if (!oldest || oldest === this.#segments.at(-1) || oldest.lastSequence > sequence) return;
      this.#segments.shift();
      this.#durableBytes -= oldest.bytes;
      const { disk, retire = (path) => disk.remove(path) } = this.#options;
      await retire(oldest.path);
      await disk.syncDirectory(this.#options.directory);
    }
  }

  /** What was queued behind a refused group was numbered after it, and is refused with it. */
  #refuse(group: Group, cause: unknown): void {
    const error = new DiskFullError('The disk is full.', { directory: this.#options.directory }, cause);
    group.rejectAll(error);
    if (this.#filling.isOpen) this.#filling.rejectAll(error);
  }

  #fail(group: Group, cause: unknown): void {
    const failure = toError(cause);
    this.#failure = failure;
    const { directory } = this.#options;
    this.#stopped = new LogStoppedError(
      'A write to the log failed; it can only be opened anew.',
      { directory },
      failure,
    );
    group.rejectAll(this.#stopped);
    if (this.#filling.isOpen) this.#filling.rejectAll(this.#stopped);
    this.#options.onFatal(failure);
  }

  #current(segment: Segment, record: LogRecord): LogRecord {
    const { version, migrate } = this.#options;
    if (segment.payloadVersion === version || !migrate) return record;
    return { sequence: record.sequence, payload: migrate(record.payload, segment.payloadVersion) };
  }
}

/**
 * A failed fsync says nothing about what is on disk, whatever its code: the kernel may have marked the pages clean. So
 * 'no space' from here is not the refusal that it is from a write.
 */
async function forGood(step: Promise<void>): Promise<void> {
  try {
    await step;
  } catch (error) {
    throw new LogStoppedError('The log could not be made durable.', { errno: errnoOf(error) }, error);
  }
}

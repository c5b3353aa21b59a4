/**
 * Opening a log: look at every header before touching anything, then segment by segment cut what was never finished, set
 * aside what was damaged (the bytes are kept as a file), and leave segments that read without a fault.
 */

import { join } from 'node:path';
import { readWhole, replaceFile } from '../checkpoint.js';
import type { Disk } from '../disk.js';
import type { DamagedRange, OpenReport } from '../durable-log.js';
import { ConfigError, type ConfigFault } from '../errors.js';
import { type Examination, examine } from './examine.js';
import {
  decodeHeader,
  encodeHeader,
  encodeSeal,
  FORMAT_VERSION,
  HEADER_BYTES,
  parseSegmentName,
  RECORD_HEADER_BYTES,
  type SegmentHeader,
  segmentName,
} from './format.js';
import { Segment } from './segment.js';

export interface RecoveryOptions {
  readonly disk: Disk;
  readonly directory: string;
  readonly kind: string;
  readonly version: number;
  readonly canMigrate: boolean;
}

export interface Recovered {
  readonly segments: Segment[];
  /** Sequence of the next record. */
  readonly nextSequence: number;
  readonly report: OpenReport;
}

/** Larger than any segment that was ever written (a segment ends with the group that fills it). */
const MAX_SEGMENT_BYTES = 2 ** 30;

/** Each torn tail replaces the one before: a machine that loses power every day must not fill its disk with them. */
const TORN_NAME = 'tail.torn';

export async function recover(options: RecoveryOptions): Promise<Recovered> {
  await options.disk.makeDirectory(options.directory);
  const recovery = new Recovery(options);
  return recovery.run();
}

class Recovery {
  readonly #options: RecoveryOptions;
  readonly #disk: Disk;
  readonly #segments: Segment[] = [];
  readonly #damaged: DamagedRange[] = [];
  #records = 0;
  #tornBytes = 0;
  #tornKeptAs: string | undefined;
  /** What the segment to come must begin with; undefined before the first. */
  #nextSequence: number | undefined;

  constructor(options: RecoveryOptions) {
    this.#options = options;
    this.#disk = options.disk;
  }

  async run(): Promise<Recovered> {
    const { disk, directory } = this.#options;
    const all = await disk.list(directory);
    const names = all.filter((name) => parseSegmentName(name) !== undefined);
    await this.#refuseWhatIsNotOurs(names);
    // A replacement that was under way when the power went.
    for (const name of all.filter((other) => other.endsWith('.log.new'))) await disk.remove(join(directory, name));
    for (const [index, name] of names.entries()) {
      const next = names[index + 1];
      await this.#openSegment(name, next === undefined ? undefined : parseSegmentName(next));
    }
    const report = {
      records: this.#records,
      tornBytes: this.#tornBytes,
      tornKeptAs: this.#tornKeptAs,
      damaged: this.#damaged,
    };
    return { segments: this.#segments, nextSequence: this.#nextSequence ?? 1, report };
  }

  async #refuseWhatIsNotOurs(names: readonly string[]): Promise<void> {
    const faults: ConfigFault[] = [];
    for (const name of names) {
      const path = join(this.#options.directory, name);
      const file = await this.#disk.open(path, 'read');
      try {
        const outcome = decodeHeader(await file.read(0, HEADER_BYTES));
        if (outcome.kind === 'newer') faults.push(newerFormat(path, outcome.formatVersion, FORMAT_VERSION));
        if (outcome.kind === 'header') faults.push(...this.#refusal(path, outcome.header));
        if ((await file.size()) > MAX_SEGMENT_BYTES) faults.push(tooLarge(path));
      } finally {
        await file.close();
      }
    }
    if (faults.length > 0) throw new ConfigError(faults);
  }

  #refusal(path: string, header: SegmentHeader): readonly ConfigFault[] {
    const { kind, version, canMigrate } = this.#options;
    if (header.kind !== kind) return [otherKind(path, header.kind, kind)];
    if (header.payloadVersion > version) return [newerFormat(path, header.payloadVersion, version)];
    if (header.payloadVersion < version && !canMigrate) return [olderFormat(path, header.payloadVersion, version)];
    return [];
  }

  async #openSegment(name: string, nextFirst: number | undefined): Promise<void> {
    const path = join(this.#options.directory, name);
    const first = parseSegmentName(name) ?? 0;
    const bytes = (await readWhole(this.#disk, path)) ?? new Uint8Array(0);
    const outcome = decodeHeader(bytes);
    const isUnfinished =
      bytes.byteLength < HEADER_BYTES || (bytes.byteLength === HEADER_BYTES && outcome.kind !== 'header');
    if (isUnfinished && nextFirst === undefined) {
      await this.#removeUnfinished(path, first, bytes.byteLength);
      return;
    }
    await this.#bridge(first);
    const isInOrder = first >= (this.#nextSequence ?? 0);
    if (outcome.kind !== 'header' || outcome.header.firstSequence !== first || !isInOrder) {
      await this.#setAside(path, first, bytes, nextFirst);
      return;
    }
    const found = examine(bytes, outcome.seed, first, nextFirst === undefined);
    const isHeaderHurt = outcome.intactCopies < 2;
    const segment = new Segment(this.#disk, path, first, outcome.header.payloadVersion, outcome.seed);
    if (found.holes.length > 0 || isHeaderHurt) {
      await this.#rewrite(segment, name, bytes, found, encodeHeader(outcome.header), isHeaderHurt);
    } else {
      await this.#adopt(segment, bytes, found, nextFirst === undefined);
    }
  }

  /**
   * The common case: nothing damaged, perhaps a torn tail. Only the last segment can have one, and only its end may so far
   * be in a page cache alone: the others were durable before the next was begun.
   */
  async #adopt(segment: Segment, bytes: Uint8Array, found: Examination, isLast: boolean): Promise<void> {
    if (isLast) await this.#makeSure(segment, bytes, found);
    segment.bytes = found.end;
    for (const mark of found.marks) if (mark.offset < found.end) segment.index(mark.sequence, mark.offset);
    this.#accept(segment, found);
  }

  async #makeSure(segment: Segment, bytes: Uint8Array, found: Examination): Promise<void> {
    const torn = bytes.byteLength - found.end;
    if (torn > 0 && found.isTailReadable) {
      this.#tornKeptAs = await this.#keep(TORN_NAME, bytes.subarray(found.end));
    }
    const file = await segment.take();
    try {
      if (torn > 0) await file.truncate(found.end);
      await file.sync();
    } finally {
      await segment.letGo();
    }
    this.#tornBytes += torn;
  }

  /** Writes the segment anew without its damaged ranges, which are kept beside it; a seal bridges each gap. */
  async #rewrite(
    segment: Segment,
    name: string,
    bytes: Uint8Array,
    found: Examination,
    header: Uint8Array,
    isHeaderHurt: boolean,
  ): Promise<void> {
    if (isHeaderHurt) {
      const keptAs = await this.#keep(`${name}.damaged-0`, bytes.subarray(0, HEADER_BYTES));
      const { firstSequence } = segment;
      this.#damaged.push({ file: segment.path, firstSequence, lastSequence: firstSequence - 1, keptAs });
    }
    const pieces: Uint8Array[] = [header];
    let from = HEADER_BYTES;
    for (const { start, end, firstSequence, lastSequence } of found.holes) {
      const keptAs = await this.#keep(`${name}.damaged-${start}`, bytes.subarray(start, end));
      this.#damaged.push({ file: segment.path, firstSequence, lastSequence, keptAs });
      pieces.push(bytes.subarray(from, start), encodeSeal(segment.seed, lastSequence + 1));
      from = end;
    }
    pieces.push(bytes.subarray(from, found.end));
    this.#tornBytes += bytes.byteLength - found.end;
    await replaceFile(this.#disk, segment.path, ...pieces);
    const written = Buffer.concat(pieces);
    segment.bytes = written.byteLength;
    const again = examine(written, segment.seed, segment.firstSequence, true);
    for (const mark of again.marks) segment.index(mark.sequence, mark.offset);
    this.#accept(segment, again);
  }

  /** A header is durable before the first record behind it is written: a segment without a whole one was never used. */
  async #removeUnfinished(path: string, first: number, bytes: number): Promise<void> {
    await this.#disk.remove(path);
    await this.#disk.syncDirectory(this.#options.directory);
    this.#tornBytes += bytes;
    this.#nextSequence = Math.max(first, this.#nextSequence ?? 0);
  }

  /**
   * Without its header's seed no record can be told from noise, and two segments cannot both hold a sequence. The file is
   * kept under another name. Sequences are never used twice, so we step over all that it may have had.
   */
  async #setAside(path: string, first: number, bytes: Uint8Array, nextFirst: number | undefined): Promise<void> {
    const keptAs = `${path}.damaged-0`;
    await this.#disk.rename(path, keptAs);
    await this.#disk.syncDirectory(this.#options.directory);
    const most = Math.max(0, Math.floor((bytes.byteLength - HEADER_BYTES) / RECORD_HEADER_BYTES));
    const lastSequence = (nextFirst ?? first + most) - 1;
    this.#damaged.push({ file: path, firstSequence: first, lastSequence, keptAs });
    const nextSequence = Math.max(lastSequence + 1, this.#nextSequence ?? 0);
    await this.#seal(nextSequence);
    this.#nextSequence = nextSequence;
  }

  /** Sequences between two segments that no file holds: a file is missing. */
  async #bridge(first: number): Promise<void> {
    const expected = this.#nextSequence;
    if (expected === undefined || first <= expected) return;
    const file = join(this.#options.directory, segmentName(expected));
    this.#damaged.push({ file, firstSequence: expected, lastSequence: first - 1, keptAs: '' });
    await this.#seal(first);
  }

  /** Notes on the segment before that `nextSequence` follows, so that a gap is reported once. */
  async #seal(nextSequence: number): Promise<void> {
    const before = this.#segments.at(-1);
    if (!before) return;
    const file = await before.take();
    try {
      const seal = encodeSeal(before.seed, nextSequence);
      await file.append([seal]);
      await file.sync();
      before.bytes += seal.byteLength;
    } finally {
      await before.letGo();
    }
  }

  #accept(segment: Segment, found: Examination): void {
    segment.lastSequence = found.lastSequence;
    this.#segments.push(segment);
    this.#records += found.records;
    this.#nextSequence = found.nextSequence;
  }

  async #keep(name: string, bytes: Uint8Array): Promise<string> {
    const path = join(this.#options.directory, name);
    await replaceFile(this.#disk, path, bytes);
    return path;
  }
}

function newerFormat(path: string, found: number, known: number): ConfigFault {
  return {
    code: 'config.newer-format',
    message: `${path} was written by a newer version of this program (format ${found}, known up to ${known}).`,
    fix: 'Start that newer version, or restore the folder from a backup of this one.',
  };
}

function olderFormat(path: string, found: number, current: number): ConfigFault {
  return {
    code: 'config.older-format',
    message: `${path} has format ${found}, which this version (format ${current}) can no longer read.`,
    fix: 'Start the version in between once, so that it brings the folder up to date.',
  };
}

function otherKind(path: string, found: string, wanted: string): ConfigFault {
  return {
    code: 'config.other-log',
    message: `${path} belongs to a log of kind '${found}', not '${wanted}'.`,
    fix: 'Give each service a data folder of its own.',
  };
}

function tooLarge(path: string): ConfigFault {
  return {
    code: 'config.segment-size',
    message: `${path} is larger than any segment this program writes.`,
    fix: 'Move the file away and start again; what it held is then reported as missing.',
  };
}

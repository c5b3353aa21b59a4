/**
 * Verifies a chained log as it lies on disk, archives first. Opens nothing for writing and repairs nothing, so it may run
 * beside the writer or on a copy.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { ChainTip } from '../chained-log.js';
import { readWhole } from '../checkpoint.js';
import type { Disk } from '../disk.js';
import { examine } from '../durable-log/examine.js';
import { decodeHeader, HEADER_BYTES, parseSegmentName, RecordWalk } from '../durable-log/format.js';
import { readArchive } from './archive.js';
import { ChainCheck, type ChainFault } from './check.js';
import { decodeLink } from './link.js';

export interface ChainOnDisk {
  readonly disk: Disk;
  readonly directory: string;
  readonly kind: string;
  /** Files that older records were sealed into, oldest first, each with the SHA-256 it should have when that is known. */
  readonly archives?: readonly { readonly path: string; readonly sha256?: string }[];
  readonly anchors?: readonly ChainTip[];
  /** Told of each record, for those who look for something in it. */
  readonly onRecord?: (sequence: number, body: Uint8Array) => void;
}

export interface ChainReport {
  readonly records: number;
  /** 0 when there is no record. */
  readonly first: number;
  readonly last: ChainTip;
  /** At most a thousand of them. None: every byte is as it was written, and the chain goes through every anchor. */
  readonly faults: readonly ChainFault[];
  readonly faultCount: number;
  readonly anchorsMet: number;
  /** Of each archive that was read, the hash it has. */
  readonly archives: readonly { readonly path: string; readonly sha256: string }[];
  /** An unfinished write at the end, as a crash leaves it. Never acknowledged, so nothing is missing; but it is not whole either. */
  readonly tornBytes: number;
}

export async function verifyChain(chain: ChainOnDisk): Promise<ChainReport> {
  const check = new ChainCheck(chain.anchors ?? []);
  const archives = await checkArchives(chain, check);
  const tornBytes = await checkSegments(chain, check);
  const anchorsMet = check.end(chain.directory);
  const { records, first, last, faults, faultCount } = check;
  return { records, first, last, faults, faultCount, anchorsMet, archives, tornBytes };
}

async function checkArchives(
  { disk, archives = [], onRecord }: ChainOnDisk,
  check: ChainCheck,
): Promise<ChainReport['archives']> {
  const found: { path: string; sha256: string }[] = [];
  for (const { path, sha256: sealed } of archives) {
    const before = check.last.sequence;
    const hash = createHash('sha256');
    for await (const step of readArchive(disk, path, (bytes) => void hash.update(bytes))) {
      if (step.kind === 'damaged') check.fault('damaged', check.last.sequence + 1, check.last.sequence, path);
      else takeRecord(check, step.sequence, step.payload, path, onRecord);
    }
    const sha256 = hash.digest('hex');
    if (sealed !== undefined && sealed !== sha256) check.fault('archive', before + 1, check.last.sequence, path);
    found.push({ path, sha256 });
  }
  return found;
}

async function checkSegments(chain: ChainOnDisk, check: ChainCheck): Promise<number> {
  const { disk, directory, onRecord } = chain;
  const names = (await disk.list(directory)).filter((name) => parseSegmentName(name) !== undefined);
  const archiveEnd = check.last;
  let overlap: ChainCheck | undefined;
  let tornBytes = 0;
  for (const [index, name] of names.entries()) {
    const bytes = (await readWhole(disk, join(directory, name))) ?? new Uint8Array(0);
    tornBytes += checkSegment(chain, check, name, bytes, index === names.length - 1, (sequence, payload) => {
      if (sequence > archiveEnd.sequence) return takeRecord(check, sequence, payload, name, onRecord);
      // The log still holds the end of what was archived: it must be the same records.
      overlap ??= new ChainCheck([archiveEnd], sequence);
      overlap.record(sequence, payload, name);
    });
  }
  for (const { kind, sequence, through, where } of overlap?.faults ?? []) check.fault(kind, sequence, through, where);
  return tornBytes;
}

/** Every record that can be read, unverified: for whoever wants what it says. */
export async function* readChain({
  disk,
  directory,
  archives = [],
}: Omit<ChainOnDisk, 'anchors' | 'onRecord'>): AsyncGenerator<{
  readonly sequence: number;
  readonly body: Uint8Array;
}> {
  let last = 0;
  for (const { path } of archives) {
    for await (const step of readArchive(disk, path, () => undefined)) {
      const link = step.kind === 'record' ? decodeLink(step.payload) : undefined;
      if (step.kind !== 'record' || link === undefined) continue;
      last = step.sequence;
      yield { sequence: step.sequence, body: link.body };
    }
  }
  const names = (await disk.list(directory)).filter((name) => parseSegmentName(name) !== undefined);
  for (const [index, name] of names.entries()) {
    const bytes = (await readWhole(disk, join(directory, name))) ?? new Uint8Array(0);
    const outcome = decodeHeader(bytes);
    if (outcome.kind !== 'header') continue;
    const first = parseSegmentName(name) ?? 0;
    const { end } = examine(bytes, outcome.seed, first, index === names.length - 1);
    for (const { sequence, payload } of recordsIn(bytes.subarray(0, end), outcome.seed, first)) {
      const link = sequence > last ? decodeLink(payload) : undefined;
      if (link !== undefined) yield { sequence, body: link.body };
    }
  }
}

function* recordsIn(
  bytes: Uint8Array,
  seed: number,
  first: number,
): Generator<{ sequence: number; payload: Uint8Array }> {
  const walk = new RecordWalk(bytes, HEADER_BYTES, seed, first);
  for (let step = walk.next(); ; step = walk.next()) {
    if (step === 'record') yield { sequence: walk.sequence, payload: walk.payload };
    else if (step !== 'seal' && !walk.resync()) return;
  }
}

function checkSegment(
  { kind }: ChainOnDisk,
  check: ChainCheck,
  name: string,
  bytes: Uint8Array,
  isLast: boolean,
  take: (sequence: number, payload: Uint8Array) => void,
): number {
  const first = parseSegmentName(name) ?? 0;
  const outcome = decodeHeader(bytes);
  // A segment that was begun and holds nothing yet.
  if (isLast && outcome.kind !== 'header' && bytes.byteLength <= HEADER_BYTES) return bytes.byteLength;
  const isOurs = outcome.kind === 'header' && outcome.header.kind === kind && outcome.header.firstSequence === first;
  if (!isOurs || outcome.intactCopies < 2) check.fault('damaged', first, first - 1, name);
  if (!isOurs) return 0;
  const found = examine(bytes, outcome.seed, first, isLast);
  for (const hole of found.holes) check.fault('damaged', hole.firstSequence, hole.lastSequence, name);
  for (const { sequence, payload } of recordsIn(bytes.subarray(0, found.end), outcome.seed, first))
    take(sequence, payload);
  return bytes.byteLength - found.end;
}

function takeRecord(
  check: ChainCheck,
  sequence: number,
  payload: Uint8Array,
  where: string,
  onRecord: ChainOnDisk['onRecord'],
): void {
  check.record(sequence, payload, where);
  const link = onRecord === undefined ? undefined : decodeLink(payload);
  if (link !== undefined) onRecord?.(sequence, link.body);
}

/**
 * What stands in one segment: which bytes are whole, which were damaged after they were durable, and where a write that
 * never finished begins. Pure; `recovery` acts on the answer.
 */

import { HEADER_BYTES, RecordWalk } from './format.js';

/** Bytes [start, end) are not what was written; with them went the sequences first … last (none when last < first). */
interface Hole {
  readonly start: number;
  readonly end: number;
  readonly firstSequence: number;
  readonly lastSequence: number;
}

export interface Examination {
  readonly records: number;
  /** The sequence that follows this segment's last record or seal. */
  readonly nextSequence: number;
  readonly lastSequence: number;
  /** Where the trusted part ends. Less than the file's length: the rest is torn. */
  readonly end: number;
  /** Damage inside the trusted part. */
  readonly holes: readonly Hole[];
  /** Whole records stand behind the torn place: an unfinished group whose pages reached the disk out of order. */
  readonly isTailReadable: boolean;
  /** Offsets of records, by sequence, for the segment's index; some lie behind `end` and do not count. */
  readonly marks: readonly { readonly sequence: number; readonly offset: number }[];
}

/** One mark for each of so many bytes. */
const MARK_STRIDE_BYTES = 64 * 1024;

interface OpenHole extends Hole {
  readonly recordsBefore: number;
  readonly lastBefore: number;
}

/**
 * A damage is proven to lie in durable bytes when a later commit group follows it, or a later segment (`isLast` false).
 * In the unproven rest nothing was acknowledged, and everything from its first damage on is cut: what survives a power cut
 * is a prefix of what was appended.
 */
export function examine(segment: Uint8Array, seed: number, firstSequence: number, isLast: boolean): Examination {
  const walk = new RecordWalk(segment, HEADER_BYTES, seed, firstSequence);
  const proven: OpenHole[] = [];
  let open: OpenHole[] = [];
  const marks: { sequence: number; offset: number }[] = [];
  let records = 0;
  let lastSequence = firstSequence - 1;

  for (;;) {
    const at = walk.offset;
    const expected = walk.expected;
    let step = walk.next();
    let start = at;
    if (step === 'short' && at === segment.byteLength) break;
    if (step === 'short' || step === 'damage') {
      if (!walk.resync()) {
        open.push(hole(at, segment.byteLength, expected, expected - 1));
        break;
      }
      start = walk.offset;
      step = walk.next();
    }
    // A record may not jump ahead by itself: bytes that were cut out leave no other trace. A seal may.
    if (start > at || (step === 'record' && walk.sequence > expected)) {
      open.push(hole(at, start, expected, walk.sequence - 1));
    }
    if (open.length > 0) {
      const isProof = (one: Hole): boolean =>
        walk.groupStart > one.firstSequence || (walk.groupStart === walk.sequence && start >= one.end);
      proven.push(...open.filter(isProof));
      open = open.filter((one) => !isProof(one));
    }
    if (step === 'record') {
      records += 1;
      lastSequence = walk.sequence;
      if (start - (marks.at(-1)?.offset ?? -MARK_STRIDE_BYTES) >= MARK_STRIDE_BYTES) {
        marks.push({ sequence: walk.sequence, offset: start });
      }
    }
  }

  if (!isLast) {
    proven.push(...open);
    open = [];
  }
  const torn = open[0];
  if (!torn) {
    const end = segment.byteLength;
    return { records, nextSequence: walk.expected, lastSequence, end, holes: proven, isTailReadable: false, marks };
  }
  return {
    records: torn.recordsBefore,
    nextSequence: torn.firstSequence,
    lastSequence: torn.lastBefore,
    end: torn.start,
    holes: proven,
    isTailReadable: torn.end < segment.byteLength,
    marks,
  };

  function hole(start: number, end: number, first: number, last: number): OpenHole {
    return { start, end, firstSequence: first, lastSequence: last, recordsBefore: records, lastBefore: lastSequence };
  }
}

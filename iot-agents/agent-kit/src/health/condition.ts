/**
 * How a device is: judged by what was expected of it and what came. Pure: a few numbers per device and the time go in, one word comes
 * out, so that a page and an alarm mean the same by it.
 */

export const CONDITIONS = ['new', 'ok', 'late', 'silent', 'failing', 'suspended'] as const;
export type Condition = (typeof CONDITIONS)[number];

/** What is known of a device. Kept over a restart. */
export interface Track {
  /** Undefined: nothing ever came from it. */
  readonly heardMs: number | undefined;
  /** Reads that failed since the last one that did not. */
  readonly failures: number;
  /** The newest expected reads or messages, newest lowest; 1: it came. */
  readonly outcomes: number;
  /** How many of them there were, at most MOST_OUTCOMES. */
  readonly known: number;
}

export const UNHEARD: Track = Object.freeze({ heardMs: undefined, failures: 0, outcomes: 0, known: 0 });

/** What is expected of it now. */
export interface Expectation {
  /** Seconds between two messages or reads; undefined: nobody said, so it is never late. */
  readonly everySeconds: number | undefined;
  readonly isSuspended: boolean;
  /** Nothing can be late that was not yet due: since when it is expected at all, e.g. our own start. */
  readonly sinceMs: number;
}

/** Bits of an integer. Two days of hours, or eight hours of quarters. */
const MOST_OUTCOMES = 31;
const ALL_OUTCOMES = 2 ** MOST_OUTCOMES - 1;
/** One message may be lost and another be on its way. */
const LATE_AFTER = 2.5;
/** So many in a row are no accident. */
const SILENT_AFTER = 6;
/** Messages come when they come: a few seconds are no delay. */
const GRACE_MS = 30_000;
/** As the circuit breaker has it: three whole reads are not noise. */
const FAILING_AFTER = 3;

export function heard(record: Track, atMs: number, everySeconds: number | undefined): Track {
  const missed = missedBy(record.heardMs, atMs, everySeconds);
  const afterMissed = pushed(record, 0, missed);
  const isSameInterval = missed < 0;
  // Of several messages in one interval one was expected.
  const next = isSameInterval ? record : pushed(afterMissed, 1, 1);
  return { ...next, heardMs: Math.max(atMs, record.heardMs ?? atMs), failures: 0 };
}

/** A read was tried and nothing came of it. */
export function failed(record: Track): Track {
  return { ...pushed(record, 0, 1), failures: record.failures + 1 };
}

/** A read was tried and it answered. */
export function answered(record: Track, atMs: number): Track {
  return { ...pushed(record, 1, 1), heardMs: Math.max(atMs, record.heardMs ?? atMs), failures: 0 };
}

export function judgeCondition(
  record: Track,
  { everySeconds, isSuspended, sinceMs }: Expectation,
  nowMs: number,
): Condition {
  if (isSuspended) return 'suspended';
  if (record.failures >= FAILING_AFTER) return 'failing';
  const quietMs = nowMs - Math.max(record.heardMs ?? 0, sinceMs) - GRACE_MS;
  const everyMs = (everySeconds ?? Number.POSITIVE_INFINITY) * 1_000;
  if (quietMs > SILENT_AFTER * everyMs) return 'silent';
  if (record.heardMs === undefined) return 'new';
  return quietMs > LATE_AFTER * everyMs ? 'late' : 'ok';
}

/** Of the newest expected ones, those that have not come by now included. Undefined: none was expected yet. */
export function successRate(record: Track, everySeconds: number | undefined, nowMs: number): number | undefined {
  const missed = Math.max(0, missedBy(record.heardMs, nowMs - GRACE_MS, everySeconds));
  const { outcomes, known } = pushed(record, 0, missed);
  if (known === 0) return undefined;
  let came = 0;
  for (let bits = outcomes; bits !== 0; bits >>>= 1) came += bits & 1;
  return Math.round((came / known) * 1_000) / 1_000;
}

/** Whole intervals without a message between two moments; -1 when not even one has passed. */
function missedBy(heardMs: number | undefined, atMs: number, everySeconds: number | undefined): number {
  if (heardMs === undefined || everySeconds === undefined) return 0;
  return Math.round((atMs - heardMs) / (everySeconds * 1_000)) - 1;
}

function pushed(record: Track, bit: 0 | 1, times: number): Track {
  let { outcomes, known } = record;
  for (let at = 0; at < Math.min(times, MOST_OUTCOMES); at += 1) {
    outcomes = ((outcomes << 1) | bit) & ALL_OUTCOMES;
    known = Math.min(MOST_OUTCOMES, known + 1);
  }
  return { ...record, outcomes, known };
}

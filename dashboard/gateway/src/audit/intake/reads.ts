/**
 * Reads of load profiles, batched: what somebody reads for the first time is told within a second, all of it in one record; what they read again is
 * counted and told after a minute, two, four … up to an hour while they go on, as a page on a wall does. Pure: time is an argument.
 */

export interface ReadBatch<Facts> {
  readonly facts: Facts;
  readonly targets: readonly string[];
  /** Requests that were answered. */
  readonly count: number;
  readonly sinceMs: number;
}

interface Reader<Facts> {
  facts: Facts;
  fresh: Set<string>;
  freshCount: number;
  freshSinceMs: number;
  /** Told already. */
  readonly known: Set<string>;
  again: Set<string>;
  againCount: number;
  againSinceMs: number;
  windowMs: number;
  endsMs: number;
}

/** A page asks for its charts within a second. */
const GATHER_MS = 1_000;
const FIRST_WINDOW_MS = 60_000;
const LONGEST_WINDOW_MS = 3_600_000;
/** Targets of a record. */
const MOST_IN_A_RECORD = 100;
/** Targets we remember of a reader; who reads more is told of anew, which is only a record more. */
const MOST_KNOWN = 300;
/** Readers in memory: as many as there are sessions. Of the one who came first, all is told. */
const MOST_READERS = 5_000;

export class Reads<Facts> {
  readonly #readers = new Map<string, Reader<Facts>>();
  /** Told of somebody who had to make room. */
  #leaving: ReadBatch<Facts>[] = [];

  note(reader: string, facts: Facts, targets: readonly string[], nowMs: number): void {
    const known = this.#readers.get(reader) ?? this.#begin(reader, facts, nowMs);
    const fresh = targets.filter((target) => !known.known.has(target));
    known.facts = facts;
    if (fresh.length > 0) {
      if (known.freshCount === 0) known.freshSinceMs = nowMs;
      known.freshCount += 1;
      for (const target of fresh) known.fresh.add(target);
      return;
    }
    if (known.againCount === 0) known.againSinceMs = nowMs;
    known.againCount += 1;
    for (const target of targets) known.again.add(target);
  }

  due(nowMs: number): readonly ReadBatch<Facts>[] {
    const leaving = this.#leaving;
    this.#leaving = [];
    const told = [...this.#readers].flatMap(([name, reader]) => {
      const isFreshDue = reader.freshCount > 0 && nowMs >= reader.freshSinceMs + GATHER_MS;
      const told = isFreshDue ? takeFresh(reader) : [];
      if (nowMs < reader.endsMs) return told;
      if (reader.againCount === 0 && reader.freshCount === 0) this.#readers.delete(name);
      reader.windowMs = Math.min(LONGEST_WINDOW_MS, 2 * reader.windowMs);
      reader.endsMs = nowMs + reader.windowMs;
      return [...told, ...takeAgain(reader)];
    });
    return [...leaving, ...told];
  }

  /** All that was counted, at the end. */
  rest(): readonly ReadBatch<Facts>[] {
    return [...this.#leaving, ...[...this.#readers.values()].flatMap(takeAll)];
  }

  get isEmpty(): boolean {
    return this.#readers.size === 0 && this.#leaving.length === 0;
  }

  #begin(name: string, facts: Facts, nowMs: number): Reader<Facts> {
    const [oldest] = this.#readers;
    if (this.#readers.size >= MOST_READERS && oldest !== undefined) {
      this.#readers.delete(oldest[0]);
      this.#leaving.push(...takeAll(oldest[1]));
    }
    const reader: Reader<Facts> = {
      facts,
      ...{ fresh: new Set(), freshCount: 0, freshSinceMs: nowMs, known: new Set() },
      ...{ again: new Set(), againCount: 0, againSinceMs: nowMs },
      ...{ windowMs: FIRST_WINDOW_MS, endsMs: nowMs + FIRST_WINDOW_MS },
    };
    this.#readers.set(name, reader);
    return reader;
  }
}

function takeAll<Facts>(reader: Reader<Facts>): readonly ReadBatch<Facts>[] {
  return [...takeFresh(reader), ...takeAgain(reader)];
}

function takeFresh<Facts>(reader: Reader<Facts>): readonly ReadBatch<Facts>[] {
  const { facts, fresh, freshCount, freshSinceMs, known } = reader;
  if (known.size + fresh.size > MOST_KNOWN) known.clear();
  for (const target of fresh) if (known.size < MOST_KNOWN) known.add(target);
  reader.fresh = new Set();
  reader.freshCount = 0;
  return inRecords(facts, fresh, freshCount, freshSinceMs);
}

function takeAgain<Facts>(reader: Reader<Facts>): readonly ReadBatch<Facts>[] {
  const { facts, again, againCount, againSinceMs } = reader;
  reader.again = new Set();
  reader.againCount = 0;
  return inRecords(facts, again, againCount, againSinceMs);
}

/** The count stands on the first record, so that it is true in sum. */
function inRecords<Facts>(
  facts: Facts,
  targets: ReadonlySet<string>,
  count: number,
  sinceMs: number,
): readonly ReadBatch<Facts>[] {
  if (count === 0) return [];
  const all = [...targets];
  const records: ReadBatch<Facts>[] = [];
  for (let at = 0; at < all.length || at === 0; at += MOST_IN_A_RECORD) {
    records.push({ facts, targets: all.slice(at, at + MOST_IN_A_RECORD), count: at === 0 ? count : 0, sinceMs });
  }
  return records;
}

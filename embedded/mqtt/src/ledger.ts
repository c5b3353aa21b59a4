/**
 * The log with its two habits: control records and messages are appended and awaited, acknowledgements are gathered for a
 * moment and written together. An acknowledgement that a crash takes with it costs one redelivery and nothing else.
 */

import type { Clock, DurableLog, Timer } from '@contor/kit';
import { encodeRecord, type SettledRecord, type StoreRecord } from './records.js';
import type { Delivery, Session } from './session.js';

/** How long acknowledgements are gathered: the redeliveries after a crash, against one more record a moment. */
const GATHER_MS = 50;
/** ... or this many, so that the record stays small. */
const GATHER_AT_MOST = 4096;

export class Ledger {
  readonly log: DurableLog;
  readonly #clock: Clock;
  readonly #onFlushed: () => void;
  readonly #gathered = new Map<Session, Set<number>>();
  #count = 0;
  #timer: Timer | undefined;
  #flushing: Promise<void> = Promise.resolve();

  constructor(log: DurableLog, clock: Clock, onFlushed: () => void) {
    this.log = log;
    this.#clock = clock;
    this.#onFlushed = onFlushed;
  }

  append(record: StoreRecord): Promise<number> {
    return this.log.append(encodeRecord(record));
  }

  settled(delivery: Delivery): void {
    const indexes = this.#gathered.get(delivery.session);
    if (indexes === undefined) this.#gathered.set(delivery.session, new Set([delivery.index]));
    else indexes.add(delivery.index);
    this.#count += 1;
    if (this.#count >= GATHER_AT_MOST) this.flush();
    else this.#timer ??= this.#clock.after(GATHER_MS, () => this.flush());
  }

  forget(session: Session): void {
    this.#gathered.delete(session);
  }

  /** Writes what was gathered. Resolves when that, and everything gathered before, is on disk. */
  flush(): Promise<void> {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#count = 0;
    if (this.#gathered.size === 0) return this.#flushing;
    const record: SettledRecord = { kind: 'settled', sessions: [...this.#gathered].map(entry) };
    this.#gathered.clear();
    // A refusal (log full, disk full) leaves the acknowledgements in memory: the next snapshot writes them.
    this.#flushing = this.append(record).then(
      () => this.#onFlushed(),
      () => this.#onFlushed(),
    );
    return this.#flushing;
  }
}

function entry([session, indexes]: [Session, Set<number>]): SettledRecord['sessions'][number] {
  const floor = session.floor;
  return { session: session.number, floor, settled: [...indexes].filter((index) => index >= floor) };
}

/**
 * While the live lane is far behind, this keeps the newest record of every device beyond the window, so that the present
 * can be sent ahead of the past. One look through the log finds them; from then on each arrival replaces its
 * predecessor. It holds one record a device, however long the outage.
 */

import type { IngestLog } from '../ingest/ingest-log.js';
import type { IngestRecord } from '../ingest/record.js';

export interface AheadRecord {
  readonly sequence: number;
  readonly record: IngestRecord;
}

/** Records handed out at once: their entities are in memory together. */
const AT_ONCE = 2_000;

export class AheadOfTime {
  readonly #log: IngestLog;
  readonly #newest = new Map<string, AheadRecord>();
  /** Sent ahead of the cursor: the window steps over them when it gets there. */
  readonly #sent = new Set<number>();
  #isCollecting = false;

  constructor(log: IngestLog) {
    this.#log = log;
  }

  offer(sequence: number, record: IngestRecord): void {
    if (!this.#isCollecting) return;
    const key = `${record.tenant}/${record.device}/${record.channel}`;
    if ((this.#newest.get(key)?.sequence ?? 0) < sequence) this.#newest.set(key, { sequence, record });
  }

  /** The newest records after `after`, in portions. They stay here until `taken`. */
  async take(after: number): Promise<readonly (readonly AheadRecord[])[]> {
    if (!this.#isCollecting) {
      this.#isCollecting = true;
      for await (const { sequence, record } of this.#log.scan(after + 1))
        if (record !== undefined) this.offer(sequence, record);
    }
    const waiting = [...this.#newest.values()].filter(({ sequence }) => sequence > after);
    const portions: AheadRecord[][] = [];
    for (let at = 0; at < waiting.length; at += AT_ONCE) portions.push(waiting.slice(at, at + AT_ONCE));
    return portions;
  }

  /** These need not be sent ahead again; of those in `isDone` nothing is left to do. */
  taken(records: readonly AheadRecord[], isDone: (sequence: number) => boolean): void {
    for (const { sequence, record } of records) {
      const key = `${record.tenant}/${record.device}/${record.channel}`;
      if (this.#newest.get(key)?.sequence === sequence) this.#newest.delete(key);
      if (isDone(sequence)) this.#sent.add(sequence);
    }
  }

  hasSent(sequence: number): boolean {
    return this.#sent.has(sequence);
  }

  /** The cursor has passed `sequence`. */
  forget(sequence: number): void {
    for (const sent of this.#sent) if (sent <= sequence) this.#sent.delete(sent);
  }

  /** The lane has caught up: nothing to be ahead of. */
  rest(): void {
    this.#isCollecting = false;
    this.#newest.clear();
  }
}

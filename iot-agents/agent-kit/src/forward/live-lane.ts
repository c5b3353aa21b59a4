/**
 * The live lane: empties the live ingest log into the broker. It works through windows of records; a window is done when
 * everything in it was confirmed by the broker, put on a shelf, or is safe in the late log, and only then the cursor moves.
 *
 * When the window is far behind (an outage, a long restart), the newest record of every device goes first (`ahead`), so
 * that a person sees the present while the past is still on its way. Its marks are on disk before it is sent: after a
 * crash in the middle the older states then go to history, and never over the newer ones in the broker.
 *
 * After a restart the first window reads at least as far as anything can have been sent without a saved mark, and is
 * planned `newest first`: so what was sent before the crash is not overtaken by its own past.
 */

import type { Clock, Disk, Logger, Random, Timer } from '@contor/kit';
import { groupBy } from '../group-by.js';
import type { IngestLog } from '../ingest/ingest-log.js';
import type { IngestRecord } from '../ingest/record.js';
import type { Shelf } from '../shelf.js';
import { AheadOfTime } from './ahead.js';
import { type CursorFile, openCursorFile, resumeAfter } from './cursor.js';
import { deliverQueues, runSome } from './deliver.js';
import { type LaneFigures, LaneLoop } from './lane-loop.js';
import { Marks, NO_MARKS, type SavedMarks } from './marks.js';
import { type Item, type Order, planWindow, type Send } from './plan.js';
import type { BrokerPort } from './ports.js';
import { putDeadLetter, putRefusals, translateSafely } from './refusals.js';
import type { Translation, Translator } from './state.js';

export interface LiveLaneOptions {
  readonly clock: Clock;
  readonly disk: Disk;
  readonly random: Random;
  readonly log: Logger;
  readonly cursorPath: string;
  readonly live: IngestLog;
  readonly late: IngestLog;
  readonly translator: Translator;
  readonly broker: BrokerPort;
  readonly deadLetters: Shelf;
  readonly quarantine: Shelf;
  readonly onFatal: (error: Error) => void;
}

export interface LiveLane {
  readonly figures: LaneFigures & { readonly movedLate: number };
  start(): void;
  stop(): Promise<void>;
}

const WINDOW = { records: 2_000, bytes: 8 * 1024 * 1024 } as const;
/** The cursor is saved at the latest after so much, or after a second. */
const UNSAVED = { records: 4_000, bytes: 16 * 1024 * 1024, ms: 1_000 } as const;
/** Everything that can have been sent and not saved: what was unsaved, and the window after it. */
const FIRST_WINDOW = { records: WINDOW.records + UNSAVED.records, bytes: WINDOW.bytes + 2 * UNSAVED.bytes } as const;
/** An outage shorter than this is a hiccup: its states still go through the broker one by one, in order. */
const HICCUP_MS = 10_000;

interface Window {
  readonly firstSequence: number;
  readonly lastSequence: number;
  readonly bytes: number;
  readonly records: ReadonlyMap<number, IngestRecord>;
  /** What the broker has not confirmed yet. */
  readonly open: Set<Item>;
  /** Records of which something is too late for the broker; they leave this set when they are in the late log. */
  readonly late: Set<number>;
}

interface Memory {
  readonly marks: SavedMarks;
}

export async function openLiveLane(options: LiveLaneOptions): Promise<LiveLane> {
  const cursor = openCursorFile<Memory>(options.disk, options.cursorPath, options.log);
  const saved = await cursor.read();
  const lane = new Lane(options, cursor, resumeAfter(saved, options.live, options.log));
  lane.marks.load(saved?.memory.marks ?? NO_MARKS);
  return lane;
}

class Lane implements LiveLane {
  readonly marks = new Marks();
  readonly #options: LiveLaneOptions;
  readonly #cursor: CursorFile<Memory>;
  readonly #loop: LaneLoop;
  readonly #ahead: AheadOfTime;
  #window: Window | undefined;
  #done: number;
  #savedSequence: number;
  #savedAtMs: number;
  #unsavedBytes = 0;
  #due: Timer | undefined;
  #staleUntil: number;
  #isFirstWindow = true;
  #forwarded = 0;
  #movedLate = 0;

  constructor(options: LiveLaneOptions, cursor: CursorFile<Memory>, done: number) {
    this.#options = options;
    this.#cursor = cursor;
    this.#done = done;
    this.#savedSequence = done;
    this.#savedAtMs = options.clock.monotonicMs();
    this.#staleUntil = options.live.head;
    this.#ahead = new AheadOfTime(options.live);
    this.#loop = new LaneLoop({ ...options, name: 'live', step: () => this.#step() });
    options.live.onStored((sequence, record) => {
      this.#ahead.offer(sequence, record);
      this.#loop.ring();
    });
  }

  get figures() {
    const lag = this.#options.live.head - this.#done;
    return { forwarded: this.#forwarded, lag, failures: this.#loop.failures, movedLate: this.#movedLate };
  }

  start(): void {
    this.#loop.start();
  }

  async stop(): Promise<void> {
    await this.#loop.stop();
    await this.#save();
  }

  async #step(): Promise<boolean> {
    const { live } = this.#options;
    if (this.#loop.failingForMs > HICCUP_MS) this.#staleUntil = live.head;
    this.#window ??= await this.#openWindow();
    const window = this.#window;
    if (window === undefined) {
      await this.#saveWhenDue();
      return false;
    }
    if (this.#isFarBehind(window)) await this.#sendAhead(window.lastSequence);
    else this.#ahead.rest();
    await this.#carryOut(window);
    this.#finish(window);
    await this.#saveWhenDue();
    return true;
  }

  async #openWindow(): Promise<Window | undefined> {
    const { live, log } = this.#options;
    if (this.#done >= live.head) return undefined;
    const found = await live.readFrom(this.#done + 1, this.#isFirstWindow ? FIRST_WINDOW : WINDOW);
    const records = new Map<number, IngestRecord>();
    const open = new Set<Item>();
    let bytes = 0;
    for (const { sequence, record } of found) {
      if (record === undefined)
        log.error({ sequence }, 'The ingest log holds a record that is not ours: stepped over.');
      if (record === undefined || this.#ahead.hasSent(sequence)) continue;
      bytes += record.bytes.length;
      records.set(sequence, record);
      const { states, refusals } = this.#translate(record);
      for (const state of states) open.add({ sequence, tenant: record.tenant, state });
      await putRefusals(refusals, record, this.#options);
    }
    const firstSequence = found[0]?.sequence ?? live.head;
    return { firstSequence, lastSequence: found.at(-1)?.sequence ?? live.head, bytes, records, open, late: new Set() };
  }

  /** More is waiting than fits into the next window, and not only because much comes at once. */
  #isFarBehind(window: Window): boolean {
    const { live, clock } = this.#options;
    const [oldest] = window.records.values();
    const waitedMs = oldest === undefined ? 0 : clock.nowMs() - oldest.receivedAtMs;
    return live.head - window.lastSequence > WINDOW.records && waitedMs > HICCUP_MS;
  }

  /** The newest record of every device beyond the window, before anything else. */
  async #sendAhead(after: number): Promise<void> {
    this.#staleUntil = this.#options.live.head;
    for (const portion of await this.#ahead.take(after)) {
      const items = portion.flatMap(({ sequence, record }) =>
        this.#translate(record).states.map((state) => ({ sequence, tenant: record.tenant, state })),
      );
      const { sends, late } = planWindow(items, this.marks, 'newest first');
      for (const { key, item } of [...sends.values()].flat()) this.marks.raise(key, item.state);
      await this.#save();
      await this.#deliver(sends, () => undefined);
      this.#ahead.taken(portion, (sequence) => !late.has(sequence));
    }
  }

  async #carryOut(window: Window): Promise<void> {
    const order: Order = window.firstSequence <= this.#staleUntil ? 'newest first' : 'in order';
    const { sends, late, onlyLate } = planWindow([...window.open], this.marks, order);
    for (const sequence of late) window.late.add(sequence);
    await this.#deliver(sends, ({ item }) => window.open.delete(item));
    await this.#moveLate(window);
    for (const item of onlyLate) window.open.delete(item);
  }

  #translate(record: IngestRecord): Translation {
    return translateSafely((one) => this.#options.translator.live(one), record, this.#options.log);
  }

  async #deliver(sends: ReadonlyMap<string, readonly Send[]>, done: (send: Send) => void): Promise<void> {
    const { broker } = this.#options;
    const tenants = [...groupBy(sends.values(), (queue) => queue[0]?.item.tenant ?? '')];
    await runSome(tenants, tenants.length, ([tenant, queues]) =>
      deliverQueues(tenant, queues, (name, entities) => broker.upsert(name, entities), {
        sending: ({ key, item }) => this.marks.raise(key, item.state),
        delivered: (send) => {
          this.#forwarded += 1;
          done(send);
        },
        refused: async (send, reason) => {
          await putDeadLetter(tenant, send.entity, `broker: ${reason}`, this.#options);
          done(send);
        },
      }),
    );
  }

  /** Into the late log, as they came: the late lane carries them to history on its own time. */
  async #moveLate(window: Window): Promise<void> {
    const waiting = [...window.late];
    await runSome(waiting, waiting.length, async (sequence) => {
      const record = window.records.get(sequence);
      if (record !== undefined) await this.#options.late.append({ ...record, lane: 'late' });
      window.late.delete(sequence);
      this.#movedLate += 1;
    });
  }

  #finish(window: Window): void {
    this.#done = window.lastSequence;
    this.#unsavedBytes += window.bytes;
    this.#isFirstWindow = false;
    this.#window = undefined;
    this.#ahead.forget(this.#done);
  }

  async #saveWhenDue(): Promise<void> {
    const unsaved = this.#done - this.#savedSequence;
    if (unsaved === 0) return;
    const waitMs = UNSAVED.ms - (this.#options.clock.monotonicMs() - this.#savedAtMs);
    if (unsaved >= UNSAVED.records || this.#unsavedBytes >= UNSAVED.bytes || waitMs <= 0) await this.#save();
    // Otherwise somebody must come back to it, even when no reading does.
    else this.#due ??= this.#options.clock.after(waitMs, () => this.#loop.ring());
  }

  async #save(): Promise<void> {
    this.#due?.cancel();
    this.#due = undefined;
    await this.#cursor.write({ sequence: this.#done, memory: { marks: this.marks.save() } });
    await this.#options.live.release(this.#done);
    this.#savedSequence = this.#done;
    this.#savedAtMs = this.#options.clock.monotonicMs();
    this.#unsavedBytes = 0;
  }
}

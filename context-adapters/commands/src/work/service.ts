/** The service as a whole: what comes in, what goes out and what is shown, one change of the journal after the other. */

import { usageOf } from '../core/caps.js';
import { REQUEST_LASTS_MS } from '../core/judge.js';
import { type ControlRecord, isSettled, type RequestRecord } from '../core/records.js';
import { controlView, requestView } from '../outlet/views.js';
import { Inbox } from './inbox.js';
import { Orders, type Serially } from './orders.js';
import { CapsOfNow, type Parts } from './parts.js';

/** A read that was only to be shown is gone after this, from here and from the broker. */
const SHOWN_MS = 3_600_000;
const TIDY_EVERY_MS = 10 * 60_000;
const EXPIRE_EVERY_MS = 30_000;
const LOOK_EVERY_MS = 500;
/** Views in one batch. */
const SHOWN_AT_ONCE = 200;
/** What the switch shows changes by itself as hours pass. */
const CONTROL_SHOWN_EVERY_MS = 60_000;

export class CommandService {
  readonly #parts: Parts;
  readonly #inbox: Inbox;
  readonly #orders: Orders;
  readonly #caps: CapsOfNow;
  readonly #lastAtMs = new Map<string, number>();
  #controlShown: ControlRecord | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#caps = new CapsOfNow(parts);
    this.#inbox = new Inbox(parts, this.#caps);
    this.#orders = new Orders(parts, this.#inbox, this.#caps, this.#serially);
  }

  get figures(): Readonly<Record<string, number>> {
    const { journal } = this.#parts;
    const open = journal.unfinished();
    const count = (status: string) => open.filter((one) => one.status === status).length;
    return {
      waiting: count('waiting'),
      sending: count('sending'),
      unknown: count('unknown'),
      alarms: journal.alarms().length,
    };
  }

  /** Once, before anything else. */
  resume(): Promise<void> {
    return this.#serially(() => this.#inbox.resume());
  }

  /** What lies in the broker, the switch first. */
  async intake(): Promise<void> {
    const { context } = this.#parts;
    await this.#serially(async () => this.#inbox.hearControl(await context.control()));
    const pending = await context.pending();
    for (const told of pending) await this.#serially(() => this.#inbox.hear(told));
    await this.tick();
  }

  /** Time has passed. */
  async tick(): Promise<void> {
    await this.#serially(async () => {
      await this.#every(EXPIRE_EVERY_MS, 'expire', () => this.#inbox.expire(REQUEST_LASTS_MS));
      await this.#orders.sendDue();
      await this.#every(LOOK_EVERY_MS, 'look', () => this.#orders.look());
      await this.#every(TIDY_EVERY_MS, 'tidy', () => this.#tidy());
    });
    await this.#show();
  }

  readonly #serially: Serially = (work) => {
    const mine = this.#queue.then(work);
    this.#queue = mine.catch(() => undefined);
    return mine;
  };

  /** Alarms first. What could not be told stays to be told. */
  async #show(): Promise<void> {
    const { journal, context, touched } = this.#parts;
    const alarms = journal.alarms();
    if (alarms.length > 0) {
      await context.tell(alarms);
      for (const { id } of alarms) await journal.alarmTold(id);
    }
    const ids = [...touched].slice(0, SHOWN_AT_ONCE);
    for (const id of ids) touched.delete(id);
    const requests = ids.flatMap((id) => journal.request(id) ?? []).filter(({ isTidied }) => isTidied !== true);
    try {
      // What is left of the caps has changed with them.
      if (requests.length > 0) {
        this.#controlShown = undefined;
        await context.tell(requests.map((request) => requestView(request, journal.targets(request.id))));
      }
    } catch (error) {
      for (const id of ids) touched.add(id);
      throw error;
    }
    await this.#showControl();
  }

  async #showControl(): Promise<void> {
    const { journal, context, settings, clock } = this.#parts;
    const { control } = journal;
    const isDue =
      clock.monotonicMs() - (this.#lastAtMs.get('control') ?? Number.NEGATIVE_INFINITY) >= CONTROL_SHOWN_EVERY_MS;
    if (control === this.#controlShown && !isDue) return;
    const nowMs = clock.nowMs();
    const usage = usageOf(journal.requests(), nowMs);
    const caps = await this.#caps.get();
    await context.tell([controlView({ tenant: settings.tenant, control, caps, usage, nowMs })]);
    this.#controlShown = control;
    this.#lastAtMs.set('control', clock.monotonicMs());
  }

  /** S0-21: what was read without leave to store it is shown for an hour. */
  async #tidy(): Promise<void> {
    const { journal, context, clock } = this.#parts;
    const over = journal
      .requests()
      .filter((one) => isShownOnly(one) && clock.nowMs() - (one.finishedAtMs ?? clock.nowMs()) > SHOWN_MS);
    if (over.length === 0) return;
    await context.forget(over.map(({ id }) => id));
    for (const request of over) {
      await journal.keepTargets(journal.targets(request.id).map(({ result: _shown, ...target }) => target));
      await journal.keepRequest({ ...request, isTidied: true });
    }
  }

  async #every(everyMs: number, name: string, work: () => Promise<void>): Promise<void> {
    const nowMs = this.#parts.clock.monotonicMs();
    if (nowMs - (this.#lastAtMs.get(name) ?? Number.NEGATIVE_INFINITY) < everyMs) return;
    this.#lastAtMs.set(name, nowMs);
    await work();
  }

  /** Nothing is under way any more: neither an order nor a change of the journal. */
  async settled(): Promise<void> {
    await this.#queue;
    await this.#orders.landed();
    await this.#queue;
  }
}

function isShownOnly({ command, parameters, isTidied, finishedAtMs, status }: RequestRecord): boolean {
  const isOver = finishedAtMs !== undefined && (status === 'approved' || isSettled(status));
  return command === 'read' && parameters.store !== true && isOver && isTidied !== true;
}

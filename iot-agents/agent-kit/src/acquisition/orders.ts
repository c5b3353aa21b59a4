/**
 * Reads that a person asked for: an order `read` or `setClock` that the command door has taken (docs/commands.md) becomes a read out of
 * turn. A `ReadJob` shows its steps while it runs; the values are in the answer of the command and, only where the order says so, stored.
 */

import { type Clock, toIso } from '@contor/kit';
import { entity, urn } from '@contor/orion-config';
import type { CommandAnswer, Sending } from '../commands/desk.js';
import type { KeptOrder } from '../commands/order-book.js';
import type { Entity, Translator } from '../forward/state.js';
import { contentHash } from '../ingest/record.js';
import type { Outbox } from '../outbox.js';
import { type Device, keyOfDevice } from '../registry/device.js';
import { outcomeOf } from './communication.js';
import type { Acquisition } from './open.js';
import type { BroughtFrame, ReadStep, ReadTask } from './reader.js';
import type { ReadReport } from './report.js';

export interface ReadOrdersOptions {
  readonly acquisition: Pick<Acquisition, 'ask'>;
  readonly clock: Clock;
  readonly outbox: Pick<Outbox, 'put'>;
  readonly translator: Pick<Translator, 'live'>;
  /** The command door: what it is told is durable when it resolves. */
  readonly answer: (key: string, answer: CommandAnswer) => Promise<void>;
  readonly onFatal: (error: Error) => void;
}

export interface ReadOrders {
  /** For `openCommands`. Undefined: no command of ours, the agent sends it itself. */
  send(device: Device, order: KeptOrder): Sending | undefined;
  /** Resolves when all that were begun have been answered. */
  settled(): Promise<void>;
}

/** Steps are shown to people: the first at once, others together. */
const SHOW_EVERY_MS = 1_000;
/** Of a job, on its entity. */
const MOST_SHOWN = 50;

export function openReadOrders(options: ReadOrdersOptions): ReadOrders {
  const running = new Set<Promise<void>>();
  return {
    send(device, order) {
      const carryOut = COMMANDS[order.command];
      if (carryOut === undefined) return undefined;
      const job = new Job(device, order, options);
      const run = job
        .run(carryOut)
        .catch((error: unknown) => options.onFatal(error instanceof Error ? error : new Error(String(error))))
        .finally(() => running.delete(run));
      running.add(run);
      return { kind: 'sent' };
    },
    async settled() {
      await Promise.all(running);
    },
  };
}

type CarryOut = (ask: (task: ReadTask) => Promise<ReadReport>) => Promise<ReadReport>;

const COMMANDS: Readonly<Record<string, CarryOut>> = {
  read: (ask) => ask({ kind: 'live' }),
  /** By how much is known only from the meter itself. */
  async setClock(ask) {
    const told = await ask({ kind: 'clock' });
    return told.deviation === undefined
      ? told
      : ask({ kind: 'setClock', byMs: -Math.round(told.deviation.deviationMs) });
  },
};

class Job {
  readonly #device: Device;
  readonly #order: KeptOrder;
  readonly #options: ReadOrdersOptions;
  readonly #steps: ReadStep[] = [];
  #shownMs = Number.NEGATIVE_INFINITY;

  constructor(device: Device, order: KeptOrder, options: ReadOrdersOptions) {
    this.#device = device;
    this.#order = order;
    this.#options = options;
  }

  async run(carryOut: CarryOut): Promise<void> {
    const { answer } = this.#options;
    const report = await carryOut((task) => this.#ask(task));
    const state = report.result.kind === 'stored' || report.result.kind === 'shown' ? 'OK' : 'ERROR';
    const text = state === 'OK' ? this.#textOf(report) : outcomeOf(report.result);
    this.#show(state === 'OK' ? 'done' : 'failed', report);
    await answer(keyOfDevice(this.#device), { command: this.#order.command, orderId: this.#order.id, state, text });
  }

  async #ask(task: ReadTask): Promise<ReadReport> {
    const { acquisition, clock } = this.#options;
    const { id, notAfterMs, parameters } = this.#order;
    const late = new AbortController();
    // Nothing begins after its time (P16); what has begun goes on.
    const timer = clock.after(notAfterMs - clock.nowMs(), () => late.abort(new Error('order.expired')));
    const tell = (step: ReadStep): void => {
      if (step.name === 'begun') timer.cancel();
      if (this.#steps.length < MOST_SHOWN) this.#steps.push(step);
      if (clock.monotonicMs() - this.#shownMs >= SHOW_EVERY_MS) this.#show('reading');
    };
    const asked = { by: 'order', isShownOnly: parameters?.store !== true, correlation: id };
    const report = await acquisition.ask({ key: keyOfDevice(this.#device), task, asked, tell, signal: late.signal });
    timer.cancel();
    return report;
  }

  #show(status: 'reading' | 'done' | 'failed', report?: ReadReport): void {
    const { clock, outbox } = this.#options;
    const { id, tenant, takenAtMs, command } = this.#order;
    this.#shownMs = clock.monotonicMs();
    const last = this.#steps.at(-1)?.name ?? 'queued';
    const steps = this.#steps.map(({ atMs, name }) => ({ at: toIso(atMs), name }));
    const job = entity('ReadJob', urn('ReadJob', id))
      .relationship('refDevice', this.#device.refDevice)
      .property('profile', command)
      .property('requestedAt', toIso(takenAtMs))
      .property('correlationId', id)
      .property('status', status)
      .property('resultText', report === undefined ? last : outcomeOf(report.result))
      .property('result', { steps, ...(report !== undefined && effortOf(report)) });
    if (report !== undefined) job.property('finishedAt', toIso(clock.nowMs()));
    outbox.put({ to: 'broker', tenant, entity: job.build() });
  }

  /** Values in the words and units of the vocabulary, so that whoever reads them need not know the device. */
  #textOf({ result, deviation }: ReadReport): string {
    if (this.#order.command === 'setClock') return 'set';
    const frames = result.kind === 'stored' || result.kind === 'shown' ? result.frames : [];
    const values = Object.assign({}, ...frames.map((frame) => this.#valuesOf(frame))) as object;
    const clock = deviation === undefined ? {} : { clockDeviationSeconds: Math.round(deviation.deviationMs) / 1_000 };
    return JSON.stringify({ ...values, ...clock });
  }

  #valuesOf({ lane, channel, bytes }: BroughtFrame): object {
    const device = keyOfDevice(this.#device);
    const hash = contentHash(device, bytes);
    const receivedAtMs = this.#options.clock.nowMs();
    const { states } = this.#options.translator.live({
      ...{ lane, channel, bytes, device, hash, receivedAtMs, tenant: this.#order.tenant },
    });
    return Object.assign(
      {},
      ...states.filter(({ isOneOff }) => !isOneOff).map(({ entity: state }) => measuredIn(state)),
    );
  }
}

function measuredIn(state: Entity): object {
  const measured = Object.entries(state).flatMap(([name, attribute]): [string, unknown][] =>
    typeof attribute === 'object' && attribute !== null && 'value' in attribute && 'observedAt' in attribute
      ? [[name, attribute.value]]
      : [],
  );
  return Object.fromEntries(measured);
}

function effortOf({ attempts, bytesIn, bytesOut, waitedMs, tookMs }: ReadReport): object {
  return { attempts, bytesIn, bytesOut, waitedMs: Math.round(waitedMs), tookMs: Math.round(tookMs) };
}

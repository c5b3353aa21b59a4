/** A broker core on a simulated disk and clock with one subscription, and a subscriber that answers as told and remembers. */

import { type BrokerCore, openBrokerCore } from '@contor/broker';
import type { SendResult } from '@contor/broker/subscription/courier.js';
import type { Notification } from '@contor/broker/subscription/post-office.js';
import { type Logger, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};
export const TENANT = 'default';
export const SUBSCRIPTION = 'urn:ngsi-ld:Subscription:1';
const TYPE = 'https://example.org/T';

export interface Heard {
  readonly id: string;
  /** 'a1': entity and value. */
  readonly states: readonly string[];
  readonly atMs: number;
  readonly result: SendResult;
}

export interface Limits {
  readonly maxOutboxBytes?: number;
  readonly maxOutboxesBytes?: number;
  readonly maxDeadLetterBytes?: number;
}

export class Rig {
  readonly disk: SimulatedDisk;
  readonly heard: Heard[] = [];
  answer: (states: readonly string[]) => SendResult | Promise<SendResult> = () => ({ kind: 'accepted' });
  core!: BrokerCore;
  clock!: SimulatedClock;
  readonly #limits: Limits;
  #lives = 0;

  constructor(limits: Limits = {}, seed = 7) {
    this.disk = new SimulatedDisk({ random: seededRandom(seed) });
    this.#limits = limits;
  }

  /** Begins a life; the one before may have ended in any way. */
  async boot(): Promise<void> {
    this.#lives += 1;
    const life = this.#lives;
    const clock = new SimulatedClock(Date.UTC(2026, 10, 20) + life * 3_600_000);
    const core = await openBrokerCore({
      clock,
      disk: this.disk.boot(),
      random: seededRandom(life),
      log: SILENT,
      dataFolder: '/data',
      maxLogBytes: 2 ** 26,
      snapshotBytes: 2 ** 30,
      segmentBytes: 16_384,
      maxOutboxBytes: 2 ** 24,
      ...this.#limits,
      onFatal: () => undefined,
      deliver: async (notification) => {
        // A power cut ends what was on its way.
        if (life !== this.#lives) return new Promise<never>(() => undefined);
        return this.#deliver(notification, clock);
      },
    });
    this.clock = clock;
    this.core = core;
    core.office.start();
  }

  async crash(): Promise<void> {
    this.disk.crash();
    await this.boot();
  }

  async stop(): Promise<void> {
    await this.core.office.stop();
    await this.core.store.close();
  }

  subscribe(more: object = {}, endpoint: object = {}, id = SUBSCRIPTION) {
    return this.core.store.submit({
      kind: 'subscribe',
      tenant: TENANT,
      atMs: 0,
      subscription: {
        id,
        entities: [{ types: [TYPE] }],
        isActive: true,
        notification: {
          format: 'normalized',
          sysAttrs: false,
          endpoint: { uri: 'http://127.0.0.1/', accept: 'application/json', ...endpoint },
        },
        context: {},
        createdAt: this.clock.nowMs(),
        modifiedAt: 0,
        ...more,
      },
    });
  }

  unsubscribe(id = SUBSCRIPTION) {
    return this.core.store.submit({ kind: 'unsubscribe', tenant: TENANT, atMs: 0, id });
  }

  /** 'a1', 'b7': one command for all. */
  write(...states: readonly string[]) {
    return this.core.store.submit({
      kind: 'entities',
      operation: 'upsertUpdate',
      tenant: TENANT,
      atMs: this.clock.nowMs(),
      inputs: states.map((state) => input(state.slice(0, 1), Number(state.slice(1)))),
    });
  }

  /** What the subscriber said yes to, in order. */
  get told(): readonly string[] {
    return this.heard.flatMap(({ states, result }) => (result.kind === 'accepted' ? states : []));
  }

  get letters() {
    return this.core.letters.of(TENANT, SUBSCRIPTION);
  }

  async #deliver({ id, parcel }: Notification, clock: SimulatedClock): Promise<SendResult> {
    const states = parcel.entries.map(({ entity }) => `${entity.id.slice(-1)}${entity.attributes[0]?.value}`);
    const atMs = clock.nowMs();
    const result = await this.answer(states);
    this.heard.push({ id, states, atMs, result });
    return result;
  }
}

export const refusal = (reason = 'status 400'): SendResult => ({ kind: 'failed', reason, isRefusal: true });
export const failure = (reason = 'status 503'): SendResult => ({ kind: 'failed', reason });

function input(id: string, value: number) {
  const attribute = {
    name: 'https://example.org/value',
    kind: 'Property' as const,
    value,
    observedAt: undefined,
    unitCode: undefined,
    datasetId: undefined,
    parts: [],
    createdAt: 0,
    modifiedAt: 0,
    size: 200,
  };
  return { id: `urn:ngsi-ld:T:${id}`, types: [TYPE], scope: undefined, attributes: [attribute] };
}

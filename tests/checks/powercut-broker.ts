/**
 * Power cuts against the broker's store and outbox, without HTTP, on the simulated disk: several clients write, a
 * subscriber listens, the power goes in the middle of a random disk operation (recovery and snapshots included). After
 * each cut the broker is compared with a ledger it never sees.
 *
 * lost: a write that was acknowledged is missing, or the last state of an entity was never told to the subscriber.
 * ghosts: a state that nobody sent, or one that was there and has gone again. doubled: a write counted twice.
 * misordered: the subscriber was told an older state after a newer one that it had accepted, in one life.
 *
 * A second subscriber refuses every seventh state and is away half of the time, with little room to wait: what it was not told has
 * to be among its dead letters, each state in one place or the other.
 */

import { fileURLToPath } from 'node:url';
import { type BrokerCore, openBrokerCore } from '@contor/broker';
import type { Entity } from '@contor/broker/entity/model.js';
import type { SendResult } from '@contor/broker/subscription/courier.js';
import type { KeyValue } from '@contor/broker/subscription/model.js';
import { type Logger, type Random, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';

export interface PowercutBrokerOptions {
  readonly cuts: number;
  readonly seed: number | string;
  /** Control: syncs are lies. */
  readonly fsyncOff?: boolean;
  /** Control: dead letters are acknowledged and never written. */
  readonly forgetLetters?: boolean;
}

export interface PowercutBrokerFigures {
  readonly check: 'powercut-broker';
  readonly seed: number | string;
  readonly cuts: number;
  readonly written: number;
  readonly acked: number;
  readonly lost: number;
  readonly ghosts: number;
  readonly doubled: number;
  readonly misordered: number;
  readonly told: number;
  readonly deadLetters: number;
  readonly cutsWithLoss: number;
  readonly cutsInRecovery: number;
  readonly snapshots: number;
  /** Lives in which the broker refused to start; an honest disk gives it no reason. */
  readonly refusedStarts: number;
}

const CLIENTS = 6;
const ENTITIES_PER_CLIENT = 4;
const MOST_OPERATIONS_TO_CUT = 200;
/** Simulated: backlog of all lives, one state of an entity a notification, one in ten refused. */
const MOST_SECONDS_TO_TELL = 20_000;
const SMALL_OUTBOX_BYTES = 6_000;
const FIRST = 'urn:ngsi-ld:Subscription:1';
const SECOND = 'urn:ngsi-ld:Subscription:2';
const MUST = [{ key: 'deliver', value: 'must' }];
const NAME = 'https://example.org/counter';
const TYPE = 'https://example.org/Counter';

export async function powercutBroker(options: PowercutBrokerOptions): Promise<PowercutBrokerFigures> {
  const random = seededRandom(options.seed);
  const disk = new SimulatedDisk({ random, syncIsALie: options.fsyncOff ?? false });
  const run = new Run(disk, random, options.forgetLetters ?? false);
  for (let cut = 0; cut < options.cuts; cut += 1) await run.cycle();
  await run.finish();
  return { check: 'powercut-broker', seed: options.seed, cuts: options.cuts, ...run.figures };
}

/** One entity: each write counts it up by one, so that a number says which writes it holds. */
interface Counter {
  /** Highest number that was acknowledged or seen. */
  acked: number;
  /** Highest number that was sent. */
  sent: number;
  /** Newest number the subscriber has accepted, in all lives. */
  told: number;
}

class Run {
  readonly #disk: SimulatedDisk;
  readonly #random: Random;
  readonly #counters = new Map<string, Counter>();
  /** What the second subscriber has accepted: 'id value'. */
  readonly #accepted = new Set<string>();
  readonly #forgetsLetters: boolean;
  #operationsToOpen = MOST_OPERATIONS_TO_CUT;
  readonly figures = {
    written: 0,
    acked: 0,
    lost: 0,
    ghosts: 0,
    doubled: 0,
    misordered: 0,
    told: 0,
    deadLetters: 0,
    cutsWithLoss: 0,
    cutsInRecovery: 0,
    snapshots: 0,
    refusedStarts: 0,
  };

  constructor(disk: SimulatedDisk, random: Random, forgetsLetters: boolean) {
    this.#forgetsLetters = forgetsLetters;
    this.#disk = disk;
    this.#random = random;
    for (let client = 0; client < CLIENTS; client += 1) {
      for (let at = 0; at < ENTITIES_PER_CLIENT; at += 1)
        this.#counters.set(idOf(client, at), { acked: 0, sent: 0, told: 0 });
    }
  }

  async cycle(): Promise<void> {
    if (this.#random.integer(4) === 0) await this.#cutWhileOpening();
    const before = this.#disk.operations;
    const { core, clock } = await this.#open();
    this.#compare(core);
    this.#operationsToOpen = this.#disk.operations - before;
    const cut = this.#disk.crashAfter(1 + this.#random.integer(MOST_OPERATIONS_TO_CUT));
    await Promise.race([cut, this.#subscribe(core, FIRST, MUST)]);
    await Promise.race([cut, this.#subscribe(core, SECOND, [])]);
    for (let client = 0; client < CLIENTS; client += 1) void this.#write(core, client);
    let isCut = false;
    void cut.then(() => {
      isCut = true;
    });
    // Time passes meanwhile, so that refused notifications are sent again and cursors are saved.
    while (!isCut) await clock.advance(500);
    this.figures.snapshots += core.store.figures.snapshots;
  }

  /** The last life is left in peace: everything must be there, and everything must be told. */
  async finish(): Promise<void> {
    const { core, clock } = await this.#open();
    this.#compare(core);
    await this.#subscribe(core, FIRST, MUST);
    await this.#subscribe(core, SECOND, []);
    for (let second = 0; second < MOST_SECONDS_TO_TELL && core.office.figures.outboxEntities > 0; second += 1)
      await clock.advance(1_000);
    let untold = 0;
    for (const [id, counter] of this.#counters) if (counter.told < numberOf(core, id)) untold += 1;
    this.figures.lost += untold;
    await this.#compareLetters(core);
    await core.office.stop();
    await core.store.close();
  }

  async #cutWhileOpening(): Promise<void> {
    const cut = this.#disk.crashAfter(1 + this.#random.integer(this.#operationsToOpen));
    const opening = this.#open();
    if (await Promise.race([opening.then(() => false), cut.then(() => true)])) this.figures.cutsInRecovery += 1;
    else this.#disk.crash();
  }

  /** Opens the broker's core on the disk of this life. A folder it refuses is a loss of everything, noted and cleared. */
  async #open(): Promise<{ readonly core: BrokerCore; readonly clock: SimulatedClock }> {
    const clock = new SimulatedClock(Date.UTC(2026, 10, 20));
    const disk = this.#disk.boot();
    const toldHere = new Map<string, number>();
    try {
      const core = await openBrokerCore({
        clock,
        random: this.#random,
        disk,
        log: SILENT,
        dataFolder: '/data',
        maxLogBytes: 2 ** 26,
        snapshotBytes: 20_000,
        segmentBytes: 8_192,
        // The first is never relieved, as it must be delivered; the second often.
        maxOutboxBytes: SMALL_OUTBOX_BYTES,
        onFatal: () => undefined,
        deliver: async ({ parcel, subscription }) => {
          if (subscription.id === SECOND) return this.#answerOfSecond(parcel.entries);
          // One in ten is refused, so that there is always something to resume.
          if (this.#random.integer(10) === 0) return { kind: 'failed', reason: 'not now' };
          for (const { entity } of parcel.entries) this.#note(toldHere, entity.id, Number(entity.attributes[0]?.value));
          return { kind: 'accepted' };
        },
      });
      if (this.#forgetsLetters) core.letters.bury = () => Promise.resolve([]);
      core.office.start();
      return { core, clock };
    } catch (error) {
      if (!(error instanceof Error) || !('faults' in error)) throw error;
      this.figures.refusedStarts += 1;
      this.figures.lost += 1;
      this.figures.cutsWithLoss += 1;
      for (const path of this.#disk.paths()) await disk.remove(path);
      for (const counter of this.#counters.values()) Object.assign(counter, { acked: 0, sent: 0, told: 0 });
      this.#accepted.clear();
      this.#since.clear();
      return this.#open();
    }
  }

  #note(toldHere: Map<string, number>, id: string, value: number): void {
    const counter = this.#counters.get(id);
    if (counter === undefined || value > counter.sent) {
      this.figures.ghosts += 1;
      return;
    }
    if (value <= (toldHere.get(id) ?? 0)) this.figures.misordered += 1;
    // A state may be told again after a cut; none in between may be left out.
    if (value > counter.told + 1) this.figures.lost += 1;
    toldHere.set(id, value);
    counter.told = Math.max(counter.told, value);
    this.figures.told += 1;
  }

  /** Whatever is there now has been shown to readers and must stay; what is not must stay away. */
  #compare(core: BrokerCore): void {
    let lost = 0;
    for (const [id, counter] of this.#counters) {
      const value = numberOf(core, id);
      if (value < counter.acked) lost += 1;
      if (value > counter.sent) this.figures.ghosts += 1;
      counter.acked = value;
      counter.sent = value;
      counter.told = Math.min(counter.told, value);
    }
    const writes = core.store.memory.tenants.get('default')?.entity('urn:ngsi-ld:Counter:none');
    if (writes !== undefined) this.figures.doubled += 1;
    this.figures.lost += lost;
    this.figures.cutsWithLoss += lost > 0 ? 1 : 0;
  }

  #answerOfSecond(entries: readonly { readonly entity: Entity }[]): SendResult {
    if (this.#random.integer(2) === 0) return { kind: 'failed', reason: 'not now' };
    const values = entries.map(({ entity }) => Number(entity.attributes[0]?.value));
    if (values.some((value) => value % 7 === 0)) return { kind: 'failed', reason: 'status 422', isRefusal: true };
    for (const { entity } of entries) this.#accepted.add(`${entity.id} ${entity.attributes[0]?.value}`);
    return { kind: 'accepted' };
  }

  /** Every state since the second subscription was made: told, or dead; and of the dead none twice. */
  async #compareLetters(core: BrokerCore): Promise<void> {
    const letters = core.letters.of('default', SECOND);
    const tellings = await core.letters.read(letters);
    const dead = new Set<string>();
    for (const { entity } of tellings.values()) {
      const state = `${entity.id} ${entity.attributes[0]?.value}`;
      if (dead.has(state)) this.figures.doubled += 1;
      dead.add(state);
    }
    this.figures.deadLetters = letters.length;
    for (const id of this.#counters.keys()) {
      const since = this.#since.get(id) ?? Number.POSITIVE_INFINITY;
      for (let value = since + 1; value <= numberOf(core, id); value += 1) {
        const state = `${id} ${value}`;
        if (!this.#accepted.has(state) && !dead.has(state)) this.figures.lost += 1;
      }
    }
  }

  async #subscribe(core: BrokerCore, id: string, notifierInfo: readonly KeyValue[]): Promise<void> {
    if (core.store.memory.tenants.get('default')?.subscriptions.has(id)) return;
    if (id === SECOND) for (const counter of this.#counters.keys()) this.#since.set(counter, numberOf(core, counter));
    await core.store.submit({
      kind: 'subscribe',
      tenant: 'default',
      atMs: 0,
      subscription: {
        id,
        entities: [{ types: [TYPE] }],
        isActive: true,
        notification: {
          format: 'normalized',
          sysAttrs: false,
          endpoint: { uri: 'http://127.0.0.1/', accept: 'application/json', notifierInfo },
        },
        context: {},
        createdAt: 0,
        modifiedAt: 0,
      },
    });
  }

  /** Where the counters stood when the second subscriber came. */
  readonly #since = new Map<string, number>();

  /** One client: its entities in turn and in batches, the next write when the one before is acknowledged. */
  async #write(core: BrokerCore, client: number): Promise<void> {
    for (;;) {
      const wanted = 1 + this.#random.integer(ENTITIES_PER_CLIENT);
      const batch = Array.from({ length: wanted }, (_none, at) => idOf(client, at));
      for (const id of batch) counterOf(this.#counters, id).sent += 1;
      this.figures.written += 1;
      const values = batch.map((id) => counterOf(this.#counters, id).sent);
      try {
        await core.store.submit({
          kind: 'entities',
          operation: 'upsertUpdate',
          tenant: 'default',
          atMs: 0,
          inputs: batch.map((id, at) => input(id, values[at] ?? 0)),
        });
      } catch (error) {
        // Refused, nothing kept.
        if (!(error instanceof Error)) throw error;
        return;
      }
      this.figures.acked += 1;
      for (const [at, id] of batch.entries()) {
        const counter = counterOf(this.#counters, id);
        counter.acked = values[at] ?? 0;
        if (numberOf(core, id) !== counter.acked) this.figures.doubled += 1;
      }
    }
  }
}

function input(id: string, value: number) {
  const attribute = {
    name: NAME,
    kind: 'Property' as const,
    value,
    observedAt: undefined,
    unitCode: undefined,
    datasetId: undefined,
    parts: [],
    createdAt: 0,
    modifiedAt: 0,
    size: 100,
  };
  return { id, types: [TYPE], scope: undefined, attributes: [attribute] };
}

function numberOf(core: BrokerCore, id: string): number {
  return Number(core.store.memory.tenants.get('default')?.entity(id)?.attributes[0]?.value ?? 0);
}

function counterOf(counters: ReadonlyMap<string, Counter>, id: string): Counter {
  const counter = counters.get(id);
  if (counter === undefined) throw new RangeError(`no counter ${id}`);
  return counter;
}

function idOf(client: number, at: number): string {
  return `urn:ngsi-ld:Counter:${client}-${at}`;
}

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cuts = Number(process.argv[2] ?? 200);
  const seed = process.argv[3] ?? 'contor';
  const honest = await powercutBroker({ cuts, seed });
  const control = await powercutBroker({ cuts: Math.min(cuts, 50), seed, fsyncOff: true });
  console.log(JSON.stringify({ ...honest, control: control.cutsWithLoss / control.cuts }));
  const isGood = honest.lost + honest.ghosts + honest.doubled + honest.misordered + honest.refusedStarts === 0;
  process.exitCode = isGood && control.cutsWithLoss >= control.cuts * 0.9 ? 0 : 1;
}

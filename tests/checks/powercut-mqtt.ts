/**
 * Power cuts against the MQTT broker's store, on the simulated disk: publishers, subscribers that acknowledge, subscriptions that
 * come late, QoS 2 packet ids and retained messages, a cut in the middle of a random operation, and after each cut a comparison
 * with a ledger that the store never sees.
 *
 * lost: a publish, subscription, packet id or retained message that was acknowledged and is not there. ghost: a message that
 * nobody sent. doubled: twice in one queue, or there again after its acknowledgement was on disk. misordered: not in the order of
 * its publisher. redelivered: there again because its acknowledgement was not yet on disk, which MQTT allows.
 */

import { fileURLToPath } from 'node:url';
import { type Random, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import type { Session } from '@contor/mqtt/session.js';
import { Store } from '@contor/mqtt/store.js';
import { filterMatches } from '@contor/mqtt/topics.js';

export interface PowercutMqttOptions {
  readonly cuts: number;
  readonly seed: number | string;
  /** Control: syncs are lies. */
  readonly fsyncOff?: boolean;
}

export interface PowercutMqttFigures {
  readonly check: 'powercut-mqtt';
  readonly seed: number | string;
  readonly cuts: number;
  readonly published: number;
  readonly acked: number;
  readonly received: number;
  readonly lost: number;
  readonly ghosts: number;
  readonly doubled: number;
  readonly misordered: number;
  readonly redelivered: number;
  /** Cuts after which something acknowledged was missing. */
  readonly cutsWithLoss: number;
  readonly cleanings: number;
}

const PUBLISHERS = 8;
const MOST_OPERATIONS_TO_CUT = 500;
const LARGEST_FILLER = 1500;
const MUST_DELIVER = '/json/#';
/** Sessions that come and stay, each with the filter it subscribes to the first time it is there. */
const SUBSCRIBERS = [
  { clientId: 'agent-a', filter: '/json/+/a' },
  { clientId: 'agent-all', filter: '/json/+/+' },
  { clientId: 'agent-late', filter: '/json/late/x' },
] as const;
const TOPICS = ['/json/k/a', '/json/k/b', '/json/late/x', '/json/late/x/deep'];

interface Entry {
  readonly id: string;
  readonly publisher: number;
  readonly count: number;
  readonly topic: string;
  /** Sessions whose subscription was acknowledged when this was published. */
  readonly owed: readonly string[];
  isAcked: boolean;
  readonly receivedBy: Set<string>;
  readonly settledFor: Set<string>;
}

export async function powercutMqtt(options: PowercutMqttOptions): Promise<PowercutMqttFigures> {
  const run = new Run(seededRandom(options.seed), options.fsyncOff ?? false);
  for (let cut = 0; cut < options.cuts; cut += 1) await run.cycle(cut);
  await run.compare(await run.open());
  return { check: 'powercut-mqtt', seed: options.seed, cuts: options.cuts, ...run.figures };
}

class Run {
  readonly figures = {
    published: 0,
    acked: 0,
    received: 0,
    lost: 0,
    ghosts: 0,
    doubled: 0,
    misordered: 0,
    redelivered: 0,
    cutsWithLoss: 0,
    cleanings: 0,
  };
  readonly #random: Random;
  readonly #disk: SimulatedDisk;
  readonly #ledger = new Map<string, Entry>();
  /** Acknowledged subscriptions, by client id. */
  readonly #subscribed = new Set<string>();
  readonly #packetIds = new Set<number>();
  #retained: { acked: number; sent: number } = { acked: 0, sent: 0 };
  #nextCount = 1;
  #nextPacketId = 1;
  #life = 0;

  constructor(random: Random, syncIsALie: boolean) {
    this.#random = random;
    this.#disk = new SimulatedDisk({ random, syncIsALie });
  }

  async cycle(number: number): Promise<void> {
    const clock = new SimulatedClock(0);
    const store = await this.open(clock);
    await this.compare(store);
    this.#life += 1;
    let isOn = true;
    const cut = this.#disk.crashAfter(1 + this.#random.integer(MOST_OPERATIONS_TO_CUT)).then(() => {
      isOn = false;
    });
    const live = { store, isOn: () => isOn, life: this.#life };
    for (let publisher = 0; publisher < PUBLISHERS; publisher += 1) void this.#publish(live, publisher);
    for (const [at, subscriber] of SUBSCRIBERS.entries()) {
      // The late one comes when messages have been held for it through several cuts.
      if (at < 2 || number >= 5) void this.#subscribe(live, subscriber);
    }
    void this.#retain(live);
    // Time passes, or gathered acknowledgements would never be written.
    while (isOn) await clock.advance(10);
    await cut;
    this.figures.cleanings += store.counts.cleanings;
  }

  async open(clock = new SimulatedClock(0)): Promise<Store> {
    return Store.open({
      disk: this.#disk.boot(),
      clock,
      directory: '/data/log',
      mustDeliver: [MUST_DELIVER],
      maxQueueBytes: 2 ** 18,
      maxStoreBytes: 2 ** 19,
      // Little, so that most payloads come back from the log.
      maxMemoryBytes: 2 ** 14,
      segmentBytes: 2 ** 13,
      cleanAboveBytes: 2 ** 15,
      onFatal: () => undefined,
    });
  }

  async #publish({ store, isOn, life }: Live, publisher: number): Promise<void> {
    while (isOn()) {
      const count = this.#nextCount;
      this.#nextCount += 1;
      const topic = TOPICS[this.#random.integer(TOPICS.length)] ?? '';
      const id = `${life}-${publisher}-${count}`;
      const owed = SUBSCRIBERS.flatMap(({ clientId, filter }) =>
        this.#subscribed.has(clientId) && filterMatches(filter, topic) ? [clientId] : [],
      );
      const isHandshake = this.#random.integer(5) === 0;
      const packetId = this.#nextPacketId;
      const entry: Entry = {
        id,
        publisher,
        count,
        topic,
        owed,
        isAcked: false,
        receivedBy: new Set(),
        settledFor: new Set(),
      };
      this.#ledger.set(id, entry);
      this.figures.published += 1;
      const payload = Buffer.from(`${id} ${'.'.repeat(this.#random.integer(LARGEST_FILLER))}`);
      if (isHandshake) this.#nextPacketId += 1;
      const inbound = isHandshake ? { inbound: { clientId: 'publisher', packetId } } : {};
      await store.accept({ topic, payload, qos: isHandshake ? 2 : 1, ...inbound });
      entry.isAcked = true;
      this.figures.acked += 1;
      if (isHandshake) this.#packetIds.add(packetId);
    }
  }

  async #subscribe(live: Live, { clientId, filter }: (typeof SUBSCRIBERS)[number]): Promise<void> {
    const { store, isOn } = live;
    await store.subscribe(clientId, clientId, [[filter, 1]]);
    this.#subscribed.add(clientId);
    while (isOn()) {
      const session = store.sessions.get(clientId);
      if (session !== undefined) await this.#consume(live, session);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Reads a few messages as an outlet would, acknowledges most of them, and sometimes waits until that is on disk. */
  async #consume({ store, isOn }: Live, session: Session): Promise<void> {
    const batch = [...session.pending()]
      .filter(({ message }) => message.location > 0)
      .slice(0, this.#random.integer(30));
    for (const { message } of batch) {
      if (message.payload === undefined) await store.load(session);
      if (!isOn()) return;
    }
    const acknowledged: Entry[] = [];
    for (const delivery of batch) {
      const { payload } = delivery.message;
      if (payload === undefined || delivery.state === 'settled') continue;
      const entry = this.#ledger.get(idOf(payload));
      if (entry === undefined) continue;
      entry.receivedBy.add(session.clientId);
      this.figures.received += 1;
      if (this.#random.integer(10) === 0) continue;
      store.settle(delivery);
      acknowledged.push(entry);
    }
    if (this.#random.integer(3) !== 0) return;
    await store.ledger.flush();
    for (const entry of acknowledged) entry.settledFor.add(session.clientId);
  }

  async #retain({ store, isOn }: Live): Promise<void> {
    while (isOn()) {
      this.#retained.sent += 1;
      const value = this.#retained.sent;
      await store.keepsakes.retain('state/lamp', Buffer.from(String(value)), 1);
      this.#retained.acked = value;
    }
  }

  /** Judges what a freshly opened store holds. */
  async compare(store: Store): Promise<void> {
    const lostBefore = this.figures.lost;
    for (const session of [store.held, ...store.sessions.values()]) await loadAll(store, session);
    for (const clientId of this.#subscribed) {
      if (store.sessions.get(clientId)?.subscriptions.size !== 1) this.figures.lost += 1;
    }
    const held = this.#queue(store.held);
    const queues = new Map<string, Set<string>>(
      SUBSCRIBERS.map(({ clientId }) => [clientId, this.#queue(store.sessions.get(clientId))]),
    );
    for (const entry of this.#ledger.values()) {
      if (!entry.isAcked) continue;
      for (const clientId of entry.owed) {
        if (!queues.get(clientId)?.has(entry.id) && !entry.receivedBy.has(clientId)) this.figures.lost += 1;
      }
      // Nobody was owed it, so it was held or went to a subscriber that came at that moment.
      const isSomewhere = held.has(entry.id) || [...queues.values()].some((queue) => queue.has(entry.id));
      if (entry.owed.length === 0 && !isSomewhere && entry.receivedBy.size === 0) this.figures.lost += 1;
    }
    for (const packetId of this.#packetIds) {
      if (store.keepsakes.taken({ clientId: 'publisher', packetId }) === undefined) this.figures.lost += 1;
    }
    const retained = Number(Buffer.from(store.keepsakes.retained.get('state/lamp')?.payload ?? []).toString() || 0);
    if (retained < this.#retained.acked) this.figures.lost += 1;
    if (retained > this.#retained.sent) this.figures.ghosts += 1;
    if (this.figures.lost > lostBefore) this.figures.cutsWithLoss += 1;
    this.#forget([held, ...queues.values()]);
  }

  /** The ids in one queue, judged on the way. */
  #queue(session: Session | undefined): Set<string> {
    const ids = new Set<string>();
    if (session === undefined) return ids;
    const newest = new Map<number, number>();
    for (const { message } of session.pending()) {
      const id = idOf(message.payload ?? new Uint8Array(0));
      const entry = this.#ledger.get(id);
      if (entry === undefined || entry.topic !== message.topic) {
        this.figures.ghosts += 1;
        continue;
      }
      if (ids.has(id) || entry.settledFor.has(session.clientId)) this.figures.doubled += 1;
      else if (entry.receivedBy.has(session.clientId)) this.figures.redelivered += 1;
      if (entry.count < (newest.get(entry.publisher) ?? 0)) this.figures.misordered += 1;
      newest.set(entry.publisher, entry.count);
      ids.add(id);
    }
    return ids;
  }

  /** What is there now is durable for good; what is not there, and was never acknowledged, must stay away. */
  #forget(queues: readonly ReadonlySet<string>[]): void {
    for (const entry of [...this.#ledger.values()]) {
      if (queues.some((queue) => queue.has(entry.id))) entry.isAcked = true;
      else if (!entry.isAcked || entry.owed.every((clientId) => entry.settledFor.has(clientId)))
        this.#ledger.delete(entry.id);
    }
  }
}

interface Live {
  readonly store: Store;
  readonly life: number;
  isOn(): boolean;
}

async function loadAll(store: Store, session: Session): Promise<void> {
  const missing = () => [...session.pending()].filter(({ message }) => message.payload === undefined).length;
  for (let left = missing(); left > 0; left = missing()) {
    await store.load(session);
    if (missing() === left) return;
  }
}

function idOf(payload: Uint8Array): string {
  return Buffer.from(payload).toString().split(' ', 1)[0] ?? '';
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const cuts = Number(process.argv[2] ?? 300);
  const seed = process.argv[3] ?? 'contor';
  const honest = await powercutMqtt({ cuts, seed });
  const control = await powercutMqtt({ cuts: Math.min(cuts, 50), seed, fsyncOff: true });
  const fsyncOff = control.cutsWithLoss / control.cuts;
  process.stdout.write(`${JSON.stringify({ ...honest, controls: { fsyncOff } })}\n`);
  process.exitCode = honest.lost + honest.ghosts + honest.doubled + honest.misordered === 0 && fsyncOff >= 0.9 ? 0 : 1;
}

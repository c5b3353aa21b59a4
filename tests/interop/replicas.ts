/**
 * Replicas of a polling agent over a real FerretDB, broker and history: started, stopped, paused, killed and cut off under load, while a street of meters
 * writes down who asked it what. Every device is read, two replicas overlap by a frame at most, nothing is stored twice, no order is carried
 * out by whoever has no lease.
 */

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KeeperTimes } from '@contor/agent-kit/leases/keeper.js';
import { openMongoStore } from '@contor/agent-kit/registry/mongo/driver.js';
import { openMongoRegistry } from '@contor/agent-kit/registry/mongo/registry.js';
import { createBrokerClient } from '@contor/history-query';
import { createLogger, realPorts } from '@contor/kit';
import { installPlatform } from '@contor/orion-config';
import { isClean } from '../support/ledger.js';
import { eventually } from '../support/metering-path.js';
import { settledVerdict } from '../support/path-verdict.js';
import { freePorts } from '../support/platform.js';
import { CONTOR, ServiceProcess } from '../support/service-process.js';
import type { Tally } from '../support/tally.js';
import { type FerretDb, startFerretDb } from './ferretdb-server.js';
import { ReplicaProcess } from './lease-process.js';
import { Street } from './lease-street.js';

const DEVICES = Array.from({ length: 40 }, (_, at) => `toy-${String(at + 1).padStart(3, '0')}`);
const TIMES: KeeperTimes = { leaseMs: 3_000, marginMs: 500, beatMs: 600, lookMs: 150, letGoMs: 1_000 };
/** A lease and its margin are over, and the others have seen it. */
const OVER_MS = TIMES.leaseMs + TIMES.marginMs + 1_500;
/** In which a replica alone asks every meter, also on a busy machine. */
const ROUND_MS = 5_500;
const MEASURED_MS = 9_000;
const DRAIN_MS = 30_000;
const WANTED_RATIO = 1.8;

export async function checkReplicas(tally: Tally, program: string, folder: string): Promise<void> {
  const [databasePort = 0, brokerPort = 0, historyPort = 0, streetPort = 0] = await freePorts(4);
  const street = new Street();
  await street.open(streetPort);
  const environment = {
    ...{ BROKER_PORT: String(brokerPort), BROKER_DATA: join(folder, 'broker') },
    ...{ HISTORY_PORT: String(historyPort), HISTORY_DATA: join(folder, 'history') },
    ...{ BROKER_URL: `http://127.0.0.1:${brokerPort}`, HISTORY_URL: `http://127.0.0.1:${historyPort}` },
    ...{ METERS_PORT: String(streetPort), TIMES: JSON.stringify(TIMES) },
  };
  mkdirSync(folder, { recursive: true });
  const servers = ['broker', 'history'].map(
    (name) => new ServiceProcess({ name, args: [CONTOR, name], environment, logFolder: folder }),
  );
  const database = await startFerretDb(program, join(folder, 'ferretdb'), databasePort);
  const world = new World(street, database, folder, { ...environment, MONGODB_URL: database.url });
  const broker = createBrokerClient({ url: environment.BROKER_URL, context: 'installed' });
  try {
    for (const server of servers) server.start();
    await eventually(() => installPlatform(broker, { historyUrl: environment.HISTORY_URL }));
    await provision(database.url);
    await tally.check('FerretDB: two replicas read 1.8 times as much as one', () => world.compareThroughput());
    await tally.check(
      'FerretDB: an order given to any replica is carried out once, by the one that holds the device',
      () => world.giveOrders(),
    );
    await tally.check('FerretDB: a replica that is paused sends a frame at most when it wakes, and no order', () =>
      world.pauseOne(),
    );
    await tally.check('FerretDB: the devices of a replica that is killed are read by the other', () => world.killOne());
    await tally.check('FerretDB: the devices of a replica that stops are read by the other at once', () =>
      world.stopOne(),
    );
    await tally.check('FerretDB: nobody reads without a lease while the database is away, and all do afterwards', () =>
      world.pauseDatabase(),
    );
    await tally.check(
      'FerretDB: all in all, nothing is lost or stored twice, and no two replicas overlap by more than a frame',
      async () => {
        await world.endAll();
        const verdict = await settledVerdict({ historyUrl: environment.HISTORY_URL }, street.ledger, DRAIN_MS);
        const overlaps = street.overlaps();
        const { reads, repeats, frames } = street;
        const figures = {
          reads,
          repeats,
          frames: frames.length,
          overlaps: overlaps.length,
          orders: street.orders().length,
        };
        console.log(JSON.stringify({ interop: 'ferretdb', ...figures, ...verdict }));
        if (!isClean(verdict)) throw new Error(JSON.stringify(verdict));
        if (overlaps.some((count) => count > 1)) throw new Error(`overlaps: ${overlaps.join(' ')}`);
        world.judgeOrders();
      },
    );
  } finally {
    await world.endAll();
    for (const server of servers) await server.stop();
    broker.close();
    street.close();
    await database.stop();
  }
}

async function provision(url: string): Promise<void> {
  const log = createLogger({ service: 'check', level: 'error' });
  const store = await openMongoStore({ url, prefix: 'toy', log });
  const registry = await openMongoRegistry({ store, ...realPorts(), log });
  const records = DEVICES.map((deviceId) => ({ apiKey: 'toy', deviceId, tenant: 'default', name: deviceId }));
  const added = await Promise.all(records.map((record) => registry.add(record)));
  if (!added.every(Boolean)) throw new Error('a new registry knew a device already');
  await registry.close();
  await store.close();
}

class World {
  readonly #street: Street;
  readonly #database: FerretDb;
  readonly #folder: string;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #replicas: ReplicaProcess[] = [];
  #started = 0;
  #orders = 0;

  constructor(street: Street, database: FerretDb, folder: string, environment: Readonly<Record<string, string>>) {
    this.#street = street;
    this.#database = database;
    this.#folder = folder;
    this.#environment = environment;
  }

  async compareThroughput(): Promise<void> {
    await this.#start();
    await sleep(2_000);
    const one = await this.#rate();
    await this.#start();
    await sleep(2_000);
    const two = await this.#rate();
    const ratio = two / one;
    console.log(JSON.stringify({ interop: 'ferretdb', readsASecond: { one, two }, ratio: Number(ratio.toFixed(2)) }));
    if (ratio < WANTED_RATIO) throw new Error(`two replicas read ${ratio.toFixed(2)} times as much as one`);
  }

  async giveOrders(): Promise<void> {
    const given = DEVICES.slice(0, 12).flatMap((device) =>
      this.#replicas.map((replica) => ({ replica, device, order: this.#name() })),
    );
    for (const { replica, device, order } of given) replica.order(order, device);
    // The same order at the other replica as well, as a broker that tries again would.
    for (const { device, order } of given) for (const replica of this.#replicas) replica.order(order, device);
    const answersTo = (order: string) => this.#replicas.flatMap(({ answers }) => answers.get(order) ?? []);
    await until(() => given.every(({ order }) => answersTo(order).length === 3), 25_000, 'answers to orders');
    await sleep(1_000);
    const done = new Set(this.#street.orders().map(({ order }) => order));
    const isTrue = ({ order }: { readonly order: string }) =>
      done.has(order) === answersTo(order).some(({ status }) => status === 204);
    const wrong = given.filter((one) => !isTrue(one)).map(({ order }) => JSON.stringify(answersTo(order)));
    if (wrong.length > 0) throw new Error(`what was said of orders is not what happened: ${wrong.join(' ')}`);
    // On a busy machine a lease may be too short for one, which is then refused and not late.
    if (done.size < given.length * 0.9) throw new Error(`carried out: ${done.size} of ${given.length}`);
    this.judgeOrders();
  }

  async pauseOne(): Promise<void> {
    const [other, sleeper] = this.#replicas;
    if (other === undefined || sleeper === undefined) throw new RangeError('two replicas were started');
    const before = this.#street.frames.length;
    sleeper.pause();
    const pausedAtMs = performance.now();
    const orders = DEVICES.map((device) => ({ device, order: this.#name() }));
    for (const { device, order } of orders) sleeper.order(order, device);
    await sleep(OVER_MS + ROUND_MS);
    this.#expectAllRead(performance.now() - ROUND_MS);
    const asleep = this.#street.frames
      .slice(before)
      .filter(({ replica, atMs }) => replica === sleeper.id && atMs > pausedAtMs + 500);
    if (asleep.length > 0) throw new Error('a paused process sent frames');
    const wokenAt = this.#street.frames.length;
    sleeper.wake();
    await until(() => orders.every(({ order }) => sleeper.answers.has(order)), 25_000, 'answers of the woken replica');
    await sleep(2_000);
    const woken = this.#street.frames.slice(wokenAt);
    // Until it has a new lease, which carries a later epoch, it may finish the frame it was in.
    const lastEpoch = Math.max(...this.#street.frames.slice(0, wokenAt).map(({ epoch }) => epoch));
    const stale = woken.filter(({ replica, epoch }) => replica === sleeper.id && epoch <= lastEpoch);
    const most = Math.max(0, ...DEVICES.map((one) => stale.filter(({ device }) => device === one).length));
    console.log(JSON.stringify({ interop: 'ferretdb', afterPause: { staleFrames: stale.length, mostADevice: most } }));
    if (most > 1) throw new Error(`${most} frames to one device by a replica without a lease`);
    if (stale.some(({ order }) => order !== undefined))
      throw new Error('an order was carried out on a lease that was over');
    this.judgeOrders();
    await this.#expectShared();
  }

  async killOne(): Promise<void> {
    const killed = this.#replicas.pop();
    await killed?.end('SIGKILL');
    await sleep(OVER_MS + ROUND_MS);
    this.#expectAllRead(performance.now() - ROUND_MS);
    // On its own disk again: what it had acknowledged and not handed on is there.
    await this.#start(killed?.name);
    await this.#expectShared();
  }

  async stopOne(): Promise<void> {
    const first = this.#replicas.shift();
    const leaving = first?.end('SIGTERM');
    await sleep(ROUND_MS + 500);
    this.#expectAllRead(performance.now() - ROUND_MS);
    await leaving;
    await this.#start();
    await this.#expectShared();
  }

  async pauseDatabase(): Promise<void> {
    this.#database.pause();
    await sleep(OVER_MS);
    const fromMs = performance.now();
    await sleep(1_500);
    const without = this.#street.frames.filter(({ atMs }) => atMs > fromMs).length;
    this.#database.resume();
    if (without > 0) throw new Error(`${without} frames without a lease`);
    await sleep(OVER_MS + ROUND_MS);
    this.#expectAllRead(performance.now() - ROUND_MS);
  }

  /** Once each, and never after a frame of a later holder. */
  judgeOrders(): void {
    const seen = new Set<string | undefined>();
    const epochs = new Map<string, number>();
    for (const { device, order, epoch } of this.#street.frames) {
      const newest = epochs.get(device) ?? 0;
      if (order !== undefined && seen.has(order)) throw new Error(`order ${order} was carried out twice`);
      if (order !== undefined && epoch < newest)
        throw new Error(`order ${order} was carried out on a lease that was over`);
      if (order !== undefined) seen.add(order);
      epochs.set(device, Math.max(epoch, newest));
    }
  }

  async endAll(): Promise<void> {
    await Promise.all(this.#replicas.splice(0).map((one) => one.end('SIGTERM')));
  }

  async #start(name = `replica-${this.#started + 1}`): Promise<void> {
    this.#started += 1;
    const replica = new ReplicaProcess(name, this.#folder, this.#environment);
    this.#replicas.push(replica);
    await replica.ready();
  }

  async #rate(): Promise<number> {
    const before = this.#street.reads;
    const fromMs = performance.now();
    await sleep(MEASURED_MS);
    return Number((((this.#street.reads - before) * 1_000) / (performance.now() - fromMs)).toFixed(1));
  }

  #expectAllRead(sinceMs: number): void {
    const silent = this.#street.silentSince(sinceMs, DEVICES);
    if (silent.length > 0) throw new Error(`not read: ${silent.join(' ')}`);
  }

  /** Both read, and all is read. */
  async #expectShared(): Promise<void> {
    await sleep(ROUND_MS + 1_000);
    const fromMs = performance.now() - ROUND_MS;
    this.#expectAllRead(fromMs);
    const at = new Set(this.#street.frames.filter(({ atMs }) => atMs > fromMs).map(({ replica }) => replica));
    for (const { id } of this.#replicas) if (!at.has(id)) throw new Error(`replica ${id} reads nothing`);
  }

  #name(): string {
    this.#orders += 1;
    return `order-${this.#orders}`;
  }
}

async function until(isSo: () => boolean, withinMs: number, what: string): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!isSo()) {
    if (performance.now() > deadline) throw new Error(`no ${what} within ${withinMs} ms`);
    await sleep(50);
  }
}

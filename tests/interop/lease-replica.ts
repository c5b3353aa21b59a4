/**
 * A replica of a small polling agent, as a process: the shared registry, leases, the kit's agent over real broker and history, and a reader that asks
 * each of its meters three frames a reading. Told by the environment; says one line of JSON for what the check must know.
 */

import { createConnection, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  brokerOver,
  type Device,
  historyOver,
  keyOfDevice,
  openAgent,
  type Translation,
  type Translator,
} from '@contor/agent-kit';
import { type KeeperTimes, openLeases } from '@contor/agent-kit/leases/keeper.js';
import { claimOrder, sendHeld } from '@contor/agent-kit/leases/once.js';
import { startPassing } from '@contor/agent-kit/leases/passing.js';
import { openMongoStore } from '@contor/agent-kit/registry/mongo/driver.js';
import { openMongoRegistry } from '@contor/agent-kit/registry/mongo/registry.js';
import { createLogger, realPorts, toIso } from '@contor/kit';

const { MONGODB_URL = '', BROKER_URL = '', HISTORY_URL = '', METERS_PORT = '', REPLICA = '', DATA = '' } = process.env;
const TIMES = JSON.parse(process.env.TIMES ?? '{}') as KeeperTimes;
/** Conversations at once: with the time a meter takes, this is what bounds a replica, and not the processor. */
const HANDS = Number(process.env.HANDS ?? 10);
const FRAMES = 3;

const ports = realPorts();
const log = createLogger({ service: `replica-${REPLICA}`, write: (line) => process.stderr.write(line) });
const say = (fact: object) => process.stdout.write(`${JSON.stringify(fact)}\n`);
const store = await openMongoStore({ url: MONGODB_URL, prefix: 'toy', log });
const registry = await openMongoRegistry({ store, ...ports, log });
const leases = await openLeases({ store, ...ports, log, times: TIMES });
const broker = brokerOver({ url: BROKER_URL });
const history = historyOver({ url: HISTORY_URL }, 'toy', ports.clock);

const translator: Translator = { live: translate, late: translate };
const agent = await openAgent({
  ...{ dataFolder: DATA, ports, log, broker, history, registry },
  translator: () => translator,
  hasDeviceTime: () => true,
  onFatal: (error) => {
    log.error({ error }, 'fatal');
    process.exit(70);
  },
});
agent.start();

function translate({ device, bytes }: { readonly device: string; readonly bytes: Uint8Array }): Translation {
  const { atMs, value } = JSON.parse(new TextDecoder().decode(bytes)) as { atMs: number; value: number };
  const id = `urn:ngsi-ld:ACMeasurement:${device.slice(device.indexOf('/') + 1)}`;
  const attribute = { type: 'Property', value, unitCode: 'KWH', observedAt: toIso(atMs) };
  const entity = { id, type: 'ACMeasurement', totalActiveEnergyImport: attribute };
  return { states: [{ entity, timeMs: atMs, isOneOff: false }], acquired: [], refusals: [] };
}

/** One connection to the street, one line a frame, answers in the order of their numbers. */
const street: Socket = createConnection(Number(METERS_PORT), '127.0.0.1');
const answers = new Map<number, (text: string) => void>();
let frames = 0;
createInterface({ input: street }).on('line', (line) => {
  const [number = '', ...text] = line.split(' ');
  answers.get(Number(number))?.(text.join(' '));
  answers.delete(Number(number));
});

function frame(device: string, epoch: number, what: string): Promise<string> {
  frames += 1;
  const number = frames;
  return new Promise((resolve) => {
    answers.set(number, resolve);
    street.write(`${number} ${leases.id} ${epoch} ${device} ${what}\n`);
  });
}

async function read(device: Device): Promise<void> {
  const key = keyOfDevice(device);
  let answer = '';
  for (let at = 1; at <= FRAMES; at += 1) {
    const lease = leases.holds(key);
    if (lease === undefined) return;
    answer = await frame(device.deviceId, lease.epoch, `read ${at}`);
  }
  const bytes = new TextEncoder().encode(answer);
  await agent.take({ apiKey: device.apiKey, deviceId: device.deviceId, channel: 'attrs', lane: 'live', bytes });
  await frame(device.deviceId, 0, `acked ${answer}`);
}

const busy = new Set<string>();
const lastRead = new Map<string, number>();
let isStopping = false;

/** Whichever of mine has waited longest. */
function next(): Device | undefined {
  let best: Device | undefined;
  for (const device of registry.all()) {
    const key = keyOfDevice(device);
    if (busy.has(key) || leases.holds(key) === undefined) continue;
    if (best === undefined || (lastRead.get(key) ?? 0) < (lastRead.get(keyOfDevice(best)) ?? 0)) best = device;
  }
  return best;
}

async function hand(): Promise<void> {
  while (!isStopping) {
    const device = next();
    if (device === undefined) {
      await sleep(20);
      continue;
    }
    const key = keyOfDevice(device);
    busy.add(key);
    await read(device);
    lastRead.set(key, performance.now());
    busy.delete(key);
  }
}

const passing = startPassing({
  ...{ store, clock: ports.clock, random: ports.random, log, leases },
  here: async ({ entityId, value }) => {
    const deviceKey = `toy/${entityId}`;
    const claimed = await claimOrder(store, ports.clock, String(value));
    if (claimed !== true) return { status: 409, reason: claimed };
    const sending = await sendHeld({ clock: ports.clock, leases }, deviceKey, async () => {
      void frame(entityId, leases.holds(deviceKey)?.epoch ?? -1, `command ${String(value)}`);
      return { kind: 'sent' };
    });
    return sending.kind === 'sent' ? { status: 204 } : { status: 409, reason: sending.reason };
  },
});

createInterface({ input: process.stdin }).on('line', (line) => {
  const { order, device } = JSON.parse(line) as { order: string; device: string };
  const wanted = { tenant: 'default', entityId: device, attribute: 'disconnect', value: order };
  void passing.handle(`toy/${device}`, wanted).then((answer) => say({ order, answer }));
});

const hands = Array.from({ length: HANDS }, hand);
say({ ready: leases.id });

process.once('SIGTERM', async () => {
  isStopping = true;
  await passing.stop();
  await leases.stop();
  await Promise.all(hands);
  await agent.stop();
  await registry.close();
  await store.close();
  broker.close();
  history.close();
  process.exit(0);
});

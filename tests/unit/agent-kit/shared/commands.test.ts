/** Orders over the real door of two replicas that share a device: carried out by its holder, and once. */

import { type Commands, type KnownDevices, keyOfDevice, openCommands } from '@contor/agent-kit';
import type { SharedLeases } from '@contor/agent-kit/leases/keeper.js';
import { type Ports, realClock, replaceFile, SimulatedDisk, SimulatedNet, seededRandom } from '@contor/kit';
import { createSigner, formatKeySet, newSigningKey, type OrderStatement } from '@contor/policy';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { FakeDatabase } from '../../../support/shared-store.js';
import { SILENT, testDevice } from '../bench-agent.js';

const METER = { ...testDevice(1), serialNumber: 'SN1' };
const registry: KnownDevices = {
  size: 1,
  all: () => [METER],
  find: (key) => (key === keyOfDevice(METER) ? METER : undefined),
};
const signer = await createSigner(await newSigningKey());
const clock = realClock();
const database = new FakeDatabase();
const executed: string[] = [];
const replicas: Commands[] = [];
const world = { holder: 'b' };

async function openReplica(id: string): Promise<Commands> {
  const random = seededRandom(id);
  const disk = new SimulatedDisk({ random }).boot();
  await disk.makeDirectory('/data');
  await replaceFile(disk, '/data/keys.json', new TextEncoder().encode(formatKeySet('default', signer.publicKey)));
  const ports: Ports = { clock, disk, random, net: new SimulatedNet({ clock, random }) };
  const leases: SharedLeases = {
    id,
    holds: () => (world.holder === id ? { epoch: 1, untilMs: clock.monotonicMs() + 5_000 } : undefined),
    holderOf: () => world.holder,
    onChange: () => () => undefined,
    figures: { replicas: 2, isSeated: true, epoch: 1 },
    stop: () => Promise.resolve(),
  };
  return openCommands({
    ...{ dataFolder: '/data', ports, log: SILENT, keyFile: '/data/keys.json', registry },
    ...{ agent: 'agent-test', host: '127.0.0.1', port: 0, prefix: 'AGENT_TEST' },
    ...{ brokerPeer: { url: 'http://127.0.0.1:9', secret: undefined }, sharing: { store: database.connect(), leases } },
    broker: { upsert: async () => ({ kind: 'done' }) },
    commandsOf: () => ['disconnect'],
    send: async (_device, order) => {
      executed.push(`${order.id} at ${id}`);
      return { kind: 'sent' };
    },
    onFatal: (error) => {
      throw error;
    },
  });
}

beforeAll(async () => {
  replicas.push(await openReplica('a'), await openReplica('b'));
});
afterAll(async () => {
  for (const one of replicas) {
    await one.close();
    await one.stop();
  }
});

async function give(id: string, to: number): Promise<number> {
  const order: OrderStatement = {
    ...{ kind: 'order', id, tenant: 'default', command: 'disconnect', device: METER.refDevice, serialNumber: 'SN1' },
    ...{ issuedAtMs: clock.nowMs(), notAfterMs: clock.nowMs() + 60_000 },
  };
  const path = `/ngsi-ld/v1/entities/${METER.refDevice}/attrs/disconnect`;
  const body = JSON.stringify({ type: 'Property', value: await signer.sign(order) });
  const headers = { 'content-type': 'application/json', 'ngsild-tenant': 'default' };
  const { status } = await fetch(`${replicas[to]?.url}${path}`, { method: 'PATCH', headers, body });
  return status;
}

it('goes to the replica that holds the device, and is sent once among all of them, also when the device has moved', async () => {
  expect(await give('order-1', 0)).toBe(204);
  expect(executed).toEqual(['order-1 at b']);
  await Promise.all(
    replicas.map((one) =>
      one.answer(keyOfDevice(METER), { command: 'disconnect', orderId: 'order-1', state: 'OK', text: '' }),
    ),
  );
  world.holder = 'a';
  // The disk of the new holder has never seen it; the database has.
  expect(await give('order-1', 1)).toBe(409);
  expect(await give('order-2', 1)).toBe(204);
  expect(executed).toEqual(['order-1 at b', 'order-2 at a']);
});

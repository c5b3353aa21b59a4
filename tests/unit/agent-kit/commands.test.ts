/** Orders to an agent against trust T22 and T23: what is not signed for this meter, now, and for the first time, is not carried out. */

import type { KeptOrder, KnownDevices } from '@contor/agent-kit';
import { type CommandDesk, openCommandDesk } from '@contor/agent-kit/commands/desk.js';
import { commandDoor, type DoorAnswer } from '@contor/agent-kit/commands/door.js';
import {
  closeHttp,
  listenHttp,
  type Ports,
  replaceFile,
  SimulatedClock,
  SimulatedDisk,
  SimulatedNet,
  seededRandom,
} from '@contor/kit';
import { createSigner, formatKeySet, newSigningKey, type OrderStatement, type Signer } from '@contor/policy';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { SILENT, START_MS, testDevice } from './bench-agent.js';

const KEY_FILE = '/data/keys.json';
const DEVICES = [1, 2].map((number) => ({ ...testDevice(number), serialNumber: `SN${number}` }));
const [METER = testDevice(1)] = DEVICES;

let service: Signer;
let stranger: Signer;
beforeAll(async () => {
  service = await createSigner(await newSigningKey());
  stranger = await createSigner(await newSigningKey());
});

class Bench {
  readonly clock = new SimulatedClock(START_MS);
  readonly disk = new SimulatedDisk({ random: seededRandom(7) });
  readonly executed: KeptOrder[] = [];
  isLineUp = true;
  desk: CommandDesk | undefined;

  async open(): Promise<CommandDesk> {
    const disk = this.disk.boot();
    await disk.makeDirectory('/data');
    await replaceFile(disk, KEY_FILE, new TextEncoder().encode(formatKeySet('default', service.publicKey)));
    const random = seededRandom(1);
    const ports: Ports = { clock: this.clock, disk, random, net: new SimulatedNet({ clock: this.clock, random }) };
    const registry: KnownDevices = {
      size: DEVICES.length,
      all: () => DEVICES,
      find: (key) => DEVICES.find(({ apiKey, deviceId }) => `${apiKey}/${deviceId}` === key),
    };
    this.desk = await openCommandDesk({
      ...{ dataFolder: '/data', ports, log: SILENT, keyFile: KEY_FILE, registry },
      commandsOf: () => ['disconnect', 'reconnect'],
      send: async (_device, order) => {
        if (!this.isLineUp) return { kind: 'not sent', reason: 'line.away' };
        this.executed.push(order);
        return { kind: 'sent' };
      },
      onChanged: () => undefined,
      onFatal: (error) => {
        throw error;
      },
    });
    return this.desk;
  }

  async tell(
    order: OrderStatement,
    by = service,
    to: Partial<Parameters<CommandDesk['handle']>[0]> = {},
  ): Promise<DoorAnswer | undefined> {
    const value = await by.sign(order);
    return this.desk?.handle({ tenant: 'default', entityId: METER.refDevice, attribute: order.command, value, ...to });
  }
}

function orderOf(more: Partial<OrderStatement> = {}): OrderStatement {
  return {
    ...{ kind: 'order', id: 'order-1', tenant: 'default', command: 'disconnect' },
    ...{ device: METER.refDevice, serialNumber: 'SN1', issuedAtMs: START_MS, notAfterMs: START_MS + 300_000 },
    ...more,
  };
}

let bench: Bench;
beforeEach(async () => {
  bench = new Bench();
  await bench.open();
});
afterEach(() => bench.desk?.stop());

describe('an order', () => {
  it('is carried out once, after it is on disk', async () => {
    expect(await bench.tell(orderOf())).toEqual({ status: 204 });
    expect(bench.executed).toHaveLength(1);
    expect(await bench.tell(orderOf())).toEqual({ status: 409, reason: 'order.seen' });
    expect(bench.executed).toHaveLength(1);
  });

  it.each([
    ['signed by somebody else', {}, 'stranger', 400, 'order.signature'],
    [
      'for another meter than it was written to',
      { device: 'urn:ngsi-ld:Device:meter-2' },
      'service',
      400,
      'order.other-device',
    ],
    [
      'for another command than it was written to',
      { command: 'reconnect' },
      'as disconnect',
      400,
      'order.other-command',
    ],
    ['of another tenant', { tenant: 'other' }, 'service', 400, 'order.other-tenant'],
    ['for another serial number', { serialNumber: 'SN2' }, 'service', 400, 'order.other-serial'],
    ['for something the meter cannot do', { command: 'limit' }, 'service', 422, 'order.unsupported'],
    ['for simulators only', { onlyIfSimulated: true }, 'service', 400, 'order.not-simulated'],
    ['that holds for an hour', { notAfterMs: START_MS + 3_600_000 }, 'service', 400, 'order.too-long'],
    ['without an end', { notAfterMs: undefined }, 'service', 400, 'order.too-long'],
    [
      'of the future',
      { issuedAtMs: START_MS + 120_000, notAfterMs: START_MS + 180_000 },
      'service',
      400,
      'order.not-yet',
    ],
    ['that has expired', { issuedAtMs: START_MS - 300_000, notAfterMs: START_MS - 1 }, 'service', 409, 'order.expired'],
  ] as const)('%s is refused (T22, T23)', async (_, more, by, status, reason) => {
    const to = by === 'as disconnect' ? { attribute: 'disconnect' } : {};
    const order = orderOf(more as Partial<OrderStatement>);
    expect(await bench.tell(order, by === 'stranger' ? stranger : service, to)).toEqual({ status, reason });
    expect(bench.executed).toHaveLength(0);
  });

  it('for a device nobody knows is refused', async () => {
    const device = 'urn:ngsi-ld:Device:nobody';
    expect(await bench.tell(orderOf({ device }), service, { entityId: device })).toEqual({
      status: 404,
      reason: 'order.device-unknown',
    });
  });

  it('signed for a request, or not signed at all, is refused', async () => {
    const request = await service.sign({
      kind: 'request',
      id: 'x',
      tenant: 'default',
      command: 'disconnect',
      targets: [],
      by: 'a',
      atMs: 1,
    });
    for (const value of [request, true, 'disconnect', { order: 1 }, undefined, 'a.b.c'])
      expect(
        await bench.desk?.handle({ tenant: 'default', entityId: METER.refDevice, attribute: 'disconnect', value }),
      ).toEqual({
        status: 400,
        reason: 'order.signature',
      });
    expect(bench.executed).toHaveLength(0);
  });

  it('is refused while another of the same command is open, and taken when that was answered', async () => {
    await bench.tell(orderOf());
    expect(await bench.tell(orderOf({ id: 'order-2' }))).toEqual({ status: 409, reason: 'order.busy' });
    await bench.desk?.answer('key/meter-1', {
      command: 'disconnect',
      orderId: 'order-1',
      state: 'OK',
      text: 'disconnected',
    });
    expect(await bench.tell(orderOf({ id: 'order-2' }))).toEqual({ status: 204 });
    expect(bench.executed).toHaveLength(2);
  });

  it('is over with an error when the line is down: nothing was sent', async () => {
    bench.isLineUp = false;
    expect(await bench.tell(orderOf())).toEqual({ status: 204 });
    expect(bench.desk?.book.find('order-1')).toMatchObject({ state: 'ERROR', text: 'line.away' });
  });

  it('two copies at once are one order', async () => {
    const answers = await Promise.all([bench.tell(orderOf()), bench.tell(orderOf())]);
    expect(answers.map((answer) => answer?.status).sort()).toEqual([204, 409]);
    expect(bench.executed).toHaveLength(1);
  });

  it('expires when the meter does not answer, and a late answer still counts', async () => {
    await bench.tell(orderOf());
    await bench.clock.advance(312_000);
    expect(bench.desk?.book.find('order-1')?.state).toBe('EXPIRED');
    await bench.desk?.answer('key/meter-1', {
      command: 'disconnect',
      orderId: 'order-1',
      state: 'OK',
      text: 'disconnected',
    });
    expect(bench.desk?.book.find('order-1')?.state).toBe('OK');
  });

  it('is not settled by another meter, nor by an answer about another command', async () => {
    await bench.tell(orderOf());
    await bench.desk?.answer('key/meter-2', { command: 'disconnect', orderId: 'order-1', state: 'OK', text: '' });
    await bench.desk?.answer('key/meter-1', { command: 'reconnect', orderId: 'order-1', state: 'OK', text: '' });
    expect(bench.desk?.book.find('order-1')?.state).toBe('PENDING');
    await bench.desk?.answer('key/meter-1', { command: 'disconnect', orderId: undefined, state: 'OK', text: '' });
    expect(bench.desk?.book.find('order-1')?.state).toBe('OK');
  });

  it('is carried out at most once, at whichever operation of the disk the power goes (P16)', async () => {
    const whole = new Bench();
    await whole.open();
    const before = whole.disk.operations;
    await whole.tell(orderOf());
    await whole.desk?.answer('key/meter-1', { command: 'disconnect', orderId: 'order-1', state: 'OK', text: '' });
    const operations = whole.disk.operations - before;
    await whole.desk?.stop();
    const counts = new Map<number, number>();
    for (let operation = 1; operation <= operations + 1; operation += 1) {
      const one = new Bench();
      await one.open();
      const crashed = one.disk.crashAfter(operation);
      await Promise.race([crashed, one.tell(orderOf())]);
      one.disk.crash();
      await one.open();
      await one.tell(orderOf());
      counts.set(one.executed.length, (counts.get(one.executed.length) ?? 0) + 1);
      await one.desk?.stop();
    }
    expect(Math.max(...counts.keys())).toBe(1);
  });
});

describe('the door', () => {
  it.each([
    [
      'a command attribute',
      'PATCH',
      '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1/attrs/disconnect',
      {},
      '{"value":"jws"}',
      204,
    ],
    [
      'the same, encoded',
      'PATCH',
      '/ngsi-ld/v1/entities/urn%3Angsi-ld%3ADevice%3A1/attrs/disconnect',
      {},
      '{"value":"jws"}',
      204,
    ],
    [
      'a fragment with one command',
      'PATCH',
      '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1/attrs',
      {},
      '{"disconnect":{"value":"jws"}}',
      204,
    ],
    [
      'a fragment with two',
      'PATCH',
      '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1/attrs',
      {},
      '{"a":{"value":1},"b":{"value":1}}',
      400,
    ],
    ['creation', 'POST', '/ngsi-ld/v1/entities', {}, '{}', 404],
    ['a batch', 'POST', '/ngsi-ld/v1/entityOperations/update', {}, '[]', 404],
    ['reading', 'GET', '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1/attrs/disconnect', {}, undefined, 422],
    ['no JSON', 'PATCH', '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1/attrs/disconnect', {}, '{', 400],
    ['a list', 'PATCH', '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1/attrs/disconnect', {}, '[1]', 400],
    [
      'a megabyte',
      'PATCH',
      '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1/attrs/disconnect',
      {},
      `{"value":"${'x'.repeat(1_000_000)}"}`,
      400,
    ],
    ['a bad escape', 'PATCH', '/ngsi-ld/v1/entities/%E0%A4%A/attrs/disconnect', {}, '{"value":1}', 400],
    [
      'a tenant like a path',
      'PATCH',
      '/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1/attrs/disconnect',
      { 'NGSILD-Tenant': '../x' },
      '{"value":1}',
      400,
    ],
  ])('answers %s', async (_, method, path, headers, body, status) => {
    const door = commandDoor({ secret: undefined, isLoopback: true, handle: async () => ({ status: 204 }) });
    const server = await listenHttp({ host: '127.0.0.1', port: 0, setting: 'X' }, door);
    const { port } = server.address() as { port: number };
    const init = {
      method,
      headers: { 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body }),
    };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, init).catch(() => ({ status: 400 }));
    expect(answer.status).toBe(status);
    server.closeAllConnections(); // What was refused unread would be waited for.
    await closeHttp(server);
  });
});

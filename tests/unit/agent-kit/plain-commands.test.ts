/** Unsigned commands of devices without a model: what is carried out, what never is, and what becomes of one when the power goes. */

import type { Device, KnownDevices } from '@contor/agent-kit';
import type { WantedCommand } from '@contor/agent-kit/commands/door.js';
import { openPlainDesk, type PlainDesk } from '@contor/agent-kit/commands/plain-desk.js';
import { type Ports, SimulatedClock, SimulatedDisk, SimulatedNet, seededRandom } from '@contor/kit';
import { isGuarded } from '@contor/policy';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { SILENT, START_MS, testDevice } from './bench-agent.js';

const { model: _model, ...PLAIN } = testDevice(1);
const COMMANDS = [
  { name: 'ring', type: 'command', expression: 'value * 2' },
  { name: 'say', objectId: 'speak', type: 'command' },
  { name: 'open', objectId: 'Dis_Connect', type: 'command' },
  { name: 'disconnect', type: 'command' },
];
const common = { ...PLAIN, tenant: 'default', commands: COMMANDS, entityType: 'Bell' };
const BELL: Device = { ...common, deviceId: 'bell', entityName: 'urn:ngsi-ld:Bell:1' };
const HEATER: Device = { ...common, deviceId: 'heater', entityName: 'urn:ngsi-ld:Bell:2', transport: 'http' };
const METER: Device = { ...common, deviceId: 'meter', entityName: 'urn:ngsi-ld:Bell:3', model: 'a-meter' };
const DEVICES = [BELL, HEATER, METER];

const disk = () => new SimulatedDisk({ random: seededRandom(3) });
let machine = disk();
let clock = new SimulatedClock(START_MS);
let sent: object[] = [];
let isLineUp = true;
let desk: PlainDesk;

async function open(): Promise<void> {
  const random = seededRandom(1);
  const ports: Ports = { clock, disk: machine.boot(), random, net: new SimulatedNet({ clock, random }) };
  const registry: KnownDevices = {
    size: DEVICES.length,
    all: () => DEVICES,
    find: (key) => DEVICES.find(({ apiKey, deviceId }) => `${apiKey}/${deviceId}` === key),
  };
  desk = await openPlainDesk({
    ...{ dataFolder: '/data', ports, log: SILENT, registry, onChanged: () => undefined },
    send(_device, payload) {
      if (!isLineUp) return { kind: 'not sent', reason: 'line.away' };
      sent.push(payload);
      return { kind: 'sent' };
    },
    onFatal: (error) => {
      throw error;
    },
  });
}

beforeEach(async () => {
  [machine, clock, sent, isLineUp] = [disk(), new SimulatedClock(START_MS), [], true];
  await open();
});
afterEach(() => desk.stop());

function wanted(device: Device, attribute: string, value: unknown): WantedCommand {
  return { tenant: 'default', entityId: device.entityName ?? '', attribute, value };
}
const tell = (device: Device, attribute: string, value: unknown) =>
  desk.handle(device, wanted(device, attribute, value));
const fetchAll = () => desk.fetch(HEATER.apiKey, HEATER.deviceId);
const states = () => desk.book.untold().map(({ command, state }) => `${command} ${state}`);

describe('a command', () => {
  it.each([
    ['its expression is applied', 'ring', 3, { ring: 6 }],
    ['the device hears its own name for it', 'say', { a: [1] }, { speak: { a: [1] } }],
  ])('%s', async (_, name, value, payload) => {
    expect(await tell(BELL, name, value)).toEqual({ status: 204 });
    expect(sent).toEqual([payload]);
    expect(states()).toEqual([`${name} PENDING`]);
  });

  it.each([
    ['guarded by its name', 'disconnect', true, 422, 'command.guarded'],
    ['guarded by what the device would hear', 'open', true, 422, 'command.guarded'],
    ['nobody provisioned', 'dance', true, 404, 'command.unknown'],
    ['without a value', 'say', undefined, 400, 'command.value'],
    ['of which the expression makes nothing', 'ring', null, 400, 'command.value'],
    ['longer than a device reads', 'say', 'x'.repeat(20_000), 400, 'command.too-long'],
  ])('%s is refused', async (_, name, value, status, reason) => {
    expect(await tell(BELL, name, value)).toEqual({ status, reason });
    expect(sent).toEqual([]);
    expect(desk.book.size).toBe(0);
  });

  it('of a device with a model is never found', () => {
    expect(desk.find(wanted(METER, 'ring', 1))).toBeUndefined();
    expect(desk.find(wanted(BELL, 'ring', 1))).toBe(BELL);
    expect(desk.find({ ...wanted(BELL, 'ring', 1), tenant: 'other' })).toBeUndefined();
  });

  it('waits for the answer to the one before it, and a late answer still counts', async () => {
    await tell(BELL, 'ring', 1);
    expect(await tell(BELL, 'ring', 2)).toEqual({ status: 409, reason: 'command.busy' });
    await clock.advance(17_000);
    expect(states()).toEqual(['ring EXPIRED']);
    expect(await desk.answer(BELL, { command: 'ring', state: 'OK', text: 'rang' })).toBe(true);
    expect(states()).toEqual(['ring OK']);
    expect(await desk.answer(BELL, { command: 'speak', state: 'OK', text: 'never asked' })).toBe(false);
  });

  it('that was certainly not sent says so', async () => {
    isLineUp = false;
    expect(await tell(BELL, 'ring', 1)).toEqual({ status: 204 });
    expect(states()).toEqual(['ring ERROR']);
  });
});

describe('a device that fetches', () => {
  it('hears each command once, the newest of a name, and both visits at once hear it once', async () => {
    await tell(HEATER, 'say', 'old');
    await tell(HEATER, 'say', 'new');
    await tell(HEATER, 'ring', 2);
    expect(sent).toEqual([]);
    expect(await desk.answer(HEATER, { command: 'speak', state: 'OK', text: 'not yet' })).toBe(false);
    expect(await Promise.all([fetchAll(), fetchAll()])).toEqual([{ speak: 'new', ring: 4 }, {}]);
    expect(states().sort()).toEqual(['ring DELIVERED', 'say DELIVERED']);
    await desk.answer(HEATER, { command: 'speak', state: 'ERROR', text: 'hoarse' });
    expect(states().sort()).toEqual(['ring DELIVERED', 'say ERROR']);
  });

  it('finds nothing after a day', async () => {
    await tell(HEATER, 'say', 'hello');
    await clock.advance(86_402_000);
    expect(await fetchAll()).toEqual({});
    expect(states()).toEqual(['say EXPIRED']);
  });
});

describe('after a restart', () => {
  beforeEach(async () => {
    await tell(BELL, 'ring', 1);
    await tell(HEATER, 'ring', 1);
    await tell(HEATER, 'say', 'hello');
    await desk.stop();
    await open();
  });

  it('what was sent is not sent again, and is answered or expires', async () => {
    expect(sent).toHaveLength(1);
    expect(await desk.fetch(BELL.apiKey, BELL.deviceId)).toEqual({});
    await clock.advance(17_000);
    expect(states()).toContain('ring EXPIRED');
    expect(sent).toHaveLength(1);
  });

  it('what waits goes on waiting, and what was given out stays so', async () => {
    expect(await fetchAll()).toEqual({ ring: 2, speak: 'hello' });
    await desk.stop();
    await open();
    expect(await fetchAll()).toEqual({});
    expect(await desk.answer(HEATER, { command: 'speak', state: 'OK', text: 'said' })).toBe(true);
  });
});

describe('at whichever operation of the disk the power goes', () => {
  beforeEach(() => desk.stop());

  async function cutAt(operation: number, doing: () => Promise<unknown>): Promise<void> {
    const crashed = machine.crashAfter(operation);
    await Promise.race([crashed, doing()]);
    machine.crash();
    clock = new SimulatedClock(START_MS + 1_000);
    await open();
  }

  async function fresh(): Promise<void> {
    [machine, clock, sent] = [disk(), new SimulatedClock(START_MS), []];
    await open();
  }

  it('a command is sent at most once, and what was sent has a status that says so', async () => {
    const outcomes = new Set<string>();
    for (let operation = 1; operation <= 12; operation += 1) {
      await fresh();
      await cutAt(operation, () => tell(BELL, 'ring', 1));
      await clock.advance(17_000);
      expect(sent.length).toBeLessThanOrEqual(1);
      if (sent.length === 1) expect(states()).toEqual(['ring EXPIRED']);
      outcomes.add(`${sent.length} ${states().join()}`);
      await desk.stop();
    }
    // Never heard of, or sent and not known what became of it: the cut was on both sides of the sending.
    expect(outcomes).toContain('0 ');
    expect(outcomes).toContain('1 ring EXPIRED');
  });

  it('a command is given out at most once, and is lost to the device only with a status that says so', async () => {
    const outcomes = new Set<string>();
    for (let operation = 1; operation <= 12; operation += 1) {
      await fresh();
      await tell(HEATER, 'say', 'hello');
      const given: object[] = [];
      const visit = async (): Promise<void> => void given.push(await fetchAll());
      await cutAt(operation, visit);
      await visit();
      const times = given.filter((payload) => 'speak' in payload).length;
      expect(times).toBeLessThanOrEqual(1);
      expect(states()).toEqual(['say DELIVERED']);
      outcomes.add(`${times}`);
      await desk.stop();
    }
    expect(outcomes).toContain('1');
  });
});

it.each([
  ['disconnect', true],
  ['DisConnect', true],
  ['remote_disconnect', true],
  ['connect', true],
  ['limit', true],
  ['limiter', true],
  ['set-clock', true],
  ['setClock', true],
  ['updateFirmware', true],
  ['breakerOpen', true],
  ['read', true],
  ['ring', false],
  ['setTemperatureLimit', false],
  ['already', false],
])('%s is guarded: %s', (name, is) => {
  expect(isGuarded(name)).toBe(is);
});

import {
  type Device,
  type DeviceGroup,
  type DeviceRecord,
  type DeviceRegistry,
  deviceKey,
  openDeviceRegistry,
  provisionDevices,
  type RegistryChange,
  toDevice,
} from '@contor/agent-kit';
import { autoprovision } from '@contor/agent-kit/registry/autoprovision.js';
import { openCheckpoint, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { SILENT } from './bench-agent.js';

const FOLDER = '/agent';
const METER: DeviceRecord = { apiKey: 'k1', deviceId: 'm1', tenant: 'default', model: 'landis-gyr-e350-json' };
const GROUP: DeviceGroup = { apiKey: 'k1', resource: '/iot/json', tenant: 'default', timeZone: 'Europe/Bucharest' };

function bench() {
  const simulated = new SimulatedDisk({ random: seededRandom('registry') });
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20));
  let disk = simulated.boot();
  return {
    get disk() {
      return disk;
    },
    /** A power cut, and a new life on the same disk. */
    cut() {
      disk = simulated.boot();
    },
    open(): Promise<DeviceRegistry> {
      const onFatal = (error: Error): void => {
        throw error;
      };
      return openDeviceRegistry({ disk, clock, log: SILENT, dataFolder: FOLDER, onFatal });
    },
  };
}

describe('the embedded registry', () => {
  it('has on disk what it acknowledged, and nothing that was removed', async () => {
    const world = bench();
    const before = await world.open();
    await Promise.all([
      before.put(METER),
      before.put({ ...METER, deviceId: 'm2', refPoint: 'urn:ngsi-ld:ConsumptionPoint:p' }),
    ]);
    await before.groups.put(GROUP);
    await before.put({ ...METER, deviceId: 'm3' });
    expect(await before.remove('k1/m3')).toBe(true);
    world.cut();
    const after = await world.open();
    expect([...after.records()]).toEqual([...before.records()]);
    expect([...after.groups.all()]).toEqual([GROUP]);
    expect(after.find('k1/m2')).toMatchObject({ name: 'm2', refDevice: 'urn:ngsi-ld:Device:m2' });
    expect(after.find('k1/m3')).toBeUndefined();
  });

  it('adds a device once, whoever comes at the same moment', async () => {
    const registry = await bench().open();
    expect(await Promise.all([registry.add(METER), registry.add({ ...METER, model: 'another' })])).toEqual([
      true,
      false,
    ]);
    expect(registry.find('k1/m1')?.model).toBe(METER.model);
    expect(await registry.groups.add(GROUP)).toBe(true);
    expect(await registry.groups.add(GROUP)).toBe(false);
    expect(await registry.remove('k1/nobody')).toBe(false);
  });

  it('tells of each change after it is durable, and of nothing once nobody listens', async () => {
    const registry = await bench().open();
    const changes: RegistryChange[] = [];
    const end = registry.onChange((change) => changes.push(change));
    await registry.put(METER);
    await registry.groups.put(GROUP);
    await registry.remove('k1/m1');
    end();
    await registry.put(METER);
    expect(changes.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
      'device k1/m1',
      'group k1 /iot/json',
      'device k1/m1',
    ]);
    expect(changes[2]).toMatchObject({ device: undefined });
  });

  it('lets a device follow its group', async () => {
    const registry = await bench().open();
    await registry.put(METER);
    expect(registry.find('k1/m1')?.timeZone).toBe('UTC');
    await registry.groups.put({ ...GROUP, registerDigits: 6 });
    expect(registry.find('k1/m1')).toMatchObject({
      timeZone: 'Europe/Bucharest',
      registerDigits: 6,
      model: METER.model,
    });
    expect(registry.groupOf(METER)).toMatchObject({ ...GROUP });
    await registry.groups.remove('k1 /iot/json');
    expect(registry.find('k1/m1')?.timeZone).toBe('UTC');
    expect(registry.recordOf('k1/m1')).toEqual(METER);
  });
});

describe('what was left for an agent that did not run', () => {
  it('is taken in once; what the API changes later stays changed', async () => {
    const world = bench();
    await provisionDevices(FOLDER, [METER], world.disk);
    await provisionDevices(FOLDER, [{ ...METER, deviceId: 'm2' }], world.disk);
    const first = await world.open();
    expect(first.size).toBe(2);
    await first.put({ ...METER, serialNumber: '7' });
    world.cut();
    expect((await world.open()).find('k1/m1')?.serialNumber).toBe('7');
  });

  it('may be the registry of an earlier version', async () => {
    const world = bench();
    const old: Device = {
      ...{ ...METER, name: 'e350-0001', refDevice: 'urn:ngsi-ld:Device:e350-0001' },
      ...{ timeZone: 'Europe/Bucharest', registerDigits: 6 },
    };
    await world.disk.makeDirectory(FOLDER);
    const text = JSON.stringify({ version: 1, devices: [old] });
    await openCheckpoint({ disk: world.disk, path: `${FOLDER}/devices` }).write(new TextEncoder().encode(text));
    expect((await world.open()).find(deviceKey('k1', 'm1'))).toEqual(old);
  });
});

it.each([
  [{}, 'm1', 'urn:ngsi-ld:Device:m1'],
  [{ entityName: 'urn:ngsi-ld:Motion:001' }, '001', 'urn:ngsi-ld:Device:001'],
  [{ entityName: 'Hall' }, 'Hall', 'urn:ngsi-ld:Device:Hall'],
  [{ entityName: 'Hall', name: 'h', refDevice: 'urn:ngsi-ld:Device:other' }, 'h', 'urn:ngsi-ld:Device:other'],
])('a device that says %j is called %s', (said, name, refDevice) => {
  expect(toDevice({ ...METER, ...said }, undefined)).toMatchObject({ name, refDevice });
});

describe('a device that nobody has provisioned', () => {
  it('is taken in once by the group whose key it sends, and named as the group says', async () => {
    const registry = await bench().open();
    await registry.groups.put({
      ...GROUP,
      tenant: 'openiot',
      entityType: 'Room',
      entityNameExp: "'urn:ngsi-ld:Room:' + id",
    });
    const newcomers = autoprovision(registry, SILENT);
    const [one, same] = await Promise.all([newcomers.admit('k1', 'new', 0), newcomers.admit('k1', 'new', 0)]);
    expect(one).toMatchObject({ tenant: 'openiot', entityName: 'urn:ngsi-ld:Room:new', isAutoprovisioned: true });
    expect(same).toBe(one);
    expect(registry.size).toBe(1);
  });

  it('stays a stranger while the registry cannot be written', async () => {
    const registry = await bench().open();
    await registry.groups.put(GROUP);
    const away: DeviceRegistry = Object.create(registry, { add: { value: () => Promise.reject(new Error('away')) } });
    for (const name of ['groupOf', 'records', 'find'] as const)
      Object.defineProperty(away, name, { value: (of: never) => registry[name](of) });
    expect(await autoprovision(away, SILENT).admit('k1', 'new', 0)).toBeUndefined();
    expect(registry.size).toBe(0);
  });

  it.each([
    ['of another key', 'k2', 'new', {}],
    ['of a group that wants none', 'k1', 'new', { autoprovision: false }],
    ['with a name that is none', 'k1', 'a b', {}],
    ['whose entity cannot be named', 'k1', 'new', { entityNameExp: 'nothing' }],
  ])('is none %s', async (_what, apiKey, deviceId, said) => {
    const registry = await bench().open();
    await registry.groups.put({ ...GROUP, ...said });
    expect(await autoprovision(registry, SILENT).admit(apiKey, deviceId, 0)).toBeUndefined();
    expect(registry.size).toBe(0);
  });
});

/** Registrations through a restart: from the log alone, from a snapshot and the log after it. */

import { type BrokerCore, openBrokerCore } from '@contor/broker';
import { CORE_URL } from '@contor/broker/context/core.js';
import type { Registration } from '@contor/broker/registration/model.js';
import { type Logger, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};
const NOW = Date.UTC(2026, 10, 20);
const TYPE = 'https://example.org/Device';

function open(disk: SimulatedDisk, atMs = NOW): Promise<BrokerCore> {
  return openBrokerCore({
    ...{ clock: new SimulatedClock(atMs), disk: disk.boot(), random: seededRandom(1), log: SILENT },
    ...{ dataFolder: '/data', maxLogBytes: 2 ** 24, snapshotBytes: 2 ** 30, maxOutboxBytes: 2 ** 24 },
    onFatal: () => undefined,
    deliver: async () => ({ kind: 'accepted' }),
  });
}

function registration(id: string, more: Partial<Registration> = {}): Registration {
  return {
    id,
    information: [{ entities: [{ id: `urn:ngsi-ld:Device:${id}`, types: [TYPE] }], propertyNames: [`${TYPE}/switch`] }],
    endpoint: 'http://127.0.0.1:4041',
    mode: 'exclusive',
    operations: ['updateOps'],
    path: '/',
    context: CORE_URL,
    createdAt: NOW,
    modifiedAt: NOW,
    ...more,
  };
}

async function fill(core: BrokerCore): Promise<void> {
  const stamp = { tenant: 'one', atMs: NOW };
  for (const id of ['r:1', 'r:2', 'r:3'])
    await core.store.submit({ kind: 'register', ...stamp, registration: registration(id) });
  await core.store.submit({
    kind: 'reregister',
    ...stamp,
    id: 'r:2',
    patch: { description: 'second', modifiedAt: NOW + 1 },
  });
  await core.store.submit({ kind: 'unregister', ...stamp, id: 'r:3' });
}

function held(core: BrokerCore, nowMs = NOW): readonly Registration[] {
  return [...(core.store.memory.tenants.get('one')?.registrations.current(nowMs) ?? [])];
}

const EXPECTED = [registration('r:1'), registration('r:2', { description: 'second', modifiedAt: NOW + 1 })];

describe('registrations', () => {
  it('are there after a restart from the log', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) });
    const core = await open(disk);
    await fill(core);
    await core.store.close();
    expect(held(await open(disk))).toEqual(EXPECTED);
  });

  it('are there after a restart from a snapshot, with what is known of their sources, and the log after it', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) });
    const core = await open(disk);
    await fill(core);
    const status = { timesSent: 3, timesFailed: 1, lastSuccess: NOW, lastFailure: NOW - 1 };
    core.store.memory.tenantFor('one').registrations.setStatus('r:1', status);
    await core.store.snapshot();
    await core.store.submit({ kind: 'register', tenant: 'one', atMs: NOW, registration: registration('r:4') });
    await core.store.close();
    const again = await open(disk);
    expect(held(again)).toEqual([...EXPECTED, registration('r:4')]);
    const book = again.store.memory.tenants.get('one')?.registrations;
    expect(book?.statusOf('r:1')).toEqual(status);
    expect(book?.matching({ id: 'urn:ngsi-ld:Device:r:4' }, NOW)).toHaveLength(1);
    expect(book?.matching({ id: 'urn:ngsi-ld:Device:r:3' }, NOW)).toHaveLength(0);
  });

  it('that have expired give way to new ones, and leave with the next snapshot', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) });
    const core = await open(disk);
    const brief = registration('r:1', { expiresAt: new Date(NOW + 1_000).toISOString() });
    await core.store.submit({ kind: 'register', tenant: 'one', atMs: NOW, registration: brief });
    const second = { ...registration('r:2'), information: brief.information };
    const [early] = await core.store.submit({ kind: 'register', tenant: 'one', atMs: NOW + 999, registration: second });
    expect(early?.problem?.code).toBe('conflict');
    const [late] = await core.store.submit({
      kind: 'register',
      tenant: 'one',
      atMs: NOW + 1_000,
      registration: second,
    });
    expect(late?.kind).toBe('created');
    await core.store.close();
    const again = await open(disk, NOW + 2_000);
    expect(held(again, NOW + 2_000).map(({ id }) => id)).toEqual(['r:2']);
    await again.store.snapshot();
    await again.store.close();
    const third = await open(disk, NOW + 3_000);
    expect([...(third.store.memory.tenants.get('one')?.registrations.all ?? [])].map(({ id }) => id)).toEqual(['r:2']);
  });
});

/** What lets in elsewhere is wrapped on the broker's disk and plain where it is used: through the log, a snapshot, an older folder and another key. */

import { type BrokerCore, openBrokerCore } from '@contor/broker';
import { CORE_URL } from '@contor/broker/context/core.js';
import {
  type Keyring,
  keyringOf,
  type Logger,
  newMasterKey,
  SimulatedClock,
  SimulatedDisk,
  seededRandom,
} from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { getFile } from '../kit/support.js';

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};
const NOW = Date.UTC(2026, 10, 20);
const CANARY = 'canary-that-opens-a-door';
const OLD = newMasterKey();
const stamp = { tenant: 'one', atMs: NOW };

function open(disk: SimulatedDisk, keyring?: Keyring): Promise<BrokerCore> {
  return openBrokerCore({
    ...{ clock: new SimulatedClock(NOW), disk: disk.boot(), random: seededRandom(1), log: SILENT, keyring },
    ...{ dataFolder: '/data', maxLogBytes: 2 ** 24, snapshotBytes: 2 ** 30, maxOutboxBytes: 2 ** 24 },
    onFatal: () => undefined,
    deliver: async () => ({ kind: 'accepted' }),
  });
}

const endpoint = (secret: string) => ({
  uri: `mqtt://meter:${secret}@127.0.0.1/topic`,
  accept: 'application/json' as const,
  receiverInfo: [
    { key: 'Authorization', value: `Bearer ${secret}` },
    { key: 'X-Area', value: 'north' },
  ],
});
const information = [{ entities: [{ id: 'urn:ngsi-ld:Device:1', types: ['https://example.org/Device'] }] }];
const source = (secret: string) => [
  { key: 'X-Api-Key', value: secret },
  { key: 'Accept', value: 'application/json' },
];

async function fill(core: BrokerCore): Promise<void> {
  const notification = { format: 'normalized' as const, sysAttrs: false, endpoint: endpoint(CANARY) };
  const subscription = {
    id: 'urn:s:1',
    entities: [{ types: ['T'] }],
    isActive: true,
    notification,
    context: {},
    createdAt: NOW,
    modifiedAt: NOW,
  };
  await core.store.submit({ kind: 'subscribe', ...stamp, subscription });
  await core.store.submit({
    kind: 'register',
    ...stamp,
    registration: {
      ...{
        id: 'urn:r:1',
        information,
        endpoint: 'http://127.0.0.1:9',
        mode: 'exclusive',
        operations: ['updateOps'],
        path: '/',
      },
      ...{ context: CORE_URL, createdAt: NOW, modifiedAt: NOW, contextSourceInfo: source(CANARY) },
    },
  });
  const patched = { ...notification, endpoint: endpoint(`${CANARY}-2`) };
  await core.store.submit({ kind: 'resubscribe', ...stamp, id: 'urn:s:1', patch: { notification: patched } });
  await core.store.submit({
    kind: 'reregister',
    ...stamp,
    id: 'urn:r:1',
    patch: { contextSourceInfo: source(`${CANARY}-2`) },
  });
}

const held = ({ store }: BrokerCore) => {
  const tenant = store.memory.tenants.get('one');
  return {
    endpoint: tenant?.subscriptions.get('urn:s:1')?.notification.endpoint,
    info: [...(tenant?.registrations.current(NOW) ?? [])][0]?.contextSourceInfo,
  };
};
const EXPECTED = { endpoint: endpoint(`${CANARY}-2`), info: source(`${CANARY}-2`) };

async function onDisk(disk: SimulatedDisk): Promise<string> {
  const texts = await Promise.all(disk.paths().map((path) => getFile(disk, path)));
  return texts.map((bytes) => Buffer.from(bytes).toString('latin1')).join('\n');
}

describe('the veil', () => {
  const keyring = keyringOf(OLD, 'a test');
  const newDisk = () => new SimulatedDisk({ random: seededRandom(1) });

  it.each(['the log', 'a snapshot'])('lets nothing through to %s, and gives it back after a restart', async (where) => {
    const disk = newDisk();
    const core = await open(disk, keyring);
    await fill(core);
    expect(held(core)).toEqual(EXPECTED);
    if (where === 'a snapshot') await core.store.snapshot();
    await core.store.close();
    const text = await onDisk(disk);
    expect(text).not.toContain(CANARY);
    expect(text).toContain('north');
    expect(held(await open(disk, keyring))).toEqual(EXPECTED);
  });

  it('reads what an earlier version left plain, and writes a snapshot at once in which it is wrapped', async () => {
    const disk = newDisk();
    const before = await open(disk);
    await fill(before);
    await before.store.close();
    expect(await onDisk(disk)).toContain(CANARY);
    const core = await open(disk, keyring);
    expect(held(core)).toEqual(EXPECTED);
    await core.store.close();
    const snapshots = disk.paths().filter((path) => path.endsWith('.snapshot'));
    expect(snapshots).toHaveLength(1);
    for (const path of snapshots)
      expect(Buffer.from(await getFile(disk, path)).toString('latin1')).not.toContain(CANARY);
    expect(held(await open(disk, keyring))).toEqual(EXPECTED);
  });

  it('goes on with a newer key, and refuses to start without the one that is needed', async () => {
    const disk = newDisk();
    const core = await open(disk, keyring);
    await fill(core);
    await core.store.close();
    expect(held(await open(disk, keyringOf(`${newMasterKey()} ${OLD}`, 'a test')))).toEqual(EXPECTED);
    const without = open(disk, keyringOf(newMasterKey(), 'a test'));
    await expect(without).rejects.toMatchObject({ code: 'config.master-key-missing' });
  });
});

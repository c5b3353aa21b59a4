/** Recovery of the store on a simulated disk: log alone, snapshot and tail, damage, refusals. */

import { type BrokerCore, openBrokerCore } from '@contor/broker';
import { CORE_URL } from '@contor/broker/context/core.js';
import { type PackedTelling, packTelling, StringTable, unpackTelling } from '@contor/broker/store/pack.js';
import type { Telling } from '@contor/broker/subscription/model.js';
import { type Logger, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it, jest } from '@jest/globals';
import { powercutBroker } from '../../checks/powercut-broker.js';
import { times } from '../../support/long.js';

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};
const TENANT = 'default';
const NO_MORE = {
  observedAt: undefined,
  unitCode: undefined,
  datasetId: undefined,
  parts: [],
  createdAt: 1,
  modifiedAt: 2,
  size: 200,
};

function newDisk(seed = 7): SimulatedDisk {
  return new SimulatedDisk({ random: seededRandom(seed) });
}

function open(
  disk: SimulatedDisk,
  told: string[] = [],
  limits: { maxLogBytes?: number; maxOutboxBytes?: number } = {},
): Promise<BrokerCore> {
  return openBrokerCore({
    clock: new SimulatedClock(Date.UTC(2026, 10, 20)),
    disk: disk.boot(),
    random: seededRandom(1),
    log: SILENT,
    dataFolder: '/data',
    maxLogBytes: 2 ** 24,
    snapshotBytes: 2 ** 30,
    segmentBytes: 16_384,
    maxOutboxBytes: 2 ** 24,
    ...limits,
    onFatal: () => undefined,
    deliver: async ({ parcel }) => {
      for (const { entity } of parcel.entries) told.push(`${entity.id} ${entity.attributes[0]?.value}`);
      return { kind: 'accepted' };
    },
  });
}

async function write(core: BrokerCore, id: string, value: number, atMs = 1_000): Promise<void> {
  const attribute = {
    name: 'https://example.org/a',
    kind: 'Property',
    value,
    observedAt: undefined,
    unitCode: undefined,
    datasetId: undefined,
    parts: [],
    createdAt: atMs,
    modifiedAt: atMs,
    size: 200,
  } as const;
  await core.store.submit({
    kind: 'entities',
    operation: 'upsertUpdate',
    tenant: TENANT,
    atMs,
    inputs: [{ id, types: ['https://example.org/T'], scope: undefined, attributes: [attribute] }],
  });
}

const MUST = [{ key: 'deliver', value: 'must' }];

const subscribe = (core: BrokerCore, notifierInfo: readonly { key: string; value: string }[] = []) =>
  core.store.submit({
    kind: 'subscribe',
    tenant: TENANT,
    atMs: 0,
    subscription: {
      id: 'urn:s:1',
      entities: [{ types: ['https://example.org/T'] }],
      isActive: true,
      notification: {
        format: 'normalized',
        sysAttrs: false,
        endpoint: { uri: 'http://127.0.0.1/', accept: 'application/json', notifierInfo },
      },
      context: CORE_URL,
      createdAt: 0,
      modifiedAt: 0,
    },
  });

const entityOf = (core: BrokerCore, id: string) => core.store.memory.tenants.get(TENANT)?.entity(id);

describe('recovery', () => {
  it('replays the log: values, and the times they were created and modified', async () => {
    const disk = newDisk();
    const first = await open(disk);
    await write(first, 'urn:e:1', 1, 1_000);
    await write(first, 'urn:e:1', 2, 2_000);
    const before = entityOf(first, 'urn:e:1');
    disk.crash();
    const second = await open(disk);
    expect(entityOf(second, 'urn:e:1')).toEqual(before);
    expect(before).toMatchObject({
      createdAt: 1_000,
      modifiedAt: 2_000,
      attributes: [{ value: 2, createdAt: 1_000, modifiedAt: 2_000 }],
    });
  });

  it('continues from a snapshot and the records after it, and gives the old segments back', async () => {
    const disk = newDisk();
    const first = await open(disk);
    await subscribe(first);
    for (let value = 0; value < 200; value += 1) await write(first, `urn:e:${value % 10}`, value);
    await first.store.snapshot();
    for (let value = 200; value < 400; value += 1) await write(first, `urn:e:${value % 10}`, value);
    await first.store.snapshot();
    const { logBytes } = first.store.figures;
    await write(first, 'urn:e:0', 400);
    disk.crash();
    const told: string[] = [];
    const second = await open(disk, told);
    expect(entityOf(second, 'urn:e:0')).toMatchObject({ attributes: [{ value: 400 }] });
    expect(entityOf(second, 'urn:e:9')).toMatchObject({ attributes: [{ value: 399 }] });
    expect(logBytes).toBeLessThan(60_000);
    expect(second.office.figures.outboxEntities).toBe(401);
  });

  it('gives the outbox back as it was: reason, state before, and what is gone', async () => {
    const attribute = {
      ...({ name: 'https://example.org/a', kind: 'Property', value: 'urn:ngsi-ld:null' } as const),
      ...NO_MORE,
    };
    const before = { id: 'urn:e:1', types: ['https://example.org/T'], scope: undefined, createdAt: 1, modifiedAt: 2 };
    const tellings: readonly Telling[] = [
      { position: 1, atMs: 5, reason: 'created', entity: { ...before, attributes: [] } },
      {
        ...{ position: 2, atMs: 6, reason: 'updated' as const, previous: { ...before, attributes: [attribute] } },
        entity: { ...before, attributes: [{ ...attribute, deletedAt: 6 }] },
      },
      { position: 3, atMs: 7, reason: 'deleted', entity: { ...before, attributes: [], deletedAt: 7 } },
    ];
    const table = new StringTable();
    const packed: PackedTelling[] = JSON.parse(JSON.stringify(tellings.map((telling) => packTelling(telling, table))));
    expect(packed.map((item) => unpackTelling(item, new StringTable(table.strings)))).toEqual(tellings);
  });

  it('uses the snapshot before when the newest is damaged', async () => {
    const disk = newDisk();
    const first = await open(disk);
    await write(first, 'urn:e:1', 1);
    await first.store.snapshot();
    await write(first, 'urn:e:1', 2);
    await first.store.snapshot();
    await first.store.close();
    const newest =
      disk
        .paths()
        .filter((path) => path.endsWith('.snapshot'))
        .at(-1) ?? '';
    disk.flip(newest, 40);
    const second = await open(disk);
    expect(entityOf(second, 'urn:e:1')).toMatchObject({ attributes: [{ value: 2 }] });
    expect(disk.paths().some((path) => path.endsWith('.damaged'))).toBe(true);
  });

  it('forgets what a snapshot brought before its damaged end', async () => {
    const disk = newDisk();
    const first = await open(disk);
    await subscribe(first);
    await write(first, 'urn:e:1', 1);
    await first.store.snapshot();
    for (let value = 2; value < 9; value += 1) await write(first, `urn:e:${value}`, value);
    await first.store.submit({ kind: 'delete', tenant: TENANT, atMs: 0, ids: ['urn:e:2'] });
    const before = [...(first.store.memory.tenants.get(TENANT)?.entities() ?? [])];
    await first.store.snapshot();
    await first.store.close();
    const newest =
      disk
        .paths()
        .filter((path) => path.endsWith('.snapshot'))
        .at(-1) ?? '';
    const file = await disk.boot().open(newest, 'read');
    disk.flip(newest, (await file.size()) - 10);
    const second = await open(disk);
    expect([...(second.store.memory.tenants.get(TENANT)?.entities() ?? [])]).toEqual(before);
    expect(second.office.figures.outboxEntities).toBe(first.office.figures.outboxEntities);
    expect(disk.paths().some((path) => path.endsWith('.damaged'))).toBe(true);
  });

  it('refuses a folder from which the log has been taken away', async () => {
    const disk = newDisk();
    const first = await open(disk);
    await write(first, 'urn:e:1', 1);
    await first.store.snapshot();
    await first.store.close();
    for (const path of disk.paths()) if (path.includes('/log/')) await disk.remove(path);
    await expect(open(disk)).rejects.toMatchObject({ code: 'config.gap' });
  });

  it('keeps subscriptions, tenants and hosted @contexts', async () => {
    const disk = newDisk();
    const first = await open(disk);
    await first.store.submit({
      kind: 'host',
      tenant: TENANT,
      atMs: 0,
      context: { id: 'abc', document: { '@context': {} }, createdAt: 5 },
    });
    await subscribe(first);
    await first.store.submit({
      kind: 'resubscribe',
      tenant: TENANT,
      atMs: 0,
      id: 'urn:s:1',
      patch: { isActive: false },
    });
    await first.store.submit({ kind: 'delete', tenant: 'empty', atMs: 0, ids: ['urn:e:none'] });
    for (let round = 0; round < 2; round += 1) {
      const again = await open(disk);
      expect(again.contexts.hosted.get('abc')).toMatchObject({ createdAt: 5 });
      expect(again.store.memory.tenants.get(TENANT)?.subscriptions.get('urn:s:1')).toMatchObject({ isActive: false });
      expect(again.store.memory.tenants.has('empty')).toBe(true);
      await again.store.snapshot();
      await again.store.close();
    }
  });
});

describe('refusals', () => {
  it('a full log is a 503 that asks to come again, and leaves the state alone', async () => {
    const core = await open(newDisk(), [], { maxLogBytes: 40_000 });
    const outcomes = await Promise.allSettled(
      Array.from({ length: 400 }, (_none, at) => write(core, `urn:e:${at}`, at)),
    );
    const refused = outcomes.find((outcome) => outcome.status === 'rejected');
    expect(refused).toMatchObject({ reason: { code: 'unavailable', headers: { 'Retry-After': '5' } } });
    expect(core.store.memory.tenants.get(TENANT)?.size).toBe(
      outcomes.filter((outcome) => outcome.status === 'fulfilled').length,
    );
  });

  it('a full outbox that must be delivered is named', async () => {
    const core = await open(newDisk(), [], { maxOutboxBytes: 1_000 });
    await subscribe(core, MUST);
    expect(core.office.fullBox(TENANT)).toBeUndefined();
    for (let value = 0; value < 5; value += 1) await write(core, 'urn:e:1', value);
    expect(core.office.fullBox(TENANT)).toBe('urn:s:1');
    expect(core.office.fullBox('another')).toBeUndefined();
  });
});

/** Many small steps of a simulated disk: quick, but not on a machine that does much else. */
const PATIENCE_MS = 30_000;
jest.setTimeout(PATIENCE_MS);

describe('power cuts', () => {
  it('lose, invent and double nothing', async () => {
    const figures = await powercutBroker({ cuts: times(8, 15), seed: 'unit' });
    expect(figures).toMatchObject({ lost: 0, ghosts: 0, doubled: 0, misordered: 0, refusedStarts: 0 });
    expect(figures.acked).toBeGreaterThan(50);
    expect(figures.deadLetters).toBeGreaterThan(5);
  });
  it('are noticed when dead letters are not written', async () => {
    expect((await powercutBroker({ cuts: 5, seed: 'unit', forgetLetters: true })).lost).toBeGreaterThan(0);
  });
  it('are noticed when syncs are lies', async () => {
    expect((await powercutBroker({ cuts: 8, seed: 'unit', fsyncOff: true })).cutsWithLoss).toBeGreaterThan(0);
  });
});

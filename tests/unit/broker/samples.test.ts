/**
 * Data folders written by earlier builds still open, and say the same. A change of what is stored adds a sample beside the
 * old ones; it never replaces one.
 */

import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { openBrokerCore } from '@contor/broker';
import type { Notification } from '@contor/broker/subscription/post-office.js';
import { type Logger, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/root.js';

const SILENT: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  child: () => SILENT,
};

async function diskOf(sample: string): Promise<SimulatedDisk> {
  const text = await readFile(join(ROOT, 'tests/unit/broker/samples', sample), 'utf8');
  const { files }: { files: Record<string, string> } = JSON.parse(text);
  const disk = new SimulatedDisk({ random: seededRandom(1) });
  for (const [name, content] of Object.entries(files)) {
    const path = join('/data', name);
    await disk.makeDirectory(dirname(path));
    const file = await disk.open(path, 'create');
    await file.append([Buffer.from(content, 'base64')]);
    await file.sync();
    await file.close();
    await disk.syncDirectory(dirname(path));
  }
  return disk;
}

async function openSample(sample: string, deliver: (notification: Notification) => void) {
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20));
  const core = await openBrokerCore({
    ...{ clock, disk: (await diskOf(sample)).boot(), random: seededRandom(1), log: SILENT, dataFolder: '/data' },
    ...{ maxLogBytes: 2 ** 24, snapshotBytes: 2 ** 30, segmentBytes: 16_384, maxOutboxBytes: 2 ** 24 },
    onFatal: () => undefined,
    async deliver(notification) {
      deliver(notification);
      return { kind: 'accepted' };
    },
  });
  return { core, clock };
}

describe('a data folder of format 1', () => {
  it('opens, and tells what was still to be told', async () => {
    const told: string[] = [];
    const { core, clock } = await openSample('data-1.json', ({ subscription, parcel }) => {
      for (const { reason, previous, entity } of parcel.entries) {
        expect(previous).toBeUndefined();
        told.push(`${subscription.id} ${reason} ${entity.id} ${entity.attributes[0]?.value}`);
      }
    });
    const tenant = core.store.memory.tenants.get('default');
    expect(tenant?.entity('urn:e:1')).toMatchObject({
      createdAt: 1_000,
      modifiedAt: 4_000,
      attributes: [{ value: 4 }],
    });
    expect(tenant?.entity('urn:e:3')).toBeUndefined();
    expect(tenant?.subscriptions.get('urn:s:1')).toMatchObject({
      q: { text: 'a>0' },
      notification: { format: 'concise', endpoint: { receiverInfo: [{ key: 'X-A', value: 'b' }] } },
    });
    core.office.start();
    await clock.advance(60_000);
    // What a snapshot of that format held has no reason of its own.
    expect(told.sort()).toEqual([
      'urn:s:1 created urn:e:3 5',
      'urn:s:1 updated urn:e:1 1',
      'urn:s:1 updated urn:e:1 2',
      'urn:s:1 updated urn:e:1 4',
      'urn:s:1 updated urn:e:2 3',
      'urn:s:2 created urn:e:3 5',
      'urn:s:2 updated urn:e:1 4',
    ]);
  });
});

describe('a data folder with all that subscriptions say', () => {
  it('opens, and tells states before, deletions and what is gone', async () => {
    const told: unknown[] = [];
    const { core, clock } = await openSample('data-2.json', ({ subscription, parcel }) => {
      for (const { reason, previous, entity } of parcel.entries) {
        const gone = entity.attributes.filter(({ deletedAt }) => deletedAt !== undefined);
        told.push([subscription.id, reason, entity.id, previous?.modifiedAt, entity.deletedAt, gone.length]);
      }
    });
    const subscriptions = core.store.memory.tenants.get('default')?.subscriptions;
    expect(subscriptions?.get('urn:s:changes')).toMatchObject({
      ...{ notificationTrigger: ['entityUpdated', 'entityDeleted', 'entityCreated'], throttling: 0.5, lang: 'en' },
      ...{ q: { text: 'warmth>=0' }, scopeQ: { text: '/north' }, datasetId: ['@none'] },
      notification: {
        ...{ showChanges: true, sysAttrs: true, pick: { members: ['id', 'type'] } },
        endpoint: {
          ...{ timeout: 500, cooldown: 1_000, accept: 'application/ld+json' },
          receiverInfo: [{ key: 'Authorization', value: 'Bearer sesame' }],
        },
      },
    });
    expect(subscriptions?.get('urn:s:rounds')).toMatchObject({
      ...{ timeInterval: 60, geoQ: { given: { georel: 'near;maxDistance==10' } } },
      notification: { format: 'concise', omit: { members: ['scope'] } },
    });
    core.office.start();
    await clock.advance(600_000);
    const of = (id: string): unknown[] => told.filter((row) => (row as readonly unknown[])[2] === id);
    expect(of('urn:e:1')).toEqual([
      ['urn:s:changes', 'created', 'urn:e:1', undefined, undefined, 0],
      ['urn:s:changes', 'updated', 'urn:e:1', 1_000, undefined, 0],
      ['urn:s:changes', 'updated', 'urn:e:1', 2_000, undefined, 1],
      ['urn:s:changes', 'deleted', 'urn:e:1', 3_000, 5_000, 1],
    ]);
    expect(of('urn:e:2')).toEqual([['urn:s:changes', 'created', 'urn:e:2', undefined, undefined, 0]]);
  });
});

describe('a data folder with all that entities say', () => {
  const attribute = (name: string, value: unknown, more: object = {}) => ({
    ...{ name: `https://example.org/${name}`, kind: 'Property', value, createdAt: 1_000, modifiedAt: 1_000 },
    ...more,
  });

  it('opens, and says what it said', async () => {
    const { core } = await openSample('data-2-entities.json', () => undefined);
    const tenant = core.store.memory.tenants.get('default');
    const observed = { observedAt: '2026-11-20T07:00:10.000Z' };
    expect(tenant?.entity('urn:e:1')).toMatchObject({
      types: ['https://example.org/T', 'https://example.org/U'],
      scope: ['/Bucharest'],
      createdAt: 1_000,
      modifiedAt: 3_000,
      attributes: [
        attribute('number', 231, { modifiedAt: 3_000, observedAt: undefined, unitCode: undefined }),
        attribute('whole', 42, observed),
        attribute('negative', -5, { observedAt: '2026-11-20T07:00:10Z' }),
        attribute('odd', 'ț\ud800', { observedAt: '2026-11-20T07:00:10,5Z' }),
        attribute('yes', true),
        attribute('object', { deep: [1, { x: null }] }, { kind: 'JsonProperty' }),
        attribute('languages', { ro: 'da' }, { kind: 'LanguageProperty' }),
        attribute('refers', 'urn:e:2', {
          ...{ kind: 'Relationship', datasetId: 'urn:d:1' },
          parts: [attribute('since', 1)],
        }),
        attribute('place', { type: 'Point', coordinates: [26.1, 44.4] }, { kind: 'GeoProperty' }),
      ],
    });
    expect(tenant?.entity('urn:e:2')).toMatchObject({
      createdAt: 2_000,
      modifiedAt: 5_000,
      attributes: [{ value: 2 }, { value: 'x'.repeat(300) }],
    });
    expect(tenant?.entity('urn:e:3')).toBeUndefined();
    expect([...(tenant?.entities(['https://example.org/U']) ?? [])].map(({ id }) => id)).toEqual(['urn:e:1']);
    expect(core.store.memory.tenants.has('empty')).toBe(true);
    expect(tenant?.subscriptions.has('urn:s:1')).toBe(true);
    expect(core.office.figures.outboxEntities).toBeGreaterThan(0);
  });
});

it('a snapshot of a newer format is refused with its version, and nothing is touched', async () => {
  const disk = await diskOf('data-2-entities.json');
  const path = disk.paths().find((name) => name.endsWith('.snapshot')) ?? '';
  // The version stands in bytes 8 and 9: 2 becomes 3.
  disk.flip(path, 9, 1);
  const before = disk.paths();
  const opening = openBrokerCore({
    ...{ clock: new SimulatedClock(0), disk: disk.boot(), random: seededRandom(1), log: SILENT, dataFolder: '/data' },
    ...{ maxLogBytes: 2 ** 24, snapshotBytes: 2 ** 30, segmentBytes: 16_384, maxOutboxBytes: 2 ** 24 },
    onFatal: () => undefined,
    deliver: async () => ({ kind: 'accepted' }),
  });
  await expect(opening).rejects.toMatchObject({ faults: [{ code: 'config.newer-format' }] });
  expect(disk.paths().filter((name) => name.endsWith('.damaged'))).toEqual([]);
  expect(disk.paths()).toEqual(expect.arrayContaining([...before]));
});

/** What the index proposes and the records decide is what a plain filter over everything would find: in memory, without columns, in archives. */

import type { AuditLog } from '@contor/gateway/audit/entry.js';
import type { KeptRecord } from '@contor/gateway/audit/record.js';
import { RecordIndex } from '@contor/gateway/audit/search/index-of-records.js';
import { type AuditQuery, matches } from '@contor/gateway/audit/search/query.js';
import { verifyTrail } from '@contor/gateway/audit/verify.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ENTRY, START_MS, TrailHouse } from './support.js';

const LOGS: readonly AuditLog[] = ['application', 'communication', 'parametrisation'];

function kept(at: number): KeptRecord {
  return {
    format: 1,
    atMs: START_MS + at * 1_000,
    log: LOGS[at % 3] ?? 'application',
    actor: { id: `subject-${at % 7}`, kind: 'person' },
    page: `page-${at % 5}`,
    operation: `operation-${at % 11}`,
    outcome: at % 13 === 0 ? 'refused' : 'done',
    targets: at % 17 === 0 ? ['urn:a', 'urn:b'] : [`urn:target-${at % 19}`],
  };
}

const queries: fc.Arbitrary<AuditQuery> = fc.record(
  {
    logs: fc.subarray([...LOGS], { minLength: 1 }),
    actors: fc.subarray(['subject-1', 'subject-6', 'nobody'], { minLength: 1 }),
    pages: fc.constant(['page-2']),
    operations: fc.constant(['operation-3', 'operation-4']),
    outcomes: fc.constant(['refused'] as const),
    target: fc.constantFrom('urn:b', 'urn:target-4', 'urn:none'),
    fromMs: fc.integer({ min: START_MS, max: START_MS + 10_000_000 }),
    toMs: fc.integer({ min: START_MS, max: START_MS + 10_000_000 }),
  },
  { requiredKeys: [] },
);

describe('the index', () => {
  it.each([
    ['with columns for all', undefined],
    ['with columns for the newest chunk only', 1],
  ])('proposes every record that matches, newest first, %s', (_name, mostBytes) => {
    const index = new RecordIndex(mostBytes);
    const records = Array.from({ length: 10_000 }, (_, at) => kept(at));
    for (const [at, record] of records.entries()) index.add(at + 1, record);
    fc.assert(
      fc.property(queries, fc.integer({ min: 1, max: 10_001 }), (query, before) => {
        const proposed = [...index.candidates(index.sieve(query), before)];
        const wanted = records
          .flatMap((record, at) => (at + 1 < before && matches(query, record) ? [at + 1] : []))
          .reverse();
        const chosen = proposed.filter((sequence) => matches(query, records[sequence - 1] ?? kept(0)));
        expect(chosen).toEqual(wanted);
        expect(proposed).toEqual([...proposed].sort((a, b) => b - a));
        // Proposals cost a read each.
        if (mostBytes === undefined) expect(proposed.length - wanted.length).toBeLessThanOrEqual(10_000 / 17 + 1);
      }),
      { numRuns: 30 },
    );
  });

  it('forgets what was archived', () => {
    const index = new RecordIndex();
    for (let at = 0; at < 10_000; at += 1) index.add(at + 1, kept(at));
    index.dropThrough(5_000);
    const all = [...index.candidates(index.sieve({}), 20_000)];
    expect(all[0]).toBe(10_000);
    expect(all.at(-1)).toBe(4_097);
  });
});

describe('a page', () => {
  it('goes on where the one before ended, over filters, to the end', async () => {
    const trail = await new TrailHouse().open();
    for (let at = 0; at < 90; at += 1) await trail.record({ ...ENTRY, page: at % 3 === 0 ? 'tariffs' : 'meters' });
    const seen: number[] = [];
    let before: number | undefined;
    for (let turn = 0; turn < 5; turn += 1) {
      const { records, next } = await trail.page({ query: { pages: ['tariffs'] }, limit: 7, before });
      seen.push(...records.map(({ sequence }) => sequence));
      if (next === null) break;
      before = next;
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, at) => 88 - 3 * at));
  });

  it('shows a beginning by itself only while no outcome has followed', async () => {
    const trail = await new TrailHouse().open();
    const of = await trail.record({ ...ENTRY, outcome: 'begun' });
    const open = await trail.record({ ...ENTRY, outcome: 'begun' });
    const done = await trail.record({ ...ENTRY, of });
    const sequences = async (query: AuditQuery) =>
      (await trail.page({ query, limit: 10 })).records.map(({ sequence }) => sequence);
    expect(await sequences({})).toEqual([done, open]);
    expect(await sequences({ outcomes: ['begun'] })).toEqual([open, of]);
  });

  it('shows with an outcome what its beginning said', async () => {
    const trail = await new TrailHouse().open();
    const of = await trail.record({ ...ENTRY, subject: 'urn:ngsi-ld:Customer:7', outcome: 'begun' });
    const { before: _before, after: _after, targets: _targets, ...bare } = ENTRY;
    await trail.record({ ...bare, of });
    const { records } = await trail.page({ query: {}, limit: 10 });
    expect(records).toEqual([
      expect.objectContaining({ of, before: ENTRY.before, after: ENTRY.after, targets: ENTRY.targets }),
    ]);
  });

  it('has only what the viewer may see', async () => {
    const trail = await new TrailHouse().open();
    for (const target of ['urn:mine', 'urn:yours', 'urn:mine']) await trail.record({ ...ENTRY, targets: [target] });
    const isVisible = ({ targets = [] }: KeptRecord) => targets.every((target) => target === 'urn:mine');
    const { records, next } = await trail.page({ query: {}, limit: 10, isVisible });
    expect(records.map(({ sequence }) => sequence)).toEqual([3, 1]);
    expect(next).toBeNull();
  });

  it('is there while others go on recording', async () => {
    const trail = await new TrailHouse().open();
    const writes = Array.from({ length: 300 }, () => trail.record(ENTRY));
    const pages = await Promise.all(Array.from({ length: 10 }, () => trail.page({ query: {}, limit: 50 })));
    await Promise.all(writes);
    for (const { records } of pages) {
      const sequences = records.map(({ sequence }) => sequence);
      expect(sequences).toEqual([...sequences].sort((a, b) => b - a));
    }
  });
});

describe('years that are over', () => {
  const DAY_MS = 86_400_000;

  async function years(keepYears?: number) {
    const house = new TrailHouse();
    const trail = await house.open(house.disk, { keepYears });
    // From March 2026 to May 2028, one record each ten days.
    for (let at = 0; at < 80; at += 1) {
      await trail.record({ ...ENTRY, page: `page-${at}` });
      house.clock.stepWall(10 * DAY_MS);
      await house.clock.advance(3_600_000);
    }
    // Sealing packs on other threads, which a virtual clock does not wait for.
    await trail.close();
    return { house, trail: await house.open(house.disk, { keepYears }) };
  }

  it('are sealed, and found as before', async () => {
    const { house, trail } = await years();
    expect(house.disk.paths().filter((path) => path.endsWith('.chain'))).toEqual([
      '/data/audit/archive/2026-1.chain',
      expect.stringMatching(/2027-\d+\.chain$/),
    ]);
    const all = async () => (await trail.page({ query: { operations: ['context.write'] }, limit: 1_000 })).records;
    expect((await all()).map(({ page }) => page)).toEqual(Array.from({ length: 80 }, (_, at) => `page-${79 - at}`));
    const april = { fromMs: Date.UTC(2026, 3, 1), toMs: Date.UTC(2026, 4, 1) };
    expect((await trail.page({ query: april, limit: 10 })).records).toHaveLength(3);
    await trail.close();
    const again = await house.open();
    expect((await again.page({ query: { operations: ['context.write'] }, limit: 1_000 })).records).toHaveLength(80);
    const sealed = await again.page({ query: { operations: ['audit.seal'] }, limit: 10 });
    expect(sealed.records.map(({ targets }) => targets?.[0]?.slice(0, 4))).toEqual(['2027', '2026']);
  });

  it('go when they have been kept for long enough, and that is recorded', async () => {
    const { house, trail } = await years(1);
    expect(house.disk.paths().filter((path) => path.endsWith('.chain'))).toEqual([
      expect.stringMatching(/2027-\d+\.chain$/),
    ]);
    const { records } = await trail.page({ query: { operations: ['audit.remove'] }, limit: 10 });
    expect(records[0]).toMatchObject({ targets: ['2026-1.chain'], after: { name: '2026-1.chain' } });
    expect((await trail.page({ query: { toMs: Date.UTC(2027, 0, 1) }, limit: 10 })).records).toEqual([]);
  });

  it('still verify: sealed, removed on purpose, and no other way', async () => {
    const { house, trail } = await years(1);
    await trail.close();
    const verify = () => verifyTrail({ disk: house.disk, dataFolder: '/data' });
    const whole = await verify();
    expect(whole).toMatchObject({ faults: [], archives: 1 });
    expect(whole.removedThrough).toBe(whole.first - 1);
    const [archive = ''] = house.disk.paths().filter((path) => path.endsWith('.chain'));
    house.disk.flip(archive, 20);
    expect((await verify()).faults.map(({ kind }) => kind)).toContain('archive');
  });
});

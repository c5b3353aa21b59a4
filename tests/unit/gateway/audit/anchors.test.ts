import { parseAnchors } from '@contor/gateway/audit/anchors.js';
import { verifyChain } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { ENTRY, TrailHouse } from './support.js';

const DAY_MS = 86_400_000;
const ANCHORS = '/data/audit/anchors.jsonl';

async function linesOf(house: TrailHouse): Promise<string> {
  const file = await house.disk.open(ANCHORS, 'read');
  const bytes = await file.read(0, await file.size());
  await file.close();
  return Buffer.from(bytes).toString('utf8');
}

describe('the anchors', () => {
  it('name the end of each day that had records, signed, in a file', async () => {
    const house = new TrailHouse();
    const sign = async ({ day, hash }: { day: string; hash: string }) => `signed ${day} ${hash.slice(0, 4)}`;
    const trail = await house.open(house.disk, { sign });
    await trail.record(ENTRY);
    await trail.record(ENTRY);
    await house.clock.advance(DAY_MS);
    expect(trail.anchors.all).toEqual([expect.objectContaining({ day: '2026-03-01', sequence: 2, count: 2 })]);
    await house.clock.advance(3 * DAY_MS);
    await trail.record(ENTRY);
    await house.clock.advance(DAY_MS);
    await trail.close();
    const anchors = parseAnchors(await linesOf(house));
    expect(anchors.map(({ day, sequence, count }) => [day, sequence, count])).toEqual([
      ['2026-03-01', 2, 2],
      ['2026-03-05', 3, 1],
    ]);
    expect(anchors[0]?.signature).toBe(`signed 2026-03-01 ${anchors[0]?.hash.slice(0, 4)}`);
    const log = { disk: house.disk, directory: '/data/audit/log', kind: 'audit' };
    expect(await verifyChain({ ...log, anchors })).toMatchObject({ faults: [], anchorsMet: 2 });
  });

  it('are made for days that ended while nobody ran', async () => {
    const house = new TrailHouse();
    const first = await house.open();
    await first.record(ENTRY);
    await first.close();
    await house.clock.advance(2 * DAY_MS);
    const second = await house.open();
    await second.page({ query: {}, limit: 1 });
    await second.close();
    expect(parseAnchors(await linesOf(house)).map(({ day }) => day)).toEqual(['2026-03-01']);
  });

  it('say where the trail stands before the day is over', async () => {
    const trail = await new TrailHouse().open();
    const empty = await trail.anchors.head();
    await trail.record(ENTRY);
    expect(empty).toMatchObject({ sequence: 0, hash: '0'.repeat(64) });
    expect(await trail.anchors.head()).toMatchObject({ sequence: 1, count: 1, day: '2026-03-01' });
  });

  it('read past a torn line, and write it again', async () => {
    const house = new TrailHouse();
    const first = await house.open();
    await first.record(ENTRY);
    await house.clock.advance(DAY_MS);
    await first.close();
    const file = await house.disk.open(ANCHORS, 'append');
    await file.truncate((await file.size()) - 20);
    await file.close();
    const second = await house.open();
    await second.page({ query: {}, limit: 1 });
    await second.close();
    expect(parseAnchors(await linesOf(house)).map(({ day }) => day)).toEqual(['2026-03-01']);
  });
});

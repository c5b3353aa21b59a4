/** Power cuts against the whole trail, keys and anchors included: what was acknowledged is there, readable, and the chain verifies. */

import { verifyTrail } from '@contor/gateway/audit/verify.js';
import { seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { times } from '../../../support/long.js';
import { ENTRY, TrailHouse } from './support.js';

const LIVES = times(20, 200);

describe('power cuts', () => {
  it.each([1, 2, 3])('lose, change and reorder nothing that was acknowledged (seed %i)', async (seed) => {
    const house = new TrailHouse(`trail ${seed}`);
    const random = seededRandom(`writers ${seed}`);
    const acked = new Map<number, string>();
    let entries = 0;
    for (let life = 0; life < LIVES; life += 1) {
      const boot = house.disk.boot();
      const cut = house.disk.crashAfter(15 + random.integer(80 + 2 * life));
      const work = async (): Promise<void> => {
        const trail = await house.open(boot);
        for (;;) {
          const some = Array.from({ length: 1 + random.integer(4) }, async () => {
            entries += 1;
            const page = `page-${entries}`;
            const actor = { id: `subject-${random.integer(30)}`, kind: 'person', name: `name of ${page}` } as const;
            acked.set(await trail.record({ ...ENTRY, page, actor }), page);
          });
          await Promise.all(some);
          house.clock.stepWall(random.integer(3_600_000));
        }
      };
      await Promise.race([cut, work()]);
      const report = await verifyTrail({ disk: house.disk.boot(), dataFolder: '/data' });
      expect(report.faults).toEqual([]);
    }
    const trail = await house.open();
    const found = new Map<number, string>();
    let before: number | null | undefined;
    while (before !== null) {
      const page: Awaited<ReturnType<typeof trail.page>> = await trail.page({
        query: {},
        limit: 1_000,
        before: before ?? undefined,
      });
      for (const { sequence, page: name, actor } of page.records) {
        found.set(sequence, name);
        expect(actor.name).toBe(`name of ${name}`);
      }
      before = page.next;
    }
    const wrong = [...acked].filter(([sequence, page]) => found.get(sequence) !== page);
    expect(wrong).toEqual([]);
    expect(acked.size).toBeGreaterThan(LIVES);
  });
});

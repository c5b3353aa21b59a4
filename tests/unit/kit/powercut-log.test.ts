import { describe, expect, it } from '@jest/globals';
import { powercutLog } from '../../checks/powercut-log.js';
import { IS_LONG, times } from '../../support/long.js';

/** `npm run check:powercut` cuts hundreds of times. */
const CUTS = times(10, 200);

describe('power cuts against the durable log', () => {
  it.each(IS_LONG ? [1, 2] : [1])('lose, invent, double and reorder nothing (seed %i)', async (seed) => {
    const figures = await powercutLog({ cuts: CUTS, seed });
    expect(figures).toMatchObject({ lost: 0, ghosts: 0, doubled: 0, misordered: 0, damaged: 0, fatals: 0 });
    expect(figures.acked).toBeGreaterThan(CUTS * 10);
    expect(figures.tornBytes).toBeGreaterThan(0);
  });

  it('are felt when syncs are lies', async () => {
    const { cutsWithLoss } = await powercutLog({ cuts: CUTS, seed: 'lie', fsyncOff: true });
    expect(cutsWithLoss / CUTS).toBeGreaterThanOrEqual(0.9);
  });

  it('are felt when the acknowledgement comes before the commit', async () => {
    const { cutsWithLoss } = await powercutLog({ cuts: CUTS, seed: 'hasty', ackBeforeCommit: true });
    expect(cutsWithLoss / CUTS).toBeGreaterThan(0.5);
  });

  it('replay exactly from their seed', async () => {
    expect(await powercutLog({ cuts: 3, seed: 9 })).toEqual(await powercutLog({ cuts: 3, seed: 9 }));
  });
});

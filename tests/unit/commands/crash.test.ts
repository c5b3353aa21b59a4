/** The power goes at every operation of the disk in turn: no order is sent twice, and what is shown is what was done (trust T22, P16). */

import { describe, expect, it } from '@jest/globals';
import { IS_LONG } from '../../support/long.js';
import { deviceOf, World } from './world.js';

const SEEDS = IS_LONG ? [1, 2, 3, 4] : [1];

/** Asked, approved, carried out; and beside it a read, and a second disconnect that is rejected. */
async function story(world: World): Promise<void> {
  const first = await world.ask({ targets: [deviceOf(1), deviceOf(2)] });
  await world.pass(250);
  await world.decide(first);
  const second = await world.ask({ targets: [deviceOf(3)], by: 'eva' });
  await world.ask({ command: 'read', targets: [deviceOf(4)] });
  await world.pass(500);
  await world.decide(second, { kind: 'rejection', by: 'dan' });
  await world.pass(65_000, 5_000);
}

async function operationsOf(seed: number): Promise<number> {
  const world = new World({ seed, meters: 20_000 });
  await world.start();
  await story(world);
  return world.disk.operations;
}

async function crashAt(operation: number, seed: number, syncIsALie = false): Promise<World> {
  const world = new World({ seed, meters: 20_000, syncIsALie });
  const crashed = world.disk.crashAfter(operation);
  const told = (async () => {
    await world.start();
    await story(world);
  })();
  await Promise.race([told, crashed]);
  // Whatever the dead process still had in mind never happens; what the gateway had signed lies in the broker.
  await world.start();
  if (world.statements.size < 3) await story(world);
  await world.pass(12 * 60_000, 10_000);
  return world;
}

describe.each(SEEDS)('a crash at each operation of the disk, seed %i', (seed) => {
  it('sends no order twice, and never shows as done what was not, or the other way round', async () => {
    const operations = await operationsOf(seed);
    expect(operations).toBeGreaterThan(30);
    const wrong: string[] = [];
    const ends = new Map<string, number>();
    for (let operation = 1; operation <= operations; operation += 1) {
      const world = await crashAt(operation, seed);
      const sent = world.orders.map(({ id }) => id);
      if (new Set(sent).size !== sent.length) wrong.push(`${operation}: sent twice`);
      const requests = new Set([...world.statements.keys()]);
      for (const id of requests) {
        for (const { device, status, orderId } of world.journal?.targets(id) ?? []) {
          const wasSent = world.orders.some((order) => order.id === orderId);
          ends.set(status, (ends.get(status) ?? 0) + 1);
          if ((status === 'done') !== wasSent) wrong.push(`${operation}: ${device} is ${status}, sent: ${wasSent}`);
        }
      }
      await world.journal?.close();
    }
    expect(wrong).toEqual([]);
    // The run has to have met the interesting moment: an order in the journal that was never sent.
    expect([...ends.keys()]).toEqual(expect.arrayContaining(['done', 'rejected', 'unknown']));
  });
});

it('is found out when the disk only says that it has written', async () => {
  const operations = await operationsOf(1);
  let repeated = 0;
  for (let operation = 1; operation <= operations; operation += 1) {
    const world = await crashAt(operation, 1, true);
    const sent = world.orders.map(({ id }) => id);
    if (new Set(sent).size !== sent.length) repeated += 1;
    await world.journal?.close();
  }
  expect(repeated).toBeGreaterThan(0);
});

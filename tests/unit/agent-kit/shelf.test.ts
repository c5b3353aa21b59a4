import { openShelf, type Shelf, type ShelfEntry } from '@contor/agent-kit';
import { SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { SILENT } from './bench-agent.js';

const ENTRY: ShelfEntry = {
  atMs: 0,
  reason: 'time.ahead',
  detail: '',
  tenant: 'default',
  device: 'd',
  channel: 'attrs',
  content: '',
};

function open(disk: SimulatedDisk, maxBytes: number): Promise<Shelf> {
  const fail = (error: Error): never => {
    throw error;
  };
  return openShelf({
    name: 'quarantine',
    disk,
    clock: new SimulatedClock(0),
    directory: '/shelf',
    maxBytes,
    log: SILENT,
    onFatal: fail,
  });
}

async function contents(shelf: Shelf): Promise<string[]> {
  const found: string[] = [];
  for await (const { content } of shelf.entries()) found.push(content);
  return found;
}

describe('a shelf', () => {
  it('keeps entries over a restart', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) });
    const shelf = await open(disk, 2 ** 20);
    await shelf.put({ ...ENTRY, content: 'one' });
    await shelf.put({ ...ENTRY, content: 'two' });
    await shelf.close();
    expect(await contents(await open(disk, 2 ** 20))).toEqual(['one', 'two']);
  });

  it('gives up its oldest entries when it is full, and counts them', async () => {
    const disk = new SimulatedDisk({ random: seededRandom(1) });
    const shelf = await open(disk, 256 * 1024);
    const content = 'x'.repeat(10_000);
    for (let number = 0; number < 100; number += 1) await shelf.put({ ...ENTRY, content: `${number} ${content}` });
    const kept = await contents(shelf);
    expect(shelf.added).toBe(100);
    expect(shelf.givenUp).toBe(100 - kept.length);
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.at(-1)).toMatch(/^99 /);
  });
});

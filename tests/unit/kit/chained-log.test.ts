import { type ChainedLog, type Disk, LogStoppedError, openChainedLog, SimulatedClock } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { bytesOf, FOLDER, newDisk } from './support.js';

function openOn(disk: Disk, segmentBytes?: number): Promise<ChainedLog> {
  return openChainedLog({
    disk,
    clock: new SimulatedClock(1_700_000_000_000),
    directory: FOLDER,
    kind: 'chain',
    ...(segmentBytes !== undefined && { segmentBytes }),
    onFatal: (error) => {
      throw error;
    },
  });
}

async function bodies(log: ChainedLog, from = 1): Promise<readonly string[]> {
  const found: string[] = [];
  for await (const { body } of log.read(from)) found.push(Buffer.from(body).toString());
  return found;
}

describe('the chained log', () => {
  it('numbers and keeps what was appended, however many come at once', async () => {
    const disk = newDisk();
    const log = await openOn(disk);
    const tips = await Promise.all(['a', 'b', 'c'].map((text) => log.append(bytesOf(text))));
    expect(tips.map(({ sequence }) => sequence)).toEqual([1, 2, 3]);
    expect(log.tip).toEqual(tips[2]);
    await log.close();
    const again = await openOn(disk);
    expect(again.tip).toEqual(tips[2]);
    await again.append(bytesOf('d'));
    expect(await bodies(again)).toEqual(['a', 'b', 'c', 'd']);
  });

  it('goes on after a full disk as if nothing had been asked', async () => {
    const disk = newDisk();
    const log = await openOn(disk);
    const first = await log.append(bytesOf('first'));
    disk.setCapacity(disk.usedBytes + 50);
    const refused = await Promise.allSettled([log.append(bytesOf('second')), log.append(bytesOf('third'))]);
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(log.tip).toEqual(first);
    disk.setCapacity(1e9);
    expect((await log.append(bytesOf('fourth'))).sequence).toBe(2);
    expect(await bodies(log)).toEqual(['first', 'fourth']);
  });

  it('keeps the newest record when everything is released', async () => {
    const disk = newDisk();
    const log = await openOn(disk, 1_000);
    for (let at = 0; at < 50; at += 1) await log.append(bytesOf('x'.repeat(100)));
    await log.release(50);
    expect(log.tail).toBeGreaterThan(40);
    const { tip } = log;
    await log.close();
    expect((await openOn(disk)).tip).toEqual(tip);
  });

  it('refuses when it is closed', async () => {
    const log = await openOn(newDisk());
    await log.close();
    await expect(log.append(bytesOf('late'))).rejects.toBeInstanceOf(LogStoppedError);
  });
});

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Disk, type DiskFile, realDisk, SimulatedClock } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { bytesOf, contents, FOLDER, newDisk, openOn } from './support.js';

const SEGMENT_HEADER_BYTES = 128;

describe('a log on the real disk', () => {
  it('gives back what 64 writers appended, in order, also after it was opened anew', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'contor-log-'));
    try {
      const options = { directory: join(directory, 'deep', 'log'), segmentBytes: 64 * 1024 };
      const log = await openOn(realDisk(), options);
      const sequences = await Promise.all(
        Array.from({ length: 2000 }, (_, index) =>
          log.append(bytesOf(`record ${index + 1} ${'x'.repeat(index % 200)}`)),
        ),
      );
      expect(sequences).toEqual(Array.from({ length: 2000 }, (_, index) => index + 1));
      const before = await contents(log);
      expect(before).toHaveLength(2000);
      expect(before.every(([sequence, text]) => text.startsWith(`record ${sequence} `))).toBe(true);
      await log.close();

      const again = await openOn(realDisk(), options);
      expect(again.report).toEqual({ records: 2000, tornBytes: 0, tornKeptAs: undefined, damaged: [] });
      expect(await contents(again)).toEqual(before);
      expect(await contents(again, 1990)).toEqual(before.slice(1989));
      expect(await again.append(bytesOf('next'))).toBe(2001);
      await again.close();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('reads records larger than its read chunk', async () => {
    const log = await openOn(newDisk());
    const large = new Uint8Array(700_000).fill(7);
    await Promise.all([log.append(bytesOf('small')), log.append(large), log.append(bytesOf('end'))]);
    const sizes: number[] = [];
    for await (const { payload } of log.read(1)) sizes.push(payload.byteLength);
    expect(sizes).toEqual([5, 700_000, 3]);
  });
});

describe('group commit', () => {
  it('sends records that wait for the disk out in one append and one sync', async () => {
    const counts = { append: 0, sync: 0 };
    const log = await openOn(counting(newDisk(), counts));
    counts.append = 0;
    counts.sync = 0;
    await Promise.all(Array.from({ length: 1000 }, () => log.append(bytesOf('reading'))));
    expect(counts).toEqual({ append: 1, sync: 1 });
  });

  it('lingers for company when asked to, but not longer', async () => {
    const clock = new SimulatedClock(0);
    const counts = { append: 0, sync: 0 };
    const log = await openOn(counting(newDisk(), counts), { clock, lingerMs: 10 });
    counts.append = 0;
    let durable = 0;
    const append = async (): Promise<void> => {
      await log.append(bytesOf('reading'));
      durable += 1;
    };
    const first = append();
    await clock.advance(9);
    const second = append();
    expect(durable).toBe(0);
    await clock.advance(1);
    await Promise.all([first, second]);
    expect({ durable, appends: counts.append }).toEqual({ durable: 2, appends: 1 });
  });

  it('copies the payload before append returns', async () => {
    const log = await openOn(newDisk());
    const reused = Buffer.from('first');
    const one = log.append(reused);
    reused.write('other');
    await Promise.all([one, log.append(reused)]);
    expect(await contents(log)).toEqual([
      [1, 'first'],
      [2, 'other'],
    ]);
  });
});

describe('bounds', () => {
  it('refuses with log.full, and goes on after a release', async () => {
    const disk = newDisk();
    const options = { maxBytes: 8192, segmentBytes: 1024 };
    const log = await openOn(disk, options);
    let refused: unknown;
    while (refused === undefined) await log.append(new Uint8Array(200)).catch((error: unknown) => (refused = error));
    expect(refused).toMatchObject({ code: 'log.full' });
    expect(log.bytes).toBeLessThanOrEqual(8192);
    expect(disk.usedBytes).toBe(log.bytes);

    const { head } = log;
    await log.release(head);
    expect(await log.append(bytesOf('goes on'))).toBe(head + 1);
    expect(await contents(log)).toContainEqual([head + 1, 'goes on']);
  });

  it('gives everything back when everything is released, and still knows its sequence', async () => {
    const disk = newDisk();
    const log = await openOn(disk, { segmentBytes: 1024 });
    for (let round = 0; round < 20; round += 1) await log.append(new Uint8Array(300));
    await Promise.all([log.append(new Uint8Array(1100)), log.append(new Uint8Array(1100))]);
    await log.release(log.head);
    expect({ tail: log.tail, bytes: log.bytes }).toEqual({ tail: 23, bytes: SEGMENT_HEADER_BYTES });
    disk.crash();
    const again = await openOn(disk);
    expect({ head: again.head, tail: again.tail }).toEqual({ head: 22, tail: 23 });
    expect(await again.append(bytesOf('after'))).toBe(23);
  });

  it('never releases a record behind the given sequence', async () => {
    const log = await openOn(newDisk(), { segmentBytes: 1024 });
    for (let round = 0; round < 40; round += 1) await log.append(new Uint8Array(100));
    await log.release(20);
    expect(log.tail).toBeGreaterThan(10);
    expect(log.tail).toBeLessThanOrEqual(21);
    expect((await contents(log)).at(-1)?.[0]).toBe(40);
  });
});

describe('a full disk', () => {
  it('refuses with disk.full, keeps nothing of what it refused, and recovers when space returns', async () => {
    const disk = newDisk(3, 4000);
    const log = await openOn(disk);
    await log.append(bytesOf('kept'));
    const outcomes = await Promise.allSettled([log.append(new Uint8Array(5000)), log.append(bytesOf('behind it'))]);
    expect(outcomes.map((outcome) => outcome.status === 'rejected' && outcome.reason.code)).toEqual([
      'disk.full',
      'disk.full',
    ]);
    expect(disk.usedBytes).toBe(log.bytes);

    disk.setCapacity(100_000);
    expect(await log.append(bytesOf('space is back'))).toBe(2);
    disk.crash();
    const again = await openOn(disk);
    expect(await contents(again)).toEqual([
      [1, 'kept'],
      [2, 'space is back'],
    ]);
  });

  it('refuses when a new segment finds no room, and can be read when it is opened on a full disk', async () => {
    const disk = newDisk(4, 2400);
    const log = await openOn(disk, { segmentBytes: 1024 });
    for (let round = 0; round < 4; round += 1) await log.append(new Uint8Array(500));
    await expect(log.append(new Uint8Array(500))).rejects.toMatchObject({ code: 'disk.full' });
    const kept = log.head;
    await log.close();
    disk.setCapacity(disk.usedBytes);
    const again = await openOn(disk, { segmentBytes: 1024 });
    expect((await contents(again)).length).toBe(kept);
    await expect(again.append(bytesOf('no'))).rejects.toMatchObject({ code: 'disk.full' });
    disk.setCapacity(1e6);
    expect(await again.append(bytesOf('yes'))).toBe(kept + 1);
  });
});

describe('a failing disk', () => {
  it.each([
    ['append', 'EIO'],
    ['sync', 'EIO'],
    ['sync', 'ENOSPC'],
  ] as const)('stops for good when %s fails with %s', async (operation, errno) => {
    const disk = newDisk(operation);
    const fatal: Error[] = [];
    const log = await openOn(disk, { onFatal: (error) => fatal.push(error) });
    await log.append(bytesOf('acked'));
    disk.failAt(operation, 1, errno);
    const outcomes = await Promise.allSettled([log.append(bytesOf('a')), log.append(bytesOf('b'))]);
    expect(outcomes.map((outcome) => outcome.status)).toEqual(['rejected', 'rejected']);
    await expect(log.append(bytesOf('later'))).rejects.toMatchObject({ code: 'log.stopped' });
    expect(fatal).toHaveLength(1);

    disk.crash();
    expect((await contents(await openOn(disk)))[0]).toEqual([1, 'acked']);
  });

  it('loses nothing acknowledged whatever single operation fails', async () => {
    for (let count = 1; count <= 60; count += 1) {
      const disk = newDisk(count);
      const log = await openOn(disk, { segmentBytes: 512, onFatal: () => undefined });
      disk.failAt(count % 2 === 0 ? 'sync' : 'append', 1 + Math.floor(count / 2));
      const acked: number[] = [];
      for (let round = 0; round < 40; round += 1) {
        await log.append(new Uint8Array(90)).then(
          (sequence) => acked.push(sequence),
          () => undefined,
        );
      }
      disk.crash();
      const found = new Set((await contents(await openOn(disk))).map(([sequence]) => sequence));
      expect(acked.filter((sequence) => !found.has(sequence))).toEqual([]);
    }
  });
});

describe('reading', () => {
  it('follows a log that grows, and ends at its head', async () => {
    const log = await openOn(newDisk(), { segmentBytes: 2048 });
    await log.append(bytesOf('record 1'));
    const seen: number[] = [];
    for await (const { sequence } of log.read(1)) {
      seen.push(sequence);
      if (sequence < 200) await log.append(bytesOf(`record ${sequence + 1}`));
    }
    expect(seen).toEqual(Array.from({ length: 200 }, (_, index) => index + 1));
  });

  it('sees everything acknowledged while others append and release', async () => {
    const log = await openOn(newDisk(), { segmentBytes: 2048 });
    const writing = (async () => {
      for (let round = 0; round < 300; round += 1) await log.append(bytesOf(`record ${round + 1}`));
    })();
    let last = 0;
    while (last < 300) {
      for await (const { sequence, payload } of log.read(last + 1)) {
        expect([sequence, Buffer.from(payload).toString()]).toEqual([last + 1, `record ${last + 1}`]);
        last = sequence;
      }
      await log.release(last - 20);
      await Promise.resolve();
    }
    await writing;
    expect(log.tail).toBeGreaterThan(100);
  });

  it('refuses appends after close, and closes twice without harm', async () => {
    const log = await openOn(newDisk());
    const last = log.append(bytesOf('under way'));
    await log.close();
    await log.close();
    expect(await last).toBe(1);
    await expect(log.append(bytesOf('late'))).rejects.toMatchObject({ code: 'log.stopped' });
  });
});

/** The same disk, counting what goes to files. */
function counting(disk: Disk, counts: { append: number; sync: number }): Disk {
  const wrap = (file: DiskFile): DiskFile => ({
    ...file,
    append: (pieces) => {
      counts.append += 1;
      return file.append(pieces);
    },
    sync: () => {
      counts.sync += 1;
      return file.sync();
    },
  });
  return {
    open: async (path, mode) => wrap(await disk.open(path, mode)),
    list: (directory) => disk.list(directory),
    makeDirectory: (path) => disk.makeDirectory(path),
    remove: (path) => disk.remove(path),
    rename: (from, to) => disk.rename(from, to),
    syncDirectory: (path) => disk.syncDirectory(path),
    freeBytes: (path) => disk.freeBytes(path),
  };
}

it('keeps its files in its own folder', async () => {
  const disk = newDisk();
  await (await openOn(disk)).close();
  expect(disk.paths()).toEqual([`${FOLDER}/0000000000000001.log`]);
});

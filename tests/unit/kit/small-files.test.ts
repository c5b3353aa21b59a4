import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromHex, openCheckpoint, openFileStore, realDisk, seededRandom, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { times } from '../../support/long.js';
import { CHECKPOINT_SAMPLES } from './samples.js';
import { bytesOf, getFile, newDisk, putFile } from './support.js';

const PATH = '/data/cursor';

describe('a checkpoint', () => {
  it('holds the old bytes or the new ones after a power cut at any operation', async () => {
    for (let seed = 0; seed < times(60, 300); seed += 1) {
      const disk = newDisk(seed);
      await disk.makeDirectory('/data');
      const boot = disk.boot();
      const random = seededRandom(seed);
      let acked = 0;
      const cut = disk.crashAfter(1 + random.integer(40));
      const writing = (async () => {
        const checkpoint = openCheckpoint({ disk: boot, path: PATH });
        for (let value = 1; ; value += 1) {
          await checkpoint.write(bytesOf(String(value)));
          acked = value;
        }
      })();
      await Promise.race([cut, writing]);
      const found = await openCheckpoint({ disk, path: PATH }).read();
      const value = found === undefined ? 0 : Number(Buffer.from(found).toString());
      expect(value === acked || value === acked + 1).toBe(true);
    }
  });

  it('keeps the old bytes on a full disk, says so, and goes on when there is room', async () => {
    const disk = await withFolder();
    const checkpoint = openCheckpoint({ disk, path: PATH });
    await checkpoint.write(bytesOf('old'));
    disk.setCapacity(0);
    await expect(checkpoint.write(bytesOf('new'))).rejects.toMatchObject({ code: 'disk.full' });
    expect(disk.paths()).toEqual([PATH]);
    expect(await checkpoint.read()).toEqual(bytesOf('old'));
    disk.setCapacity(2 ** 20);
    await checkpoint.write(bytesOf('new'));
    expect(await checkpoint.read()).toEqual(bytesOf('new'));
  });

  it('takes concurrent writes in order', async () => {
    const checkpoint = openCheckpoint({ disk: await withFolder(), path: PATH });
    expect(await checkpoint.read()).toBeUndefined();
    await Promise.all([1, 2, 3].map((value) => checkpoint.write(bytesOf(String(value)))));
    expect(Buffer.from((await checkpoint.read()) ?? []).toString()).toBe('3');
  });

  it('notices damage, and with a callback sets the file aside and starts over', async () => {
    const disk = await withFolder();
    await openCheckpoint({ disk, path: PATH }).write(bytesOf('cursor'));
    disk.flip(PATH, 22);
    await expect(openCheckpoint({ disk, path: PATH }).read()).rejects.toMatchObject({ code: 'checkpoint.damaged' });
    const kept: string[] = [];
    const checkpoint = openCheckpoint({ disk, path: PATH, onDamaged: (keptAs) => kept.push(keptAs) });
    expect(await checkpoint.read()).toBeUndefined();
    expect(disk.paths()).toEqual(kept);
  });

  it('refuses a newer format', async () => {
    const disk = newDisk();
    const bytes = fromHex(CHECKPOINT_SAMPLES[0].hex);
    bytes[9] = 2;
    await putFile(disk, '/data', 'cursor', bytes);
    await expect(openCheckpoint({ disk, path: PATH }).read()).rejects.toMatchObject({ code: 'config.newer-format' });
  });

  it.each(CHECKPOINT_SAMPLES)('reads the sample of format $format', async ({ hex, payload }) => {
    const disk = newDisk();
    await putFile(disk, '/data', 'cursor', fromHex(hex));
    expect(Buffer.from((await openCheckpoint({ disk, path: PATH }).read()) ?? []).toString()).toBe(payload);
    await openCheckpoint({ disk, path: '/data/again' }).write(bytesOf(payload));
    expect(toHex(await getFile(disk, '/data/again'))).toBe(hex);
  });
});

describe('the file store', () => {
  it('stores once under the hash of the bytes, on the real disk', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'contor-files-'));
    try {
      const store = openFileStore({ disk: realDisk(), directory: join(directory, 'files') });
      const bytes = bytesOf('a bill');
      const expected = createHash('sha256').update(bytes).digest('hex');
      expect(await Promise.all([store.put(bytes), store.put(bytes)])).toEqual([expected, expected]);
      expect(await store.put(bytes)).toBe(expected);
      expect(Buffer.from((await store.get(expected)) ?? []).toString()).toBe('a bill');
      expect(await store.get('0'.repeat(64))).toBeUndefined();
    } finally {
      await rm(directory, { recursive: true });
    }
  });

  it('never serves damaged bytes, and heals when the content is stored again', async () => {
    const disk = newDisk();
    const store = openFileStore({ disk, directory: '/files' });
    const hash = await store.put(bytesOf('raw frame'));
    disk.flip(disk.paths()[0] ?? '', 3);
    await expect(store.get(hash)).rejects.toMatchObject({ code: 'file-store.damaged' });
    await store.put(bytesOf('raw frame'));
    expect(Buffer.from((await store.get(hash)) ?? []).toString()).toBe('raw frame');
  });

  it('keeps what it acknowledged through a power cut', async () => {
    for (let seed = 0; seed < times(25, 100); seed += 1) {
      const disk = newDisk(seed);
      const boot = disk.boot();
      const acked: string[] = [];
      const cut = disk.crashAfter(1 + seededRandom(seed).integer(40));
      const storing = (async () => {
        const store = openFileStore({ disk: boot, directory: '/files' });
        for (let value = 0; ; value += 1) acked.push(await store.put(bytesOf(`file ${value}`)));
      })();
      await Promise.race([cut, storing]);
      const store = openFileStore({ disk, directory: '/files' });
      for (const hash of acked) expect(await store.get(hash)).toBeDefined();
    }
  });

  it('takes nothing but a hash for a hash', async () => {
    const store = openFileStore({ disk: newDisk(), directory: '/files' });
    await expect(store.get('../../etc/passwd')).rejects.toMatchObject({ code: 'file-store.hash' });
  });
});

async function withFolder(): Promise<ReturnType<typeof newDisk>> {
  const disk = newDisk();
  await disk.makeDirectory('/data');
  return disk;
}

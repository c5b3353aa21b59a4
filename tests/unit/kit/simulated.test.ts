import { realNet, SimulatedClock, SimulatedNet, seededRandom } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { bytesOf, getFile, newDisk, putFile } from './support.js';

describe('the simulated clock', () => {
  it('fires timers in the order of their times, and lets what they set off settle in between', async () => {
    const clock = new SimulatedClock(1000);
    const seen: string[] = [];
    const note = (text: string) => () => void seen.push(`${text} at ${clock.nowMs()}`);
    clock.after(20, note('second'));
    clock.after(10, () => {
      note('first')();
      void clock.sleep(5).then(note('slept'));
    });
    clock.after(20, note('third'));
    clock.after(15, note('never')).cancel();
    await clock.advance(30);
    expect(seen).toEqual(['first at 1010', 'slept at 1015', 'second at 1020', 'third at 1020']);
    expect([clock.nowMs(), clock.monotonicMs(), clock.pending]).toEqual([1030, 30, 0]);
  });

  it('steps the wall without touching timers, and aborts sleeps', async () => {
    const clock = new SimulatedClock(0);
    const abort = new AbortController();
    const sleep = clock.sleep(100, abort.signal);
    clock.stepWall(-5000);
    await clock.advance(50);
    expect([clock.nowMs(), clock.monotonicMs()]).toEqual([-4950, 50]);
    abort.abort(new Error('enough'));
    await expect(sleep).rejects.toThrow('enough');
    expect(clock.pending).toBe(0);
  });
});

describe('the simulated disk', () => {
  it('keeps what was synced, and of the rest any mixture', async () => {
    const fates = new Set<string>();
    for (let seed = 0; seed < 60; seed += 1) {
      const disk = newDisk(seed);
      await putFile(disk, '/d', 'file', bytesOf('synced.'));
      const file = await disk.open('/d/file', 'append');
      await file.append([bytesOf('unsynced')]);
      disk.crash();
      const text = Buffer.from(await getFile(disk, '/d/file')).toString('latin1');
      expect(text.startsWith('synced.')).toBe(true);
      fates.add(text);
    }
    expect(fates).toContain('synced.');
    expect(fates).toContain('synced.unsynced');
    expect(fates.size).toBeGreaterThan(4);
  });

  it('may forget names until the directory is synced', async () => {
    const counts = { created: 0, renamed: 0 };
    for (let seed = 0; seed < 100; seed += 1) {
      const disk = newDisk(seed);
      await putFile(disk, '/d', 'old', bytesOf('x'));
      await (await disk.open('/d/created', 'create')).sync();
      await disk.rename('/d/old', '/d/renamed');
      disk.crash();
      const names = await disk.list('/d');
      counts.created += names.includes('created') ? 1 : 0;
      counts.renamed += names.includes('renamed') ? 1 : 0;
      expect(names.includes('renamed')).toBe(!names.includes('old'));
    }
    expect(counts.created).toBeGreaterThan(20);
    expect(counts.created).toBeLessThan(80);
    expect(counts.renamed).toBeGreaterThan(20);
    expect(counts.renamed).toBeLessThan(80);
  });

  it('has an end, and fails when told to', async () => {
    const disk = newDisk(1, 10);
    await putFile(disk, '/d', 'file', bytesOf('123456'));
    const file = await disk.open('/d/file', 'append');
    await expect(file.append([bytesOf('7890ab')])).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await file.size()).toBe(10);
    disk.failAt('sync', 2);
    await file.sync();
    await expect(file.sync()).rejects.toMatchObject({ code: 'EIO' });
    await expect(disk.open('/d/none', 'read')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(disk.open('/d/file', 'create')).rejects.toMatchObject({ code: 'EEXIST' });
  });

  it('leaves the processes of the old life without an answer', async () => {
    const disk = newDisk();
    await putFile(disk, '/d', 'file', bytesOf('x'));
    const boot = disk.boot();
    const file = await boot.open('/d/file', 'append');
    disk.crash();
    const answers: string[] = [];
    void file.sync().then(() => answers.push('sync'));
    void boot.remove('/d/file').then(() => answers.push('remove'));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answers).toEqual([]);
    expect(await disk.list('/d')).toEqual(['file']);
  });
});

describe('the simulated net', () => {
  it('delivers all bytes in order, in any chunking', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 20 })), fc.integer(), async (writes, seed) => {
        const clock = new SimulatedClock(0);
        const random = seededRandom(seed);
        const net = new SimulatedNet({ clock, random, mostLatencyMs: 50, splitChance: 0.5 });
        const received: Uint8Array[] = [];
        const listener = await net.listen('meter', 0, (line) => {
          void (async () => {
            for await (const chunk of line.chunks()) received.push(chunk);
          })();
        });
        const line = await net.connect('meter', listener.port, 1000);
        for (const bytes of writes) await line.write(bytes);
        await line.close();
        await clock.advance(100);
        expect(Buffer.concat(received)).toEqual(Buffer.concat(writes));
      }),
      { numRuns: 50 },
    );
  });

  it('breaks and falls silent by seed', async () => {
    const outcomes = new Set<string>();
    for (let seed = 0; seed < 30; seed += 1) {
      const clock = new SimulatedClock(0);
      const net = new SimulatedNet({ clock, random: seededRandom(seed), resetChance: 0.3, dropChance: 0.3 });
      const listener = await net.listen('meter', 4059, (line) => {
        void (async () => {
          try {
            for await (const _chunk of line.chunks()) outcomes.add('delivered');
          } catch (error) {
            outcomes.add((error as { code: string }).code);
          }
        })();
      });
      const line = await net.connect('meter', 4059, 1000);
      await line.write(bytesOf('x')).catch(() => outcomes.add('write failed'));
      await clock.advance(1);
      await listener.close();
    }
    expect(outcomes).toEqual(new Set(['delivered', 'transport.broken', 'write failed']));
    const net = new SimulatedNet({ clock: new SimulatedClock(0), random: seededRandom(1) });
    await expect(net.connect('nobody', 1, 1)).rejects.toMatchObject({ code: 'transport.broken' });
  });
});

describe('the real net', () => {
  it('carries bytes both ways and tells when nobody listens', async () => {
    const net = realNet();
    const listener = await net.listen('127.0.0.1', 0, (line) => {
      void (async () => {
        for await (const chunk of line.chunks()) await line.write(chunk);
        await line.close();
      })();
    });
    const line = await net.connect('127.0.0.1', listener.port, 1000);
    await line.write(bytesOf('hello'));
    for await (const chunk of line.chunks()) {
      expect(Buffer.from(chunk).toString()).toBe('hello');
      break;
    }
    await line.close();
    await listener.close();
    await expect(net.connect('127.0.0.1', listener.port, 1000)).rejects.toMatchObject({ code: 'transport.broken' });
  });
});

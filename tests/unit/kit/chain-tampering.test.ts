/** Whoever changes a chained log is found: any byte, any record, also by somebody who knows the format and repairs the checksums. */

import { createHash } from 'node:crypto';
import {
  type ChainedLog,
  type ChainedLogOptions,
  type ChainReport,
  type ChainTip,
  crc32,
  type Disk,
  openChainedLog,
  openDurableLog,
  type Random,
  SimulatedClock,
  type SimulatedDisk,
  seededRandom,
  verifyChain,
  writeArchive,
} from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { times } from '../../support/long.js';
import { bytesOf, FOLDER, getFile, newDisk, putFile } from './support.js';

const SEGMENT_BYTES = 2_500;
const RECORD_HEADER = 20;
const HEADER = 128;

function optionsOn(disk: Disk): ChainedLogOptions {
  const clock = new SimulatedClock(1_700_000_000_000);
  const onFatal = (error: Error): void => {
    throw error;
  };
  return { disk, clock, directory: FOLDER, kind: 'chain', segmentBytes: SEGMENT_BYTES, onFatal };
}

function openOn(disk: Disk): Promise<ChainedLog> {
  return openChainedLog(optionsOn(disk));
}

/** A closed log of some segments, and an anchor of its end. */
async function filled(disk: Disk, records = 100, word = 'record'): Promise<ChainTip> {
  const log = await openOn(disk);
  for (let at = 1; at <= records; at += 1) await log.append(bytesOf(`${word} ${at} ${'x'.repeat(at % 40)}`));
  const { tip } = log;
  await log.close();
  return tip;
}

function verify(disk: Disk, anchors: readonly ChainTip[] = []): Promise<ChainReport> {
  return verifyChain({ disk, directory: FOLDER, kind: 'chain', anchors });
}

function isWhole({ faultCount, tornBytes }: ChainReport): boolean {
  return faultCount === 0 && tornBytes === 0;
}

async function rewrite(disk: SimulatedDisk, path: string, change: (bytes: Buffer) => Uint8Array): Promise<void> {
  const bytes = change(Buffer.from(await getFile(disk, path)));
  await disk.remove(path);
  await putFile(disk, FOLDER, path.slice(FOLDER.length + 1), bytes);
}

interface Place {
  readonly at: number;
  readonly end: number;
  readonly sequence: number;
}

/** Where the records of a segment stand, as a thief who read our documentation would find them. */
function placesIn(bytes: Buffer): readonly Place[] {
  const places: Place[] = [];
  for (let at = HEADER; at + RECORD_HEADER <= bytes.byteLength; ) {
    const length = bytes.readUInt32BE(at + 4);
    const end = at + RECORD_HEADER + length;
    if (length > 0) places.push({ at, end, sequence: Number(bytes.readBigUInt64BE(at + 8)) });
    at = end;
  }
  return places;
}

/** Puts a checksum that fits under what was changed. */
function repair(bytes: Buffer, { at, end }: Place): Buffer {
  bytes.writeUInt32BE(crc32(bytes.subarray(at + 4, end), bytes.readUInt32BE(60)), at);
  return bytes;
}

describe('a chained log that nobody touched', () => {
  it('is whole, goes through its anchors and says what it holds', async () => {
    const disk = newDisk();
    const tip = await filled(disk);
    const report = await verify(disk, [tip]);
    expect(report).toMatchObject({ records: 100, first: 1, last: tip, faultCount: 0, anchorsMet: 1, tornBytes: 0 });
    expect(disk.paths().length).toBeGreaterThan(3);
  });

  it('is verified while somebody appends to it', async () => {
    const disk = newDisk();
    const log = await openOn(disk);
    const appends = Array.from({ length: 200 }, (_, at) => log.append(bytesOf(`record ${at}`)));
    const reports = await Promise.all([verify(disk), verify(disk), Promise.all(appends).then(() => verify(disk))]);
    expect(reports.map(({ faults }) => faults)).toEqual([[], [], []]);
  });
});

const TURNS = times(150, 1_000);

describe('who changes a byte', () => {
  it(`is found, ${TURNS} times of ${TURNS}`, async () => {
    const disk = newDisk();
    const tip = await filled(disk);
    const random = seededRandom('bytes');
    const missed: string[] = [];
    for (let turn = 0; turn < TURNS; turn += 1) {
      const paths = disk.paths();
      const path = paths[random.integer(paths.length)] ?? '';
      const position = random.integer((await getFile(disk, path)).byteLength);
      const mask = 1 + random.integer(255);
      disk.flip(path, position, mask);
      if (isWhole(await verify(disk, [tip]))) missed.push(`${path} ${position}`);
      disk.flip(path, position, mask);
    }
    expect(missed).toEqual([]);
    expect(isWhole(await verify(disk, [tip]))).toBe(true);
  });

  it('is found when the checksum was repaired, and when the hash was repaired too', async () => {
    const disk = newDisk();
    const tip = await filled(disk);
    const path = disk.paths()[1] ?? '';
    await rewrite(disk, path, (bytes) => {
      const [place] = placesIn(bytes);
      if (place === undefined) throw new Error('no record');
      bytes.write('RECORD', place.at + RECORD_HEADER + 64);
      return repair(bytes, place);
    });
    const report = await verify(disk, [tip]);
    expect(report.faults.map(({ kind }) => kind)).toEqual(['changed']);
  });
});

const DELETIONS = {
  'one record in the middle': (bytes: Buffer, random: Random) => {
    const places = placesIn(bytes);
    const place = places[1 + random.integer(places.length - 2)];
    return place ? Buffer.concat([bytes.subarray(0, place.at), bytes.subarray(place.end)]) : bytes;
  },
  'the end of a segment': (bytes: Buffer, random: Random) => {
    const places = placesIn(bytes);
    return bytes.subarray(0, places[1 + random.integer(places.length - 1)]?.at);
  },
};

describe('who takes records away', () => {
  it.each(Object.entries(DELETIONS))('is found: %s', async (_name, cut) => {
    for (let seed = 0; seed < times(5, 20); seed += 1) {
      const disk = newDisk(seed);
      await filled(disk);
      await rewrite(disk, disk.paths()[1] ?? '', (bytes) => cut(bytes, seededRandom(seed)));
      const { faults } = await verify(disk);
      expect(faults.map(({ kind }) => kind)).toContain('missing');
    }
  });

  it('is found by an anchor when it was the tail, at a record or anywhere', async () => {
    for (let seed = 0; seed < times(10, 50); seed += 1) {
      const disk = newDisk(seed);
      const tip = await filled(disk);
      const random = seededRandom(seed);
      const path = disk.paths().at(-1) ?? '';
      await rewrite(disk, path, (bytes) => {
        const places = placesIn(bytes);
        const cleanly = places[random.integer(places.length)]?.at;
        return bytes.subarray(
          0,
          seed % 2 === 0 ? cleanly : HEADER + random.integer((places.at(-1)?.end ?? 0) - HEADER),
        );
      });
      const { faults } = await verify(disk, [tip]);
      expect(faults.map(({ kind }) => kind)).toContain('cut');
    }
  });

  it('is found when a whole segment is gone, also the first and the last', async () => {
    for (const index of [0, 2, -1]) {
      const disk = newDisk();
      const tip = await filled(disk);
      await disk.remove(disk.paths().at(index) ?? '');
      const { faults } = await verify(disk, [tip]);
      expect(faults.map(({ kind }) => kind)).toContain(index === -1 ? 'cut' : 'missing');
    }
  });

  it('is found when the writer opened it afterwards and went on', async () => {
    const disk = newDisk();
    const tip = await filled(disk);
    await rewrite(disk, disk.paths().at(-1) ?? '', (bytes) => bytes.subarray(0, placesIn(bytes)[2]?.at));
    const log = await openOn(disk);
    while (log.tip.sequence <= tip.sequence) await log.append(bytesOf('as if nothing had been'));
    const { faults } = await verify(disk, [tip]);
    expect(faults).toEqual([expect.objectContaining({ kind: 'anchor', sequence: tip.sequence })]);
  });
});

describe('who writes the whole chain anew', () => {
  it('is found by an anchor, and by nothing else', async () => {
    const disk = newDisk();
    const tip = await filled(disk);
    for (const path of disk.paths()) await disk.remove(path);
    const forged = await filled(disk, 101, 'forged');
    expect(isWhole(await verify(disk, [forged]))).toBe(true);
    expect((await verify(disk, [tip])).faults.map(({ kind }) => kind)).toEqual(['anchor']);
  });

  it('control: a chain whose records do not hold each other is refused', async () => {
    const disk = newDisk();
    const log = await openOn(disk);
    await log.append(bytesOf('one'));
    await log.close();
    const other = newDisk(2);
    await filled(other, 3);
    // The third record of a chain, put behind the first of another.
    const path = disk.paths()[0] ?? '';
    const stranger = Buffer.from(await getFile(other, other.paths()[0] ?? ''));
    const place = placesIn(stranger)[1];
    await rewrite(disk, path, (bytes) => {
      const at = placesIn(bytes)[0]?.end ?? 0;
      const record = Buffer.from(stranger.subarray(place?.at, place?.end));
      const whole = Buffer.concat([bytes.subarray(0, at), record]);
      return repair(whole, { at, end: whole.byteLength, sequence: 2 });
    });
    expect((await verify(disk)).faults.map(({ kind }) => kind)).toEqual(['unlinked']);
  });
});

describe('the hash of a record', () => {
  it('is SHA-256 over a label, the hash before, the sequence and the body', async () => {
    const log = await openOn(newDisk());
    const first = await log.append(bytesOf('one'));
    const second = await log.append(bytesOf('two'));
    const hashOf = (previous: string, sequence: number, body: string): string =>
      createHash('sha256')
        .update('contor chain 1\n')
        .update(Buffer.from(previous, 'hex'))
        .update(Buffer.from(sequence.toString(16).padStart(16, '0'), 'hex'))
        .update(body)
        .digest('hex');
    expect(first.hash).toBe(hashOf('00'.repeat(32), 1, 'one'));
    expect(second.hash).toBe(hashOf(first.hash, 2, 'two'));
  });

  it('control: a writer that leaves out the hash before is caught', async () => {
    const disk = newDisk();
    const durable = await openDurableLog({ ...optionsOn(disk), version: 1 });
    for (const [index, text] of ['one', 'two'].entries()) {
      const lonely = createHash('sha256')
        .update('contor chain 1\n')
        .update(Buffer.alloc(7))
        .update(Buffer.from([index + 1]));
      await durable.append(Buffer.concat([Buffer.alloc(32), lonely.update(text).digest(), bytesOf(text)]));
    }
    await durable.close();
    const { faults } = await verify(disk);
    expect(faults.map(({ kind, sequence }) => [kind, sequence])).toEqual([
      ['changed', 1],
      ['changed', 2],
      ['unlinked', 2],
    ]);
  });
});

describe('power cuts', () => {
  it.each([1, 2, 3])('leave a chain that verifies and holds all that was acknowledged (seed %i)', async (seed) => {
    const disk = newDisk(`chain ${seed}`);
    const random = seededRandom(`writers ${seed}`);
    const acked = new Map<number, string>();
    for (let life = 0; life < times(12, 25); life += 1) {
      const boot = disk.boot();
      const cut = disk.crashAfter(20 + random.integer(60));
      const writer = (async () => {
        const log = await openOn(boot);
        for (;;) {
          const some = Array.from({ length: 1 + random.integer(5) }, () =>
            log.append(random.bytes(random.integer(200))),
          );
          for (const { sequence, hash } of await Promise.all(some)) acked.set(sequence, hash);
        }
      })();
      await Promise.race([cut, writer]);
      const report = await verify(
        disk.boot(),
        [...acked].map(([sequence, hash]) => ({ sequence, hash })),
      );
      expect(report.faults).toEqual([]);
      expect(report.anchorsMet).toBe(acked.size);
    }
    expect(acked.size).toBeGreaterThan(50);
  });
});

describe('archives', () => {
  const PATH = '/data/archive/2025.chain';

  async function archived(): Promise<{ disk: SimulatedDisk; sha256: string; tip: ChainTip }> {
    const disk = newDisk();
    const tip = await filled(disk);
    const log = await openOn(disk);
    await disk.makeDirectory('/data/archive');
    const records = async function* () {
      for await (const record of log.read(1)) if (record.sequence <= 60) yield { ...record, label: record.sequence };
    };
    const sealed = await writeArchive(disk, PATH, records());
    expect(sealed).toMatchObject({ records: 60, first: 1, last: { sequence: 60 } });
    await log.release(60);
    await log.close();
    return { disk, sha256: sealed.sha256, tip };
  }

  const verifyBoth = (disk: Disk, sha256: string, anchors: readonly ChainTip[]): Promise<ChainReport> =>
    verifyChain({ disk, directory: FOLDER, kind: 'chain', anchors, archives: [{ path: PATH, sha256 }] });

  it('stand before the log, which still holds the end of what they hold', async () => {
    const { disk, sha256, tip } = await archived();
    const report = await verifyBoth(disk, sha256, [tip]);
    expect(report).toMatchObject({ records: 100, first: 1, last: tip, faults: [], anchorsMet: 1 });
  });

  it('are missed when they are not there', async () => {
    const { disk, tip } = await archived();
    const { faults } = await verify(disk, [tip]);
    expect(faults).toEqual([expect.objectContaining({ kind: 'missing', sequence: 1 })]);
  });

  it('cannot be changed, in any byte', async () => {
    const { disk, sha256, tip } = await archived();
    const size = (await getFile(disk, PATH)).byteLength;
    for (let position = 0; position < size; position += times(29, 3)) {
      disk.flip(PATH, position, 0x10);
      expect((await verifyBoth(disk, sha256, [tip])).faultCount).toBeGreaterThan(0);
      disk.flip(PATH, position, 0x10);
    }
  });
});

import { fromHex, type SimulatedDisk, toHex } from '@contor/kit';
import { beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';
import { LOG_SEGMENT_SAMPLES } from './samples.js';
import { bytesOf, contents, FOLDER, getFile, newDisk, openOn, putFile } from './support.js';

const FIRST_SEGMENT = '0000000000000001.log';
const HEADER_BYTES = 128;
const TEXTS = Array.from({ length: 24 }, (_, index) => `record ${index + 1} ${'~'.repeat((index * 7) % 40)}`);

/** A segment written by several groups, closed cleanly. */
async function writtenSegment(): Promise<Uint8Array> {
  const disk = newDisk();
  const log = await openOn(disk);
  for (let at = 0; at < TEXTS.length; at += 6) {
    await Promise.all(TEXTS.slice(at, at + 6).map((text) => log.append(bytesOf(text))));
  }
  await log.close();
  return getFile(disk, `${FOLDER}/${FIRST_SEGMENT}`);
}

async function diskWith(segment: Uint8Array, name = FIRST_SEGMENT): Promise<SimulatedDisk> {
  const disk = newDisk();
  await putFile(disk, FOLDER, name, segment);
  return disk;
}

function isPrefix(found: readonly (readonly [number, string])[]): boolean {
  return found.every(([sequence, text], index) => sequence === index + 1 && text === TEXTS[index]);
}

describe('any cut and any flip', () => {
  let segment: Uint8Array;
  beforeAll(async () => {
    segment = await writtenSegment();
  });

  it('reads a prefix after any cut, says how much was torn, and goes on', async () => {
    for (let size = 0; size < segment.byteLength; size += times(7, 1)) {
      const disk = await diskWith(segment.subarray(0, size));
      const log = await openOn(disk);
      const found = await contents(log);
      expect(isPrefix(found)).toBe(true);
      expect(log.report.damaged).toEqual([]);
      const whole = found.reduce((sum, [, text]) => sum + 20 + text.length, HEADER_BYTES);
      const seals = size - log.report.tornBytes - (size < HEADER_BYTES ? 0 : whole);
      expect(seals % 20).toBe(0);
      const next = await log.append(bytesOf('goes on'));
      expect(next).toBe(found.length + 1);
      await log.close();
      expect((await openOn(disk)).report).toMatchObject({ tornBytes: 0, damaged: [] });
    }
  });

  it('notices any changed byte and never serves a wrong record; what stands behind the damage is kept', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat({ max: segment.byteLength - 1 }),
        fc.integer({ min: 1, max: 255 }),
        async (position, mask) => {
          const hurt = Uint8Array.from(segment);
          hurt[position] = (hurt[position] ?? 0) ^ mask;
          const disk = await diskWith(hurt);
          const opened = await openOn(disk).catch((error: { code: string }) => error);
          // A flipped version says 'newer format', and then nothing is touched.
          if ('code' in opened) {
            expect(opened.code).toBe('config.newer-format');
            return;
          }
          const { tornBytes, damaged } = opened.report;
          expect(tornBytes + damaged.length).toBeGreaterThan(0);
          const found = await contents(opened);
          expect(found.every(([sequence, text]) => TEXTS[sequence - 1] === text)).toBe(true);
          const lost = new Set(damaged.flatMap(({ firstSequence: from, lastSequence: to }) => range(from, to)));
          expect(found.map(([sequence]) => sequence)).toEqual(range(1, TEXTS.length).filter((one) => !lost.has(one)));
          expect(lost.size).toBeLessThanOrEqual(1);

          const next = await opened.append(bytesOf('goes on'));
          expect(next).toBe(TEXTS.length + 1);
          await opened.close();
          expect((await openOn(disk)).report).toMatchObject({ tornBytes: 0, damaged: [] });
        },
      ),
      { numRuns: times(60, 400) },
    );
  });

  it('never throws and never serves a wrong record on any mutilated file', async () => {
    const piece = fc.record({ from: fc.nat({ max: segment.byteLength }), to: fc.nat({ max: segment.byteLength }) });
    const noise = fc.uint8Array({ maxLength: 60 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.oneof(piece, noise), { maxLength: 6 }), async (parts) => {
        const bytes = parts.map((part) => (part instanceof Uint8Array ? part : segment.subarray(part.from, part.to)));
        const disk = await diskWith(Buffer.concat([segment.subarray(0, HEADER_BYTES), ...bytes]));
        const log = await openOn(disk);
        const found = await contents(log);
        expect(found.every(([sequence, text]) => TEXTS[sequence - 1] === text)).toBe(true);
        expect(found.every(([sequence], index) => index === 0 || sequence > (found[index - 1]?.[0] ?? 0))).toBe(true);
        expect(await log.append(bytesOf('goes on'))).toBe(log.head);
      }),
      { numRuns: times(40, 200) },
    );
  });
});

describe('damage in the middle', () => {
  it('is kept as a file and named with its sequences, once, and reading goes on behind it', async () => {
    const segment = Uint8Array.from(await writtenSegment());
    const at = Buffer.from(segment).indexOf('record 9 ');
    segment.fill(0, at, at + 5);
    const disk = await diskWith(segment);
    const log = await openOn(disk);
    const [range9] = log.report.damaged;
    expect(range9).toMatchObject({ file: `${FOLDER}/${FIRST_SEGMENT}`, firstSequence: 9, lastSequence: 9 });
    expect(Buffer.from(await getFile(disk, range9?.keptAs ?? '')).toString('latin1')).toContain('d 9 ');
    expect((await contents(log)).map(([sequence]) => sequence)).toEqual(range(1, 24).filter((one) => one !== 9));
    await log.close();
    expect((await openOn(disk)).report.damaged).toEqual([]);
  });

  it('is found when whole records were cut out', async () => {
    const segment = await writtenSegment();
    const text = Buffer.from(segment);
    const [from, to] = [text.indexOf('record 7 ') - 20, text.indexOf('record 10 ') - 20];
    const log = await openOn(await diskWith(Buffer.concat([segment.subarray(0, from), segment.subarray(to)])));
    expect(log.report.damaged).toMatchObject([{ firstSequence: 7, lastSequence: 9 }]);
  });

  it('names a missing segment and one whose header is gone, and never uses their sequences again', async () => {
    const disk = newDisk();
    const log = await openOn(disk, { segmentBytes: 256 });
    for (const text of TEXTS) await log.append(bytesOf(text));
    await log.close();
    const names = (await disk.list(FOLDER)).filter((name) => name.endsWith('.log'));
    const firsts = names.map((name) => Number(name.slice(0, 16)));
    expect(names.length).toBeGreaterThan(3);
    await disk.remove(`${FOLDER}/${names[1]}`);
    await disk.syncDirectory(FOLDER);
    for (let at = 0; at < HEADER_BYTES; at += 1) disk.flip(`${FOLDER}/${names.at(-1)}`, at);

    const again = await openOn(disk, { segmentBytes: 256 });
    const [missing, headless] = again.report.damaged;
    expect(missing).toMatchObject({ firstSequence: firsts[1], lastSequence: (firsts[2] ?? 0) - 1, keptAs: '' });
    expect(headless).toMatchObject({ firstSequence: firsts.at(-1) });
    expect(headless?.lastSequence).toBeGreaterThanOrEqual(TEXTS.length);
    expect(await again.append(bytesOf('new'))).toBe((headless?.lastSequence ?? 0) + 1);
    await again.close();
    expect((await openOn(disk)).report.damaged).toEqual([]);
  });

  it('does not take records of another log for its own', async () => {
    const segment = await writtenSegment();
    const disk = newDisk();
    const other = await openOn(disk, { directory: '/data/other', kind: 'other' });
    await Promise.all(TEXTS.map((text) => other.append(bytesOf(text))));
    await other.close();
    const foreign = await getFile(disk, `/data/other/${FIRST_SEGMENT}`);
    const mixed = Buffer.concat([segment.subarray(0, HEADER_BYTES), foreign.subarray(HEADER_BYTES)]);
    expect(await contents(await openOn(await diskWith(mixed)))).toEqual([]);
  });
});

describe('versions', () => {
  it.each(LOG_SEGMENT_SAMPLES)('reads the sample of format $format', async ({ hex, kind, version, records }) => {
    const log = await openOn(await diskWith(fromHex(hex)), { kind, version });
    expect(log.report).toMatchObject({ records: records.length, tornBytes: 0, damaged: [] });
    expect((await contents(log)).map(([, text]) => text)).toEqual(records);
  });

  it('still writes the newest sample byte for byte', async () => {
    const sample = LOG_SEGMENT_SAMPLES.at(-1);
    const disk = newDisk();
    const log = await openOn(disk, { kind: sample?.kind ?? '', version: sample?.version ?? 0 });
    for (const text of sample?.records ?? []) await log.append(bytesOf(text));
    await log.close();
    expect(toHex(await getFile(disk, `${FOLDER}/${FIRST_SEGMENT}`))).toBe(sample?.hex);
  });

  it('refuses a newer file format, a newer payload, and another kind, and touches nothing', async () => {
    const segment = await writtenSegment();
    const newer = Uint8Array.from(segment);
    newer[9] = 2;
    newer[64 + 9] = 2;
    await expect(openOn(await diskWith(newer))).rejects.toMatchObject({ code: 'config.newer-format' });
    await expect(openOn(await diskWith(segment), { version: 0 })).rejects.toMatchObject({
      code: 'config.newer-format',
    });
    await expect(openOn(await diskWith(segment), { kind: 'bills' })).rejects.toMatchObject({
      code: 'config.other-log',
    });
    const disk = await diskWith(segment);
    await expect(openOn(disk, { version: 2 })).rejects.toMatchObject({ code: 'config.older-format' });
    expect(toHex(await getFile(disk, `${FOLDER}/${FIRST_SEGMENT}`))).toBe(toHex(segment));
  });

  it('migrates an older payload when it is read, and writes the new version behind it', async () => {
    const disk = await diskWith(await writtenSegment());
    const migrate = (payload: Uint8Array, fromVersion: number): Uint8Array =>
      bytesOf(`v${fromVersion}: ${Buffer.from(payload).toString()}`);
    const log = await openOn(disk, { version: 2, migrate });
    await log.append(bytesOf('written as version 2'));
    const found = await contents(log);
    expect(found[0]).toEqual([1, `v1: ${TEXTS[0]}`]);
    expect(found.at(-1)).toEqual([25, 'written as version 2']);
    await log.close();
    expect(await contents(await openOn(disk, { version: 2, migrate }))).toEqual(found);
  });
});

function range(first: number, last: number): number[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => first + index);
}

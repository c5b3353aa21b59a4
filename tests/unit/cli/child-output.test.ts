/** Log files of the children: bounded, and never a reason for the launcher to end. */

import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { keepOutput } from 'contor/up/child-output.js';

const MIB = 2 ** 20;
let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'contor-output-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

async function pour(stream: PassThrough, ...chunks: readonly (string | Buffer)[]): Promise<void> {
  for (const chunk of chunks) stream.write(chunk);
  await new Promise((resolve) => setImmediate(resolve));
}

describe('the output of a child', () => {
  it('is kept in a file named after it, both streams', async () => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const path = keepOutput(join(folder, 'logs'), 'edge', [out, err, null]);
    await pour(out, 'one\n');
    await pour(err, 'two\n');
    expect(path).toBe(join(folder, 'logs', 'edge.log'));
    expect(readFileSync(path, 'utf8')).toBe('one\ntwo\n');
  });

  it('goes on behind what is there, and fills two files at most', async () => {
    const stream = new PassThrough({ highWaterMark: 64 * MIB });
    const path = keepOutput(folder, 'edge', [stream]);
    for (let round = 0; round < 20; round += 1) await pour(stream, Buffer.alloc(MIB, 'x'));
    expect(statSync(path).size).toBeLessThanOrEqual(8 * MIB);
    expect(statSync(`${path}.1`).size).toBe(8 * MIB);
    const again = new PassThrough();
    keepOutput(folder, 'edge', [again]);
    const before = statSync(path).size;
    await pour(again, 'more');
    expect(statSync(path).size).toBe(before + 4);
  });

  it('is lost while it cannot be written, counted, and goes on afterwards', async () => {
    const stream = new PassThrough();
    const path = join(folder, 'edge.log');
    mkdirSync(path);
    keepOutput(folder, 'edge', [stream]);
    await pour(stream, 'lost');
    rmSync(path, { recursive: true });
    await pour(stream, 'kept\n');
    const [note = '', line] = readFileSync(path, 'utf8').split('\n');
    expect(JSON.parse(note)).toMatchObject({ level: 'warn', service: 'edge', lostBytes: 4 });
    expect(line).toBe('kept');
  });
});

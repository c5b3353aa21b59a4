import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lockDirectory } from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const KIT = import.meta.resolve('@contor/kit');
const HOLD = `
  import { lockDirectory } from ${JSON.stringify(KIT)};
  try {
    await lockDirectory(process.argv[1]);
    console.log('held');
    setInterval(() => {}, 1000);
  } catch (error) {
    console.log(error.code);
  }`;

const children: ChildProcess[] = [];
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'contor-lock-'));
});

afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

async function holder(): Promise<{ child: ChildProcess; answer: string }> {
  const child = spawn(process.execPath, ['--input-type=module', '-e', HOLD, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  const [chunk] = await once(child.stdout, 'data');
  return { child, answer: String(chunk).trim() };
}

describe('lockDirectory', () => {
  it('lets one process in, and the next one when that is killed', async () => {
    const first = await holder();
    expect(first.answer).toBe('held');
    expect((await holder()).answer).toBe('config.in-use');
    await expect(lockDirectory(directory)).rejects.toMatchObject({ code: 'config.in-use' });

    first.child.kill('SIGKILL');
    await once(first.child, 'exit');
    const ours = await lockDirectory(directory);
    expect((await holder()).answer).toBe('config.in-use');
    await ours.release();
    expect((await holder()).answer).toBe('held');
  });

  it('lets exactly one of many in after the holder was killed', async () => {
    const { child } = await holder();
    child.kill('SIGKILL');
    await once(child, 'exit');
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockDirectory(directory)));
    const held = outcomes.filter((outcome) => outcome.status === 'fulfilled');
    expect(held).toHaveLength(1);
    await held[0]?.value.release();
  });

  it('makes the folder, leaves nothing behind, and works where the path is long', async () => {
    const deep = join(directory, 'a'.repeat(60), 'b'.repeat(60));
    const lock = await lockDirectory(deep);
    await expect(lockDirectory(deep)).rejects.toMatchObject({ code: 'config.in-use' });
    await lock.release();
    expect(await readdir(deep)).toEqual([]);
  });

  it('says what to do when the folder cannot be used', async () => {
    const file = join(directory, 'file');
    await writeFile(file, '');
    await chmod(file, 0o600);
    await expect(lockDirectory(join(file, 'inside'))).rejects.toMatchObject({ code: 'config.folder' });
  });
});

/** A folder on a small disk of its own (a tmpfs), so that a check can fill it up without harm to anything else. */

import { spawnSync } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const BALLAST = 'ballast';
const CHUNK = Buffer.alloc(64 * 1024);
const SMALLEST_BYTES = 4096;

export class SmallDisk {
  readonly folder: string;

  constructor(folder: string, bytes: number) {
    mkdirSync(folder, { recursive: true });
    const { status, stderr } = mount(folder, bytes);
    if (status !== 0) throw new Error(`no small disk at ${folder}: ${stderr}`);
    this.folder = folder;
  }

  get freeBytes(): number {
    const { bavail, bsize } = statfsSync(this.folder);
    return bavail * bsize;
  }

  /** Leaves room for about so many bytes, as a neighbour on the same disk would. */
  fill(leaveBytes: number): void {
    const file = openSync(join(this.folder, BALLAST), 'a');
    try {
      for (let surplus = this.freeBytes - leaveBytes; surplus >= SMALLEST_BYTES; surplus = this.freeBytes - leaveBytes)
        writeSync(file, CHUNK, 0, Math.min(surplus, CHUNK.length));
    } finally {
      closeSync(file);
    }
  }

  free(): void {
    rmSync(join(this.folder, BALLAST), { force: true });
  }

  unmount(): void {
    spawnSync('umount', ['--lazy', this.folder]);
  }
}

/** Why this machine cannot make one; undefined when it can. */
export function whyNoSmallDisk(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux and its tmpfs';
  if (process.getuid?.() !== 0) return 'mounting a tmpfs needs root';
  const folder = mkdtempSync(join(tmpdir(), 'contor-small-disk-'));
  try {
    new SmallDisk(folder, 2 ** 20).unmount();
    return undefined;
  } catch (error) {
    return `a tmpfs cannot be mounted here (${error instanceof Error ? error.message.trim() : String(error)})`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function mount(folder: string, bytes: number) {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${bytes}`, 'contor-check', folder], { encoding: 'utf8' });
}

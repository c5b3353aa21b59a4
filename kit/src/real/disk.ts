/** The Disk of the machine. `sync` is fdatasync (F_FULLFSYNC on macOS, FlushFileBuffers on Windows, both through libuv). */

import { constants, type Stats } from 'node:fs';
import { type FileHandle, mkdir, open, readdir, rename, rm, statfs, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Disk, DiskFile, OpenMode } from '../disk.js';
import { errnoOf } from '../errors.js';

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR } = constants;

const OPEN_FLAGS = {
  read: O_RDONLY,
  append: O_RDWR | O_APPEND,
  create: O_RDWR | O_APPEND | O_CREAT | O_EXCL,
} as const satisfies Record<OpenMode, number>;

const IS_WINDOWS = process.platform === 'win32';
/** Windows cannot open a directory for flushing; NTFS journals names by itself. */
const DIRECTORIES_CAN_SYNC = !IS_WINDOWS;

export function realDisk(): Disk {
  return {
    open: async (path, mode) => realFile(path, await open(path, OPEN_FLAGS[mode], 0o600)),
    list,
    makeDirectory,
    remove: (path) => rm(path),
    rename,
    syncDirectory,
    freeBytes: async (path) => {
      const { bavail, bsize } = await statfs(path);
      return bavail * bsize;
    },
  };
}

function realFile(path: string, handle: FileHandle): DiskFile {
  // Appends queue behind each other, so that they take effect in the order in which they were called.
  let lastAppend: Promise<void> = Promise.resolve();
  return {
    path,
    read: (position, length) => readFully(handle, position, length),
    append: (pieces) => {
      const mine = lastAppend.then(() => writeFully(handle, pieces));
      lastAppend = mine.catch(() => undefined);
      return mine;
    },
    // On Windows a handle for appending has FILE_APPEND_DATA without FILE_WRITE_DATA, and may not move the end of its file.
    truncate: (size) => (IS_WINDOWS ? truncate(path, size) : handle.truncate(size)),
    size: async () => ((await handle.stat()) as Stats).size,
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

async function readFully(handle: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const bytes = Buffer.allocUnsafeSlow(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await handle.read(bytes, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return bytes.subarray(0, filled);
}

/** A write may be cut short by a signal or a filling disk; what is left goes out until the system says why it cannot. */
async function writeFully(handle: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  for (const piece of pieces) {
    let sent = 0;
    while (sent < piece.byteLength) {
      const { bytesWritten } = await handle.write(piece, sent, piece.byteLength - sent);
      sent += bytesWritten;
    }
  }
}

async function list(directory: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** New directories are names too: each parent that gained one is synced, or a power cut takes the whole folder. */
async function makeDirectory(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncDirectory(dirname(at));
}

async function syncDirectory(path: string): Promise<void> {
  if (!DIRECTORIES_CAN_SYNC) return;
  const handle = await open(path, O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * A small file that is replaced as a whole: cursors, counters, marks. Written beside its place, synced, renamed over it and
 * the name synced, so that after a power cut it holds the old bytes or the new ones and nothing else.
 *
 * Layout: magic (8), format version u16, reserved u16, payload length u32, CRC-32 of magic to length and payload u32, payload.
 */

import { dirname } from 'node:path';
import { crc32 } from './crc32.js';
import type { Disk } from './disk.js';
import { ConfigError, DamagedFileError, DiskFullError, errnoOf, isDiskFull } from './errors.js';

export interface Checkpoint {
  /** What was last written; undefined when nothing ever was. */
  read(): Promise<Uint8Array | undefined>;
  /** Durable when it resolves. Calls take effect in the order they were made. DiskFullError: the old bytes stay; ask again later. */
  write(bytes: Uint8Array): Promise<void>;
}

export interface CheckpointOptions {
  readonly disk: Disk;
  readonly path: string;
  /**
   * With it, a damaged file is kept under another name, told here, and `read` answers undefined: right for cursors, where
   * starting over costs only time. Without it `read` rejects with a DamagedFileError.
   */
  readonly onDamaged?: (keptAs: string) => void;
}

const MAGIC = Buffer.from('CONTORCP', 'latin1');
const FORMAT_VERSION = 1;
const HEADER_BYTES = 20;
/** A checkpoint is read at once into memory. What is larger belongs into a log or a file store. */
const MAX_BYTES = 64 * 2 ** 20;

export function openCheckpoint({ disk, path, onDamaged }: CheckpointOptions): Checkpoint {
  let queue: Promise<void> = Promise.resolve();

  async function read(): Promise<Uint8Array | undefined> {
    const bytes = await readWhole(disk, path);
    if (bytes === undefined) return undefined;
    const payload = decode(bytes, path);
    if (payload !== undefined) return payload;
    if (!onDamaged) {
      throw new DamagedFileError('checkpoint.damaged', `${path} is damaged. Restore it from a backup or remove it.`, {
        path,
      });
    }
    const keptAs = `${path}.damaged`;
    await disk.rename(path, keptAs);
    await disk.syncDirectory(dirname(path));
    onDamaged(keptAs);
    return undefined;
  }

  return {
    read: () => queue.then(read),
    write(bytes) {
      const mine = queue.then(() => replaceFile(disk, path, encode(bytes)));
      queue = mine.catch(() => undefined);
      return mine;
    },
  };
}

/** Puts `bytes` in the place of `path`, whole or not at all; durable when it resolves. */
export async function replaceFile(disk: Disk, path: string, ...pieces: readonly Uint8Array[]): Promise<void> {
  const beside = `${path}.new`;
  try {
    await writeNew(disk, beside, pieces);
  } catch (error) {
    if (!isDiskFull(error)) throw error;
    // What was begun takes room that others may need more.
    await disk.remove(beside).catch(() => undefined);
    throw new DiskFullError('The disk is full.', { path }, error);
  }
  await disk.rename(beside, path);
  await disk.syncDirectory(dirname(path));
}

async function writeNew(disk: Disk, path: string, pieces: readonly Uint8Array[]): Promise<void> {
  const file = await createOver(disk, path);
  try {
    await file.append(pieces);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A half-written file of an earlier, interrupted attempt is in nobody's way. */
export async function createOver(disk: Disk, path: string): ReturnType<Disk['open']> {
  try {
    return await disk.open(path, 'create');
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw error;
    await disk.remove(path);
    return disk.open(path, 'create');
  }
}

/** The whole file, or undefined when there is none. */
export async function readWhole(disk: Disk, path: string): Promise<Uint8Array | undefined> {
  try {
    const file = await disk.open(path, 'read');
    try {
      return await file.read(0, await file.size());
    } finally {
      await file.close();
    }
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function encode(payload: Uint8Array): Uint8Array {
  if (payload.byteLength > MAX_BYTES) {
    throw new DamagedFileError('checkpoint.too-large', 'A checkpoint is meant to be small.', {
      bytes: payload.byteLength,
    });
  }
  const file = Buffer.alloc(HEADER_BYTES + payload.byteLength);
  MAGIC.copy(file, 0);
  file.writeUInt16BE(FORMAT_VERSION, 8);
  file.writeUInt32BE(payload.byteLength, 12);
  file.set(payload, HEADER_BYTES);
  file.writeUInt32BE(checksum(file), 16);
  return file;
}

/** undefined: damaged. A newer format is not damage, and is refused. */
function decode(bytes: Uint8Array, path: string): Uint8Array | undefined {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (file.byteLength < HEADER_BYTES || !file.subarray(0, 8).equals(MAGIC)) return undefined;
  const version = file.readUInt16BE(8);
  if (version > FORMAT_VERSION) {
    throw new ConfigError([
      {
        code: 'config.newer-format',
        message: `${path} was written by a newer version of this program (format ${version}, known up to ${FORMAT_VERSION}).`,
        fix: 'Start that newer version, or restore the folder from a backup of this one.',
      },
    ]);
  }
  if (file.readUInt32BE(12) !== file.byteLength - HEADER_BYTES || file.readUInt32BE(16) !== checksum(file))
    return undefined;
  return file.subarray(HEADER_BYTES);
}

function checksum(file: Uint8Array): number {
  return crc32(file.subarray(HEADER_BYTES), crc32(file.subarray(0, 16)));
}

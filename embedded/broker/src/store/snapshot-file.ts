/**
 * The snapshot file: magic and version, then frames of [length u32][CRC-32 u32][payload], the last of which says that it is
 * the last. A payload is JSON, or, when it begins with a byte of its own, packed entities. Written beside its name and
 * renamed, so that a file with the right name is a whole one.
 */

import { join } from 'node:path';
import { ConfigError, crc32, type Disk, type DiskFile } from '@contor/kit';
import type { HostedContext } from '../context/registry.js';
import type { RegistrationState } from '../registration/model.js';
import type { NotificationStatus, Subscription } from '../subscription/model.js';
import type { PackedEntity, PackedTelling } from './pack.js';

export type Frame =
  | { readonly kind: 'head'; readonly sequence: number; readonly savedAtMs: number }
  | { readonly kind: 'contexts'; readonly contexts: readonly HostedContext[] }
  /** Texts that packed entities name by number, in their order. */
  | { readonly kind: 'names'; readonly names: readonly string[] }
  /** Format 1 had entities as JSON. */
  | {
      readonly kind: 'entities';
      readonly tenant: string;
      readonly strings: string[];
      readonly entities: readonly PackedEntity[];
    }
  | PackedFrame
  | {
      readonly kind: 'subscription';
      readonly tenant: string;
      readonly subscription: Subscription;
      readonly status: NotificationStatus;
      readonly cursor: number;
    }
  | {
      readonly kind: 'outbox';
      readonly tenant: string;
      readonly subscription: string;
      readonly strings: string[];
      readonly entries: readonly PackedTelling[];
    }
  | {
      readonly kind: 'registrations';
      readonly tenant: string;
      readonly registrations: readonly RegistrationState[];
    }
  | { readonly kind: 'end'; readonly frames: number };

/** Entities of one tenant as bytes: see `packed-frame`. */
export interface PackedFrame {
  readonly kind: 'packed';
  readonly bytes: Uint8Array;
}

const MAGIC = Buffer.from('CONTORBS', 'latin1');
const FORMAT_VERSION = 2;
const HEADER_BYTES = 12;
const FRAME_HEADER_BYTES = 8;
/** A frame is made of a few hundred entities; one of a gigabyte is a damaged length. */
const MAX_FRAME_BYTES = 256 * 2 ** 20;
/** No JSON begins so. */
const PACKED = 1;
/** Synced on the way, so that the last sync, and writes of the log behind it, need not wait for all of the file. */
const SYNC_EVERY_BYTES = 8 * 2 ** 20;
const NAME = /^state-(\d{16})\.snapshot$/;

export function snapshotName(sequence: number): string {
  return `state-${String(sequence).padStart(16, '0')}.snapshot`;
}

/** Sequences of the snapshots in a folder, newest first. */
export async function listSnapshots(disk: Disk, directory: string): Promise<readonly number[]> {
  const names = await disk.list(directory);
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);
}

/** Durable under its final name when it resolves. */
export async function writeSnapshot(
  disk: Disk,
  directory: string,
  sequence: number,
  frames: Iterable<Frame>,
): Promise<void> {
  const beside = join(directory, 'state.new');
  if ((await disk.list(directory)).includes('state.new')) await disk.remove(beside);
  try {
    await writeFrames(await disk.open(beside, 'create'), frames);
  } catch (error) {
    // What was begun takes room that the log may need more. The first error is the one to tell.
    await disk.remove(beside).catch(() => undefined);
    throw error;
  }
  await disk.rename(beside, join(directory, snapshotName(sequence)));
  await disk.syncDirectory(directory);
}

async function writeFrames(file: DiskFile, frames: Iterable<Frame>): Promise<void> {
  try {
    const header = Buffer.alloc(HEADER_BYTES);
    MAGIC.copy(header);
    header.writeUInt16BE(FORMAT_VERSION, 8);
    await file.append([header]);
    let count = 0;
    let unsynced = 0;
    for (const frame of frames) {
      unsynced += await appendFrame(file, frame);
      count += 1;
      if (unsynced < SYNC_EVERY_BYTES) continue;
      await file.sync();
      unsynced = 0;
    }
    await appendFrame(file, { kind: 'end', frames: count });
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Answers how many bytes it took. */
async function appendFrame(file: DiskFile, frame: Frame): Promise<number> {
  const payload =
    frame.kind === 'packed'
      ? Buffer.concat([Buffer.of(PACKED), frame.bytes])
      : Buffer.from(JSON.stringify(frame), 'utf8');
  const header = Buffer.alloc(FRAME_HEADER_BYTES);
  header.writeUInt32BE(payload.byteLength, 0);
  header.writeUInt32BE(crc32(payload), 4);
  await file.append([header, payload]);
  return FRAME_HEADER_BYTES + payload.byteLength;
}

/**
 * Frames of a snapshot, checked one by one; throws a RangeError at the first that is damaged or missing. What came before
 * it is then to be forgotten.
 */
export async function* readSnapshot(disk: Disk, path: string): AsyncIterable<Frame> {
  const file = await disk.open(path, 'read');
  try {
    await checkHeader(file, path);
    let at = HEADER_BYTES;
    for (let count = 0; ; count += 1) {
      const header = Buffer.from(await file.read(at, FRAME_HEADER_BYTES));
      if (header.byteLength < FRAME_HEADER_BYTES) throw damaged(path, at);
      const length = header.readUInt32BE(0);
      if (length > MAX_FRAME_BYTES) throw damaged(path, at);
      const payload = Buffer.from(await file.read(at + FRAME_HEADER_BYTES, length));
      if (payload.byteLength < length || crc32(payload) !== header.readUInt32BE(4)) throw damaged(path, at);
      at += FRAME_HEADER_BYTES + length;
      const frame: Frame =
        payload[0] === PACKED ? { kind: 'packed', bytes: payload.subarray(1) } : JSON.parse(payload.toString('utf8'));
      if (frame.kind === 'end') {
        if (frame.frames !== count) throw damaged(path, at);
        return;
      }
      yield frame;
    }
  } finally {
    await file.close();
  }
}

async function checkHeader(file: DiskFile, path: string): Promise<void> {
  const header = Buffer.from(await file.read(0, HEADER_BYTES));
  if (header.byteLength < HEADER_BYTES || !header.subarray(0, 8).equals(MAGIC)) throw damaged(path, 0);
  const version = header.readUInt16BE(8);
  if (version <= FORMAT_VERSION) return;
  throw new ConfigError([
    {
      code: 'config.newer-format',
      message: `${path} was written by a newer version of this broker (format ${version}, known up to ${FORMAT_VERSION}).`,
      fix: 'Start that newer version, or restore the folder from a backup of this one.',
    },
  ]);
}

function damaged(path: string, at: number): RangeError {
  return new RangeError(`${path} is damaged at byte ${at}`);
}

/**
 * Content-addressed files: the name of a file is the SHA-256 of its bytes, so that a stored file can never change unnoticed
 * and storing twice stores once. `<directory>/ab/ab12…`.
 */

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readWhole, replaceFile } from './checkpoint.js';
import type { Disk } from './disk.js';
import { DamagedFileError, WireError } from './errors.js';

export interface FileStore {
  /** Durable when it resolves with the hash, in lower-case hexadecimal. */
  put(bytes: Uint8Array): Promise<string>;
  /** Verified bytes; undefined when the store has none; rejects with a DamagedFileError when they no longer match. */
  get(hash: string): Promise<Uint8Array | undefined>;
}

export interface FileStoreOptions {
  readonly disk: Disk;
  readonly directory: string;
}

export function openFileStore({ disk, directory }: FileStoreOptions): FileStore {
  /** Puts of the same content at the same time share one write. */
  const running = new Map<string, Promise<string>>();

  async function store(hash: string, bytes: Uint8Array): Promise<string> {
    const folder = join(directory, hash.slice(0, 2));
    const path = join(folder, hash);
    const there = await readWhole(disk, path);
    if (there !== undefined && hashOf(there) === hash) {
      // Whoever stored it may have died before its name was durable.
      await disk.syncDirectory(folder);
      return hash;
    }
    // A damaged copy is replaced by the good one in hand.
    await disk.makeDirectory(folder);
    await replaceFile(disk, path, bytes);
    return hash;
  }

  return {
    put(bytes) {
      const hash = hashOf(bytes);
      const underway = running.get(hash);
      if (underway) return underway;
      const mine = store(hash, bytes).finally(() => running.delete(hash));
      running.set(hash, mine);
      return mine;
    },
    async get(hash) {
      // The hash becomes a path: nothing but a hash may pass.
      if (!/^[0-9a-f]{64}$/.test(hash))
        throw new WireError('file-store.hash', 'Not a SHA-256 in lower-case hexadecimal.');
      const path = join(directory, hash.slice(0, 2), hash);
      const bytes = await readWhole(disk, path);
      if (bytes !== undefined && hashOf(bytes) !== hash) {
        throw new DamagedFileError('file-store.damaged', `${path} no longer holds what was stored.`, { path });
      }
      return bytes;
    },
  };
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/**
 * A small file whose contents are wrapped. It looks like a checkpoint, and it wraps what is in one: what an earlier version left there
 * plain is read as it is and wrapped in its place, and what an older master key wrapped is wrapped by the newest.
 */

import type { Checkpoint } from '../checkpoint.js';
import { readWhole, replaceFile } from '../checkpoint.js';
import type { Disk } from '../disk.js';
import { DamagedFileError } from '../errors.js';
import { readOrCreateSecretFile } from '../secret-file.js';
import { parseEnvelope } from './envelope.js';
import type { Keyring } from './keyring.js';

/** `name` is authenticated with the contents: two files cannot be exchanged. */
export function sealedCheckpoint(checkpoint: Checkpoint, keyring: Keyring, name: string): Checkpoint {
  const write = (value: Uint8Array): Promise<void> => checkpoint.write(bytesOf(keyring.wrap(name, value)));
  return {
    write,
    async read() {
      const kept = await checkpoint.read();
      if (kept === undefined) return undefined;
      const text = Buffer.from(kept).toString('utf8');
      if (parseEnvelope(text).kind === 'plain') {
        await write(kept);
        return kept;
      }
      const value = keyring.unwrap(name, text);
      const renewed = keyring.rewrap(name, text.trim());
      if (renewed !== text.trim()) await checkpoint.write(bytesOf(renewed));
      return value;
    },
  };
}

export interface SealedFileOptions {
  readonly disk: Disk;
  readonly path: string;
  readonly keyring: Keyring;
  readonly name: string;
}

/** The same without the frame of a checkpoint, for files that were plain text before. The tag of the cipher guards the bytes. */
export function openSealedFile({ disk, path, keyring, name }: SealedFileOptions): Checkpoint {
  const plain: Checkpoint = {
    read: () => readWhole(disk, path),
    write: (bytes) => replaceFile(disk, path, bytes),
  };
  return sealedCheckpoint(plain, keyring, name);
}

/** What the file holds; made and wrapped first when it is not there, by exactly one of those who come at the same time. */
export async function readOrMakeSealed(options: SealedFileOptions, make: () => Promise<string>): Promise<string> {
  const { path, keyring, name } = options;
  await readOrCreateSecretFile(path, async () => `${keyring.wrap(name, Buffer.from(await make()))}\n`);
  const value = await openSealedFile(options).read();
  if (value === undefined)
    throw new DamagedFileError('sealed.gone', `${path} disappeared while it was read.`, { path });
  return Buffer.from(value).toString('utf8');
}

function bytesOf(text: string): Uint8Array {
  return Buffer.from(`${text}\n`, 'utf8');
}

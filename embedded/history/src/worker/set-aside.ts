/** An unreadable database file (and its write-ahead log) goes to a folder of its own, for whoever wants to look at it. */

import { mkdir, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

export async function setAside(path: string, name: string): Promise<string> {
  const folder = join(dirname(path), name);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  for (const file of [path, `${path}.wal`]) {
    await rename(file, join(folder, basename(file))).catch((error: unknown) => {
      // There is a write-ahead log only after an unclean end.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        throw error;
      }
    });
  }
  return folder;
}

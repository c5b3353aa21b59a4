/** Unreadable files of the database go to a folder of their own, for whoever wants to look at them; none is deleted. */

import { mkdir, rename } from 'node:fs/promises';
import { basename, join } from 'node:path';

/** Returns how many of the files were there. */
export async function setAside(files: readonly string[], folder: string): Promise<number> {
  if (files.length === 0) {
    return 0;
  }
  await mkdir(folder, { recursive: true, mode: 0o700 });
  let moved = 0;
  for (const file of files) {
    try {
      await rename(file, join(folder, basename(file)));
      moved += 1;
    } catch (error) {
      // There is a write-ahead log only after an unclean end.
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) {
        throw error;
      }
    }
  }
  return moved;
}

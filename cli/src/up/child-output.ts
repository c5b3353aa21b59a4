/** Where the log lines of a child go: a file of its own in the data folder, bounded, so that a noisy child cannot fill the disk. */

import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Two files of this size are kept for each child. */
const MAX_BYTES = 8 * 1024 * 1024;

export function keepOutput(folder: string, name: string, streams: readonly (Readable | null)[]): string {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `${name}.log`);
  let size = sizeOf(path);
  const write = (chunk: Buffer) => {
    if (size + chunk.length > MAX_BYTES) {
      renameSync(path, `${path}.1`);
      size = 0;
    }
    appendFileSync(path, chunk);
    size += chunk.length;
  };
  for (const stream of streams) stream?.on('data', write);
  return path;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

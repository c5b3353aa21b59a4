/**
 * Where the log lines of a child go: a file of its own in the data folder, bounded, so that a noisy child cannot fill the disk. A
 * disk that is full already costs lines, never the launcher: the children know how to wait for room.
 */

import { appendFileSync, mkdirSync, renameSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';

/** Two files of this size are kept for each child. */
const MAX_BYTES = 8 * 1024 * 1024;

export function keepOutput(folder: string, name: string, streams: readonly (Readable | null)[]): string {
  const path = join(folder, `${name}.log`);
  let size = sizeOf(path);
  let lostBytes = 0;
  let isOpen = false;
  const write = (chunk: Buffer) => {
    try {
      if (size + chunk.length > MAX_BYTES) {
        renameSync(path, `${path}.1`);
        size = 0;
      }
      if (!isOpen) mkdirSync(folder, { recursive: true });
      isOpen = true;
      if (lostBytes > 0)
        appendFileSync(path, `${JSON.stringify({ level: 'warn', service: name, lostBytes, msg: LOST })}\n`);
      lostBytes = 0;
      appendFileSync(path, chunk);
      size += chunk.length;
    } catch {
      lostBytes += chunk.length;
    }
  };
  for (const stream of streams) stream?.on('data', write);
  return path;
}

const LOST = 'Log lines could not be written here, most likely because the disk was full.';

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

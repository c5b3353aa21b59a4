/**
 * The cursor file of a lane: everything up to `sequence` is done, with what the lane must remember beside it, in one
 * small atomic file. It may lag behind: what is done twice after a crash has the same key, and no effect (DESIGN 2.2).
 */

import type { Disk, Logger } from '@contor/kit';
import { assert, openCheckpoint } from '@contor/kit';
import type { IngestLog } from '../ingest/ingest-log.js';

export interface Saved<Memory> {
  readonly sequence: number;
  readonly memory: Memory;
}

export interface CursorFile<Memory> {
  read(): Promise<Saved<Memory> | undefined>;
  write(saved: Saved<Memory>): Promise<void>;
}

const CURSOR_VERSION = 1;

export function openCursorFile<Memory>(disk: Disk, path: string, log: Logger): CursorFile<Memory> {
  const file = openCheckpoint({
    disk,
    path,
    // Everything the log still holds is forwarded again, to no effect; refusing to start would stop the meters.
    onDamaged: (keptAs) =>
      log.warn({ path, keptAs }, 'The cursor file was damaged and set aside: forwarding again what the log holds.'),
  });
  return {
    async read() {
      const bytes = await file.read();
      if (bytes === undefined) return undefined;
      const { version, ...saved } = JSON.parse(new TextDecoder().decode(bytes)) as Saved<Memory> & { version: number };
      assert(version === CURSOR_VERSION, 'The cursor file was written by another version of this program.', {
        path,
        version,
      });
      return saved;
    },
    write: (saved) => file.write(new TextEncoder().encode(JSON.stringify({ version: CURSOR_VERSION, ...saved }))),
  };
}

/** Where a lane goes on: after what was done, but never outside of what the log holds. */
export function resumeAfter(saved: Saved<unknown> | undefined, ingest: IngestLog, log: Logger): number {
  const done = Math.max(saved?.sequence ?? 0, ingest.tail - 1);
  if (done <= ingest.head) return done;
  log.error(
    { cursor: done, head: ingest.head },
    'The log ends before its cursor: the disk lost what it had promised to keep.',
  );
  return ingest.head;
}

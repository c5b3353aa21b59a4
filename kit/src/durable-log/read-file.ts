/** The records of one segment file, read beside whoever owns the log, or long after: what is whole is told, and nothing is changed. */

import { readWhole } from '../checkpoint.js';
import type { Disk } from '../disk.js';
import type { LogRecord } from '../durable-log.js';
import { decodeHeader, HEADER_BYTES, RecordWalk } from './format.js';

export interface SegmentOnDisk {
  readonly kind: string;
  readonly payloadVersion: number;
  readonly createdAtMs: number;
  records(): Iterable<LogRecord>;
}

/** Undefined: no segment of ours, or one that is being made. Damaged records are stepped over, and so is what is being written. */
export async function readSegment(disk: Disk, path: string): Promise<SegmentOnDisk | undefined> {
  const bytes = await readWhole(disk, path);
  const outcome = bytes === undefined ? undefined : decodeHeader(bytes);
  if (bytes === undefined || outcome?.kind !== 'header') return undefined;
  const { header, seed } = outcome;
  return {
    kind: header.kind,
    payloadVersion: header.payloadVersion,
    createdAtMs: header.createdAtMs,
    *records() {
      const walk = new RecordWalk(bytes, HEADER_BYTES, seed, header.firstSequence);
      for (;;) {
        const step = walk.next();
        if (step === 'record') yield { sequence: walk.sequence, payload: walk.payload };
        else if (step !== 'seal' && !walk.resync()) return;
      }
    },
  };
}

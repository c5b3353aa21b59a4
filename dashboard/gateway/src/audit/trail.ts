/** The trail itself: cleans an entry, closes what is personal, gives it its time and appends it to the chain. */

import type { ChainedLog, ChainTip, Clock } from '@contor/kit';
import type { Audit } from './entry.js';
import { encodeRecord, type KeptRecord, prepareRecord } from './record.js';
import type { SubjectKeys } from './subject-keys.js';

export interface TrailParts {
  readonly chain: ChainedLog;
  readonly keys: SubjectKeys;
  readonly clock: Clock;
  /** Time of the newest record, 0 when there is none. */
  readonly lastMs: number;
  /** Told of each record when it is on disk, in order. */
  readonly onRecord: (tip: ChainTip, kept: KeptRecord) => void;
}

/** A clock that is set back by more was set right: held back for longer, the trail would tell times of its own. */
const HELD_FOR_MS = 3_600_000;

export function createTrail({ chain, keys, clock, lastMs, onRecord }: TrailParts): Audit {
  let newestMs = lastMs;
  return {
    async record(entry) {
      const prepared = await prepareRecord(entry, keys);
      // From here to the append nothing waits: times are in the order of the chain.
      const clockMs = Math.trunc(clock.nowMs());
      const isHeld = clockMs <= newestMs && newestMs - clockMs < HELD_FOR_MS;
      newestMs = isHeld ? newestMs + 1 : clockMs;
      const kept = { ...prepared, atMs: newestMs, ...(newestMs !== clockMs && { clockMs }) };
      const tip = await chain.append(encodeRecord(kept));
      onRecord(tip, kept);
      return tip.sequence;
    },
  };
}

/** The trail itself: cleans an entry, gives it its time, and appends it to the chain. */

import type { ChainedLog, Clock } from '@contor/kit';
import type { Audit } from './entry.js';
import { cleanEntry, encodeRecord } from './record.js';

export interface TrailParts {
  readonly chain: ChainedLog;
  readonly clock: Clock;
  /** Time of the newest record, 0 when there is none. */
  readonly lastMs: number;
}

export function createTrail({ chain, clock, lastMs }: TrailParts): Audit {
  let newestMs = lastMs;
  return {
    async record(entry) {
      const clockMs = clock.nowMs();
      newestMs = Math.max(clockMs, newestMs + 1);
      const times = { atMs: newestMs, ...(newestMs !== clockMs && { clockMs }) };
      const { sequence } = await chain.append(encodeRecord({ ...cleanEntry(entry), ...times }));
      return sequence;
    },
  };
}

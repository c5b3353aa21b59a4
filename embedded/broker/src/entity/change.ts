/** What a write did to one entity, as those who watch must hear it. */

import type { Entity } from './model.js';

/** Where in the log something happened: the record and the place in it, as one number that grows. */
export const POSITIONS_PER_RECORD = 4096;

export interface EntityChange {
  readonly tenant: string;
  readonly before: Entity | undefined;
  /** undefined: deleted. */
  readonly after: Entity | undefined;
  /** Expanded names of the attributes that were written or removed. */
  readonly changed: readonly string[];
  readonly position: number;
  readonly atMs: number;
}

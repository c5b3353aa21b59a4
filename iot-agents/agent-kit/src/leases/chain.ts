/** The council in the database: a chain of entries, each the whole state, of which the newest counts (docs/adr/0012). */

import type { Clock } from '@contor/kit';
import { idOf, type SharedStore, sequenceOf } from '../registry/mongo/store.js';
import { type Council, NOBODY } from './council.js';

export interface CouncilEntry {
  readonly sequence: number;
  readonly council: Council;
}

/** Entries behind the newest that stay: half a minute of a few replicas. */
const KEPT = 40;
/** Old ones go in bundles. */
const TRIM_EVERY = 10;

export class CouncilChain {
  readonly #store: SharedStore;
  readonly #clock: Clock;

  constructor(store: SharedStore, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
  }

  async newest(): Promise<CouncilEntry> {
    const found = await this.#store.newest('council');
    return found === undefined
      ? { sequence: 0, council: NOBODY }
      : { sequence: sequenceOf(found.id), council: JSON.parse(found.text) as Council };
  }

  /** True: it is the next entry after that one, for all. */
  async propose(after: number, council: Council): Promise<boolean> {
    const sequence = after + 1;
    const id = idOf(sequence);
    const isFirst = await this.#store.insert('council', {
      id,
      text: JSON.stringify(council),
      atMs: this.#clock.nowMs(),
    });
    if (!isFirst) return false;
    // The number may be free because it was trimmed while we slept. Then the others are far ahead, and looked at now, they are seen to be.
    if ((await this.newest()).sequence > sequence + KEPT) {
      await this.#store.remove('council', id);
      return false;
    }
    if (sequence % TRIM_EVERY === 0) await this.#store.removeBelow('council', idOf(sequence - KEPT));
    return true;
  }
}

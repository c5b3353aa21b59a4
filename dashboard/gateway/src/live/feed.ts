/**
 * Keeps the live state true: a subscription of its own brings changes, a query at the start and every few minutes brings
 * what a lost notification would have (DESIGN section 2, law 7). A broker that is away is tried again until it is back.
 */

import type { Clock, Logger, Random } from '@contor/kit';
import type { NotifiedEntity } from '../notify/door.js';
import { startRounds } from '../rounds.js';
import type { LiveBroker, LiveSubscription } from './broker.js';
import { LIVE_TYPES, type LiveState } from './state.js';

export interface LiveFeed {
  /** What the live state has lately been compared with the broker. */
  readonly isTrue: boolean;
  stop(): void;
}

export interface FeedParts {
  readonly broker: LiveBroker;
  readonly state: LiveState;
  readonly subscription: LiveSubscription;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

const RESYNC_EVERY_MS = 3 * 60_000;
/** Orion-LD's largest page. */
const PAGE = 1_000;
const PAGES_LIMIT = 100;

export function startLiveFeed({ broker, state, subscription, clock, random, log }: FeedParts): LiveFeed {
  let hasBeenTrue = false;
  const rounds = startRounds({
    async run() {
      // The subscription first: what changes while the query runs is then announced as well.
      await broker.subscribe(subscription);
      for (const type of LIVE_TYPES) await syncType(broker, state, type);
      if (!hasBeenTrue) log.info({ entities: state.size }, 'The live view follows the broker.');
      hasBeenTrue = true;
    },
    everyMs: RESYNC_EVERY_MS,
    complaint: 'The broker does not answer; the live view waits for it.',
    ...{ clock, random, log },
  });
  return {
    get isTrue() {
      return rounds.isWell;
    },
    stop() {
      rounds.stop();
      broker.close();
    },
  };
}

async function syncType(broker: LiveBroker, state: LiveState, type: string): Promise<void> {
  const asOf = state.counter;
  const found: NotifiedEntity[] = [];
  for (let page = 0; page < PAGES_LIMIT; page += 1) {
    const entities = await broker.query(type, page * PAGE, PAGE);
    found.push(...entities);
    if (entities.length < PAGE) break;
  }
  state.reconcile(type, found, asOf);
}

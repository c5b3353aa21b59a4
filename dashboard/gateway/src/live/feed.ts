/**
 * Keeps the live state true: a subscription of its own brings changes, a query at the start and every few minutes brings
 * what a lost notification would have (DESIGN section 2, law 7). A broker that is away is tried again until it is back.
 */

import { type Clock, type Logger, type Random, retrySchedule, type Timer } from '@contor/kit';
import type { LiveBroker, LiveSubscription } from './broker.js';
import { LIVE_TYPES, type LiveEntity, type LiveState } from './state.js';

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
const RETRY = { firstMs: 250, factor: 1.6, maxMs: 10_000, jitter: 0.3 } as const;
/** Orion-LD's largest page. */
const PAGE = 1_000;
const PAGES_LIMIT = 100;

export function startLiveFeed(parts: FeedParts): LiveFeed {
  const { broker, state, subscription, clock, random, log } = parts;
  const schedule = retrySchedule(RETRY, random);
  let isTrue = false;
  let isStopped = false;
  let timer: Timer | undefined;
  let attempt = 0;

  async function round(): Promise<void> {
    try {
      // The subscription first: what changes while the query runs is then announced as well.
      await broker.subscribe(subscription);
      for (const type of LIVE_TYPES) await syncType(broker, state, type);
      if (!isTrue) log.info({ entities: state.size }, 'The live view follows the broker.');
      isTrue = true;
      attempt = 0;
      plan(RESYNC_EVERY_MS);
    } catch (error) {
      attempt += 1;
      const reason = error instanceof Error ? error.message : 'unknown';
      if (attempt === 1 && !isStopped) log.warn({ reason }, 'The broker does not answer; the live view waits for it.');
      isTrue = false;
      plan(schedule.delayMs(attempt));
    }
  }

  function plan(delayMs: number): void {
    if (!isStopped) timer = clock.after(delayMs, () => void round());
  }

  void round();
  return {
    get isTrue() {
      return isTrue;
    },
    stop() {
      isStopped = true;
      timer?.cancel();
      broker.close();
    },
  };
}

async function syncType(broker: LiveBroker, state: LiveState, type: string): Promise<void> {
  const asOf = state.counter;
  const found: LiveEntity[] = [];
  for (let page = 0; page < PAGES_LIMIT; page += 1) {
    const entities = await broker.query(type, page * PAGE, PAGE);
    found.push(...entities);
    if (entities.length < PAGE) break;
  }
  state.reconcile(type, found, asOf);
}

/**
 * Periodic notifications (GS CIM 009 V1.9.1, 5.8.6): every `timeInterval` seconds all entities a subscription is about,
 * whatever has changed. A round that was not accepted is tried again until the next one is due, which says the same and
 * newer. The first comes at once; after a restart the rhythm goes on from the last notification.
 */

import type { Clock, RetrySchedule, Timer } from '@contor/kit';
import { type Entity, sizeOf } from '../entity/model.js';
import { compileGeoQuery } from '../query/geo-query.js';
import { type Condition, matching } from '../query/plan.js';
import { compileScopeQuery } from '../query/scope-query.js';
import type { EntityTable } from '../store/entity-table.js';
import { compileConditions, type EntityTest } from './conditions.js';
import type { SendResult } from './courier.js';
import { expiresAtMs, type NotificationStatus, type Subscription, type Telling } from './model.js';
import { compileShown } from './telling.js';

/** Where a tenant's entities are. */
export interface Shelf {
  /** Ids of all that match, found without looking at more of them than that takes. */
  matching(subscription: Subscription): readonly string[];
  entity(id: string): Entity | undefined;
}

export interface Sample extends Telling {
  readonly size: number;
}

export interface RoundsOptions {
  readonly clock: Clock;
  readonly schedule: RetrySchedule;
  readonly shelfOf: (tenant: string) => Shelf | undefined;
  /** One notification; counted, and never rejects. */
  readonly tell: (tenant: string, id: string, samples: readonly Sample[]) => Promise<SendResult>;
}

interface Round {
  readonly tenant: string;
  subscription: Subscription;
  concerns: EntityTest;
  /** On the monotonic clock. */
  dueMs: number;
  lastMs: number;
  timer: Timer | undefined;
  /** It is time, and nobody has begun. */
  isDue: boolean;
  isUnderway: boolean;
  readonly over: AbortController;
}

/** As a change-driven notification: no more entities in one, and no more bytes. */
const MAX_ENTITIES = 1_000;
const MAX_BYTES = 8 * 2 ** 20;

export class Rounds {
  readonly #options: RoundsOptions;
  readonly #rounds = new Map<string, Round>();

  constructor(options: RoundsOptions) {
    this.#options = options;
  }

  get size(): number {
    return this.#rounds.size;
  }

  /** A subscription that is new, changed or found at start. What keeps its interval keeps its rhythm. */
  set(tenant: string, subscription: Subscription, status: NotificationStatus): void {
    const key = keyOf(tenant, subscription.id);
    const known = this.#rounds.get(key);
    const intervalMs = intervalOf(subscription);
    if (intervalMs === undefined || !this.#isOpen(subscription)) {
      this.delete(tenant, subscription.id);
      return;
    }
    const concerns = compileConcerns(subscription);
    if (known === undefined) {
      const nowMs = this.#options.clock.monotonicMs();
      const dueMs = nowMs + this.#firstInMs(intervalMs, status);
      const round: Round = {
        ...{ tenant, subscription, concerns, dueMs, lastMs: dueMs - intervalMs },
        ...{ timer: undefined, isDue: false, isUnderway: false, over: new AbortController() },
      };
      this.#rounds.set(key, round);
      this.#arm(round);
      return;
    }
    const isOtherRhythm = intervalOf(known.subscription) !== intervalMs;
    known.subscription = subscription;
    known.concerns = concerns;
    if (!isOtherRhythm) return;
    known.dueMs = known.lastMs + intervalMs;
    this.#arm(known);
  }

  delete(tenant: string, id: string): void {
    const key = keyOf(tenant, id);
    const round = this.#rounds.get(key);
    if (round === undefined) return;
    this.#rounds.delete(key);
    round.timer?.cancel();
    round.over.abort();
  }

  stop(): void {
    for (const { tenant, subscription } of [...this.#rounds.values()]) this.delete(tenant, subscription.id);
  }

  #isOpen(subscription: Subscription): boolean {
    return subscription.isActive && this.#options.clock.nowMs() < expiresAtMs(subscription);
  }

  /** Wall time, because that is what outlives a restart. A clock that was set back costs one interval at most. */
  #firstInMs(intervalMs: number, { lastNotification, lastSuccess }: NotificationStatus): number {
    const wasAccepted = lastNotification !== undefined && lastSuccess !== undefined && lastSuccess >= lastNotification;
    if (!wasAccepted) return 0;
    return Math.min(intervalMs, Math.max(0, lastNotification + intervalMs - this.#options.clock.nowMs()));
  }

  #arm(round: Round): void {
    const { clock } = this.#options;
    round.timer?.cancel();
    round.timer = clock.after(Math.max(0, round.dueMs - clock.monotonicMs()), () => this.#fire(round));
  }

  #fire(round: Round): void {
    const { tenant, subscription } = round;
    const intervalMs = intervalOf(subscription);
    if (intervalMs === undefined || !this.#isOpen(subscription)) {
      this.delete(tenant, subscription.id);
      return;
    }
    const nowMs = this.#options.clock.monotonicMs();
    round.lastMs = round.dueMs;
    // Rounds that were slept through are not made up for; the rhythm stays.
    round.dueMs += intervalMs * Math.max(1, Math.ceil((nowMs - round.dueMs) / intervalMs));
    this.#arm(round);
    round.isDue = true;
    if (!round.isUnderway) void this.#walk(round);
  }

  /** One at a time: a subscriber that is slower than the interval gets fewer rounds, not more at once. */
  async #walk(round: Round): Promise<void> {
    round.isUnderway = true;
    while (round.isDue && !round.over.signal.aborted) {
      round.isDue = false;
      for (const samples of this.#sample(round)) if (!(await this.#tell(round, samples))) break;
    }
    round.isUnderway = false;
  }

  async #tell(round: Round, samples: readonly Sample[]): Promise<boolean> {
    const { tell, schedule, clock } = this.#options;
    const { signal } = round.over;
    for (let attempt = 1; !signal.aborted; attempt += 1) {
      const result = await tell(round.tenant, round.subscription.id, samples);
      if (result.kind === 'accepted') return true;
      const { cooldown = 0 } = round.subscription.notification.endpoint;
      const untilDueMs = Math.max(0, round.dueMs - clock.monotonicMs());
      await clock
        .sleep(Math.max(cooldown, Math.min(schedule.delayMs(attempt), untilDueMs)), signal)
        .catch(() => undefined);
      if (round.isDue) return false;
    }
    return false;
  }

  /**
   * In parcels, each made when the one before has gone, so that a hundred thousand entities do not stop the broker: what
   * has changed meanwhile is told as it is then, and only if it still matches. None when nothing does (5.8.6).
   */
  *#sample({ tenant, subscription, concerns }: Round): Iterable<readonly Sample[]> {
    const shelf = this.#options.shelfOf(tenant);
    if (shelf === undefined) return;
    let parcel: Sample[] = [];
    let bytes = 0;
    let position = 0;
    let atMs = this.#options.clock.nowMs();
    for (const id of shelf.matching(subscription)) {
      const entity = shelf.entity(id);
      if (entity === undefined || !concerns(entity)) continue;
      const size = sizeOf(entity);
      if (parcel.length === MAX_ENTITIES || (parcel.length > 0 && bytes + size > MAX_BYTES)) {
        yield parcel;
        [parcel, bytes, atMs] = [[], 0, this.#options.clock.nowMs()];
      }
      position += 1;
      bytes += size;
      parcel.push({ position, atMs, reason: 'sampled', entity, size });
    }
    if (parcel.length > 0) yield parcel;
  }
}

function compileConcerns(subscription: Subscription): EntityTest {
  const holds = compileConditions(subscription);
  const isShown = compileShown(subscription.notification);
  return (entity) => holds(entity) && isShown(entity);
}

/** The shelf of a tenant whose entities are packed: ids and columns are asked first. */
export function shelfOf(table: EntityTable): Shelf {
  return {
    matching({ entities = [{}], q, geoQ, scopeQ }) {
      const conditions: Condition[] = [];
      if (scopeQ !== undefined) conditions.push({ holds: compileScopeQuery(scopeQ.query), attribute: null });
      if (geoQ !== undefined)
        conditions.push({ holds: compileGeoQuery(geoQ.query), attribute: geoQ.query.geoproperty[0] ?? null });
      const slots = matching(table, { selectors: entities, query: q?.query, conditions });
      return Array.from(slots, (slot) => table.id(slot));
    },
    entity(id) {
      const slot = table.slot(id);
      return slot === undefined ? undefined : table.entityAt(slot);
    },
  };
}

function intervalOf({ timeInterval }: Subscription): number | undefined {
  return timeInterval === undefined ? undefined : timeInterval * 1_000;
}

/** A tenant's name has no space, so the two cannot run together. */
function keyOf(tenant: string, id: string): string {
  return `${tenant} ${id}`;
}

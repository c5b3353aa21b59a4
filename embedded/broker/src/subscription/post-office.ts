/**
 * All subscriptions of the broker at work: changes come in from the store in log order, parcels go out to subscribers.
 * During replay it only fills outboxes; couriers start when the state is whole.
 */

import { type Clock, type Logger, type RetrySchedule, type Timer, toError } from '@contor/kit';
import type { EntityChange } from '../entity/change.js';
import { type DiskRoom, saysFull } from '../store/disk-room.js';
import { Box, type BoxServices, keyOf, type Notification } from './box.js';
import type { SendResult } from './courier.js';
import type { DeadLetters } from './dead-letters.js';
import type { Journal } from './journal.js';
import {
  type Boxes,
  type BoxState,
  NEVER_SENT,
  type NotificationStatus,
  type Subscription,
  type Telling,
} from './model.js';
import { weightOf } from './outbox.js';
import { RecentDeliveries } from './recent.js';
import { Rounds, type Sample, type Shelf } from './rounds.js';
import { WatchList } from './watch.js';

export type { Notification } from './box.js';

export interface PostOfficeOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly schedule: RetrySchedule;
  /** Never rejects. */
  readonly deliver: (notification: Notification) => Promise<SendResult>;
  /** Where subscribers' acknowledgements are remembered between snapshots. */
  readonly journal: Journal;
  readonly letters: DeadLetters;
  readonly room: DiskRoom;
  /** Bytes one outbox may hold before writes of its tenant are refused, or its oldest entries put aside. */
  readonly maxOutboxBytes: number;
  /** Bytes all outboxes together may hold before the largest is relieved. */
  readonly maxOutboxesBytes: number;
  readonly onFatal: (error: Error) => void;
}

export interface OutboxFigures {
  readonly subscriptions: number;
  readonly outboxEntities: number;
  readonly outboxBytes: number;
  /** Age of the oldest change that has not been acknowledged. */
  readonly outboxLagMs: number;
  readonly failingSubscriptions: number;
  readonly deadLetters: number;
  readonly deadLetterBytes: number;
  readonly deadLettersDropped: number;
}

/** Acknowledgements are summed up this long after the first that is not in the sum. */
const SAVE_AFTER_MS = 1_000;
/** What has expired in between is freed. */
const SWEEP_EVERY_MS = 30_000;

export class PostOffice implements Boxes {
  readonly recent = new RecentDeliveries();
  readonly #options: PostOfficeOptions;
  readonly #services: BoxServices;
  readonly #boxes = new Map<string, Map<string, Box>>();
  readonly #watch = new Map<string, WatchList>();
  readonly #touched = new Set<Box>();
  readonly #rounds: Rounds;
  #shelfOf: (tenant: string) => Shelf | undefined = () => undefined;
  /** By tenant, so that a write need not ask each subscription. */
  readonly #full = new Map<string, Set<Box>>();
  #outboxBytes = 0;
  /** The telling that was weighed last: several subscriptions hear of the same one. */
  #weighed: { readonly telling: Telling; readonly size: number } | undefined;
  #saving: Timer | undefined;
  #sweeping: Timer | undefined;
  #isStarted = false;
  #isStopped = false;

  constructor(options: PostOfficeOptions) {
    const { clock, log, schedule, deliver, journal, letters, maxOutboxBytes } = options;
    this.#options = options;
    this.#services = {
      ...{ clock, log, schedule, deliver, journal, letters, maxOutboxBytes, recent: this.recent },
      onMoved: (box) => {
        this.#count(box);
        this.#saveLater();
      },
    };
    this.#rounds = new Rounds({
      ...{ clock, schedule },
      shelfOf: (tenant) => this.#shelfOf(tenant),
      tell: (tenant, id, samples) => this.#sample(tenant, id, samples),
    });
  }

  /** Before `start`: where the entities are that periodic notifications show. */
  lookInto(shelfOf: (tenant: string) => Shelf | undefined): void {
    this.#shelfOf = shelfOf;
  }

  /** After recovery: begin to send. */
  start(): void {
    const { letters, journal, onFatal } = this.#options;
    this.#isStarted = true;
    this.#touched.clear();
    const boxes = this.#all();
    for (const box of boxes) {
      box.open();
      this.#count(box);
      this.#rounds.set(box.tenant, box.subscription, box.status);
    }
    journal.begun();
    letters
      .begun(({ tenant, subscription, createdAt }) => this.box(tenant, subscription)?.createdAt === createdAt)
      .catch((error: unknown) => this.#unlessFull(error, onFatal));
    this.#sweepLater();
  }

  async stop(): Promise<void> {
    const { journal, letters, log } = this.#options;
    this.#isStopped = true;
    this.#saving?.cancel();
    this.#sweeping?.cancel();
    this.#rounds.stop();
    for (const box of this.#all()) box.stop();
    await this.#save().catch((error: unknown) => {
      if (!saysFull(error)) throw error;
      log.warn({ err: error }, 'The cursors could not be saved; some notifications will be sent again.');
    });
    await letters.close();
    await journal.close();
  }

  entityChanged(change: EntityChange): void {
    const boxes = this.#boxes.get(change.tenant);
    if (boxes === undefined) return;
    this.#watch.get(change.tenant)?.match(change, (id, telling) => {
      const box = boxes.get(id);
      if (box === undefined) return;
      box.push(telling, this.#weigh(telling));
      this.#touched.add(box);
    });
  }

  subscribed(tenant: string, subscription: Subscription): void {
    this.#watchListOf(tenant).set(subscription);
    const box = this.box(tenant, subscription.id);
    if (box === undefined) {
      this.#add(tenant, subscription, NEVER_SENT, 0);
    } else {
      box.subscription = subscription;
      // It may have been paused, or its endpoint was wrong.
      this.#touched.add(box);
    }
    if (this.#isStarted) this.#rounds.set(tenant, subscription, this.statusOf(tenant, subscription.id));
  }

  unsubscribed(tenant: string, id: string): void {
    this.#watch.get(tenant)?.delete(id);
    this.#rounds.delete(tenant, id);
    const box = this.box(tenant, id);
    if (box === undefined) return;
    this.#boxes.get(tenant)?.delete(id);
    this.#close(box);
  }

  settled(): void {
    for (const box of this.#touched) {
      this.#count(box);
      box.nudge();
      box.relieve();
    }
    this.#touched.clear();
    if (this.#outboxBytes > this.#options.maxOutboxesBytes) this.#relieveLargest();
  }

  capture(): readonly BoxState[] {
    return this.#all().map(({ tenant, subscription, status, outbox }) => ({
      tenant,
      subscription,
      status,
      cursor: outbox.cursor,
      pending: outbox.pending(),
    }));
  }

  restore({ tenant, subscription, status, cursor, pending }: BoxState): void {
    const known = this.box(tenant, subscription.id);
    if (known === undefined) this.#watchListOf(tenant).set(subscription);
    const box = known ?? this.#add(tenant, subscription, status, cursor);
    for (const telling of pending) box.outbox.push(telling);
  }

  statusOf(tenant: string, id: string): NotificationStatus {
    return this.box(tenant, id)?.status ?? NEVER_SENT;
  }

  box(tenant: string, id: string): Box | undefined {
    return this.#boxes.get(tenant)?.get(id);
  }

  boxesOf(tenant: string): Iterable<Box> {
    return this.#boxes.get(tenant)?.values() ?? [];
  }

  /** The subscription of this tenant whose outbox has no more room, so that writes have to wait. */
  fullBox(tenant: string): string | undefined {
    for (const box of this.#full.get(tenant) ?? []) {
      if (box.isFull) return box.id;
      this.#count(box);
    }
    return undefined;
  }

  /** Has the dead letters of a subscription sent again, and says how many. Durable when it resolves. */
  async replay(tenant: string, id: string): Promise<number> {
    const box = this.box(tenant, id);
    if (box === undefined) return 0;
    const { letters } = this.#options;
    const dead = letters.of(tenant, id).filter(({ state }) => state === 'dead');
    await letters.mark(
      'replaying',
      box.owner,
      dead.map(({ number }) => number),
    );
    box.feed();
    return dead.length;
  }

  get figures(): OutboxFigures {
    const nowMs = this.#options.clock.nowMs();
    let pending = 0;
    let bytes = 0;
    let lagMs = 0;
    let failing = 0;
    const boxes = this.#all();
    for (const { outbox, failures } of boxes) {
      pending += outbox.length;
      bytes += outbox.bytes;
      if (outbox.oldest !== undefined) lagMs = Math.max(lagMs, nowMs - outbox.oldest.atMs);
      if (failures > 0) failing += 1;
    }
    return {
      subscriptions: boxes.length,
      outboxEntities: pending,
      outboxBytes: bytes,
      outboxLagMs: lagMs,
      failingSubscriptions: failing,
      ...this.#options.letters.figures,
    };
  }

  #sample(tenant: string, id: string, samples: readonly Sample[]): Promise<SendResult> {
    const box = this.box(tenant, id);
    return box?.sample(samples) ?? Promise.resolve({ kind: 'failed', reason: 'the subscription is gone' });
  }

  #all(): Box[] {
    return [...this.#boxes.values()].flatMap((boxes) => [...boxes.values()]);
  }

  #watchListOf(tenant: string): WatchList {
    const list = this.#watch.get(tenant) ?? new WatchList();
    this.#watch.set(tenant, list);
    return list;
  }

  #add(tenant: string, subscription: Subscription, status: NotificationStatus, cursor: number): Box {
    const { id } = subscription;
    const remembered = this.#isStarted ? undefined : this.#options.journal.of(keyOf({ tenant, id }));
    const box = new Box(this.#services, tenant, subscription, status, cursor, remembered);
    const boxes = this.#boxes.get(tenant) ?? new Map<string, Box>();
    boxes.set(id, box);
    this.#boxes.set(tenant, boxes);
    if (this.#isStarted) box.open();
    return box;
  }

  /** Everything it held goes; during replay the dead letters stay until it is known whether it is made anew. */
  #close(box: Box): void {
    box.discard();
    this.#touched.delete(box);
    this.#full.get(box.tenant)?.delete(box);
    this.#outboxBytes -= box.countedBytes;
    if (!this.#isStarted) return;
    const { letters, onFatal } = this.#options;
    letters.free(box.owner).catch((error: unknown) => this.#unlessFull(error, onFatal));
    this.#saveLater();
  }

  #weigh(telling: Telling): number {
    if (this.#weighed?.telling !== telling) this.#weighed = { telling, size: weightOf(telling) };
    return this.#weighed.size;
  }

  #count(box: Box): void {
    if (this.box(box.tenant, box.id) !== box) return;
    this.#outboxBytes += box.outbox.bytes - box.countedBytes;
    box.countedBytes = box.outbox.bytes;
    const full = this.#full.get(box.tenant);
    if (!box.isFull) full?.delete(box);
    else if (full === undefined) this.#full.set(box.tenant, new Set([box]));
    else full.add(box);
  }

  #relieveLargest(): void {
    const { maxOutboxesBytes } = this.#options;
    const mays = this.#all().filter(({ isMust }) => !isMust);
    const largest = mays.reduce<Box | undefined>(
      (most, box) => (box.outbox.bytes > (most?.outbox.bytes ?? 0) ? box : most),
      undefined,
    );
    if (largest === undefined) return;
    const excess = this.#outboxBytes - maxOutboxesBytes;
    largest.relieve(Math.max(0, largest.outbox.bytes - excess - maxOutboxesBytes / 20));
  }

  /** Expired subscriptions have nothing more to tell (5.2.12): what they held is given back. */
  #sweepLater(): void {
    if (this.#isStopped) return;
    this.#sweeping = this.#options.clock.after(SWEEP_EVERY_MS, () => {
      for (const box of this.#all()) {
        if (!box.isExpired) continue;
        this.#watch.get(box.tenant)?.delete(box.id);
        if (box.outbox.length === 0 && this.#options.letters.countOf(box.tenant, box.id) === 0) continue;
        const { tenant, subscription, status } = box;
        this.#close(box);
        const emptied = new Box(this.#services, tenant, subscription, status, box.outbox.newest);
        this.#boxes.get(tenant)?.set(box.id, emptied);
        // It may be given a later end.
        emptied.open();
      }
      this.#sweepLater();
    });
  }

  /** A full disk keeps the sum of before: it is tried again until there is room. */
  #saveLater(): void {
    const { clock, room, onFatal } = this.#options;
    if (this.#isStopped) return;
    this.#saving ??= clock.after(SAVE_AFTER_MS, () => {
      this.#saving = undefined;
      this.#save().then(
        () => room.served('cursors'),
        (error: unknown) => {
          if (!saysFull(error)) return onFatal(toError(error));
          room.refused('cursors');
          this.#saveLater();
        },
      );
    });
  }

  async #save(): Promise<void> {
    const { journal, letters } = this.#options;
    const { head } = letters;
    await journal.save(this.#all().map((box) => [keyOf(box), box.sum()] as const));
    letters.summedUp(head);
  }

  #unlessFull(error: unknown, onFatal: (error: Error) => void): void {
    if (saysFull(error)) this.#options.log.warn({ err: error }, 'Dead letters could not be freed: the disk is full.');
    else onFatal(toError(error));
  }
}

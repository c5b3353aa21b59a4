/**
 * All subscriptions of the broker at work: changes come in from the store in log order, parcels go out to subscribers.
 * During replay it only fills outboxes; couriers start when the state is whole.
 */

import {
  type Checkpoint,
  type Clock,
  type Logger,
  type Random,
  type RetrySchedule,
  type Timer,
  toError,
  toHex,
} from '@contor/kit';
import type { EntityChange } from '../entity/change.js';
import { type DiskRoom, saysFull } from '../store/disk-room.js';
import { Courier, type SendResult } from './courier.js';
import {
  type Boxes,
  type BoxState,
  expiresAtMs,
  KEEP,
  NEVER_SENT,
  type NotificationStatus,
  type Subscription,
} from './model.js';
import { type Keeping, Outbox, type Parcel } from './outbox.js';
import { WatchList } from './watch.js';

export interface Notification {
  readonly id: string;
  readonly tenant: string;
  readonly subscription: Subscription;
  readonly notifiedAtMs: number;
  readonly parcel: Parcel;
}

export interface PostOfficeOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly schedule: RetrySchedule;
  /** Never rejects. */
  readonly deliver: (notification: Notification) => Promise<SendResult>;
  /** Where subscribers' acknowledgements are remembered between snapshots. */
  readonly cursors: Checkpoint;
  readonly room: DiskRoom;
  /** Bytes one outbox may hold before writes of its tenant are refused. */
  readonly maxOutboxBytes: number;
  readonly onFatal: (error: Error) => void;
}

export interface OutboxFigures {
  readonly subscriptions: number;
  readonly outboxEntities: number;
  readonly outboxBytes: number;
  /** Age of the oldest change that has not been acknowledged. */
  readonly outboxLagMs: number;
  readonly failingSubscriptions: number;
}

interface Box {
  readonly tenant: string;
  subscription: Subscription;
  readonly outbox: Outbox;
  status: NotificationStatus;
  courier: Courier | undefined;
}

type SavedCursor = NotificationStatus & { readonly cursor: number };

/** Acknowledgements become durable this long after the first unsaved one: a crash repeats at most that much. */
const SAVE_CURSORS_AFTER_MS = 1_000;

export class PostOffice implements Boxes {
  readonly #options: PostOfficeOptions;
  readonly #boxes = new Map<string, Map<string, Box>>();
  readonly #watch = new Map<string, WatchList>();
  readonly #touched = new Set<Box>();
  #saved: Readonly<Record<string, SavedCursor>> = {};
  #saving: Timer | undefined;
  #isStarted = false;
  #isStopped = false;

  constructor(options: PostOfficeOptions) {
    this.#options = options;
  }

  /** Before recovery: what subscribers had acknowledged when the last life ended. */
  async load(): Promise<void> {
    const bytes = await this.#options.cursors.read();
    if (bytes !== undefined) this.#saved = JSON.parse(Buffer.from(bytes).toString('utf8'));
  }

  /** After recovery: begin to send. */
  start(): void {
    this.#isStarted = true;
    for (const boxes of this.#boxes.values()) for (const box of boxes.values()) this.#open(box);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#saving?.cancel();
    for (const boxes of this.#boxes.values()) for (const box of boxes.values()) box.courier?.stop();
    await this.#saveCursors().catch((error: unknown) => {
      if (!saysFull(error)) throw error;
      this.#options.log.warn({ err: error }, 'The cursors could not be saved; some notifications will be sent again.');
    });
  }

  entityChanged(change: EntityChange): void {
    const boxes = this.#boxes.get(change.tenant);
    if (boxes === undefined) return;
    this.#watch.get(change.tenant)?.match(change, (id, telling) => {
      const box = boxes.get(id);
      if (box === undefined) return;
      box.outbox.push(telling, keepingOf(box.subscription));
      this.#touched.add(box);
    });
  }

  subscribed(tenant: string, subscription: Subscription): void {
    this.#watchListOf(tenant).set(subscription);
    const box = this.#boxes.get(tenant)?.get(subscription.id);
    if (box !== undefined) box.subscription = subscription;
    else this.#add(tenant, subscription, NEVER_SENT, 0);
  }

  unsubscribed(tenant: string, id: string): void {
    this.#watch.get(tenant)?.delete(id);
    const boxes = this.#boxes.get(tenant);
    boxes?.get(id)?.courier?.stop();
    boxes?.delete(id);
  }

  settled(): void {
    for (const box of this.#touched) box.courier?.nudge();
    this.#touched.clear();
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
    const known = this.#boxes.get(tenant)?.get(subscription.id);
    if (known === undefined) this.#watchListOf(tenant).set(subscription);
    const box = known ?? this.#add(tenant, subscription, status, cursor);
    for (const telling of pending) box.outbox.push(telling);
  }

  statusOf(tenant: string, id: string): NotificationStatus {
    return this.#boxes.get(tenant)?.get(id)?.status ?? NEVER_SENT;
  }

  /**
   * The subscription of this tenant whose outbox is full and takes every state, so that writes have to wait. A paused or
   * expired one takes none, and holds nobody up.
   */
  fullBox(tenant: string): string | undefined {
    for (const { outbox, subscription } of this.#boxes.get(tenant)?.values() ?? []) {
      if (outbox.bytes < this.#options.maxOutboxBytes || keepingOf(subscription) === 'latest') continue;
      if (this.#isOpen(subscription)) return subscription.id;
    }
    return undefined;
  }

  get figures(): OutboxFigures {
    const nowMs = this.#options.clock.nowMs();
    let pending = 0;
    let bytes = 0;
    let lagMs = 0;
    let failing = 0;
    const boxes = this.#all();
    for (const { outbox, courier } of boxes) {
      pending += outbox.length;
      bytes += outbox.bytes;
      if (outbox.oldestAtMs !== undefined) lagMs = Math.max(lagMs, nowMs - outbox.oldestAtMs);
      if ((courier?.failures ?? 0) > 0) failing += 1;
    }
    return {
      subscriptions: boxes.length,
      outboxEntities: pending,
      outboxBytes: bytes,
      outboxLagMs: lagMs,
      failingSubscriptions: failing,
    };
  }

  #isOpen(subscription: Subscription): boolean {
    return subscription.isActive && this.#options.clock.nowMs() < expiresAtMs(subscription);
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
    const saved = this.#isStarted ? undefined : this.#saved[keyOf(tenant, subscription.id)];
    const outbox = new Outbox(Math.max(cursor, saved?.cursor ?? 0));
    const { cursor: _, ...savedStatus } = saved ?? { cursor: 0, ...status };
    const box: Box = { tenant, subscription, outbox, status: savedStatus, courier: undefined };
    const boxes = this.#boxes.get(tenant) ?? new Map<string, Box>();
    boxes.set(subscription.id, box);
    this.#boxes.set(tenant, boxes);
    if (this.#isStarted) this.#open(box);
    return box;
  }

  #open(box: Box): void {
    const { clock, schedule, random } = this.#options;
    box.courier = new Courier({
      outbox: box.outbox,
      clock,
      schedule,
      newId: () => `urn:ngsi-ld:Notification:${toHex(random.bytes(16))}`,
      isOpen: () => this.#isOpen(box.subscription),
      send: (parcel, id) => this.#send(box, parcel, id),
      onSettled: (result) => this.#note(box, result),
    });
    box.courier.nudge();
  }

  #send(box: Box, parcel: Parcel, id: string): Promise<SendResult> {
    const notifiedAtMs = this.#options.clock.nowMs();
    box.status = { ...box.status, timesSent: box.status.timesSent + 1, lastNotification: notifiedAtMs };
    return this.#options.deliver({ id, tenant: box.tenant, subscription: box.subscription, notifiedAtMs, parcel });
  }

  #note(box: Box, result: SendResult): void {
    const nowMs = this.#options.clock.nowMs();
    if (result.kind === 'accepted') box.status = { ...box.status, lastSuccess: nowMs };
    else {
      box.status = { ...box.status, timesFailed: box.status.timesFailed + 1, lastFailure: nowMs };
      const { tenant, subscription, courier } = box;
      this.#options.log.warn(
        { tenant, subscription: subscription.id, reason: result.reason, failures: courier?.failures },
        'A notification was not accepted and will be sent again.',
      );
    }
    this.#saveLater();
  }

  /** A full disk keeps the cursors of before: they are tried again until there is room. */
  #saveLater(): void {
    if (this.#isStopped) return;
    const { clock, room, onFatal } = this.#options;
    this.#saving ??= clock.after(SAVE_CURSORS_AFTER_MS, () => {
      this.#saving = undefined;
      this.#saveCursors().then(
        () => room.served('cursors'),
        (error: unknown) => {
          if (!saysFull(error)) return onFatal(toError(error));
          room.refused('cursors');
          this.#saveLater();
        },
      );
    });
  }

  #saveCursors(): Promise<void> {
    const saved: Record<string, SavedCursor> = {};
    for (const { tenant, subscription, outbox, status } of this.#all()) {
      saved[keyOf(tenant, subscription.id)] = { ...status, cursor: outbox.cursor };
    }
    return this.#options.cursors.write(Buffer.from(JSON.stringify(saved), 'utf8'));
  }
}

/** 5.2.22 lets a subscription tell the notifier something: `{key: 'keep', value: 'latest'}` in notifierInfo is our word. */
function keepingOf({ notification }: Subscription): Keeping {
  const wish = notification.endpoint.notifierInfo?.find(({ key }) => key === KEEP);
  return wish?.value === 'latest' ? 'latest' : 'all';
}

/** A tenant's name has no space, so the two cannot run together. */
function keyOf(tenant: string, id: string): string {
  return `${tenant} ${id}`;
}

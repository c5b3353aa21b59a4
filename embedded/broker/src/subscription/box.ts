/** One subscription at work: its outbox, its courier, its dead letters, and how notifying went so far. */

import type { Clock, Logger, RetrySchedule } from '@contor/kit';
import { Courier, type Refused, type SendResult } from './courier.js';
import type { Owner } from './dead-letter-records.js';
import type { DeadLetters } from './dead-letters.js';
import type { BoxSum, Journal, Remembered } from './journal.js';
import { expiresAtMs, type NotificationStatus, type Subscription, type Telling } from './model.js';
import { notificationId, positionsOf } from './notification-id.js';
import { type Entry, type Keeping, Outbox, type Parcel } from './outbox.js';
import type { RecentDeliveries } from './recent.js';
import { isOfLetters, isThereRoom, Replay } from './replay.js';
import { isMustDeliver, keepingOf } from './wishes.js';

export interface Notification {
  readonly id: string;
  readonly tenant: string;
  readonly subscription: Subscription;
  readonly notifiedAtMs: number;
  readonly parcel: Parcel;
}

export interface BoxServices {
  readonly clock: Clock;
  readonly log: Logger;
  readonly schedule: RetrySchedule;
  /** Never rejects. */
  readonly deliver: (notification: Notification) => Promise<SendResult>;
  readonly journal: Journal;
  readonly letters: DeadLetters;
  readonly recent: RecentDeliveries;
  /** Bytes the outbox may hold. */
  readonly maxOutboxBytes: number;
  /** Something was told, put aside or refused: figures have moved, and the journal has something to save. */
  readonly onMoved: (box: Box) => void;
}

/** An entry that was refused so often alone is given up. A must-deliver subscription is given more time, see below. */
const REFUSALS_OF_MAY = 3;
const REFUSALS_OF_MUST = 8;
/** After an hour a refused entry no longer holds back its entity, even if there was nothing else to tell. */
const PATIENCE_MS = 3_600_000;
/** One record of dead letters: small enough to be written in a breath. */
const SPILL_ENTRIES = 500;
const SPILL_BYTES = 2 * 2 ** 20;
/** Spilling goes on until the outbox is below this part of its bound. */
const RELIEVED = 0.9;
/** Without room on the disk for the dead letters the outbox may grow to this many times its bound; then writes wait. */
const BURST = 2;
const NO_ROOM_AGAIN_MS = 1_000;
/** Holes saved of one subscription: positions, so a few hundred kilobytes. */
const MOST_HOLES = 50_000;

export class Box {
  readonly tenant: string;
  readonly outbox: Outbox;
  readonly #services: BoxServices;
  readonly #remembered: Remembered | undefined;
  #subscription: Subscription;
  #keeping: Keeping;
  #isMust: boolean;
  #status: NotificationStatus;
  #courier: Courier | undefined;
  #spilling: Promise<void> | undefined;
  #replay: Replay | undefined;
  #isDiscarded = false;
  /** Bytes of the outbox when the office last counted them. */
  countedBytes = 0;

  constructor(
    services: BoxServices,
    tenant: string,
    subscription: Subscription,
    status: NotificationStatus,
    cursor: number,
    remembered?: Remembered,
  ) {
    this.#services = services;
    this.#remembered = remembered;
    this.tenant = tenant;
    this.#subscription = subscription;
    this.#keeping = keepingOf(subscription);
    this.#isMust = isMustDeliver(subscription);
    this.#status = remembered?.status ?? status;
    const died = services.letters.died(tenant, subscription.id);
    this.outbox = new Outbox(resumeOf(cursor, remembered, died));
  }

  get subscription(): Subscription {
    return this.#subscription;
  }

  set subscription(subscription: Subscription) {
    this.#subscription = subscription;
    this.#keeping = keepingOf(subscription);
    this.#isMust = isMustDeliver(subscription);
  }

  get createdAt(): number {
    return this.#subscription.createdAt;
  }

  get id(): string {
    return this.#subscription.id;
  }

  get status(): NotificationStatus {
    return this.#status;
  }

  get isMust(): boolean {
    return this.#isMust;
  }

  get failures(): number {
    return this.#courier?.failures ?? 0;
  }

  /** Entities that are refused alone, and tried again. */
  get suspects(): number {
    return this.#courier?.suspects ?? 0;
  }

  get lastReason(): string | undefined {
    return this.#courier?.lastReason;
  }

  /** How long until the courier tries again after a failure. */
  get retryInMs(): number | undefined {
    const atMs = this.#courier?.retryAtMs;
    return atMs === undefined ? undefined : Math.max(0, atMs - this.#services.clock.monotonicMs());
  }

  get isOpen(): boolean {
    return this.#subscription.isActive && !this.isExpired;
  }

  get isExpired(): boolean {
    return this.#services.clock.nowMs() >= expiresAtMs(this.#subscription);
  }

  /** Writes of the tenant have to wait for this one. A paused or expired one takes nothing, and holds nobody up. */
  get isFull(): boolean {
    const most = this.#services.maxOutboxBytes * (this.#isMust ? 1 : BURST);
    return this.outbox.bytes >= most && this.isOpen;
  }

  get owner(): Owner {
    return { tenant: this.tenant, subscription: this.id, createdAt: this.createdAt };
  }

  push(telling: Telling, size: number): void {
    this.outbox.push(telling, this.#keeping, size);
  }

  /** The state is whole: what an earlier life had on its way goes again, and then everything else. */
  open(): void {
    const { clock, schedule } = this.#services;
    const courier = new Courier({
      outbox: this.outbox,
      clock,
      schedule,
      idOf: (parcel) => notificationId(this.tenant, this.#subscription, parcel),
      note: (parcel, id) => this.#note(parcel, id),
      send: (parcel, id) => this.#send(parcel, id),
      isOpen: () => this.isOpen,
      pauseMs: () => this.#pauseMs(),
      cooldownMs: () => this.#subscription.notification.endpoint.cooldown ?? 0,
      isHopeless: (refused) => this.#isHopeless(refused),
      bury: (entry, refused) => this.#bury(entry, refused),
      onSettled: (result, parcel, id) => this.#settled(result, parcel, id),
    });
    for (const { id, positions } of this.#remembered?.open ?? []) {
      const parcel = this.outbox.claim(positions);
      if (parcel !== undefined) courier.resume(parcel, id);
    }
    this.outbox.resumed();
    this.#courier = courier;
    this.#replay = new Replay({
      ...this.#services,
      outbox: this.outbox,
      owner: () => this.owner,
      underway: () => courier.consignments(),
      nudge: () => this.nudge(),
    });
    this.relieve();
    this.feed();
    courier.nudge();
  }

  nudge(): void {
    this.#courier?.nudge();
  }

  /** How things are, as it was time to say so: counted as any notification, and never kept for later. */
  async sample(entries: readonly Entry[]): Promise<SendResult> {
    const parcel: Parcel = { entries };
    const id = notificationId(this.tenant, this.#subscription, parcel);
    const result = await this.#send(parcel, id);
    this.#settled(result, parcel, id);
    return result;
  }

  stop(): void {
    this.#courier?.stop();
  }

  /** The subscription has gone: what is being put aside for it is not wanted any more. */
  discard(): void {
    this.#isDiscarded = true;
    this.stop();
  }

  /** What the journal has to know of it. */
  sum(): BoxSum {
    const open = [...(this.#courier?.consignments() ?? [])].filter(({ parcel }) => !isOfLetters(parcel));
    return {
      status: this.#status,
      progress: this.outbox.progress(MOST_HOLES),
      open: open.map(({ parcel, id }) => ({ id, positions: positionsOf(parcel) })),
    };
  }

  /** Puts the oldest aside when the outbox has outgrown its bound; never for a must-deliver subscription. */
  relieve(toBytes?: number): void {
    const { maxOutboxBytes } = this.#services;
    if (this.#isMust || this.#courier === undefined || this.#spilling !== undefined) return;
    if (toBytes === undefined && this.outbox.bytes < maxOutboxBytes) return;
    this.#spilling = this.#spill(toBytes ?? maxOutboxBytes * RELIEVED).finally(() => {
      this.#spilling = undefined;
    });
  }

  /** Sends dead letters again that were asked for. */
  feed(): void {
    this.#replay?.feed();
  }

  async #spill(toBytes: number): Promise<void> {
    const { letters, clock, onMoved } = this.#services;
    while (this.outbox.bytes > toBytes) {
      const entries = this.outbox.spill(SPILL_ENTRIES, SPILL_BYTES);
      if (entries.length === 0) return;
      const diedAtMs = clock.nowMs();
      const reason = 'the outbox was full';
      const burial = { ...this.owner, tellings: entries, diedAtMs, cause: 'overflow', reason } as const;
      const isBuried = await isThereRoom(async () => {
        const numbers = await letters.bury(burial);
        if (this.#isDiscarded) await letters.gone(this.owner, numbers);
      });
      if (this.#isDiscarded) return;
      if (!isBuried) {
        this.outbox.unspill(entries);
        this.nudge();
        await clock.sleep(NO_ROOM_AGAIN_MS);
        continue;
      }
      this.outbox.acknowledge({ entries });
      onMoved(this);
    }
  }

  /** Letters need no waybill: which of them go together follows from which of them are left. */
  async #note(parcel: Parcel, id: string): Promise<boolean> {
    if (isOfLetters(parcel)) return true;
    const { journal, clock } = this.#services;
    return journal.sent(keyOf(this), { id, positions: positionsOf(parcel) }, clock.nowMs());
  }

  #send(parcel: Parcel, id: string): Promise<SendResult> {
    const notifiedAtMs = this.#services.clock.nowMs();
    this.#status = { ...this.#status, timesSent: this.#status.timesSent + 1, lastNotification: notifiedAtMs };
    const { tenant, subscription } = this;
    return this.#services.deliver({ id, tenant, subscription, notifiedAtMs, parcel });
  }

  #settled(result: SendResult, parcel: Parcel, id: string): void {
    const { clock, log, journal, recent, onMoved } = this.#services;
    const nowMs = clock.nowMs();
    if (result.kind === 'accepted') {
      this.#status = { ...this.#status, lastSuccess: nowMs };
      recent.add(this.tenant, this.id, id, nowMs, parcel);
      if (isOfLetters(parcel)) void this.#replay?.told(parcel);
      else if (!isOfSamples(parcel)) journal.told(keyOf(this), id, nowMs);
    } else {
      this.#status = { ...this.#status, timesFailed: this.#status.timesFailed + 1, lastFailure: nowMs };
      const { tenant, id: subscription, failures } = this;
      if (result.isFinal) journal.told(keyOf(this), id, nowMs);
      log.warn(
        { tenant, subscription, reason: result.reason, failures },
        result.isFinal
          ? 'A notification was not accepted and is lost.'
          : 'A notification was not accepted and will be sent again.',
      );
      if (isOfLetters(parcel)) this.#replay?.next();
    }
    onMoved(this);
  }

  /** 5.2.12: at least so many seconds between two notifications. The clock may have been set back: then it counts anew. */
  #pauseMs(): number {
    const { throttling } = this.#subscription;
    if (throttling === undefined) return 0;
    const sinceMs = this.#services.clock.nowMs() - (this.#status.lastNotification ?? Number.NEGATIVE_INFINITY);
    return sinceMs < 0 ? 0 : Math.max(0, throttling * 1_000 - sinceMs);
  }

  /** A must-deliver subscription gives up an entry only when the subscriber takes others, so that a broken one loses nothing. */
  #isHopeless({ times, isAlone, forMs, isLetter }: Refused): boolean {
    if (!this.#isMust || isLetter) return times >= REFUSALS_OF_MAY;
    return times >= REFUSALS_OF_MUST && (isAlone || forMs >= PATIENCE_MS);
  }

  async #bury(entry: Entry, { reason, id, times }: Refused): Promise<boolean> {
    const { letters, clock, log } = this.#services;
    const { letter } = entry;
    if (letter !== undefined) return isThereRoom(() => letters.mark('dead', this.owner, [letter]));
    const burial = { ...this.owner, tellings: [entry], diedAtMs: clock.nowMs(), reason, notification: id };
    const isBuried = await isThereRoom(async () => {
      const numbers = await letters.bury({ ...burial, cause: 'refused' });
      if (this.#isDiscarded) await letters.gone(this.owner, numbers);
    });
    const { tenant, id: subscription } = this;
    if (isBuried)
      log.error(
        {
          tenant,
          subscription,
          reason,
          times,
          code: 'notification.refused',
          fix: 'See the dead letters of this subscription.',
        },
        'The subscriber refuses one change again and again: it was put among the dead letters.',
      );
    return isBuried;
  }
}

/** A tenant's name has no space, so the two cannot run together. */
export function keyOf({ tenant, id }: { readonly tenant: string; readonly id: string }): string {
  return `${tenant} ${id}`;
}

function isOfSamples({ entries }: Parcel): boolean {
  return entries[0]?.reason === 'sampled';
}

function resumeOf(cursor: number, remembered: Remembered | undefined, died: ReadonlySet<number> | undefined) {
  const nothing: ReadonlySet<number> = new Set();
  const { resume } = remembered ?? {
    resume: { cursor, horizon: cursor, holes: nothing, told: nothing, claimed: nothing },
  };
  return {
    ...resume,
    cursor: Math.max(cursor, resume.cursor),
    told: died === undefined ? resume.told : new Set([...resume.told, ...died]),
  };
}

/**
 * What one replica may do by what it has seen of the council, and until when. Time is an argument. It trusts no clock but its own, and of that only
 * how much time has passed:
 * - my lease runs from the moment at which I sent my last sign of life that became an entry;
 * - another's has run out when I have seen no sign of it for a lease and a margin, counted from when I saw the last one, which was later than its sending.
 */

import { type Council, holderAmong, type Member } from './council.js';
import type { Lease } from './leases.js';

export interface Terms {
  readonly leaseMs: number;
  /** Two clocks may run at different speeds: by this much in the time of a lease. */
  readonly marginMs: number;
}

export interface Moment {
  readonly monotonicMs: number;
  /** Goes on while a machine sleeps, where the other may stand still. */
  readonly wallMs: number;
}

/** A sharing-out that another has overtaken before everybody had adopted it. More than this many in a row, and nothing is held until it is quiet. */
const MOST_OVERTAKEN = 16;

interface Sighting {
  readonly beat: number;
  readonly atMs: number;
}

export class Tenure {
  readonly #id: string;
  readonly #terms: Terms;
  #sequence = -1;
  #council: Council | undefined;
  /** Members of the sharing-out that is in force for me, then of those that have come since: a device is mine while I have it in all of them. */
  #views: readonly (readonly string[])[] = [];
  #epoch = 0;
  #sentAt: Moment | undefined;
  readonly #sightings = new Map<string, Sighting>();

  constructor(id: string, terms: Terms) {
    this.#id = id;
    this.#terms = terms;
  }

  get council(): Council | undefined {
    return this.#council;
  }

  get sequence(): number {
    return Math.max(0, this.#sequence);
  }

  /** The entry of this number, looked at now. True: what I hold may have changed. */
  see(sequence: number, council: Council, { monotonicMs }: Moment): boolean {
    if (sequence <= this.#sequence) return false;
    this.#sequence = sequence;
    const before = this.#council;
    this.#council = council;
    this.#sight(council.members, monotonicMs);
    const ids = council.members.map(({ id }) => id);
    if (!ids.includes(this.#id)) return this.#leaveOff();
    const isNew = before?.view !== council.view;
    if (isNew && this.#epoch > 0) {
      if (this.#views.length >= MOST_OVERTAKEN) this.#leaveOff();
      else this.#views = [...this.#views, ids];
    }
    if (this.#epoch === council.view || !this.#isAdoptedByOthers(council)) return isNew;
    this.#views = [ids];
    this.#epoch = council.view;
    return true;
  }

  /** My sign of life became an entry; it had been sent then. */
  renewed(sentAt: Moment): void {
    this.#sentAt = sentAt;
  }

  /** I go, or am gone. */
  leave(): void {
    this.#sentAt = undefined;
    this.#leaveOff();
  }

  holds(deviceKey: string, now: Moment): Lease | undefined {
    const leftMs = this.leftMs(now);
    if (leftMs <= 0 || this.#epoch === 0) return undefined;
    for (const ids of this.#views) if (holderAmong(ids, deviceKey) !== this.#id) return undefined;
    return { epoch: this.#epoch, untilMs: now.monotonicMs + leftMs };
  }

  /** Of the lease, by whichever clock has gone farther. */
  leftMs({ monotonicMs, wallMs }: Moment): number {
    if (this.#sentAt === undefined) return 0;
    const passedMs = Math.max(monotonicMs - this.#sentAt.monotonicMs, wallMs - this.#sentAt.wallMs);
    return this.#terms.leaseMs - passedMs;
  }

  /** Whose lease has run out, by my own watch. */
  overdue({ monotonicMs }: Moment): readonly string[] {
    const { leaseMs, marginMs } = this.#terms;
    return [...this.#sightings]
      .filter(([id, { atMs }]) => id !== this.#id && monotonicMs - atMs > leaseMs + marginMs)
      .map(([id]) => id);
  }

  /** The member a device belongs to by the newest sharing-out. */
  holderOf(deviceKey: string): string | undefined {
    return holderAmong(this.#council?.members.map(({ id }) => id) ?? [], deviceKey);
  }

  #sight(members: readonly Member[], atMs: number): void {
    for (const { id, beat } of members)
      if (this.#sightings.get(id)?.beat !== beat) this.#sightings.set(id, { beat, atMs });
    for (const id of this.#sightings.keys())
      if (!members.some((member) => member.id === id)) this.#sightings.delete(id);
  }

  #isAdoptedByOthers({ view, members }: Council): boolean {
    return members.every(({ id, adopted }) => id === this.#id || adopted >= view);
  }

  #leaveOff(): boolean {
    const had = this.#epoch > 0;
    this.#views = [];
    this.#epoch = 0;
    return had;
  }
}

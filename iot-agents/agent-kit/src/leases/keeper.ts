/** Keeps a replica's seat in the council: signs of life, what others do, who is gone; and tells the house when what it holds has changed. */

import type { Clock, Logger, Random, Timer } from '@contor/kit';
import type { SharedStore } from '../registry/mongo/store.js';
import { CouncilChain } from './chain.js';
import { type Council, MOST_MEMBERS, withBeat, withMember, withoutMembers } from './council.js';
import type { Lease, Leases, LeasesListener } from './leases.js';
import { type Moment, Tenure, type Terms } from './tenure.js';

export interface KeeperOptions {
  readonly store: SharedStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly times?: KeeperTimes;
}

export interface KeeperTimes extends Terms {
  /** A sign of life so often: three may be lost. */
  readonly beatMs: number;
  /** What others do is seen after so long. */
  readonly lookMs: number;
  /** What a listener may take to let go of a device. */
  readonly letGoMs: number;
}

/** A replica that dies leaves its devices alone for 12 to 13 seconds, which is less than a minute's reading and more than a slow disk takes. */
const TIMES: KeeperTimes = { leaseMs: 10_000, marginMs: 2_000, beatMs: 2_500, lookMs: 500, letGoMs: 3_000 };
/** Others may have the next word so often in one round; the next round is soon. */
const MOST_TRIES = 20;
/** Leaving in order spares the others the wait for our lease. It is no more than a courtesy. */
const LEAVE_MS = 3_000;

export interface SharedLeases extends Leases {
  readonly id: string;
  /** The member a device belongs to now; it may still wait for the one before to let go. */
  holderOf(deviceKey: string): string | undefined;
  readonly figures: { readonly replicas: number; readonly isSeated: boolean; readonly epoch: number };
  /** Holds nothing from here on; resolves when the others know, or after a moment. */
  stop(): Promise<void>;
}

export async function openLeases(options: KeeperOptions): Promise<SharedLeases> {
  const keeper = new Keeper(options);
  await keeper.open();
  return keeper;
}

class Keeper implements SharedLeases {
  readonly id: string;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #times: KeeperTimes;
  readonly #chain: CouncilChain;
  readonly #tenure: Tenure;
  readonly #listeners = new Set<LeasesListener>();
  /** The newest view of which everything that is another's has been let go. */
  #letGo = 0;
  #beatAtMs = Number.NEGATIVE_INFINITY;
  #isAway = false;
  #isStopped = false;
  #looking: Timer | undefined;
  #ending: Timer | undefined;
  #round: Promise<void> = Promise.resolve();

  constructor({ store, clock, random, log, times = TIMES }: KeeperOptions) {
    this.id = Buffer.from(random.bytes(8)).toString('hex');
    this.#clock = clock;
    this.#log = log;
    this.#times = times;
    this.#chain = new CouncilChain(store, clock);
    this.#tenure = new Tenure(this.id, times);
  }

  async open(): Promise<void> {
    await this.#look();
    this.#lookLater();
  }

  holds(deviceKey: string): Lease | undefined {
    return this.#isStopped ? undefined : this.#tenure.holds(deviceKey, this.#now());
  }

  holderOf(deviceKey: string): string | undefined {
    return this.#tenure.holderOf(deviceKey);
  }

  onChange(listener: LeasesListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  get figures() {
    const members = this.#tenure.council?.members ?? [];
    const isSeated = !this.#isStopped && this.#tenure.leftMs(this.#now()) > 0;
    return { replicas: members.length, isSeated, epoch: this.#tenure.council?.view ?? 0 };
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#looking?.cancel();
    this.#ending?.cancel();
    await this.#round;
    this.#tenure.leave();
    await this.#tell();
    await Promise.race([this.#leave(), this.#clock.sleep(LEAVE_MS)]);
  }

  #now(): Moment {
    return { monotonicMs: this.#clock.monotonicMs(), wallMs: this.#clock.nowMs() };
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#looking = this.#clock.after(this.#times.lookMs, () => {
      this.#round = this.#look();
      void this.#round.then(() => this.#lookLater());
    });
  }

  async #look(): Promise<void> {
    try {
      for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
        const { sequence, council } = await this.#chain.newest();
        this.#see(sequence, council);
        if (this.#isStopped || !this.#isDue(council)) break;
        if (await this.#speak(sequence, council)) break;
      }
      this.#note(undefined);
    } catch (error) {
      this.#note(error);
    }
  }

  #isDue(council: Council): boolean {
    const own = council.members.find(({ id }) => id === this.id);
    if (own === undefined || own.adopted < this.#letGo) return true;
    if (this.#tenure.overdue(this.#now()).length > 0) return true;
    return this.#clock.monotonicMs() - this.#beatAtMs >= this.#times.beatMs;
  }

  /** One entry: a sign of life, who is gone, what has been let go of. False: somebody else had the next word. */
  async #speak(sequence: number, council: Council): Promise<boolean> {
    const sentAt = this.#now();
    const overdue = this.#tenure.overdue(sentAt);
    const without = withoutMembers(council, overdue);
    const next = withBeat(without, this.id, this.#letGo) ?? withMember(without, this.id);
    if (next === undefined) {
      this.#log.error({ most: MOST_MEMBERS }, 'There are too many replicas: this one reads nothing.');
      return true;
    }
    if (!(await this.#chain.propose(sequence, next))) return false;
    if (overdue.length > 0)
      this.#log.warn({ replicas: overdue }, 'Replicas are gone: their devices are shared out anew.');
    this.#beatAtMs = sentAt.monotonicMs;
    this.#tenure.renewed(sentAt);
    this.#see(sequence + 1, next);
    this.#endLater();
    return true;
  }

  #see(sequence: number, council: Council): void {
    if (this.#tenure.see(sequence, council, this.#now())) void this.#adopt(council.view);
  }

  /** What is another's is not held from the moment this view was seen; here its connections are closed, too. */
  async #adopt(view: number): Promise<void> {
    await this.#tell();
    this.#letGo = Math.max(this.#letGo, view);
  }

  async #tell(): Promise<void> {
    const told = [...this.#listeners].map(async (listener) => {
      try {
        await listener();
      } catch (error) {
        this.#log.error({ error }, 'A device could not be let go of in good order.');
      }
    });
    if (told.length > 0) await Promise.race([Promise.all(told), this.#clock.sleep(this.#times.letGoMs)]);
  }

  /** The lease may run out without any entry that says so: exactly then, when we hear of none. */
  #endLater(): void {
    this.#ending?.cancel();
    const leftMs = this.#tenure.leftMs(this.#now());
    this.#ending = this.#clock.after(Math.max(0, leftMs), () => {
      this.#log.warn({}, 'The lease has run out: no device is read until the database answers.');
      void this.#tell();
    });
  }

  async #leave(): Promise<void> {
    try {
      for (let attempt = 1; attempt <= MOST_TRIES; attempt += 1) {
        const { sequence, council } = await this.#chain.newest();
        const without = withoutMembers(council, [this.id]);
        if (without === council || (await this.#chain.propose(sequence, without))) return;
      }
    } catch (error) {
      this.#log.warn({ error }, 'The other replicas find out by themselves that this one has gone.');
    }
  }

  #note(error: unknown): void {
    const isAway = error !== undefined;
    if (isAway === this.#isAway) return;
    this.#isAway = isAway;
    if (isAway) this.#log.warn({ error }, 'The council of replicas cannot be reached.');
    else this.#log.info({ replicas: this.#tenure.council?.members.length }, 'The council of replicas answers again.');
  }
}

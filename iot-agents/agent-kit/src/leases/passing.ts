/**
 * A command that came in at a replica which does not hold the device goes to the one that does, through the database, and its answer comes back the
 * same way. One of the two claims it: whoever carries it out, or whoever will not wait any longer; so "nothing was done" is true when it is said.
 */

import type { Clock, Logger, Random, Timer } from '@contor/kit';
import type { DoorAnswer, WantedCommand } from '../commands/door.js';
import type { SharedStore } from '../registry/mongo/store.js';
import type { SharedLeases } from './keeper.js';

export interface PassingOptions {
  readonly store: SharedStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly leases: SharedLeases;
  /** Carries it out at this replica. */
  readonly here: (wanted: WantedCommand) => Promise<DoorAnswer>;
}

export interface Passing {
  handle(deviceKey: string, wanted: WantedCommand): Promise<DoorAnswer>;
  stop(): Promise<void>;
}

/** Whoever asked waits at a form. */
const CLAIM_WITHIN_MS = 5_000;
/** From the claim to the answer: the desk writes to its disk and the frame goes out; what the meter then says comes another way. */
const ANSWER_WITHIN_MS = 10_000;
const LOOK_MS = 250;
/** Persons and two approvals are behind each of them. */
const MOST_OPEN = 100;
/** Longer than anybody waits; what is left then was left by a replica that died. */
const LEFT_MS = 3_600_000;
const SWEEP_EVERY_MS = 60_000;

interface Call {
  readonly deviceKey: string;
  readonly wanted: WantedCommand;
}

const NOT_HELD: DoorAnswer = { status: 409, reason: 'lease.not-held' };
const TOO_MANY: DoorAnswer = { status: 409, reason: 'lease.too-many' };
const NOT_TAKEN: DoorAnswer = { status: 409, reason: 'lease.not-taken' };
/** Neither yes nor no. */
const UNKNOWN: DoorAnswer = { status: 503, reason: 'lease.unknown' };

export function startPassing({ store, clock, random, log, leases, here }: PassingOptions): Passing {
  const inHand = new Set<string>();
  const works = new Set<Promise<void>>();
  let open = 0;
  let sweptAtMs = clock.monotonicMs();
  let isStopped = false;
  let timer: Timer | undefined;
  let round: Promise<void> = Promise.resolve();

  async function handle(deviceKey: string, wanted: WantedCommand): Promise<DoorAnswer> {
    if (leases.holds(deviceKey) !== undefined) return here(wanted);
    const holder = leases.holderOf(deviceKey);
    if (holder === undefined || holder === leases.id || isStopped) return NOT_HELD;
    if (open >= MOST_OPEN) return TOO_MANY;
    open += 1;
    try {
      return await pass(holder, { deviceKey, wanted });
    } finally {
      open -= 1;
    }
  }

  async function pass(holder: string, call: Call): Promise<DoorAnswer> {
    const id = `${holder} ${Buffer.from(random.bytes(16)).toString('hex')}`;
    const sentAtMs = clock.monotonicMs();
    const passedMs = () => clock.monotonicMs() - sentAtMs;
    try {
      await store.insert('calls', { id, text: JSON.stringify(call), atMs: clock.nowMs() });
      while (passedMs() < CLAIM_WITHIN_MS) {
        await clock.sleep(LOOK_MS);
        const answer = await answerTo(id);
        if (answer !== undefined) return answer;
      }
      if (await store.insert('claims', { id, text: '', atMs: clock.nowMs() })) {
        await store.remove('calls', id);
        return NOT_TAKEN;
      }
      while (passedMs() < CLAIM_WITHIN_MS + ANSWER_WITHIN_MS) {
        const answer = await answerTo(id);
        if (answer !== undefined) return answer;
        await clock.sleep(LOOK_MS);
      }
    } catch (error) {
      log.warn({ error }, 'What became of a command that was passed on is not known.');
    }
    return UNKNOWN;
  }

  async function answerTo(id: string): Promise<DoorAnswer | undefined> {
    const found = await store.get('answers', id);
    if (found === undefined) return undefined;
    await store.remove('answers', id);
    await store.remove('claims', id);
    return JSON.parse(found.text) as DoorAnswer;
  }

  async function look(): Promise<void> {
    const prefix = `${leases.id} `;
    try {
      for (const { id, text } of await store.list('calls', prefix, MOST_OPEN)) {
        if (!id.startsWith(prefix)) break;
        if (inHand.has(id) || isStopped) continue;
        inHand.add(id);
        const work: Promise<void> = take(id, JSON.parse(text) as Call).finally(() => {
          inHand.delete(id);
          works.delete(work);
        });
        works.add(work);
      }
      await sweep();
    } catch (error) {
      log.debug({ error }, 'Calls of other replicas could not be looked for.');
    }
  }

  async function take(id: string, { deviceKey, wanted }: Call): Promise<void> {
    try {
      const isOurs = await store.insert('claims', { id, text: leases.id, atMs: clock.nowMs() });
      await store.remove('calls', id);
      if (!isOurs) return;
      const answer = leases.holds(deviceKey) === undefined ? NOT_HELD : await here(wanted);
      await store.insert('answers', { id, text: JSON.stringify(answer), atMs: clock.nowMs() });
    } catch (error) {
      log.warn({ error }, 'The answer to a command of another replica could not be handed back.');
    }
  }

  async function sweep(): Promise<void> {
    if (clock.monotonicMs() - sweptAtMs < SWEEP_EVERY_MS) return;
    sweptAtMs = clock.monotonicMs();
    const longAgoMs = clock.nowMs() - LEFT_MS;
    for (const collection of ['calls', 'claims', 'answers', 'orders'] as const)
      await store.removeOlder(collection, longAgoMs);
  }

  const lookLater = (): void => {
    if (isStopped) return;
    timer = clock.after(LOOK_MS, () => {
      round = look();
      void round.then(lookLater);
    });
  };
  lookLater();
  return {
    handle,
    async stop() {
      isStopped = true;
      timer?.cancel();
      await round;
      await Promise.all(works);
    },
  };
}

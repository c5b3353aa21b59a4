/**
 * Carries a plan to a peer: at most MOST_ENTITIES in a batch, one instance of an entity in it, one batch in flight per
 * entity, several batches in flight for disjoint entities (DESIGN 2.8). A refused entity is found, reported and stepped
 * over; a peer that is away rejects, and what was not delivered stays with the caller.
 */

import { type Delivery, MOST_ENTITIES } from './ports.js';
import type { Entity } from './state.js';

/** Batches in flight at once: enough to keep the peer busy while one answer travels. */
const MOST_IN_FLIGHT = 4;

export type Post = (tenant: string, entities: readonly Entity[]) => Promise<Delivery>;

export interface Parcel {
  readonly entity: Entity;
}

export interface Outcome<P extends Parcel> {
  /** It may be at the peer from now on, whatever the answer. */
  sending?(parcel: P): void;
  delivered(parcel: P): void;
  refused(parcel: P, reason: string): Promise<void>;
}

/** One entity's states, in order. All queues of one call belong to one tenant and to different entities. */
export async function deliverQueues<P extends Parcel>(
  tenant: string,
  queues: readonly (readonly P[])[],
  post: Post,
  outcome: Outcome<P>,
): Promise<void> {
  const groups: (readonly P[])[][] = [];
  for (let at = 0; at < queues.length; at += MOST_ENTITIES) groups.push(queues.slice(at, at + MOST_ENTITIES));
  await runSome(groups, MOST_IN_FLIGHT, async (group) => {
    const deepest = group.reduce((most, queue) => Math.max(most, queue.length), 0);
    for (let depth = 0; depth < deepest; depth += 1) {
      const batch = group.flatMap((queue) => queue[depth] ?? []);
      await deliverBatch(tenant, batch, post, outcome);
    }
  });
}

/** At most MOST_ENTITIES parcels. */
export async function deliverBatch<P extends Parcel>(
  tenant: string,
  batch: readonly P[],
  post: Post,
  outcome: Outcome<P>,
): Promise<void> {
  if (batch.length === 0) return;
  for (const parcel of batch) outcome.sending?.(parcel);
  const answer = await post(
    tenant,
    batch.map(({ entity }) => entity),
  );
  if (answer.kind === 'done') {
    for (const parcel of batch) outcome.delivered(parcel);
    return;
  }
  if (answer.kind === 'some refused') {
    const reasons = new Map(answer.refused.map(({ entityId, reason }) => [entityId, reason]));
    for (const parcel of batch) {
      const reason = reasons.get(parcel.entity.id);
      if (reason === undefined) outcome.delivered(parcel);
      else await outcome.refused(parcel, reason);
    }
    return;
  }
  const [only] = batch;
  if (batch.length === 1 && only !== undefined) {
    await outcome.refused(only, answer.reason);
    return;
  }
  // Halving finds one poison entity among a thousand in about twenty requests.
  const middle = Math.ceil(batch.length / 2);
  await deliverBatch(tenant, batch.slice(0, middle), post, outcome);
  await deliverBatch(tenant, batch.slice(middle), post, outcome);
}

/** Runs all jobs, at most `most` at once; waits for every one before it rejects with the first failure. */
export async function runSome<T>(jobs: readonly T[], most: number, run: (job: T) => Promise<void>): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    for (;;) {
      const job = jobs[next];
      next += 1;
      if (job === undefined) return;
      await run(job);
    }
  };
  const results = await Promise.allSettled(Array.from({ length: Math.min(most, jobs.length) }, worker));
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

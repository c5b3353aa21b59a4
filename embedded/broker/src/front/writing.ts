/** What every write does: find what it is about, make sure there is room for its consequences, and hand it to the store. */

import type { Entity } from '../entity/model.js';
import { Problem } from '../problem.js';
import type { Applied, Command } from '../store/commands.js';
import type { Call } from './call.js';

/** The entity as it is durable now, or 404. */
export function existing({ broker, tenant }: Call, id: string): Entity {
  const entity = broker.store.memory.tenants.get(tenant)?.entity(id);
  if (entity === undefined) throw new Problem('resourceNotFound', `there is no entity ${id}`);
  return entity;
}

/**
 * Every subscription must be delivered, so a write whose notification has nowhere to wait is refused. The client keeps
 * the data and asks again; nothing is acknowledged and then dropped.
 */
export function checkRoom({ broker, tenant }: Call): void {
  const full = broker.office.fullBox(tenant);
  if (full === undefined) return;
  throw new Problem('unavailable', `the outbox of subscription ${full} is full; its subscriber does not keep up`, {
    'Retry-After': '5',
  });
}

/** Resolves when the command is on disk and applied. A command about one thing fails as a whole. */
export async function submit({ broker }: Call, command: Command): Promise<Applied> {
  const applied = await broker.store.submit(command);
  const problem = applied.length === 1 ? applied[0]?.problem : undefined;
  if (problem !== undefined) throw problem;
  return applied;
}

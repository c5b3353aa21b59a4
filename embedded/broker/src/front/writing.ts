/** What every write does: find what it is about, make sure there is room for its consequences, and hand it to the store. */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { SAME } from '../entity/model.js';
import type { KindOf } from '../entity/parse.js';
import { isObject, isUri, type Json, type JsonObject } from '../json.js';
import { badRequest, Problem } from '../problem.js';
import { compileSelector, parseTypeSelection } from '../query/select.js';
import type { Applied, Command } from '../store/commands.js';
import { type Call, param } from './call.js';

/** The entity as it is durable now, or 404. */
export function existing({ broker, tenant }: Call, id: string): Entity {
  const entity = broker.store.memory.tenants.get(tenant)?.entity(id);
  if (entity === undefined) throw noEntity(id);
  return entity;
}

export function entityId(call: Call): string {
  const id = param(call, 'entityId');
  if (!isUri(id)) throw badRequest(`the entity id '${id.slice(0, 100)}' is not a URI`);
  return id;
}

/** The entity of the URL, when it is of the type that `type` selects; 404 otherwise (5.6.2.4 and its sisters, 4.17). */
export function target(call: Call, context: Context): Entity {
  const entity = existing(call, entityId(call));
  checkType(call, context, entity);
  return entity;
}

/** As `target`, for those who only need to know that it is there: nothing is unpacked. */
export function checkTarget(call: Call, context: Context): void {
  const id = entityId(call);
  const table = call.broker.store.memory.tenants.get(call.tenant)?.table;
  const slot = table?.slot(id);
  if (table === undefined || slot === undefined) throw noEntity(id);
  if (call.query.has('type')) checkType(call, context, table.bareAt(slot));
}

function noEntity(id: string): Problem {
  return new Problem('resourceNotFound', `there is no entity ${id}`);
}

export function checkType(call: Call, context: Context, entity: Entity): void {
  const type = call.query.get('type');
  if (type !== undefined && !compileSelector({ types: parseTypeSelection(type, context) })(entity))
    throw new Problem('resourceNotFound', `entity ${entity.id} is not of type ${type.slice(0, 200)}`);
}

/** What the attributes of an entity are now, for fragments that do not say what they are. */
export function kindsOf(entity: Entity | undefined): KindOf {
  return (name, datasetId) => {
    const attribute = entity?.attributes.find((one) => one.name === name && one.datasetId === datasetId);
    return attribute === undefined || attribute.kind === SAME ? undefined : attribute.kind;
  };
}

/** The members of a fragment; one that says nothing is a mistake. */
export function asFragment(json: Json): JsonObject {
  if (!isObject(json)) throw badRequest('the body must be a JSON object');
  if (Object.keys(json).every((key) => key === '@context')) throw badRequest('the body is empty');
  return json;
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

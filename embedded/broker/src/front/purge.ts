/**
 * Purge: delete all entities that a query finds, or trim them (GS CIM 009 V1.9.1, 5.6.21, 6.4.3.3). What is found is
 * written to the log by name, some at a time, so that a purge of any size has records of a bounded one.
 */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { SCOPE, type Trim } from '../entity/operations.js';
import { badRequest, Problem } from '../problem.js';
import { bindQuery, compileQuery } from '../query/evaluate.js';
import { compileGeoQuery, parseGeoQuery } from '../query/geo-query.js';
import { parseQuery } from '../query/q.js';
import { compileScopeQuery, parseScopeQuery } from '../query/scope-query.js';
import { compileSelector, indexTypes, parseTypeSelection, type Selector } from '../query/select.js';
import { type Answer, type Call, jsonAnswer, NO_CONTENT } from './call.js';
import { requestContext } from './content.js';
import { csv, readIds } from './parameters.js';
import { checkRoom } from './writing.js';

type Target = readonly [id: string, modifiedAt: number];

/** Entities of one record: fewer than it has positions, and about 100 kB of ids. */
const TARGETS_PER_RECORD = 1_000;
/** Looks at an entity that others keep changing under our hands, before we say so. */
const MAX_ROUNDS = 5;

/** 5.6.21.4: a purge must say what it wants; `type=*` is everything. */
const NARROWING = ['id', 'idPattern', 'type', 'q', 'georel', 'scopeQ'];

export async function purgeEntities(call: Call): Promise<Answer> {
  const context = requestContext(call);
  if (!NARROWING.some((name) => call.query.has(name)))
    throw badRequest(`too broad a purge: say one of ${NARROWING.join(', ')}; type=* is every entity (5.6.21)`);
  const selector = readSelector(call, context);
  const trim = readTrim(call, context);
  const isWanted = allOf([...readTests(call, context), compileSelector(selector), ...(trim ? [leaves(trim)] : [])]);
  let targets: Target[] = [];
  for (const entity of candidates(call, selector)) if (isWanted(entity)) targets.push(targetOf(entity));
  for (let round = 0; round < MAX_ROUNDS && targets.length > 0; round += 1)
    targets = await purge(call, targets, trim, isWanted);
  if (targets.length === 0) return NO_CONTENT;
  const busy = new Problem('unavailable', 'the entity is being changed; purge again').details();
  return jsonAnswer(207, { success: [], errors: targets.map(([entityId]) => ({ entityId, error: busy })) });
}

/** Answers those that were changed between the look and the deed, and are still wanted. */
async function purge(
  call: Call,
  targets: readonly Target[],
  trim: Trim | undefined,
  isWanted: (entity: Entity) => boolean,
): Promise<Target[]> {
  const { broker, tenant } = call;
  const left: Target[] = [];
  for (let from = 0; from < targets.length; from += TARGETS_PER_RECORD) {
    checkRoom(call);
    const some = targets.slice(from, from + TARGETS_PER_RECORD);
    const atMs = broker.clock.nowMs();
    const applied = await broker.store.submit({ kind: 'purge', tenant, atMs, targets: some, trim });
    for (const { id, kind } of applied) {
      const entity = kind === 'unchanged' ? broker.store.memory.tenants.get(tenant)?.entity(id) : undefined;
      if (entity !== undefined && isWanted(entity)) left.push(targetOf(entity));
    }
  }
  return left;
}

function targetOf({ id, modifiedAt }: Entity): Target {
  return [id, modifiedAt];
}

/** By id, by type, or all: each is unpacked, looked at and let go. */
function* candidates({ broker, tenant: name }: Call, { ids, types }: Selector): Iterable<Entity> {
  const tenant = broker.store.memory.tenants.get(name);
  if (tenant === undefined) return;
  if (ids === undefined) {
    yield* tenant.entities(types && indexTypes(types));
    return;
  }
  for (const id of new Set(ids)) {
    const entity = tenant.entity(id);
    if (entity !== undefined) yield entity;
  }
}

function readSelector(call: Call, context: Context): Selector {
  const type = call.query.get('type');
  return {
    ids: readIds(call),
    idPattern: call.query.get('idPattern'),
    types: type === undefined ? undefined : parseTypeSelection(type, context),
  };
}

function readTests({ query }: Call, context: Context): ((entity: Entity) => boolean)[] {
  const q = query.get('q');
  const scopeQ = query.get('scopeQ');
  const [georel, geometry, coordinates, geoproperty] = ['georel', 'geometry', 'coordinates', 'geoproperty'].map(
    (name) => query.get(name),
  );
  const isGeo = [georel, geometry, coordinates, geoproperty].some((part) => part !== undefined);
  return [
    ...(q === undefined ? [] : [compileQuery(bindQuery(parseQuery(q), context))]),
    ...(scopeQ === undefined ? [] : [compileScopeQuery(parseScopeQuery(scopeQ))]),
    ...(isGeo ? [compileGeoQuery(parseGeoQuery({ georel, geometry, coordinates, geoproperty }, context))] : []),
  ];
}

/** `keep` and `drop` name attributes; without them the entities go as a whole. */
function readTrim({ query }: Call, context: Context): Trim | undefined {
  const keep = csv(query.get('keep'));
  const drop = csv(query.get('drop'));
  if (keep !== undefined && drop !== undefined) throw badRequest('keep and drop exclude each other (5.6.21)');
  for (const name of [...(keep ?? []), ...(drop ?? [])])
    if (name === 'id' || name === 'type')
      throw badRequest(`keep and drop name attributes; '${name}' always stays (5.6.21)`);
  const expand = (names: readonly string[]): string[] => names.map((name) => context.expand(name));
  if (keep !== undefined) return { keep: expand(keep) };
  return drop && { drop: expand(drop) };
}

/** Entities that a trim changes. */
function leaves(trim: Trim): (entity: Entity) => boolean {
  const isGone = (name: string): boolean => ('keep' in trim ? !trim.keep.includes(name) : trim.drop.includes(name));
  return ({ attributes, scope }) =>
    attributes.some(({ name }) => isGone(name)) || (scope !== undefined && isGone(SCOPE));
}

function allOf(tests: readonly ((entity: Entity) => boolean)[]): (entity: Entity) => boolean {
  return (entity) => tests.every((test) => test(entity));
}

/**
 * Batch operations (GS CIM 009 V1.9.1, 5.6.7 to 5.6.10, 5.6.20; 6.14 to 6.17, 6.31): each entity succeeds or fails on its
 * own, in the order of the array (4.6.6), so that of a repeated id the last one is what stays.
 */

import { ContextNeeded } from '../context/registry.js';
import type { NotUpdated } from '../entity/merge.js';
import type { EntityInput } from '../entity/model.js';
import { type ParseOptions, parseEntity, parseFragment, parseId } from '../entity/parse.js';
import { isObject, isUri, type Json } from '../json.js';
import { badRequest, Problem, type ProblemDetails } from '../problem.js';
import type { Applied, InputOperation } from '../store/commands.js';
import { type Answer, type Call, jsonAnswer, NO_CONTENT } from './call.js';
import { readBatch, readBody } from './content.js';
import { refuseHeldElsewhere } from './distribution.js';
import { readOption } from './parameters.js';
import { checkRoom, kindsOf } from './writing.js';

/** 5.2.17: BatchEntityError. */
interface BatchError {
  readonly entityId: string;
  readonly error: ProblemDetails;
}

export function batchCreate(call: Call): Promise<Answer> {
  return writeBatch(call, 'create');
}

export function batchUpsert(call: Call): Promise<Answer> {
  const option = readOption(call, ['update', 'replace']);
  return writeBatch(call, option === 'update' ? 'upsertUpdate' : 'upsertReplace');
}

export function batchUpdate(call: Call): Promise<Answer> {
  const option = readOption(call, ['noOverwrite']);
  return writeBatch(call, option === 'noOverwrite' ? 'appendNew' : 'append');
}

/** 5.6.20. */
export function batchMerge(call: Call): Promise<Answer> {
  return writeBatch(call, 'merge');
}

export async function batchDelete(call: Call): Promise<Answer> {
  const { json } = readBody(call);
  const items = readItems(call, json);
  const ids: string[] = [];
  const errors: BatchError[] = [];
  for (const item of items) {
    const id = isObject(item) ? item.id : item;
    if (typeof id === 'string' && isUri(id)) ids.push(id);
    else errors.push({ entityId: nameOf(item), error: badRequest('an entity id must be a URI').details() });
  }
  const atMs = call.broker.clock.nowMs();
  checkRoom(call);
  const applied =
    ids.length === 0 ? [] : await call.broker.store.submit({ kind: 'delete', tenant: call.tenant, atMs, ids });
  return batchAnswer(applied, errors);
}

async function writeBatch(call: Call, operation: InputOperation): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  const items = readItems(call, json);
  const atMs = call.broker.clock.nowMs();
  const isMerge = operation === 'merge';
  const tenant = call.broker.store.memory.tenants.get(call.tenant);
  const inputs: EntityInput[] = [];
  const errors: BatchError[] = [];
  for (const item of items) {
    try {
      const context = contextOf(item);
      const input = isMerge
        ? parseMergeItem(item, (id) => ({ ...MERGE, context, atMs, kindOf: kindsOf(tenant?.entity(id)) }))
        : parseEntity(item, { context, atMs, nulls: 'nowhere' });
      refuseHeldElsewhere(call, input);
      inputs.push(input);
    } catch (error) {
      if (!(error instanceof Problem) || error instanceof ContextNeeded) throw error;
      errors.push({ entityId: nameOf(item), error: error.details() });
    }
  }
  checkRoom(call);
  const applied =
    inputs.length === 0
      ? []
      : await call.broker.store.submit({ kind: 'entities', operation, tenant: call.tenant, atMs, inputs });
  return batchAnswer(applied, errors);
}

const MERGE = { nulls: 'values', isValueOptional: true } as const;

/** 5.6.20: fragments with an id; a type is only there to add it. */
function parseMergeItem(item: Json, optionsFor: (id: string) => ParseOptions): EntityInput {
  if (!isObject(item)) throw badRequest('an entity must be a JSON object');
  const id = parseId(item);
  return parseFragment(item, id, optionsFor(id));
}

/** 5.6.7.4: nothing of an array with a null in it is done. */
function readItems(call: Call, json: Json): readonly Json[] {
  const items = readBatch(call, json);
  const at = items.indexOf(null);
  if (at >= 0) throw badRequest(`item ${at} of the array is null (5.6.7.4)`);
  return items;
}

/**
 * 201 with the ids that were created, 204 when none had to be, 207 with both lists when something failed (5.2.16). An id
 * that came twice may be in both: each item has its own result.
 */
function batchAnswer(applied: Applied, refused: readonly BatchError[]): Answer {
  const errors = [...refused];
  const success = new Set<string>();
  const created = new Set<string>();
  for (const { id, kind, problem, notUpdated } of applied) {
    // 5.6.9.4: attributes left alone by noOverwrite make the entity one that was not wholly updated.
    const fault = problem ?? (notUpdated.length > 0 ? leftAlone(notUpdated) : undefined);
    if (fault !== undefined) errors.push({ entityId: id, error: fault.details() });
    else success.add(id);
    if (kind === 'created') created.add(id);
  }
  if (errors.length > 0) return jsonAnswer(207, { success: [...success], errors });
  return created.size === 0 ? NO_CONTENT : jsonAnswer(201, [...created]);
}

function leftAlone(notUpdated: readonly NotUpdated[]): Problem {
  const list = notUpdated.map(({ attributeName, reason }) => `${attributeName} (${reason})`);
  return badRequest(`not updated: ${list.join(', ')}`);
}

function nameOf(item: Json): string {
  if (typeof item === 'string') return item.slice(0, 200);
  const id = isObject(item) ? (item.id ?? item['@id']) : undefined;
  return typeof id === 'string' ? id.slice(0, 200) : 'urn:ngsi-ld:unknown';
}

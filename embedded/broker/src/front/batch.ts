/** Batch operations (GS CIM 009 V1.9.1, 5.6.7 to 5.6.10, 6.14 to 6.17): each entity succeeds or fails on its own. */

import type { EntityInput } from '../entity/model.js';
import { parseEntity } from '../entity/parse.js';
import { isObject, isUri, type Json } from '../json.js';
import { badRequest, Problem, type ProblemDetails } from '../problem.js';
import type { Applied, InputOperation } from '../store/commands.js';
import { type Answer, type Call, jsonAnswer, NO_CONTENT } from './call.js';
import { readBatch, readBody } from './content.js';
import { readOption } from './parameters.js';
import { checkRoom } from './writing.js';

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
  const option = readOption(call, ['noOverwrite', 'replace']);
  return writeBatch(call, option === 'noOverwrite' ? 'appendNew' : 'append');
}

export async function batchDelete(call: Call): Promise<Answer> {
  const { json } = readBody(call);
  const items = readBatch(call, json);
  const ids: string[] = [];
  const errors: BatchError[] = [];
  for (const item of items) {
    const id = isObject(item) ? item.id : item;
    if (typeof id === 'string' && isUri(id)) ids.push(id);
    else errors.push({ entityId: nameOf(item), error: badRequest('an entity id must be a URI').details() });
  }
  const atMs = call.broker.clock.nowMs();
  const applied =
    ids.length === 0 ? [] : await call.broker.store.submit({ kind: 'delete', tenant: call.tenant, atMs, ids });
  return batchAnswer(applied, errors);
}

async function writeBatch(call: Call, operation: InputOperation): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  const items = readBatch(call, json);
  const atMs = call.broker.clock.nowMs();
  const inputs: EntityInput[] = [];
  const errors: BatchError[] = [];
  for (const item of items) {
    try {
      inputs.push(parseEntity(item, { context: contextOf(item), atMs, isNullAllowed: false }));
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
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

/** 201 with the ids that were created, 204 when none had to be, 207 with both lists when something failed (5.2.16). */
function batchAnswer(applied: Applied, refused: readonly BatchError[]): Answer {
  const failed = applied.flatMap(({ id, problem, notUpdated }) => {
    if (problem !== undefined) return [{ entityId: id, error: problem.details() }];
    // 5.6.9.4: attributes left alone by noOverwrite make the entity one that was not wholly updated.
    const left = notUpdated.map(({ attributeName }) => attributeName);
    return left.length === 0 ? [] : [{ entityId: id, error: badRequest(`not updated: ${left.join(', ')}`).details() }];
  });
  const errors = [...refused, ...failed];
  if (errors.length > 0) {
    const failedIds = new Set(failed.map(({ entityId }) => entityId));
    const success = [...new Set(applied.map(({ id }) => id))].filter((id) => !failedIds.has(id));
    return jsonAnswer(207, { success, errors });
  }
  const created = applied.filter(({ kind }) => kind === 'created').map(({ id }) => id);
  return created.length === 0 ? NO_CONTENT : jsonAnswer(201, created);
}

function nameOf(item: Json): string {
  if (typeof item === 'string') return item.slice(0, 200);
  const id = isObject(item) ? (item.id ?? item['@id']) : undefined;
  return typeof id === 'string' ? id.slice(0, 200) : 'urn:ngsi-ld:unknown';
}

/** Writes to the attributes of one entity (GS CIM 009 V1.9.1, 5.6.2 to 5.6.5, 5.6.19; 6.6, 6.7). */

import type { EntityInput } from '../entity/model.js';
import { ENTITY_MEMBERS, type ParseOptions, parseAttribute, parseFragment } from '../entity/parse.js';
import { isUri } from '../json.js';
import { badRequest, Problem } from '../problem.js';
import type { EntityResult, InputOperation } from '../store/commands.js';
import { type Answer, type Call, jsonAnswer, NO_CONTENT, param } from './call.js';
import { readBody, requestContext } from './content.js';
import { readFlag, readOption } from './parameters.js';
import { asFragment, checkRoom, checkTarget, entityId, kindsOf, submit, target } from './writing.js';

/** 5.6.3. */
export function appendAttributes(call: Call): Promise<Answer> {
  const option = readOption(call, ['noOverwrite']);
  return writeFragment(call, option === undefined ? 'append' : 'appendNew', 'nowhere');
}

/** 5.6.2: attributes are replaced as wholes, those that are not there are added, urn:ngsi-ld:null removes (5.5.8). */
export function updateAttributes(call: Call): Promise<Answer> {
  return writeFragment(call, 'update', 'members');
}

async function writeFragment(call: Call, operation: InputOperation, nulls: ParseOptions['nulls']): Promise<Answer> {
  const id = entityId(call);
  const { json, contextOf } = readBody(call);
  const fragment = asFragment(json);
  checkId(fragment.id ?? fragment['@id'], id);
  const context = contextOf(json);
  const atMs = call.broker.clock.nowMs();
  const input = parseFragment(fragment, id, { context, atMs, nulls });
  checkTarget(call, context);
  checkRoom(call);
  const [result] = await submit(call, { kind: 'entities', operation, tenant: call.tenant, atMs, inputs: [input] });
  return updateAnswer(call, input, result);
}

export function checkId(named: unknown, id: string): void {
  if (named !== undefined && named !== id) throw badRequest(`the id in the body is not the id in the URL, ${id}`);
}

/** 5.2.18: all done is 204, some done is 207 with what was and what was not. */
export function updateAnswer(call: Call, input: EntityInput, result: EntityResult | undefined): Answer {
  if (result === undefined || result.notUpdated.length === 0) return NO_CONTENT;
  const context = requestContext(call);
  const failed = new Set(result.notUpdated.map(({ attributeName }) => attributeName));
  const names = new Set(input.attributes.map(({ name }) => name));
  return jsonAnswer(207, {
    updated: [...names].filter((name) => !failed.has(name)).map((name) => context.compact(name)),
    notUpdated: result.notUpdated.map(({ attributeName, reason }) => ({
      attributeName: context.compact(attributeName),
      reason,
    })),
  });
}

/** 5.6.4. */
export function updateAttribute(call: Call): Promise<Answer> {
  return writeAttribute(call, 'partial');
}

/** 5.6.19. */
export function replaceAttribute(call: Call): Promise<Answer> {
  return writeAttribute(call, 'replaceAttribute');
}

async function writeAttribute(call: Call, operation: 'partial' | 'replaceAttribute'): Promise<Answer> {
  const id = entityId(call);
  const key = param(call, 'attribute');
  if (ENTITY_MEMBERS.has(key)) throw badRequest(`'${key}' is a member of the entity, not an attribute (4.5.1)`);
  const { json, contextOf } = readBody(call);
  const context = contextOf(json);
  const { '@context': _, ...members } = asFragment(json);
  const isPartial = operation === 'partial';
  const now = call.broker.store.memory.tenants.get(call.tenant)?.entity(id);
  const attribute = parseAttribute(key, context.expand(key), members, {
    context,
    atMs: call.broker.clock.nowMs(),
    nulls: isPartial ? 'members' : 'nowhere',
    isValueOptional: isPartial,
    ...(isPartial && { kindOf: kindsOf(now) }),
  });
  const input: EntityInput = { id, types: [], scope: undefined, attributes: [attribute] };
  checkTarget(call, context);
  checkRoom(call);
  const { createdAt: atMs } = attribute;
  const [result] = await submit(call, { kind: 'entities', operation, tenant: call.tenant, atMs, inputs: [input] });
  if (result?.notUpdated.length) {
    const instance = attribute.datasetId === undefined ? '' : ` with datasetId ${attribute.datasetId}`;
    throw new Problem('resourceNotFound', `entity ${id} has no attribute ${key}${instance}`);
  }
  return NO_CONTENT;
}

/** 5.6.5. */
export async function deleteAttribute(call: Call): Promise<Answer> {
  const datasetId = call.query.get('datasetId');
  if (datasetId !== undefined && datasetId !== '@none' && !isUri(datasetId))
    throw badRequest('datasetId must be a URI, or @none for the default instance');
  const isAll = readFlag(call.query.get('deleteAll'), 'deleteAll');
  const context = requestContext(call);
  const name = context.expand(param(call, 'attribute'));
  const { id } = target(call, context);
  const removal = { name, datasetId: datasetId === '@none' ? undefined : datasetId, isAll };
  const atMs = call.broker.clock.nowMs();
  checkRoom(call);
  await submit(call, { kind: 'removeAttribute', tenant: call.tenant, atMs, id, removal });
  return NO_CONTENT;
}

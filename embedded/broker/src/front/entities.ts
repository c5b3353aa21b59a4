/** Single entities: create, retrieve, delete, and writes to their attributes (GS CIM 009 V1.9.1, 5.6.1 to 5.6.6, 5.6.17, 5.6.18, 5.7.1). */

import { formatEntity, isChosen } from '../entity/format.js';
import type { EntityInput } from '../entity/model.js';
import { type ParseOptions, parseAttribute, parseEntity, parseFragment } from '../entity/parse.js';
import { isDateTime, isObject, isUri, type JsonObject } from '../json.js';
import { badRequest, notBuilt, Problem } from '../problem.js';
import type { EntityResult, InputOperation } from '../store/commands.js';
import { type Answer, type Call, created, jsonAnswer, locationOf, NO_CONTENT, param } from './call.js';
import { answerForm, answerHeaders, readBody, requestContext, withContext } from './content.js';
import { readFlag, readOption, readProjection, readShape } from './parameters.js';
import { checkRoom, existing, submit } from './writing.js';

export async function createEntity(call: Call): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  const atMs = call.broker.clock.nowMs();
  const input = parseEntity(json, { context: contextOf(json), atMs, isNullAllowed: false });
  checkRoom(call);
  // A request that is bound to fail is answered from what is durable, and leaves no record behind.
  if (call.broker.store.memory.tenants.get(call.tenant)?.entity(input.id) !== undefined) {
    throw new Problem('alreadyExists', `entity ${input.id} already exists`);
  }
  await submit(call, { kind: 'entities', operation: 'create', tenant: call.tenant, atMs, inputs: [input] });
  return created(locationOf('entities', input.id));
}

export function retrieveEntity(call: Call): Answer {
  const form = answerForm(call);
  const context = requestContext(call);
  const shape = readShape(call);
  const { attrs, projection } = readProjection(call, context);
  const entity = existing(call, entityId(call));
  if (
    attrs !== undefined &&
    !entity.attributes.some(({ name }) => attrs.has(name) && (projection === undefined || isChosen(name, projection)))
  ) {
    throw new Problem('resourceNotFound', `entity ${entity.id} has none of the attributes asked for (5.7.1.4)`);
  }
  const formatted = formatEntity(entity, { context, ...shape, projection });
  return jsonAnswer(200, withContext(form, formatted, context), answerHeaders(form, context));
}

export async function deleteEntity(call: Call): Promise<Answer> {
  const { id } = existing(call, entityId(call));
  await submit(call, { kind: 'delete', tenant: call.tenant, atMs: call.broker.clock.nowMs(), ids: [id] });
  return NO_CONTENT;
}

/** 5.6.3. */
export function appendAttributes(call: Call): Promise<Answer> {
  const option = readOption(call, ['noOverwrite']);
  return writeFragment(call, option === undefined ? 'append' : 'appendNew', { isNullAllowed: false });
}

/** 5.6.2. */
export function updateAttributes(call: Call): Promise<Answer> {
  return writeFragment(call, 'update', { isNullAllowed: true });
}

/** 5.6.17. The answer is 204 even when a removal found nothing to remove: a merge patch has nothing to report. */
export async function mergeEntity(call: Call): Promise<Answer> {
  const observedAt = call.query.get('observedAt');
  if (observedAt !== undefined && !isDateTime(observedAt))
    throw badRequest('observedAt must be a UTC DateTime (4.6.3)');
  await writeFragment(call, 'merge', { isNullAllowed: true, isValueOptional: true }, (input) =>
    stamped(input, observedAt),
  );
  return NO_CONTENT;
}

/** 5.6.18: the id of the body, when there is one, is that of the URL. */
export async function replaceEntity(call: Call): Promise<Answer> {
  await writeFragment(call, 'replace', { isNullAllowed: false });
  return NO_CONTENT;
}

/** 5.6.4. */
export async function updateAttribute(call: Call): Promise<Answer> {
  const id = entityId(call);
  const key = param(call, 'attribute');
  const { json, contextOf } = readBody(call);
  const fragment = asFragment(json);
  const context = contextOf(json);
  const { '@context': _, ...members } = fragment;
  const atMs = call.broker.clock.nowMs();
  const options: ParseOptions = { context, atMs, isNullAllowed: true, isValueOptional: true };
  const attribute = parseAttribute(key, context.expand(key), members, options);
  const input: EntityInput = { id, types: [], scope: undefined, attributes: [attribute] };
  existing(call, id);
  checkRoom(call);
  const [result] = await submit(call, {
    kind: 'entities',
    operation: 'partial',
    tenant: call.tenant,
    atMs,
    inputs: [input],
  });
  if (result?.notUpdated.length) throw new Problem('resourceNotFound', `entity ${id} has no attribute ${key}`);
  return NO_CONTENT;
}

/** 5.6.5. */
export async function deleteAttribute(call: Call): Promise<Answer> {
  const id = entityId(call);
  const datasetId = call.query.get('datasetId');
  if (datasetId !== undefined && !isUri(datasetId)) throw badRequest('datasetId must be a URI');
  const isAll = readFlag(call.query.get('deleteAll'), 'deleteAll');
  const name = requestContext(call).expand(param(call, 'attribute'));
  existing(call, id);
  const removal = { name, datasetId, isAll };
  await submit(call, { kind: 'removeAttribute', tenant: call.tenant, atMs: call.broker.clock.nowMs(), id, removal });
  return NO_CONTENT;
}

async function writeFragment(
  call: Call,
  operation: InputOperation,
  rules: Pick<ParseOptions, 'isNullAllowed' | 'isValueOptional'>,
  adjust: (input: EntityInput) => EntityInput = (input) => input,
): Promise<Answer> {
  const id = entityId(call);
  const { json, contextOf } = readBody(call);
  const fragment = asFragment(json);
  const named = fragment.id ?? fragment['@id'];
  if (named !== undefined && named !== id) throw badRequest('the id in the body is not the id in the URL');
  const atMs = call.broker.clock.nowMs();
  const isWhole = operation === 'replace' && fragment.type !== undefined;
  const input = adjust(parseFragment(fragment, id, { context: contextOf(json), atMs, ...rules }, isWhole));
  existing(call, id);
  checkRoom(call);
  const [result] = await submit(call, { kind: 'entities', operation, tenant: call.tenant, atMs, inputs: [input] });
  return updateAnswer(call, input, result);
}

/** 5.2.18: all done is 204, some done is 207 with what was and what was not. */
function updateAnswer(call: Call, input: EntityInput, result: EntityResult | undefined): Answer {
  if (result === undefined || result.notUpdated.length === 0) return NO_CONTENT;
  const context = requestContext(call);
  const failed = new Set(result.notUpdated.map(({ attributeName }) => attributeName));
  return jsonAnswer(207, {
    updated: [...new Set(input.attributes.map(({ name }) => name))]
      .filter((name) => !failed.has(name))
      .map((name) => context.compact(name)),
    notUpdated: result.notUpdated.map(({ attributeName, reason }) => ({
      attributeName: context.compact(attributeName),
      reason,
    })),
  });
}

/** 5.6.17.4: the observedAt of the request holds for every attribute of it that has none of its own. */
function stamped(input: EntityInput, observedAt: string | undefined): EntityInput {
  if (observedAt === undefined) return input;
  return {
    ...input,
    attributes: input.attributes.map((attribute) => ({ ...attribute, observedAt: attribute.observedAt ?? observedAt })),
  };
}

function asFragment(json: unknown): JsonObject {
  const fragment = json as JsonObject;
  if (!isObject(fragment)) throw badRequest('the body must be a JSON object');
  if (Object.keys(fragment).every((key) => key === '@context')) throw badRequest('the body is empty');
  return fragment;
}

function entityId(call: Call): string {
  const id = param(call, 'entityId');
  if (!isUri(id)) throw badRequest(`the entity id '${id.slice(0, 100)}' is not a URI`);
  return id;
}

export function later(what: string): () => never {
  return () => {
    throw notBuilt(what);
  };
}

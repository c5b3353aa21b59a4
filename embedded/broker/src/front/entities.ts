/** Single entities: create, retrieve, delete, merge, replace (GS CIM 009 V1.9.1, 5.6.1, 5.6.6, 5.6.17, 5.6.18, 5.7.1). */

import type { Context } from '../context/compile.js';
import { isChosen } from '../entity/format.js';
import type { Attribute } from '../entity/model.js';
import { type ParseOptions, parseEntity, parseFragment } from '../entity/parse.js';
import { parseSimplified } from '../entity/simplified.js';
import { isLanguage } from '../entity/values.js';
import { isDateTime, type JsonObject } from '../json.js';
import { badRequest, Problem } from '../problem.js';
import { checkId, updateAnswer } from './attributes.js';
import { type Answer, type Call, created, locationOf, NO_CONTENT } from './call.js';
import { readBody, requestContext } from './content.js';
import { gather } from './gathering.js';
import { csv, readProjection, readShape } from './parameters.js';
import { entityAnswer, readView } from './view.js';
import { asFragment, checkRoom, checkTarget, entityId, kindsOf, submit, target } from './writing.js';

export async function createEntity(call: Call): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  const atMs = call.broker.clock.nowMs();
  const input = parseEntity(json, { context: contextOf(json), atMs, nulls: 'nowhere' });
  checkRoom(call);
  // A request that is bound to fail is answered from what is durable, and leaves no record behind.
  if (call.broker.store.memory.tenants.get(call.tenant)?.entity(input.id) !== undefined) {
    throw new Problem('alreadyExists', `entity ${input.id} already exists`);
  }
  await submit(call, { kind: 'entities', operation: 'create', tenant: call.tenant, atMs, inputs: [input] });
  return created(locationOf('entities', input.id));
}

export async function retrieveEntity(call: Call): Promise<Answer> {
  const context = requestContext(call);
  const { query } = call;
  const { attrs, projection } = readProjection(call, context);
  const input = { projection, lang: query.get('lang'), datasetIds: csv(query.get('datasetId')) };
  const view = readView(call, context, input);
  const { entity, headers } = await gather(call, context, attrs ?? projection?.attributes);
  const { datasets } = view.options;
  const isShown = ({ name, datasetId }: Attribute): boolean =>
    (projection === undefined || isChosen(name, projection)) &&
    (datasets === undefined || datasets.has(datasetId ?? '@none'));
  if (attrs !== undefined && !entity.attributes.some((attribute) => attrs.has(attribute.name) && isShown(attribute)))
    throw new Problem('resourceNotFound', `entity ${entity.id} has none of the attributes asked for (5.7.1.4)`);
  const answer = entityAnswer(entity, view);
  return { ...answer, headers: { ...answer.headers, ...headers } };
}

export async function deleteEntity(call: Call): Promise<Answer> {
  const { id } = target(call, requestContext(call));
  checkRoom(call);
  await submit(call, { kind: 'delete', tenant: call.tenant, atMs: call.broker.clock.nowMs(), ids: [id] });
  return NO_CONTENT;
}

/** 5.6.17. To remove what is not there is no fault of a merge; to merge into what is not there, without a value, is. */
export async function mergeEntity(call: Call): Promise<Answer> {
  const observedAt = call.query.get('observedAt');
  if (observedAt !== undefined && !isDateTime(observedAt))
    throw badRequest('observedAt must be a UTC DateTime such as 2026-11-20T07:00:10.000Z (4.6.3)');
  const lang = call.query.get('lang');
  if (lang !== undefined && !isLanguage(lang)) throw badRequest('lang must be one language tag, such as en');
  const { representation, sysAttrs } = readShape(call);
  if (sysAttrs) throw badRequest('options=sysAttrs is for answers');
  const { id, context, atMs, fragment } = readFragment(call);
  const kindOf = kindsOf(call.broker.store.memory.tenants.get(call.tenant)?.entity(id));
  const options: ParseOptions = { context, atMs, nulls: 'values', isValueOptional: true, kindOf, lang };
  const parse = representation === 'simplified' ? parseSimplified : parseFragment;
  const input = parse(fragment, id, options);
  checkTarget(call, context);
  checkRoom(call);
  const command = { kind: 'entities', operation: 'merge', tenant: call.tenant, atMs, inputs: [input] } as const;
  const [result] = await submit(call, { ...command, observedAt });
  return updateAnswer(call, input, result);
}

/** 5.6.18: the id of the body, when there is one, is that of the URL. */
export async function replaceEntity(call: Call): Promise<Answer> {
  const { id, context, atMs, fragment } = readFragment(call);
  const isTyped = (fragment.type ?? fragment['@type']) !== undefined;
  const input = parseFragment(fragment, id, { context, atMs, nulls: 'nowhere' }, isTyped);
  checkTarget(call, context);
  checkRoom(call);
  await submit(call, { kind: 'entities', operation: 'replace', tenant: call.tenant, atMs, inputs: [input] });
  return NO_CONTENT;
}

export function missingId(): never {
  throw badRequest('the URL has no entity id; write /entities/<id>');
}

interface Fragment {
  readonly id: string;
  readonly context: Context;
  readonly atMs: number;
  readonly fragment: JsonObject;
}

function readFragment(call: Call): Fragment {
  const id = entityId(call);
  const { json, contextOf } = readBody(call);
  const fragment = asFragment(json);
  checkId(fragment.id ?? fragment['@id'], id);
  return { id, context: contextOf(json), atMs: call.broker.clock.nowMs(), fragment };
}

/**
 * Writing history through the temporal API (GS CIM 009 V1.9.1, 5.6.11 to 5.6.16): instances go to the history server as a
 * notification would, an entity's past is erased there. What happens to a single instance is history's own business: 501.
 */

import type { NgsiEntity } from '@contor/orion-config';
import { formatEntity } from '../entity/format.js';
import { parseEntity } from '../entity/parse.js';
import { isList, isObject, isUri, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt, Problem } from '../problem.js';
import { historyNames, type Subject } from '../temporal/read.js';
import { type Answer, type Call, created, locationOf, NO_CONTENT, param } from './call.js';
import { readBody } from './content.js';
import { historyOf, subjectOf } from './temporal.js';

/** One request to history carries a thousand states; this is ten of them. */
const MAX_INSTANCES = 10_000;

/** 5.6.11: makes the past of an entity, or adds to it. */
export async function createTemporal(call: Call): Promise<Answer> {
  const history = historyOf(call);
  const { json, contextOf } = readBody(call);
  if (!isObject(json)) throw badRequest('the body must be an entity with its instances (4.5.6)');
  const { id } = json;
  if (typeof id !== 'string' || !isUri(id)) throw badRequest('an entity needs an id that is a URI');
  const states = statesOf(call, json, contextOf(json));
  const [first] = states;
  const isKnown = first !== undefined && (await history.attributes(call.tenant, { id, type: first.type })).length > 0;
  await history.append(call.tenant, states);
  return isKnown ? NO_CONTENT : created(locationOf('temporal/entities', id));
}

/** 5.6.12. */
export async function appendTemporal(call: Call): Promise<Answer> {
  const history = historyOf(call);
  const { json, contextOf } = readBody(call);
  if (!isObject(json)) throw badRequest('the body must be attributes with their instances (4.5.6)');
  const { found } = await subjectOf(call, param(call, 'entityId'));
  const { id: _id, type: _type, ...attributes } = json;
  await history.append(call.tenant, statesOf(call, attributes, contextOf(json), found));
  return NO_CONTENT;
}

/** 5.6.16. */
export async function deleteTemporal(call: Call): Promise<Answer> {
  const history = historyOf(call);
  const { found } = await subjectOf(call, param(call, 'entityId'));
  if (!(await history.erase(call.tenant, found)))
    throw new Problem('resourceNotFound', `history knows nothing of ${found.id.slice(0, 200)}`);
  return NO_CONTENT;
}

export function instanceOperation(call: Call): never {
  historyOf(call);
  throw notBuilt(
    'changing or deleting single attributes and instances of the past: history keeps what was measured, which',
  );
}

/** Each instance is a state of the entity at its own time, checked as any attribute is. */
function statesOf(
  call: Call,
  json: JsonObject,
  context: Parameters<typeof formatEntity>[1]['context'],
  found?: Subject['found'],
): readonly NgsiEntity[] {
  const names = historyNames(call.broker.contexts);
  const { id = found?.id ?? null, type = null, scope: _scope, '@context': _context, ...attributes } = json;
  const states: NgsiEntity[] = [];
  for (const [name, instances] of Object.entries(attributes)) {
    for (const instance of isList(instances) ? instances : [instances]) {
      if (states.length >= MAX_INSTANCES) throw badRequest(`a request carries at most ${MAX_INSTANCES} instances`);
      checkInstance(name, instance);
      // A fragment names no type; the one of the platform does for the check and is replaced by what history calls it.
      const whole = { id, type: found === undefined ? type : 'Entity', [name]: instance };
      const { types, attributes: parsed } = parseEntity(whole, {
        context,
        atMs: call.broker.clock.nowMs(),
        nulls: 'nowhere',
      });
      const entity = { id: String(id), types, scope: undefined, attributes: parsed, createdAt: 0, modifiedAt: 0 };
      const state = formatEntity(entity, { context: names, representation: 'normalized', sysAttrs: false });
      const [first] = types;
      states.push({ ...state, type: found?.type ?? names.compact(first ?? '') } as unknown as NgsiEntity);
    }
  }
  if (states.length === 0) throw badRequest('the request has no instances');
  return states;
}

function checkInstance(name: string, instance: Json): void {
  if (!isObject(instance) || instance.observedAt === undefined)
    throw badRequest(`'${name.slice(0, 80)}': an instance needs observedAt, history is kept by it`);
  if (instance.datasetId !== undefined) throw notBuilt('datasetId in the temporal API');
}

/** The temporal API, read (GS CIM 009 V1.9.1, 5.7.3, 5.7.4, 6.18, 6.19, 6.24). The values come from the history server. */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { isList, isObject, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt, Problem } from '../problem.js';
import { bindQuery, compileQuery } from '../query/evaluate.js';
import { parseQuery } from '../query/q.js';
import { compileSelector, indexTypes, parseTypeSelection, type Selector } from '../query/select.js';
import { parseSelector } from '../subscription/parse.js';
import type { EntityInHistory, History } from '../temporal/history.js';
import { readTemporal, type TemporalQuery } from '../temporal/query.js';
import { historyNames, iriOf, type Read, type Reading, readHistory, type Subject } from '../temporal/read.js';
import { type Answer, type Call, jsonAnswer, param } from './call.js';
import { answerForm, answerHeaders, readBody, requestContext, withContext } from './content.js';
import { csv, type Projected, pageLinks, project, readIds, readPage, readProjection } from './parameters.js';

/** Each entity of a page costs history a few requests. */
const MAX_ENTITIES = 100;

export function historyOf({ broker }: Call): History {
  if (broker.history !== undefined) return broker.history;
  throw new Problem(
    'notBuilt',
    'the temporal API needs a history server: set BROKER_HISTORY_URL, for example to http://127.0.0.1:8668',
  );
}

/** 5.7.3. */
export async function retrieveTemporal(call: Call): Promise<Answer> {
  const history = historyOf(call);
  const form = answerForm(call);
  const context = requestContext(call);
  const query = readTemporal(wordsOf(call));
  const reading = readingOf(call, history, context, query, readProjection(call, context));
  const subject = await subjectOf(call, param(call, 'entityId'));
  const read = await readHistory([subject], reading);
  const [entity = {}] = read.entities;
  return partial(read, jsonAnswer(200, withContext(form, entity, context), answerHeaders(form, context)));
}

interface Plan extends Projected {
  readonly context: Context;
  readonly selectors: readonly Selector[];
  readonly q: string | undefined;
  readonly query: TemporalQuery;
}

/** 5.7.4. */
export function queryTemporal(call: Call): Promise<Answer> {
  const context = requestContext(call);
  const { query: given } = call;
  if (!['id', 'idPattern', 'type', 'attrs', 'pick', 'q', 'local'].some((name) => given.has(name)))
    throw badRequest('too broad a query: say at least a type, id, idPattern, attrs, q or local=true (5.7.4.4)');
  const type = given.get('type');
  const selector: Selector = {
    ids: readIds(call),
    idPattern: given.get('idPattern'),
    types: type === undefined ? undefined : parseTypeSelection(type, context),
  };
  const query = readTemporal(wordsOf(call));
  return run(call, { context, selectors: [selector], q: given.get('q'), query, ...readProjection(call, context) });
}

const QUERY_MEMBERS = new Set([
  'type',
  '@context',
  'entities',
  'attrs',
  'pick',
  'omit',
  'q',
  'temporalQ',
  'aggrParams',
]);

/** 5.7.4, as a document (5.2.23). */
export function postTemporalQuery(call: Call): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  if (!isObject(json) || json.type !== 'Query') throw badRequest("the body must be an object of type 'Query' (5.2.23)");
  for (const member of Object.keys(json))
    if (!QUERY_MEMBERS.has(member)) throw notBuilt(`'${member.slice(0, 60)}' in a temporal query`);
  const context = contextOf(json);
  const { entities, q, temporalQ = {}, aggrParams = {} } = json;
  if (entities !== undefined && !isList(entities)) throw badRequest('entities must be an array of selectors');
  if (q !== undefined && typeof q !== 'string') throw badRequest('q must be a text');
  if (!isObject(temporalQ) || !isObject(aggrParams)) throw badRequest('temporalQ and aggrParams must be objects');
  const query = readTemporal({
    ...texts(temporalQ, ['timerel', 'timeAt', 'endTimeAt', 'timeproperty', 'lastN']),
    ...texts(aggrParams, ['aggrPeriodDuration']),
    aggrMethods: names(aggrParams, 'aggrMethods'),
    options: csv(call.query.get('options')),
    format: call.query.get('format'),
  });
  return run(call, {
    context,
    selectors: entities?.map((item) => parseSelector(item, context)) ?? [{}],
    q,
    query,
    ...project(context, { attrs: names(json, 'attrs'), pick: names(json, 'pick'), omit: names(json, 'omit') }),
  });
}

async function run(call: Call, plan: Plan): Promise<Answer> {
  const history = historyOf(call);
  const form = answerForm(call);
  const { context, query } = plan;
  if (query.span.fromMs === undefined && query.span.toMs === undefined)
    throw badRequest('a temporal query says when: timerel and timeAt (5.7.4.4)');
  const page = readPage(call);
  if (page.limit > MAX_ENTITIES) throw badRequest(`limit is at most ${MAX_ENTITIES} in the temporal API`);
  const subjects = await select(call, history, plan);
  const shown = subjects.slice(page.offset, page.offset + page.limit);
  const read = await readHistory(shown, readingOf(call, history, context, query, plan));
  // 5.7.4.4: who has nothing of what was asked for is not in the answer.
  const isAsked = plan.projection?.attributes !== undefined;
  const entities = read.entities.filter((entity) => !isAsked || Object.keys(entity).length > 2);
  const hasMore = subjects.length > page.offset + shown.length;
  const headers = answerHeaders(form, context, pageLinks(call, page, hasMore));
  if (page.isCounted) headers['NGSILD-Results-Count'] = String(subjects.length);
  const body = entities.map((entity) => withContext(form, entity, context));
  return partial(read, jsonAnswer(200, body, headers));
}

/** Whom history heard of in that time, in order of their ids. `q` is about what an entity is now. */
async function select(call: Call, history: History, { context, selectors, q, query }: Plan): Promise<Subject[]> {
  const names = historyNames(call.broker.contexts);
  const tests = selectors.map(compileSelector);
  const holds = q === undefined ? undefined : compileQuery(bindQuery(parseQuery(q), context));
  const types = selectors.every((selector) => selector.types !== undefined)
    ? [...new Set(selectors.flatMap((selector) => indexTypes(selector.types ?? [])))].map((iri) => names.compact(iri))
    : [undefined];
  const ids = selectors.length === 1 ? (selectors[0]?.ids ?? []) : [];
  const named: readonly (string | undefined)[] = ids.length > 0 && ids.length <= MAX_ENTITIES ? ids : [undefined];
  const questions = types.flatMap((type) => named.map((id) => ({ type, id })));
  const found: Subject[] = [];
  for (const question of questions) {
    for (const one of await history.entities({ tenant: call.tenant, span: query.span, ...question })) {
      const current = currentOf(call, one.id);
      const known = current ?? unknownNow(one, names);
      if (tests.some((test) => test(known)) && (holds === undefined || (current !== undefined && holds(current))))
        found.push({ found: one, current });
    }
  }
  return found.sort((a, b) => (a.found.id < b.found.id ? -1 : 1));
}

/** An entity that history remembers and the broker does not: its id and type are all there is. */
function unknownNow({ id, type }: EntityInHistory, names: Context): Entity {
  return { id, types: [iriOf(type, names)], scope: undefined, attributes: [], createdAt: 0, modifiedAt: 0 };
}

function currentOf({ broker, tenant }: Call, id: string): Entity | undefined {
  return broker.store.memory.tenants.get(tenant)?.entity(id);
}

/** The entity as the broker has it, or as history remembers it; 404 when neither does. */
export async function subjectOf(call: Call, id: string): Promise<Subject> {
  const history = historyOf(call);
  const { contexts } = call.broker;
  const current = currentOf(call, id);
  const [type] = current?.types ?? [];
  const found =
    type === undefined
      ? (await history.entities({ tenant: call.tenant, id }))[0]
      : { id, type: historyNames(contexts).compact(type) };
  if (found === undefined || (await history.attributes(call.tenant, found)).length === 0)
    throw new Problem('resourceNotFound', `history knows nothing of ${id.slice(0, 200)}`);
  return { found, current };
}

function readingOf(
  call: Call,
  history: History,
  context: Context,
  query: TemporalQuery,
  { projection }: Projected,
): Reading {
  return { history, tenant: call.tenant, context, names: historyNames(call.broker.contexts), query, projection };
}

function wordsOf({ query }: Call): Parameters<typeof readTemporal>[0] {
  const word = (name: string): string | undefined => query.get(name);
  return {
    timerel: word('timerel'),
    timeAt: word('timeAt'),
    endTimeAt: word('endTimeAt'),
    timeproperty: word('timeproperty'),
    lastN: word('lastN'),
    aggrMethods: csv(word('aggrMethods')),
    aggrPeriodDuration: word('aggrPeriodDuration'),
    options: csv(word('options')),
    format: word('format'),
  };
}

/** 6.3.10: an answer that is not all of it says which time it speaks of. */
function partial({ partial: range }: Read, answer: Answer): Answer {
  if (range === undefined) return answer;
  const { firstMs, lastMs } = range;
  const content = `date-time ${new Date(firstMs).toISOString()}-${new Date(lastMs).toISOString()}/*`;
  return { ...answer, status: 206, headers: { ...answer.headers, 'Content-Range': content } };
}

function texts<Name extends string>(json: JsonObject, members: readonly Name[]): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const member of members) {
    const value: Json | undefined = json[member];
    if (value === undefined) continue;
    if (typeof value !== 'string' && typeof value !== 'number') throw badRequest(`${member} must be a text`);
    found[member] = String(value);
  }
  return found;
}

function names(json: JsonObject, member: string): readonly string[] | undefined {
  const value: Json | undefined = json[member];
  if (value === undefined || typeof value === 'string') return csv(value);
  if (isList(value) && value.every((item) => typeof item === 'string')) return value as readonly string[];
  throw badRequest(`${member} must be an array of names`);
}

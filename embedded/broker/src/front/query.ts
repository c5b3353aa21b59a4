/** Query entities, by URL and by POST (GS CIM 009 V1.9.1, 5.7.2, 6.4.3.2, 6.23). */

import type { Context } from '../context/compile.js';
import { formatEntity } from '../entity/format.js';
import type { Entity } from '../entity/model.js';
import { isList, isObject, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import { bindQuery, compileQuery } from '../query/evaluate.js';
import { parseQuery } from '../query/q.js';
import { compileSelector, indexTypes, parseTypeSelection, type Selector } from '../query/select.js';
import { parseSelector } from '../subscription/parse.js';
import type { Answer, Call } from './call.js';
import { answerForm, answerHeaders, readBody, requestContext } from './content.js';
import {
  csv,
  type Page,
  type Projected,
  pageLinks,
  project,
  readIds,
  readPage,
  readProjection,
  readShape,
} from './parameters.js';

interface Plan extends Projected {
  readonly context: Context;
  readonly selectors: readonly Selector[];
  readonly q: string | undefined;
  readonly page: Page;
}

export function queryEntities(call: Call): Answer {
  const context = requestContext(call);
  const { query } = call;
  // 5.7.2.4: a query must say something about what it wants.
  const narrowing = ['id', 'idPattern', 'type', 'attrs', 'pick', 'q', 'local'].filter((name) => query.has(name));
  if (narrowing.length === 0)
    throw badRequest('too broad a query: say at least a type, id, idPattern, attrs, q or local=true (5.7.2.4)');
  const type = query.get('type');
  const selector: Selector = {
    ids: readIds(call),
    idPattern: query.get('idPattern'),
    types: type === undefined ? undefined : parseTypeSelection(type, context),
  };
  return run(call, {
    context,
    selectors: [selector],
    q: query.get('q'),
    page: readPage(call),
    ...readProjection(call, context),
  });
}

const QUERY_MEMBERS = new Set(['type', '@context', 'entities', 'attrs', 'pick', 'omit', 'q']);

/** 5.2.23: the query as a document. */
export function postQuery(call: Call): Answer {
  const { json, contextOf } = readBody(call);
  if (!isObject(json) || json.type !== 'Query') throw badRequest("the body must be an object of type 'Query' (5.2.23)");
  for (const member of Object.keys(json)) if (!QUERY_MEMBERS.has(member)) throw notBuilt(`'${member}' in a query`);
  const context = contextOf(json);
  const { entities, q } = json;
  if (entities !== undefined && !isList(entities)) throw badRequest('entities must be an array of selectors');
  if (q !== undefined && typeof q !== 'string') throw badRequest('q must be a text');
  const selectors = entities?.map((item) => parseSelector(item, context)) ?? [{}];
  const projected = project(context, {
    attrs: names(json, 'attrs'),
    pick: names(json, 'pick'),
    omit: names(json, 'omit'),
  });
  return run(call, { context, selectors, q, page: readPage(call), ...projected });
}

function names(json: JsonObject, member: string): readonly string[] | undefined {
  const value: Json | undefined = json[member];
  if (value === undefined || typeof value === 'string') return csv(value);
  if (isList(value) && value.every((item) => typeof item === 'string')) return value as readonly string[];
  throw badRequest(`${member} must be an array of names`);
}

function run(call: Call, plan: Plan): Answer {
  const form = answerForm(call);
  const shape = readShape(call);
  const { context, page, projection } = plan;
  const { entities, count, hasMore } = select(call, plan);
  const options = { context, ...shape, projection };
  // The same few characters on each entity, so they are written once (6.3.5).
  const inside = form === 'json' ? '' : `,"@context":${JSON.stringify(context.source)}}`;
  const texts = entities.map((entity) => {
    const text = JSON.stringify(formatEntity(entity, options));
    return form === 'json' || text === '{}' ? text : text.slice(0, -1) + inside;
  });
  const headers = answerHeaders(form, context, pageLinks(call, page, hasMore));
  if (page.isCounted) headers['NGSILD-Results-Count'] = String(count);
  return { status: 200, headers, body: `[${texts.join(',')}]` };
}

interface Selection {
  readonly entities: readonly Entity[];
  /** All that match, when the page is counted. */
  readonly count: number;
  readonly hasMore: boolean;
}

function select(call: Call, { context, selectors, attrs, q, page }: Plan): Selection {
  const tests = selectors.map(compileSelector);
  const holds = q === undefined ? undefined : compileQuery(bindQuery(parseQuery(q), context));
  const entities: Entity[] = [];
  let count = 0;
  for (const entity of candidates(call, selectors)) {
    if (!tests.some((test) => test(entity))) continue;
    if (attrs !== undefined && !entity.attributes.some(({ name }) => attrs.has(name))) continue;
    if (holds !== undefined && !holds(entity)) continue;
    count += 1;
    if (count > page.offset && entities.length < page.limit) entities.push(entity);
    // One more than the page tells that there is a next one.
    else if (count > page.offset && !page.isCounted) break;
  }
  return { entities, count, hasMore: count > page.offset + entities.length };
}

/** As few entities as the selectors allow to look at: by id, by type, or all. */
function* candidates({ broker, tenant: name }: Call, selectors: readonly Selector[]): Iterable<Entity> {
  const tenant = broker.store.memory.tenants.get(name);
  if (tenant === undefined) return;
  if (selectors.every(({ ids }) => ids !== undefined)) {
    for (const id of new Set(selectors.flatMap(({ ids }) => ids ?? []))) {
      const entity = tenant.entity(id);
      if (entity !== undefined) yield entity;
    }
    return;
  }
  const isTyped = selectors.every(({ types }) => types !== undefined);
  yield* tenant.entities(isTyped ? [...new Set(selectors.flatMap(({ types }) => indexTypes(types ?? [])))] : undefined);
}

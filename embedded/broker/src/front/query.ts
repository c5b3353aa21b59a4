/** Query entities, by URL and by POST (GS CIM 009 V1.9.1, 5.7.2, 6.4.3.2, 6.23): what is asked for. `find` answers. */

import { isList, isObject, type Json, type JsonObject } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import type { GeoQueryInput } from '../query/geo-query.js';
import type { OrderingInput } from '../query/order.js';
import { parseTypeSelection, type Selector } from '../query/select.js';
import { parseSelector } from '../subscription/parse.js';
import type { Answer, Call } from './call.js';
import { readBody, requestContext } from './content.js';
import { type Conditions, find } from './find.js';
import { csv, project, projected, readFlag, readIds, readPage, readProjection } from './parameters.js';
import { readView } from './view.js';

export function queryEntities(call: Call): Promise<Answer> {
  const context = requestContext(call);
  const { query } = call;
  const local = query.get('local');
  const isLocal = readFlag(local, 'local') || query.get('type') === '*';
  // 5.7.2.4: a query must say something about what it wants.
  const isNarrow = ['id', 'idPattern', 'type', 'attrs', 'pick', 'q', 'georel'].some((name) => query.has(name));
  if (!isNarrow && !isLocal)
    throw badRequest('too broad a query: say at least a type, id, attrs, q, georel or local=true (5.7.2.4)');
  if (query.get('type') === '*' && local === 'false') throw badRequest('type=* is a local query (6.4.3.2)');
  const { attrs, projection } = readProjection(call, context);
  const type = query.get('type');
  const selector: Selector = {
    ids: readIds(call),
    idPattern: query.get('idPattern'),
    types: type === undefined ? undefined : parseTypeSelection(type, context),
  };
  csv(query.get('jsonKeys'));
  const conditions: Conditions = {
    selectors: [selector],
    isLocal,
    attrs,
    q: query.get('q'),
    expandValues: csv(query.get('expandValues')),
    geoQ: geoParameters(call),
    scopeQ: query.get('scopeQ'),
    ordering: orderParameters(call),
  };
  const view = readView(call, context, {
    projection,
    lang: query.get('lang'),
    datasetIds: csv(query.get('datasetId')),
  });
  return find(call, conditions, { context, page: readPage(call), view });
}

/** 4.10: georel, geometry and coordinates come together; geoproperty alone is ignored. */
function geoParameters({ query }: Call): GeoQueryInput | undefined {
  const isThere = ['georel', 'geometry', 'coordinates'].some((name) => query.has(name));
  if (!isThere) return undefined;
  return {
    georel: query.get('georel'),
    geometry: query.get('geometry'),
    coordinates: query.get('coordinates'),
    geoproperty: query.get('geoproperty'),
  };
}

function orderParameters({ query }: Call): OrderingInput | undefined {
  const orderBy = csv(query.get('orderBy'));
  if (orderBy === undefined) return undefined;
  return {
    orderBy,
    collation: query.get('collation'),
    coordinates: query.get('orderFrom'),
    geometry: query.get('orderGeometry'),
  };
}

/** 5.2.23. What is not built is named; what no query of entities has is a mistake. */
const QUERY_MEMBERS: Readonly<Record<string, 'read' | 'later'>> = {
  ...{ type: 'read', '@context': 'read', entities: 'read', attrs: 'read', pick: 'read', omit: 'read', q: 'read' },
  ...{ geoQ: 'read', scopeQ: 'read', lang: 'read', datasetId: 'read', ordering: 'read' },
  ...{ expandValues: 'read', jsonKeys: 'read' },
  ...{ csf: 'later', containedBy: 'later', join: 'later', joinLevel: 'later', entityMap: 'later' },
  ...{ entityMapLifetime: 'later', splitEntities: 'later' },
};

/** 5.2.23: the query as a document. */
export function postQuery(call: Call): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  if (!isObject(json) || json.type !== 'Query') throw badRequest("the body must be an object of type 'Query' (5.2.23)");
  for (const member of Object.keys(json)) {
    const handling = Object.hasOwn(QUERY_MEMBERS, member) ? QUERY_MEMBERS[member] : undefined;
    if (handling === undefined) throw badRequest(`a query of entities has no member '${member.slice(0, 60)}' (5.2.23)`);
    if (handling === 'later') throw notBuilt(`'${member}' in a query`);
  }
  const context = contextOf(json);
  const { entities, geoQ, ordering } = json;
  if (entities !== undefined && (!isList(entities) || entities.length === 0))
    throw badRequest('entities must be an array with a selector in it');
  const isLocal = readFlag(call.query.get('local'), 'local');
  if (!isLocal && !['entities', 'attrs', 'pick', 'q', 'geoQ'].some((member) => json[member] !== undefined))
    throw badRequest('too broad a query: say at least entities, attrs, q, geoQ or local=true (5.7.2.4)');
  const selectors = entities?.map((item) => parseSelector(item, context)) ?? [{}];
  const { attrs, projection } = project(context, {
    attrs: names(json, 'attrs'),
    pick: names(json, 'pick')?.flatMap((item) => projected(item) ?? []),
    omit: names(json, 'omit')?.flatMap((item) => projected(item) ?? []),
  });
  names(json, 'jsonKeys');
  const conditions: Conditions = {
    selectors,
    isLocal,
    attrs,
    q: text(json, 'q'),
    expandValues: names(json, 'expandValues'),
    geoQ: geoQ === undefined ? undefined : documentOf(geoQ, 'geoQ'),
    scopeQ: text(json, 'scopeQ'),
    ordering: ordering === undefined ? undefined : orderDocument(documentOf(ordering, 'ordering')),
  };
  const view = readView(call, context, { projection, lang: text(json, 'lang'), datasetIds: names(json, 'datasetId') });
  return find(call, conditions, { context, page: readPage(call), view });
}

/** 5.2.43. */
function orderDocument(ordering: JsonObject): OrderingInput {
  const { collation, coordinates, geometry } = ordering;
  return { orderBy: names(ordering, 'orderBy') ?? [], collation, coordinates, geometry };
}

function documentOf(json: Json, member: string): JsonObject {
  if (!isObject(json)) throw badRequest(`${member} must be an object (5.2.23)`);
  return json;
}

function text(json: JsonObject, member: string): string | undefined {
  const value = json[member];
  if (value !== undefined && typeof value !== 'string') throw badRequest(`${member} must be a text (5.2.23)`);
  return value;
}

/** Names as an array, or as a text with commas, which is how some members of 5.2.23 are written. */
function names(json: JsonObject, member: string): readonly string[] | undefined {
  const value: Json | undefined = json[member];
  if (value === undefined || typeof value === 'string') return csv(value);
  if (isList(value) && value.length > 0 && value.every((item) => typeof item === 'string'))
    return value as readonly string[];
  throw badRequest(`${member} must be an array of names with something in it (5.2.23)`);
}

/** Questions with a body: QuantumLeap's POST /v2/op/query for last values, and ours, POST /v2/query, for scoped reads. */

import { type Checked, fault, value } from '../fault.js';
import { isFields } from '../notify/attributes.js';
import type { EntityScope } from '../store/questions.js';
import type { EntityLatest } from '../store/reader.js';
import { ALWAYS } from '../store/spans.js';
import { indexFormatter, parseInstant } from '../time.js';
import { type Answer, faultAnswer, json } from './answer.js';
import type { Asked, House } from './asked.js';
import { parseBody } from './body.js';
import { type Query, readParameters } from './parameters.js';
import { answerQuestion, rulesOf, toQuestion } from './reading.js';
import { shape1TNENA, shapeNTNENA } from './shapes.js';

/** Entities that one question may name. */
const MAX_ENTITIES = 10_000;
/** Dated scopes of one question. */
export const MAX_SCOPES = 20_000;

/** What QuantumLeap calls the kinds of columns. */
const TYPES = {
  number: 'Number',
  integer: 'Integer',
  text: 'Text',
  boolean: 'Boolean',
  json: 'StructuredValue',
} as const;

interface Named {
  readonly type: string;
  readonly id: string;
}

/** The last value of each attribute; entities in the order asked for, and all of them or 404. */
export async function answerLastValues(house: House, asked: Asked): Promise<Answer> {
  const read = readEntities(asked.body);
  if (read.kind === 'fault') {
    return json(read.description, read.status);
  }
  const { entities, attributes } = read.value;
  const knowsOwn = !house.role.deviations.has('own-parameters-ignored');
  const tellsMetadata = knowsOwn && asked.query.metadata === 'true';
  const found = new Map<string, EntityLatest>();
  for (const type of new Set(entities.map((entity) => entity.type))) {
    const ids = entities.filter((entity) => entity.type === type).map(({ id }) => id);
    const { tenant, paths } = asked;
    const selection = { tenant, paths, type, ids, fromMs: undefined, toMs: undefined };
    for (const latest of await house.store.reader.latest(selection, attributes)) {
      found.set(keyOf({ type, id: latest.id }), latest);
    }
  }
  const told = entities.map((entity) => found.get(keyOf(entity)));
  // Ours: those that are there, however many are not.
  const isPartial = knowsOwn && asked.query.partial === 'true';
  return !isPartial && told.some((latest) => latest === undefined)
    ? faultAnswer(fault(404, 'Not Found', 'No records were found for such query.'))
    : json(told.filter((latest) => latest !== undefined).map((latest) => lastBody(latest, tellsMetadata)));
}

/** Series of many entities, each within its own dates: what somebody may see is in the body, not in a URL. */
export async function answerScoped(house: House, asked: Asked): Promise<Answer> {
  const body = parseBody(asked.body);
  if (body === undefined || !isFields(body.json)) {
    return faultAnswer(fault(400, 'Bad Request', 'The body must be a JSON object in UTF-8.'));
  }
  const scopes = readScopes(body.json.scopes);
  const read = readParameters(toQuery(body.json), { ...rulesOf(house), hasExactLists: true });
  if (scopes.kind === 'fault' || read.kind === 'fault') {
    return faultAnswer(scopes.kind === 'fault' ? scopes : (read as Extract<typeof read, { kind: 'fault' }>));
  }
  const { type, ids } = read.value;
  const question = { ...toQuestion(asked, read.value), scopes: scopes.value };
  const shape = type === undefined ? shapeNTNENA : shape1TNENA;
  return answerQuestion(house, question, read.value, shape, { type, attribute: undefined, ids, isValueOnly: false });
}

function readEntities(bytes: Uint8Array | undefined): Checked<{
  readonly entities: readonly Named[];
  readonly attributes: readonly string[] | undefined;
}> {
  const body = parseBody(bytes)?.json;
  if (!isFields(body)) {
    return refused('Discarding query due to lack of request body. Lost in a redirect maybe?');
  }
  const { entities, attrs } = body;
  if (!Array.isArray(entities)) {
    return refused('Discarding query due to lack of request body content.');
  }
  const unsupported = ['expression', 'metadata'].find((name) => name in body);
  if (unsupported !== undefined) {
    return refused(`${unsupported} is Not Supported`);
  }
  if (entities.length > MAX_ENTITIES || (attrs !== undefined && !isTexts(attrs))) {
    return refused(`A query names up to ${MAX_ENTITIES} entities, and attrs is a list of names.`);
  }
  for (const entity of entities) {
    const missing = ['type', 'id'].find((name) => !isFields(entity) || typeof entity[name] !== 'string');
    if (missing !== undefined || 'idPattern' in entity) {
      return refused(missing === undefined ? 'idPattern is Not Supported' : `Entity ${missing} is required`);
    }
  }
  return value({ entities: entities as readonly Named[], attributes: attrs as readonly string[] | undefined });
}

function lastBody({ id, type, cells }: EntityLatest, tellsMetadata: boolean) {
  const format = indexFormatter();
  const attributes = cells.map(({ name, kind, unit, value: said, indexMs }) => [
    name,
    {
      ...{ type: TYPES[kind], value: said },
      ...(tellsMetadata && { observedAt: format(indexMs), ...(unit !== undefined && { unitCode: unit }) }),
    },
  ]);
  const newestMs = Math.max(...cells.map(({ indexMs }) => indexMs));
  const dateModified = { type: 'DateTime', value: format(newestMs) };
  return { id, type, ...Object.fromEntries(attributes), dateModified };
}

/** `from` inclusive, `to` exclusive, so that one scope ends where the next begins. */
function readScopes(scopes: unknown): Checked<readonly EntityScope[] | undefined> {
  if (scopes === undefined) {
    return value(undefined);
  }
  if (!Array.isArray(scopes) || scopes.length > MAX_SCOPES) {
    return fault(422, 'Invalid parameter value', `scopes must be a list of at most ${MAX_SCOPES} items.`);
  }
  const read: EntityScope[] = [];
  for (const scope of scopes) {
    const { id, from, to } = isFields(scope) ? scope : {};
    const fromMs = from === undefined ? ALWAYS.fromMs : instantOf(from);
    const toMs = to === undefined ? ALWAYS.toMs : instantOf(to);
    if (typeof id !== 'string' || fromMs === undefined || toMs === undefined) {
      return fault(422, 'Invalid parameter value', 'Each scope has an id, and ISO 8601 dates from and to, if any.');
    }
    read.push({ id, fromMs, toMs: to === undefined ? toMs : toMs - 1 });
  }
  return value(read);
}

function instantOf(said: unknown): number | undefined {
  return typeof said === 'string' ? parseInstant(said) : undefined;
}

/** Members are named as parameters are. */
function toQuery(body: Readonly<Record<string, unknown>>): Query {
  const query: Record<string, string | readonly string[]> = {};
  for (const [name, said] of Object.entries(body)) {
    if (isTexts(said)) {
      query[name] = said;
    } else if (typeof said === 'string' || typeof said === 'number' || typeof said === 'boolean') {
      query[name] = String(said);
    }
  }
  return query;
}

function isTexts(said: unknown): said is readonly string[] {
  return Array.isArray(said) && said.every((item) => typeof item === 'string');
}

function keyOf({ type, id }: Named): string {
  return JSON.stringify([type, id]);
}

function refused(description: string) {
  return fault(400, 'Bad Request', description);
}

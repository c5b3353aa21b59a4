/** Media types, bodies and @contexts of requests and answers (GS CIM 009 V1.9.1, 6.3.4 to 6.3.6). */

import type { Context, ContextSource } from '../context/compile.js';
import { isList, isObject, isTooDeep, type Json, MAX_DEPTH } from '../json.js';
import { badRequest, Problem } from '../problem.js';
import type { Call } from './call.js';

const LINK_REL = 'http://www.w3.org/ns/json-ld#context';

/** 6.3.4: what a body may be. In ld+json the @context stands inside, otherwise in a Link header or nowhere. */
const BODY_TYPES: ReadonlyMap<string, 'plain' | 'linked'> = new Map([
  ['application/json', 'plain'],
  ['application/merge-patch+json', 'plain'],
  ['application/ld+json', 'linked'],
]);

/**
 * Definitions compiled for one body. Each entity of a batch may bring an @context of its own, and each of those may name a large
 * hosted one: without an end to it a thousand of them would hold everybody up for seconds.
 */
const MAX_WORK = 50_000;

export interface Body {
  readonly json: Json;
  /** The @context for one object of the body: of a batch, each has its own. */
  readonly contextOf: (json: Json) => Context;
}

export function readBody(call: Call): Body {
  const form = bodyForm(call);
  const json = parseJson(call);
  const { contexts } = call.broker;
  const workBefore = contexts.work;
  const link = linkedContext(call);
  if (form === 'linked') {
    if (link !== undefined)
      throw badRequest('a Link header with an @context and application/ld+json exclude each other (6.3.5)');
    return {
      json,
      contextOf(part) {
        const source = isObject(part) ? part['@context'] : undefined;
        if (source === undefined) throw badRequest('application/ld+json needs an @context in the body (6.3.5)');
        if (contexts.work - workBefore > MAX_WORK)
          throw badRequest('the parts of the body have too many different @contexts; give them one');
        return contexts.resolve(source);
      },
    };
  }
  const context = contexts.resolve(link ?? contexts.defaultSource);
  return {
    json,
    contextOf(part) {
      if (isObject(part) && part['@context'] !== undefined)
        throw badRequest('an @context in the body needs application/ld+json (6.3.5)');
      return context;
    },
  };
}

function bodyForm({ headers }: Call): 'plain' | 'linked' {
  const [type = '', ...parameters] = (headers['content-type'] ?? '').toLowerCase().split(';');
  const form = BODY_TYPES.get(type.trim());
  const charset = parameters.map((parameter) => parameter.trim()).find((parameter) => parameter.startsWith('charset='));
  if (form === undefined || (charset !== undefined && !/^charset="?utf-8"?$/.test(charset))) {
    throw new Problem('unsupportedMediaType', `the body must be ${[...BODY_TYPES.keys()].join(', ')} in UTF-8`);
  }
  return form;
}

/** From this size on brackets are counted before the text is parsed; shorter texts are parsed in milliseconds whatever they are. */
const LONG_TEXT_BYTES = 262_144;

export function parseJson({ body, headers }: Pick<Call, 'body' | 'headers'>): Json {
  // Packed bodies are not unpacked, so there is no bomb to go off (T11).
  const { 'content-encoding': encoding = 'identity' } = headers;
  if (encoding !== 'identity')
    throw new Problem('unsupportedMediaType', 'the body must not be packed', { 'Accept-Encoding': 'identity' });
  if (body === undefined || body.byteLength === 0) throw new Problem('invalidRequest', 'the request has no body');
  if (body.byteLength > LONG_TEXT_BYTES && isTooDeep(body))
    throw badRequest(`JSON is nested deeper than ${MAX_DEPTH} levels`);
  try {
    return JSON.parse(body.toString('utf8'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new Problem('invalidRequest', `the body is not JSON: ${error.message.slice(0, 200)}`);
  }
}

/** The @context of a request without a body, or of one whose body has none. */
export function requestContext(call: Call): Context {
  const { contexts } = call.broker;
  return contexts.resolve(linkedContext(call) ?? contexts.defaultSource);
}

/** RFC 8288: `<url>; rel="…"`, several with commas. At most one of them is the @context (JSON-LD 1.1, 6.2). */
function linkedContext({ headers }: Call): ContextSource | undefined {
  const { link } = headers;
  if (link === undefined) return undefined;
  const found: string[] = [];
  for (const [, url = '', parameters = ''] of String(link).matchAll(/<([^>]{1,2048})>([^<]{0,1024})/g)) {
    if (parameters.includes(LINK_REL)) found.push(url.trim());
  }
  if (found.length > 1) throw badRequest('more than one Link header names an @context');
  return found[0];
}

export type AnswerForm = 'json' | 'linked';
/** Entities come as GeoJSON too (6.3.4). */
export type EntityForm = AnswerForm | 'geo';

/** In the order in which one is taken when a client wants several equally (6.3.4). */
const ANSWER_TYPES = { json: 'application/json', linked: 'application/ld+json', geo: 'application/geo+json' } as const;

export function answerForm(call: Call): AnswerForm {
  return negotiate(call, ['json', 'linked']);
}

export function entityForm(call: Call): EntityForm {
  return negotiate(call, ['json', 'linked', 'geo']);
}

/** 6.3.4: the best of what the client accepts; 406 when it accepts nothing we have. */
function negotiate<F extends EntityForm>({ headers }: Call, forms: readonly F[]): F {
  const ranges = (headers.accept ?? '*/*').toLowerCase().split(',', 20).map(readRange);
  let best: F | undefined;
  let most = 0;
  for (const form of forms) {
    const quality = qualityOf(ANSWER_TYPES[form], ranges);
    if (quality <= most) continue;
    best = form;
    most = quality;
  }
  if (best !== undefined) return best;
  const types = forms.map((form) => ANSWER_TYPES[form]).join(', ');
  throw new Problem('notAcceptable', `this resource comes as ${types}`);
}

interface Range {
  readonly type: string;
  readonly quality: number;
}

/** RFC 9110, 12.5.1: the most specific range that fits has the say. */
function qualityOf(type: string, ranges: readonly Range[]): number {
  const fitting = [type, 'application/*', '*/*'].map((wanted) => ranges.find((range) => range.type === wanted));
  return fitting.find((range) => range !== undefined)?.quality ?? 0;
}

function readRange(text: string): Range {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  return { type, quality: q === undefined ? 1 : Number(q.slice(2)) || 0 };
}

/** Headers of an answer in this form: JSON names its @context in a Link, JSON-LD carries it inside (6.3.6). */
export function answerHeaders(
  form: AnswerForm,
  context: Context,
  links: readonly string[] = [],
): Record<string, string> {
  return entityHeaders(form, form, context, links);
}

/**
 * 6.3.6: GeoJSON carries its @context inside, unless the client would rather have it in a Link (`Prefer: body=json`,
 * RFC 7240).
 */
export function contextPlace({ headers }: Call, form: EntityForm): AnswerForm {
  if (form !== 'geo') return form;
  const preferences = String(headers.prefer ?? '').split(/[,;]/, 20);
  return preferences.some((preference) => /^\s*body\s*=\s*"?json"?\s*$/i.test(preference)) ? 'json' : 'linked';
}

/** Links to other pages say that they are of the same type as this one. */
export function entityHeaders(
  form: EntityForm,
  place: AnswerForm,
  { reference }: Context,
  links: readonly string[] = [],
): Record<string, string> {
  const type = ANSWER_TYPES[form];
  const url = place === 'json' ? reference() : undefined;
  const own = url === undefined ? [] : [`<${url}>; rel="${LINK_REL}"; type="application/ld+json"`];
  const all = [...own, ...links.map((link) => `${link};type="${type}"`)];
  return { 'Content-Type': type, ...(all.length > 0 && { Link: all.join(', ') }) };
}

export function withContext<T extends object>(form: AnswerForm, value: T, { source }: Context): T {
  return form === 'json' ? value : { ...value, '@context': source };
}

/** A batch is a JSON array, neither empty nor longer than the limit. */
export function readBatch(call: Call, json: Json): readonly Json[] {
  if (!isList(json)) throw badRequest('the body must be a JSON array');
  if (json.length === 0) throw badRequest('the array is empty');
  if (json.length > call.broker.maxBatch)
    throw badRequest(`the array has ${json.length} items; at most ${call.broker.maxBatch} are taken in one request`);
  return json;
}

/** URL parameters that several operations share (GS CIM 009 V1.9.1, 6.3.7 to 6.3.11, 6.3.13). */

import type { Context } from '../context/compile.js';
import type { Projection, Representation } from '../entity/format.js';
import { isUri } from '../json.js';
import { badRequest } from '../problem.js';
import type { Call } from './call.js';

export interface Shape {
  readonly representation: Representation;
  readonly sysAttrs: boolean;
}

const REPRESENTATIONS: ReadonlyMap<string, Representation> = new Map([
  ['normalized', 'normalized'],
  ['concise', 'concise'],
  ['simplified', 'simplified'],
  ['keyValues', 'simplified'],
]);

/** `options=` and `format=` say how entities are written; `format` has the last word (6.3.7). */
export function readShape({ query }: Call): Shape {
  let representation: Representation = 'normalized';
  let sysAttrs = false;
  for (const option of csv(query.get('options')) ?? []) {
    const named = REPRESENTATIONS.get(option);
    if (option === 'sysAttrs') sysAttrs = true;
    else if (named === undefined) throw badRequest(`options=${option.slice(0, 60)} is not known here`);
    else representation = named;
  }
  const format = query.get('format');
  if (format === undefined) return { representation, sysAttrs };
  const named = REPRESENTATIONS.get(format);
  if (named === undefined) throw badRequest('format is normalized, concise, simplified or keyValues');
  return { representation: named, sysAttrs };
}

/** One of a fixed set of words in `options=`, for operations that know nothing else there. */
export function readOption<T extends string>({ query }: Call, allowed: readonly T[]): T | undefined {
  const options = csv(query.get('options')) ?? [];
  const [first] = options;
  if (first === undefined) return undefined;
  const known = allowed.find((option) => option === first);
  if (known === undefined || options.length > 1) throw badRequest(`options is one of ${allowed.join(', ')}`);
  return known;
}

export function csv(text: string | undefined): readonly string[] | undefined {
  if (text === undefined) return undefined;
  const items = text.split(',').map((item) => item.trim());
  if (items.some((item) => item === '')) throw badRequest(`'${text.slice(0, 60)}' has an empty item`);
  return items;
}

export function readIds({ query }: Call): readonly string[] | undefined {
  const ids = csv(query.get('id'));
  for (const id of ids ?? []) if (!isUri(id)) throw badRequest(`the id '${id.slice(0, 100)}' is not a URI`);
  return ids;
}

/** Members of an entity that are not attributes; pick and omit may name them (4.21). */
const MEMBERS = new Set(['id', 'type', 'scope', 'createdAt', 'modifiedAt']);

export interface Projected {
  /** `attrs`: also a condition, an entity needs one of them (5.7.2.4). */
  readonly attrs: ReadonlySet<string> | undefined;
  readonly projection: Projection | undefined;
}

export function readProjection({ query }: Call, context: Context): Projected {
  return project(context, {
    attrs: csv(query.get('attrs')),
    pick: projected(query.get('pick')),
    omit: projected(query.get('omit')),
  });
}

/** 4.21: names with `,` or `|` between them. Those of linked entities, in {}, need linked entity retrieval (5.7.1.4). */
export function projected(text: string | undefined): readonly string[] | undefined {
  if (text?.includes('{')) throw badRequest('pick and omit name attributes of linked entities only together with join');
  return csv(text?.replaceAll('|', ','));
}

export function project(
  context: Context,
  { attrs, pick, omit }: { readonly [Key in 'attrs' | 'pick' | 'omit']?: readonly string[] | undefined },
): Projected {
  const wanted = attrs && new Set(attrs.map((name) => context.expand(name)));
  if (attrs === undefined && pick === undefined && omit === undefined)
    return { attrs: undefined, projection: undefined };
  if (pick !== undefined && attrs !== undefined) throw badRequest('attrs and pick exclude each other (4.21)');
  const projection: Projection = {
    attributes: pick === undefined ? wanted : expanded(pick, context),
    members: pick && new Set(pick.filter((name) => MEMBERS.has(name))),
    omitted: omit && expanded(omit, context),
    omittedMembers: omit && new Set(omit.filter((name) => MEMBERS.has(name))),
  };
  return { attrs: wanted, projection };
}

function expanded(names: readonly string[], context: Context): ReadonlySet<string> {
  return new Set(names.filter((name) => !MEMBERS.has(name)).map((name) => context.expand(name)));
}

export interface Page {
  readonly limit: number;
  readonly offset: number;
  readonly isCounted: boolean;
}

/** 4.5.5: instances of attributes to show; `@none` is the default one. */
export function readDatasets(ids: readonly string[] | undefined): ReadonlySet<string> | undefined {
  for (const id of ids ?? [])
    if (id !== '@none' && !isUri(id))
      throw badRequest(`the datasetId '${id.slice(0, 100)}' is not a URI and not @none`);
  return ids && new Set(ids);
}

const DEFAULT_LIMIT = 20;
export const MAX_LIMIT = 1_000;

/** 6.3.10 and 6.3.13: limit=0 only asks for the count. */
export function readPage({ query }: Call): Page {
  const isCounted = readFlag(query.get('count'), 'count');
  const limit = readInteger(query.get('limit'), 'limit') ?? DEFAULT_LIMIT;
  const offset = readInteger(query.get('offset'), 'offset') ?? 0;
  if (limit > MAX_LIMIT) throw badRequest(`limit is at most ${MAX_LIMIT}`);
  if (limit === 0 && !isCounted) throw badRequest('limit=0 needs count=true (6.3.13)');
  return { limit, offset, isCounted };
}

export function readFlag(text: string | undefined, name: string): boolean {
  if (text === undefined || text === 'false') return false;
  if (text === 'true') return true;
  throw badRequest(`${name} is true or false`);
}

function readInteger(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,9}$/.test(text)) throw badRequest(`${name} must be a whole number from 0`);
  return Number(text);
}

/**
 * 6.3.10: where the next and the previous page are. The previous one ends where this one begins, so that walking back
 * tells everything once. `total`, when it is known, leads back from beyond the end to the last page.
 */
export function pageLinks({ url }: Call, { limit, offset }: Page, hasMore: boolean, total?: number): string[] {
  if (limit === 0) return [];
  const links: string[] = [];
  if (hasMore) links.push(`<${pageUrl(url, offset + limit, limit)}>;rel="next"`);
  const end = hasMore ? offset : Math.min(offset, total ?? offset);
  const start = Math.max(0, end - limit);
  if (end > 0 && offset > 0) links.push(`<${pageUrl(url, start, end - start)}>;rel="prev"`);
  return links;
}

/** The parameters as they came, but for the two. */
function pageUrl(url: string, offset: number, limit: number): string {
  const [path = '', ...search] = url.split('?');
  const parts = search.join('?').split('&');
  const kept = parts.filter((part) => part !== '' && !['offset', 'limit'].includes(nameOf(part)));
  return `${path}?${[...kept, `limit=${limit}`, `offset=${offset}`].join('&')}`.replace(/[<>]/g, encodeURIComponent);
}

function nameOf(part: string): string {
  return new URLSearchParams(part).keys().next().value ?? '';
}

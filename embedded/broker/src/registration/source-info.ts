/** What a registration says about the requests to its source: headers, and the @context names are compacted with (GS CIM 009 V1.9.1, 5.2.22, 6.3.18). */

import type { ContextSource } from '../context/compile.js';
import { isList, isObject, type Json } from '../json.js';
import { badRequest } from '../problem.js';
import type { Registration, SourceInfo } from './model.js';

/** The key whose value is an @context and no header. */
export const JSONLD_CONTEXT = 'jsonldContext';
/** 6.3.18: a header with this value is taken from the request that is forwarded. */
const FROM_REQUEST = 'urn:ngsi-ld:request';
const MAX_PAIRS = 50;

/** RFC 9110, 5.1 and 5.5. */
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}$/;
const HEADER_VALUE = /^[\t\u0020-\u007e\u0080-\u00ff]{0,4096}$/;
/** Headers that frame a message, or that the broker answers for. */
const OURS: ReadonlySet<string> = new Set([
  ...['host', 'content-length', 'transfer-encoding', 'connection', 'upgrade', 'te', 'trailer', 'expect'],
  ...['link', 'via', 'accept-encoding', 'keep-alive', 'proxy-connection'],
]);
/** What may be said and what it may say: we write JSON with a Link, or JSON-LD. */
const MEDIA_TYPES: ReadonlySet<string> = new Set(['application/json', 'application/ld+json']);

export function parseSourceInfo(json: Json, resolve: (source: ContextSource) => unknown): readonly SourceInfo[] {
  if (!isList(json) || json.length > MAX_PAIRS)
    throw badRequest(`contextSourceInfo is a list of at most ${MAX_PAIRS} {key, value} pairs (5.2.22)`);
  return json.map((pair) => {
    if (!isObject(pair) || typeof pair.key !== 'string' || pair.value === undefined)
      throw badRequest('contextSourceInfo is a list of {key, value} pairs (5.2.22)');
    const { key, value } = pair;
    // An @context nobody here knows would only be noticed by the first request that is forwarded.
    if (key === JSONLD_CONTEXT) resolve(value);
    else checkHeader(key, value);
    return { key, value };
  });
}

function checkHeader(key: string, value: Json): void {
  const name = key.toLowerCase();
  if (!HEADER_NAME.test(key) || typeof value !== 'string' || !HEADER_VALUE.test(value))
    throw badRequest(`contextSourceInfo: '${key.slice(0, 60)}' cannot be an HTTP header`);
  if (OURS.has(name)) throw badRequest(`contextSourceInfo: the header '${key}' belongs to the broker`);
  if ((name === 'accept' || name === 'content-type') && !MEDIA_TYPES.has(value))
    throw badRequest(`contextSourceInfo: '${key}' is ${[...MEDIA_TYPES].join(' or ')}`);
  // The caller's token opens this broker; a source is somebody else.
  if (name === 'authorization' && value === FROM_REQUEST)
    throw badRequest('contextSourceInfo: Authorization is not passed on; say the value the source wants');
}

export function sourceContext({ contextSourceInfo, context }: Registration): ContextSource {
  return contextSourceInfo?.find(({ key }) => key === JSONLD_CONTEXT)?.value ?? context;
}

/** Headers of the registration, names in lower case. */
export function sourceHeaders(
  { contextSourceInfo }: Registration,
  request: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const { key, value } of contextSourceInfo ?? []) {
    if (key === JSONLD_CONTEXT || typeof value !== 'string') continue;
    const name = key.toLowerCase();
    const given = value === FROM_REQUEST ? request[name] : value;
    if (typeof given === 'string') headers[name] = given;
  }
  return headers;
}

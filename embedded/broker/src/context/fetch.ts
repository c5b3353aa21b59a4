/**
 * Fetching an @context from a host the operator named: once, whole and small, JSON only, and never from where a redirect
 * points. What came is kept on disk and is what the URL means from then on, so a restart means the same.
 */

import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { guardedLookup, listHosts } from '@contor/kit';
import type { Json, JsonObject } from '../json.js';
import { badRequest, Problem } from '../problem.js';
import { isContextDocument } from './registry.js';

export const MAX_CONTEXT_BYTES = 2 ** 20;
/** Somebody waits for the answer of the request that named the context. */
const TIMEOUT_MS = 10_000;
const JSON_TYPE = /^application\/(?:[a-z0-9.-]+\+)?json$/;

/** Resolves with the document; rejects with a Problem that says why there is none. */
export type FetchContext = (url: string) => Promise<JsonObject>;

/** Whether a URL points to one of these hosts; `host` allows its default ports, `host:port` that port. */
export function fetchableFrom(hosts: readonly string[]): (url: string) => boolean {
  const allowed = new Set(hosts.map((host) => host.toLowerCase()));
  return (text) => {
    if (allowed.size === 0 || !URL.canParse(text)) return false;
    const { protocol, host, username, password } = new URL(text);
    return (protocol === 'https:' || protocol === 'http:') && username + password === '' && allowed.has(host);
  };
}

/** `hosts` is the operator's list: what is on it was checked by name, where it leads is looked at for each connection. */
export function createContextFetcher(hosts: readonly string[], timeoutMs = TIMEOUT_MS): FetchContext {
  const names = hosts.map((host) => host.replace(/:\d+$/, ''));
  const lookup = guardedLookup(listHosts(names), 'network');
  return async (text) => {
    const url = new URL(text);
    const answer = await ask(url, timeoutMs, lookup);
    const type = (answer.type.split(';')[0] ?? '').trim().toLowerCase();
    if (answer.status !== 200) throw notAvailable(text, `its host answered ${answer.status}`);
    if (!JSON_TYPE.test(type)) throw notAvailable(text, `it came as ${type.slice(0, 60) || 'nothing'}, not as JSON`);
    const document = parse(answer.body, text);
    // 5.5.5: a document that came but is no @context is the mistake of whoever named it.
    if (!isContextDocument(document))
      throw badRequest(`the document at ${text.slice(0, 200)} has no @context and cannot be one`);
    return { '@context': document['@context'] ?? null };
  };
}

interface Received {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

function ask(url: URL, timeoutMs: number, lookup: LookupFunction): Promise<Received> {
  return new Promise((resolve, reject) => {
    const fail = (why: string): void => reject(notAvailable(url.href, why));
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = (url.protocol === 'https:' ? httpsRequest : httpRequest)(
      url,
      {
        method: 'GET',
        headers: { Accept: 'application/ld+json, application/json;q=0.9' },
        agent: false,
        signal,
        lookup,
      },
      (incoming) => read(incoming, resolve, fail),
    );
    asked.once('error', (error) =>
      fail(signal.aborted ? `no answer within ${timeoutMs} ms` : `its host cannot be reached (${error.message})`),
    );
    asked.end();
  });
}

function read(incoming: IncomingMessage, resolve: (received: Received) => void, fail: (why: string) => void): void {
  const parts: Buffer[] = [];
  let bytes = 0;
  incoming.on('data', (part: Buffer) => {
    bytes += part.byteLength;
    if (bytes > MAX_CONTEXT_BYTES) {
      fail(`it has more than ${MAX_CONTEXT_BYTES} bytes`);
      incoming.destroy();
    } else parts.push(part);
  });
  incoming.once('error', () => fail('its host broke the connection'));
  incoming.once('end', () =>
    resolve({
      status: incoming.statusCode ?? 0,
      type: incoming.headers['content-type'] ?? '',
      body: Buffer.concat(parts).toString('utf8'),
    }),
  );
}

function parse(text: string, url: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw badRequest(`the document at ${url.slice(0, 200)} is not JSON`);
  }
}

function notAvailable(url: string, why: string): Problem {
  return new Problem(
    'ldContextNotAvailable',
    `The @context '${url.slice(0, 200)}' could not be fetched: ${why.slice(0, 200)}. ` +
      'Its document can also be given to POST /ngsi-ld/v1/jsonldContexts',
  );
}

/** Hosted @contexts (GS CIM 009 V1.9.1, 5.13, 6.29, 6.30). They belong to the broker, not to a tenant, as the clause has it. */

import { toHex } from '@contor/kit';
import { isContextDocument } from '../context/registry.js';
import { badRequest, Problem } from '../problem.js';
import { type Answer, type Call, created, jsonAnswer, locationOf, NO_CONTENT, param } from './call.js';
import { readBody } from './content.js';
import { readFlag } from './parameters.js';
import { submit } from './writing.js';

const MAX_CONTEXT_BYTES = 2 ** 20;
const MAX_HOSTED = 1_000;

export async function hostContext(call: Call): Promise<Answer> {
  const { broker, tenant, body } = call;
  if ((body?.byteLength ?? 0) > MAX_CONTEXT_BYTES)
    throw new Problem('tooLarge', `an @context is at most ${MAX_CONTEXT_BYTES} bytes`);
  const json = readBody({ ...call, headers: { ...call.headers, 'content-type': 'application/json' } }).json;
  if (!isContextDocument(json)) throw badRequest('the body must be an object with an @context (5.13.2)');
  const { '@context': source = null } = json;
  // Compiled once, so that what cannot be used is refused now and not by the first who names it.
  broker.contexts.resolve(source);
  if (broker.contexts.hosted.size >= MAX_HOSTED)
    throw new Problem('unavailable', `the broker hosts ${MAX_HOSTED} @contexts`);
  const atMs = broker.clock.nowMs();
  const id = toHex(broker.random.bytes(12));
  await submit(call, {
    kind: 'host',
    tenant,
    atMs,
    context: { id, document: { '@context': source }, createdAt: atMs },
  });
  return created(locationOf('jsonldContexts', id));
}

export function listContexts(call: Call): Answer {
  const { contexts } = call.broker;
  const isDetailed = readFlag(call.query.get('details'), 'details');
  const kind = call.query.get('kind');
  if (kind !== undefined && !['Hosted', 'Cached', 'ImplicitlyCreated'].includes(kind))
    throw badRequest('kind is Hosted, Cached or ImplicitlyCreated');
  const hosted = [...contexts.hosted.values()].map(({ id, createdAt }) => ({
    URL: urlOf(call, id),
    localId: id,
    kind: 'Hosted',
    createdAt: new Date(createdAt).toISOString(),
  }));
  const preloaded = contexts.preloadedUrls.map((url) => ({ URL: url, localId: url, kind: 'Cached' }));
  const rows = [...preloaded, ...hosted].filter((row) => kind === undefined || row.kind === kind);
  return jsonAnswer(200, isDetailed ? rows : rows.map(({ URL }) => URL));
}

export function serveContext(call: Call): Answer {
  const id = param(call, 'contextId');
  const document = call.broker.contexts.document(id);
  if (document === undefined) throw noContext(id);
  if (!readFlag(call.query.get('details'), 'details'))
    return jsonAnswer(200, document, { 'Content-Type': 'application/ld+json' });
  const hosted = call.broker.contexts.hosted.get(id);
  return jsonAnswer(
    200,
    hosted === undefined
      ? { URL: id, localId: id, kind: 'Cached' }
      : { URL: urlOf(call, id), localId: id, kind: 'Hosted', createdAt: new Date(hosted.createdAt).toISOString() },
  );
}

export async function removeContext(call: Call): Promise<Answer> {
  const { broker, tenant } = call;
  const id = param(call, 'contextId');
  if (broker.contexts.preloadedUrls.includes(id))
    throw badRequest('this @context belongs to the broker and cannot be deleted');
  if (!broker.contexts.hosted.has(id)) throw noContext(id);
  await submit(call, { kind: 'unhost', tenant, atMs: broker.clock.nowMs(), id });
  return NO_CONTENT;
}

function urlOf({ headers }: Call, id: string): string {
  return `http://${headers.host ?? 'localhost'}${locationOf('jsonldContexts', id)}`;
}

function noContext(id: string): Problem {
  return new Problem('resourceNotFound', `there is no @context ${id.slice(0, 200)}`);
}

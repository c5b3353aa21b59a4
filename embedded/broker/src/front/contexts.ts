/** @contexts of the broker (GS CIM 009 V1.9.1, 5.13, 6.29, 6.30). They belong to the broker, not to a tenant, as the clause has it. */

import { toHex } from '@contor/kit';
import { MAX_CONTEXT_BYTES } from '../context/fetch.js';
import { ContextNeeded, hashOf, isContextDocument, type KnownContext } from '../context/registry.js';
import type { JsonObject } from '../json.js';
import { badRequest, Problem } from '../problem.js';
import { type Answer, type Broker, type Call, created, jsonAnswer, locationOf, NO_CONTENT, param } from './call.js';
import { readBody } from './content.js';
import { readFlag } from './parameters.js';
import { submit } from './writing.js';

const MAX_HOSTED = 1_000;
/** A context that names others that name others: each is fetched in its turn, but not for ever. */
const MAX_FETCHES = 8;
const KINDS = ['Hosted', 'Cached', 'ImplicitlyCreated'];

export async function hostContext(call: Call): Promise<Answer> {
  const { broker, tenant, body } = call;
  if ((body?.byteLength ?? 0) > MAX_CONTEXT_BYTES)
    throw new Problem('tooLarge', `an @context is at most ${MAX_CONTEXT_BYTES} bytes`);
  const json = readBody({ ...call, headers: { ...call.headers, 'content-type': 'application/json' } }).json;
  if (!isContextDocument(json)) throw badRequest('the body must be an object with an @context (5.13.2)');
  const { '@context': source = null } = json;
  // Compiled once, so that what cannot be used is refused now and not by the first who names it.
  broker.contexts.resolve(source);
  checkNumber(broker);
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
  const isDetailed = readFlag(call.query.get('details'), 'details');
  const kind = call.query.get('kind');
  if (kind !== undefined && !KINDS.includes(kind)) throw badRequest(`kind is one of ${KINDS.join(', ')}`);
  const known = [...call.broker.contexts.all()].filter((context) => kind === undefined || context.kind === kind);
  return jsonAnswer(
    200,
    known.map((context) => (isDetailed ? detailsOf(call, context) : urlOf(call, context))),
  );
}

export function serveContext(call: Call): Answer {
  const known = knownContext(call);
  if (readFlag(call.query.get('details'), 'details')) return jsonAnswer(200, detailsOf(call, known));
  // 5.13.4.4: a copy of what others publish is not ours to publish.
  if (known.kind === 'Cached')
    throw new Problem(
      'operationNotSupported',
      `this @context is published at ${known.url ?? 'another place'}; details=true tells what is known of it here`,
    );
  return jsonAnswer(200, known.document, { 'Content-Type': 'application/ld+json' });
}

/** 5.13.5: deletes it, or with reload=true fetches it again. */
export async function removeContext(call: Call): Promise<Answer> {
  const { broker, tenant } = call;
  const known = knownContext(call);
  const isReload = readFlag(call.query.get('reload'), 'reload');
  if (known.isBuiltIn) throw badRequest('this @context belongs to the broker: it is neither deleted nor loaded again');
  if (isReload) {
    if (known.kind !== 'Cached' || known.url === undefined)
      throw badRequest(`only a Cached @context can be loaded again, this one is ${known.kind} (5.13.5.4)`);
    await fetchInto(broker, known.url, known.localId);
  } else if (known.kind === 'ImplicitlyCreated') {
    broker.contexts.removeImplicit(known.localId);
  } else {
    await submit(call, { kind: 'unhost', tenant, atMs: broker.clock.nowMs(), id: known.localId });
  }
  return NO_CONTENT;
}

/** Does the work, and fetches what it turns out to need. Nothing has been written when a context is found to be missing. */
export async function withContexts<T>(broker: Broker, work: () => T | Promise<T>): Promise<T> {
  for (let fetches = 0; ; fetches += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof ContextNeeded)) throw error;
      if (fetches >= MAX_FETCHES)
        throw badRequest(`the @context leads to more than ${MAX_FETCHES} that would have to be fetched`);
      await fetchOnce(broker, error.url);
    }
  }
}

/** Requests that need the same context at the same time share one fetch. */
const underWay = new WeakMap<Broker, Map<string, Promise<void>>>();

function fetchOnce(broker: Broker, url: string): Promise<void> {
  const all = underWay.get(broker) ?? new Map<string, Promise<void>>();
  underWay.set(broker, all);
  const already = all.get(url);
  if (already !== undefined) return already;
  const fetching = fetchInto(broker, url, hashOf(url).slice(0, 24)).finally(() => all.delete(url));
  all.set(url, fetching);
  return fetching;
}

async function fetchInto(broker: Broker, url: string, id: string): Promise<void> {
  if (!broker.contexts.hosted.has(id)) checkNumber(broker);
  const document: JsonObject = await broker.fetchContext(url);
  const atMs = broker.clock.nowMs();
  const [applied] = await broker.store.submit({
    kind: 'host',
    tenant: 'default',
    atMs,
    context: { id, document, createdAt: atMs, url },
  });
  if (applied?.problem !== undefined) throw applied.problem;
}

function checkNumber({ contexts }: Broker): void {
  if (contexts.hosted.size >= MAX_HOSTED) throw new Problem('unavailable', `the broker holds ${MAX_HOSTED} @contexts`);
}

function knownContext(call: Call): KnownContext {
  const id = param(call, 'contextId');
  const known = call.broker.contexts.lookUp(id);
  if (known === undefined) throw new Problem('resourceNotFound', `there is no @context ${id.slice(0, 200)}`);
  return known;
}

/** 5.13.3.5. */
function detailsOf(call: Call, context: KnownContext): object {
  const { localId, kind, createdAt, document } = context;
  return {
    URL: urlOf(call, context),
    localId,
    kind,
    ...(createdAt !== undefined && { timestamp: new Date(createdAt).toISOString() }),
    extraInfo: { sha256: hashOf(JSON.stringify(document)) },
  };
}

function urlOf({ headers, broker }: Call, { url, localId }: KnownContext): string {
  return url ?? `${broker.scheme}://${headers.host ?? 'localhost'}${locationOf('jsonldContexts', localId)}`;
}

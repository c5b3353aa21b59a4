/** Context source registrations (GS CIM 009 V1.9.1, 5.9.2 to 5.9.4, 5.10.1, 5.10.2, 6.8, 6.9). */

import { toHex } from '@contor/kit';
import type { Context } from '../context/compile.js';
import { badRequest, Problem } from '../problem.js';
import { compilePattern } from '../query/pattern.js';
import { parseTypeSelection } from '../query/select.js';
import { conflictOf } from '../registration/conflict.js';
import { isWanted, type RegistrationQuery } from '../registration/discovery.js';
import { formatRegistration } from '../registration/format.js';
import { patchRegistration, type Registration } from '../registration/model.js';
import {
  parseRegistration,
  parseRegistrationId,
  parseRegistrationPatch,
  type RegistrationOptions,
} from '../registration/parse.js';
import { noRegistration } from '../store/memory.js';
import { type Answer, type Call, created, jsonAnswer, locationOf, NO_CONTENT, param } from './call.js';
import { answerForm, answerHeaders, readBody, requestContext, withContext } from './content.js';
import { csv, pageLinks, readIds, readOption, readPage } from './parameters.js';
import { submit } from './writing.js';

/** One per device of the largest fleet (250,000), twice over. */
const MAX_REGISTRATIONS = 500_000;
const SERVICE_PATH = /^\/[\w/#,.-]{0,255}$/;

export async function createRegistration(call: Call): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  const { broker, tenant } = call;
  const id = parseRegistrationId(json) ?? `urn:ngsi-ld:ContextSourceRegistration:${toHex(broker.random.bytes(12))}`;
  const atMs = broker.clock.nowMs();
  const registration = parseRegistration(json, id, optionsOf(call, contextOf(json), atMs));
  const there = broker.store.memory.tenants.get(tenant);
  if (there?.registrations.get(id, atMs) !== undefined)
    throw new Problem('alreadyExists', `registration ${id} already exists`);
  if ((there?.registrations.size ?? 0) >= MAX_REGISTRATIONS)
    throw new Problem('unavailable', `the tenant has ${MAX_REGISTRATIONS} registrations`);
  // Asked here so that a request bound to fail leaves no record behind; asked again when it is applied.
  const conflict = there && conflictOf(there, registration, atMs);
  if (conflict !== undefined) throw conflict;
  await submit(call, { kind: 'register', tenant, atMs, registration });
  return created(locationOf('csourceRegistrations', id));
}

export function retrieveRegistration(call: Call): Answer {
  const form = answerForm(call);
  const context = requestContext(call);
  return jsonAnswer(
    200,
    withContext(form, formatted(call, existing(call), context), context),
    answerHeaders(form, context),
  );
}

export function listRegistrations(call: Call): Answer {
  const form = answerForm(call);
  const context = requestContext(call);
  const page = readPage(call);
  const query = readQuery(call, context);
  const { offset, limit, isCounted } = page;
  const found: Registration[] = [];
  let count = 0;
  const { broker, tenant } = call;
  const all = broker.store.memory.tenants.get(tenant)?.registrations.current(broker.clock.nowMs());
  for (const registration of all ?? []) {
    if (!isWanted(registration, query)) continue;
    count += 1;
    if (count > offset && found.length < limit) found.push(registration);
    // One more than the page tells that there is a next one.
    else if (count > offset && !isCounted) break;
  }
  const shown = found.map((registration) => withContext(form, formatted(call, registration, context), context));
  const headers = answerHeaders(form, context, pageLinks(call, page, count > offset + found.length));
  if (isCounted) headers['NGSILD-Results-Count'] = String(count);
  return jsonAnswer(200, shown, headers);
}

export async function updateRegistration(call: Call): Promise<Answer> {
  const { json, contextOf } = readBody(call);
  const { broker, tenant } = call;
  const before = existing(call);
  const atMs = broker.clock.nowMs();
  const patch = parseRegistrationPatch(json, before, optionsOf(call, contextOf(json), atMs));
  const there = broker.store.memory.tenants.get(tenant);
  const conflict = there && conflictOf(there, patchRegistration(before, patch), atMs);
  if (conflict !== undefined) throw conflict;
  await submit(call, { kind: 'reregister', tenant, atMs, id: before.id, patch });
  return NO_CONTENT;
}

export async function deleteRegistration(call: Call): Promise<Answer> {
  const { id } = existing(call);
  await submit(call, { kind: 'unregister', tenant: call.tenant, atMs: call.broker.clock.nowMs(), id });
  return NO_CONTENT;
}

function existing(call: Call): Registration {
  const id = param(call, 'registrationId');
  const { broker, tenant } = call;
  const found = broker.store.memory.tenants.get(tenant)?.registrations.get(id, broker.clock.nowMs());
  if (found === undefined) throw noRegistration(id);
  return found;
}

function formatted(call: Call, registration: Registration, context: Context): object {
  const { broker, tenant } = call;
  const status = broker.store.memory.tenantFor(tenant).registrations.statusOf(registration.id);
  return formatRegistration(registration, status, {
    context,
    sysAttrs: readOption(call, ['sysAttrs']) !== undefined,
  });
}

/** 5.10.2: which sources could know of such entities. Without any of these, all. */
function readQuery(call: Call, context: Context): RegistrationQuery {
  const { query } = call;
  const type = query.get('type');
  const idPattern = query.get('idPattern');
  return {
    ids: readIds(call),
    idPattern: idPattern === undefined ? undefined : compilePattern(idPattern),
    // A source that has one of several types may have an entity with all of them.
    types: type === undefined ? undefined : parseTypeSelection(type, context)?.flat(),
    attributes: csv(query.get('attrs'))?.map((name) => context.expand(name)),
  };
}

function optionsOf(call: Call, context: Context, atMs: number): RegistrationOptions {
  const { broker } = call;
  return {
    context,
    resolve: (source) => broker.contexts.resolve(source),
    checkSource: broker.checkSource,
    atMs,
    path: servicePath(call),
  };
}

function servicePath({ headers }: Call): string | undefined {
  const path = headers['ngsild-path'] ?? headers['fiware-servicepath'];
  if (path === undefined || path === '') return undefined;
  if (typeof path !== 'string' || !SERVICE_PATH.test(path))
    throw badRequest('NGSILD-Path and Fiware-ServicePath are paths such as /meters');
  return path;
}

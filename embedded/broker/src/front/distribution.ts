/**
 * Writes of which a part, or all, belongs to context sources (GS CIM 009 V1.9.1, 4.3.6, 5.6, 6.3.17): the sources get their
 * part once, the rest goes to the broker's own handler as if it had been all, and the answer says what became of each.
 */

import type { Context } from '../context/compile.js';
import type { Attribute, EntityInput } from '../entity/model.js';
import { ENTITY_MEMBERS, type ParseOptions, parseAttribute, parseEntity, parseFragment } from '../entity/parse.js';
import { parseSimplified } from '../entity/simplified.js';
import { isObject, isUri, type Json, type JsonObject } from '../json.js';
import { notBuilt, Problem } from '../problem.js';
import { parseTypeSelection } from '../query/select.js';
import type { Match, RegistrationBook, Wanted } from '../registration/book.js';
import { writeAttribute, writeAttributes, writeEntity } from '../registration/fragment.js';
import type { ForwardedOperation } from '../registration/operations.js';
import type { Question } from '../registration/sources.js';
import { type Share, type Split, splitWrite, withoutLoops } from '../registration/split.js';
import { pseudonymOf, readVia } from '../registration/via.js';
import { type Answer, type Call, created, type Handler, locationOf, NO_CONTENT } from './call.js';
import { readBody, requestContext } from './content.js';
import { asUpdateAnswer, type Outcome, outcomeOf } from './outcomes.js';
import { readFlag, readShape } from './parameters.js';
import { checkRoom, kindsOf } from './writing.js';

type Unit = 'entity' | 'fragment' | 'attribute' | 'name' | 'id';

interface WriteRow {
  readonly method: Question['method'];
  /** What its body is about, and what its path ends with. */
  readonly unit: Unit;
  readonly nulls?: ParseOptions['nulls'];
  readonly isValueOptional?: boolean;
  /** URL parameters that mean the same to the source. */
  readonly passed?: readonly string[];
}

/** 5.6: how each write is put to a source. */
const WRITES = {
  createEntity: { method: 'POST', unit: 'entity' },
  updateEntity: { method: 'PATCH', unit: 'fragment', nulls: 'members' },
  appendAttrs: { method: 'POST', unit: 'fragment', passed: ['options'] },
  updateAttrs: { method: 'PATCH', unit: 'attribute', nulls: 'members', isValueOptional: true },
  replaceAttrs: { method: 'PUT', unit: 'attribute' },
  deleteAttrs: { method: 'DELETE', unit: 'name', passed: ['datasetId', 'deleteAll'] },
  deleteEntity: { method: 'DELETE', unit: 'id' },
  mergeEntity: { method: 'PATCH', unit: 'entity', nulls: 'values', isValueOptional: true, passed: ['observedAt'] },
  replaceEntity: { method: 'PUT', unit: 'entity' },
} as const satisfies Partial<Record<ForwardedOperation, WriteRow>>;

export type Write = keyof typeof WRITES;

/** What a request asks for, read as far as it takes to say whom it concerns. */
interface Deed {
  readonly id: string;
  readonly types: readonly string[] | undefined;
  /** By expanded name, the key it had in the request; undefined: the whole entity. */
  readonly keys: ReadonlyMap<string, string> | undefined;
  readonly json: JsonObject | undefined;
  readonly context: Context;
}

/** An answer to a source is a status, or a list of attributes that were not updated. */
const MAX_ANSWER_BYTES = 65_536;

/** The handler of a write that sources may have a part in. Without registrations it is the handler as it is. */
export function distributed(write: Write, handle: Handler): Handler {
  return (call) => {
    const book = call.broker.store.memory.tenants.get(call.tenant)?.registrations;
    if (book === undefined || book.size === 0 || readFlag(call.query.get('local'), 'local')) return handle(call);
    const deed = readDeed(call, WRITES[write].unit);
    // What is no such request is refused by the handler, in its words.
    if (deed === undefined || !book.concerns(deed.id)) return handle(call);
    const split = splitWrite(matchesOf(call, book, deed), write, deed.keys && new Set(deed.keys.keys()));
    const refused = write === 'deleteEntity' ? [] : split.refused;
    if (split.shares.length === 0 && refused.length === 0) return handle(call);
    return distribute(call, book, write, deed, { ...split, refused }, handle);
  };
}

/**
 * Batches are not forwarded. An item with data that lies at a source alone is refused as a whole, so that the broker does
 * not come to hold what it must not (4.3.6.3); the same as a request of its own is forwarded.
 */
export function refuseHeldElsewhere(call: Call, { id, types, attributes }: EntityInput): void {
  const book = call.broker.store.memory.tenants.get(call.tenant)?.registrations;
  if (book?.concerns(id) !== true || readFlag(call.query.get('local'), 'local')) return;
  for (const { registration, names } of book.matching({ id, types }, call.broker.clock.nowMs())) {
    if (registration.mode !== 'exclusive' && registration.mode !== 'redirect') continue;
    const held = attributes.find(({ name }) => names === undefined || names.has(name));
    if (held !== undefined)
      throw notBuilt(
        `writing ${held.name} in a batch, which registration ${registration.id} holds elsewhere (send it as a request of its own),`,
      );
  }
}

export function matchesOf(call: Call, book: RegistrationBook, wanted: Wanted): readonly Match[] {
  const { broker, tenant, headers } = call;
  const matches = book.matching({ id: wanted.id, types: wanted.types }, broker.clock.nowMs());
  if (matches.length === 0 || headers.via === undefined) return matches;
  return withoutLoops(matches, readVia(headers.via).passed, pseudonymOf(broker.sources.alias, tenant));
}

async function distribute(
  call: Call,
  book: RegistrationBook,
  write: Write,
  deed: Deed,
  split: Split,
  handle: Handler,
): Promise<Answer> {
  // Everything that can be wrong with the request is found before a source hears of it.
  const input = parseDeed(call, write, deed);
  if (split.isLocal) checkRoom(call);
  const outcomes: Outcome[] = split.refused.map(({ registration, names }) => ({
    registrationId: registration.id,
    names,
    problem: new Problem(
      'conflict',
      `registration ${registration.id} (${registration.mode}) holds this and does not take ${write} (4.20)`,
    ),
  }));
  outcomes.push(...(await Promise.all(split.shares.map((share) => send(call, book, write, deed, input, share)))));
  const local = split.isLocal ? await locally(call, deed, split, handle) : undefined;
  if (local !== undefined) outcomes.push(local);
  const whole = local?.answer ?? (write === 'createEntity' ? created(locationOf('entities', deed.id)) : NO_CONTENT);
  return asUpdateAnswer(outcomes, whole, { id: deed.id, names: deed.keys, context: deed.context });
}

async function send(
  call: Call,
  book: RegistrationBook,
  write: Write,
  deed: Deed,
  input: EntityInput,
  { registration, names }: Share,
): Promise<Outcome> {
  const { sources } = call.broker;
  const context = sources.contextOf(registration);
  const attributes = input.attributes.filter(({ name }) => names === undefined || names.has(name));
  const row: WriteRow = WRITES[write];
  const reply = await sources.ask(
    book,
    registration,
    {
      method: row.method,
      path: pathOf(write, deed.id, context, names),
      search: (row.passed ?? []).flatMap((name) => {
        const value = call.query.get(name);
        return value === undefined ? [] : [[name, value] as const];
      }),
      body: bodyOf(row.unit, input, attributes, context),
      maxAnswerBytes: MAX_ANSWER_BYTES,
    },
    { tenant: call.tenant, headers: call.headers, route: readVia(call.headers.via) },
  );
  return outcomeOf(reply, registration, names ?? (deed.keys && new Set(deed.keys.keys())));
}

function pathOf(write: Write, id: string, context: Context, names: ReadonlySet<string> | undefined): string {
  const entity = `/entities/${encoded(id)}`;
  const { unit } = WRITES[write];
  if (write === 'createEntity') return '/entities';
  if (unit === 'fragment') return `${entity}/attrs`;
  const [name] = names ?? [];
  return (unit === 'attribute' || unit === 'name') && name !== undefined
    ? `${entity}/attrs/${encoded(context.compact(name))}`
    : entity;
}

/** A colon may stand in a path (RFC 3986, 3.3), and not every agent decodes it. */
export function encoded(text: string): string {
  return encodeURIComponent(text).replaceAll('%3A', ':');
}

function bodyOf(
  unit: Unit,
  input: EntityInput,
  attributes: readonly Attribute[],
  context: Context,
): Readonly<Record<string, unknown>> | undefined {
  const [first] = attributes;
  switch (unit) {
    case 'entity':
      return writeEntity(input, attributes, context);
    case 'fragment':
      return writeAttributes(attributes, context);
    case 'attribute':
      return first === undefined ? {} : writeAttribute(first, context);
    case 'name':
    case 'id':
      return undefined;
  }
}

/** The broker's own part, by its own handler. */
async function locally(call: Call, deed: Deed, split: Split, handle: Handler): Promise<Outcome & { answer?: Answer }> {
  const names = split.local;
  const { json, keys } = deed;
  const left =
    json === undefined || names === undefined || keys === undefined
      ? call.body
      : Buffer.from(
          JSON.stringify(
            Object.fromEntries(
              Object.entries(json).filter(
                ([key]) => ![...keys].some(([name, held]) => held === key && !names.has(name)),
              ),
            ),
          ),
        );
  try {
    const answer = await handle({ ...call, body: left });
    const notUpdated = answer.status === 207 ? notUpdatedOf(answer) : undefined;
    return { registrationId: undefined, names, answer, ...(notUpdated && { notUpdated }) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { registrationId: undefined, names, problem: error };
  }
}

function notUpdatedOf({ body = '{}' }: Answer): ReadonlyMap<string, string> {
  const { notUpdated = [] }: { notUpdated?: readonly { attributeName: string; reason: string }[] } = JSON.parse(body);
  return new Map(notUpdated.map(({ attributeName, reason }) => [attributeName, reason]));
}

function readDeed(call: Call, unit: Unit): Deed | undefined {
  const { entityId, attribute } = call.params;
  if (unit === 'id' || unit === 'name') {
    const context = requestContext(call);
    if (entityId === undefined || !isUri(entityId)) return undefined;
    const keys = attribute === undefined ? undefined : new Map([[context.expand(attribute), attribute]]);
    return { id: entityId, types: typesOf(call, context), keys, json: undefined, context };
  }
  const { json, contextOf } = readBody(call);
  if (!isObject(json)) return undefined;
  const id: Json | undefined = entityId ?? json.id ?? json['@id'];
  if (typeof id !== 'string' || !isUri(id)) return undefined;
  const context = contextOf(json);
  const names = attribute === undefined ? Object.keys(json).filter((key) => !ENTITY_MEMBERS.has(key)) : [attribute];
  if (names.length === 0) return undefined;
  const keys = new Map(names.map((key) => [context.expand(key), key]));
  return { id, types: typesOf(call, context), keys, json, context };
}

function typesOf({ query }: Call, context: Context): readonly string[] | undefined {
  const type = query.get('type');
  return type === undefined ? undefined : parseTypeSelection(type, context)?.flat();
}

function parseDeed(call: Call, write: Write, { id, json, keys, context }: Deed): EntityInput {
  const row: WriteRow = WRITES[write];
  const entity = call.broker.store.memory.tenants.get(call.tenant)?.entity(id);
  const options: ParseOptions = {
    context,
    atMs: call.broker.clock.nowMs(),
    nulls: row.nulls ?? 'nowhere',
    isValueOptional: row.isValueOptional === true,
    ...(row.isValueOptional && { kindOf: kindsOf(entity), lang: call.query.get('lang') }),
  };
  if (json === undefined) return { id, types: [], scope: undefined, attributes: [] };
  if (write === 'createEntity') return parseEntity(json, options);
  if (row.unit !== 'attribute') {
    const isSimplified = write === 'mergeEntity' && readShape(call).representation === 'simplified';
    return isSimplified ? parseSimplified(json, id, options) : parseFragment(json, id, options);
  }
  const [[name, key] = ['', '']] = keys ?? [];
  const { '@context': _context, ...members } = json;
  return { id, types: [], scope: undefined, attributes: [parseAttribute(key, name, members, options)] };
}

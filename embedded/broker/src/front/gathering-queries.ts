/**
 * Queries over what the broker and its sources hold together (GS CIM 009 V1.9.1, 4.3.6, 5.7.2, 6.3.17). Sources are asked for
 * entities by id, type and attribute; every other condition is tried here, on entities that have been put together.
 */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { isList, isObject, isUri, type Json } from '../json.js';
import { Problem } from '../problem.js';
import { compilePattern } from '../query/pattern.js';
import { compileSelector, formatTypeSelection, type Selector } from '../query/select.js';
import { assemble, type Part, readEntity } from '../registration/assemble.js';
import { matchEntity, type RegistrationBook } from '../registration/book.js';
import { isWanted } from '../registration/discovery.js';
import type { Registration } from '../registration/model.js';
import { supports } from '../registration/operations.js';
import { pseudonymOf, readVia } from '../registration/via.js';
import type { Call } from './call.js';
import { compacted } from './gathering.js';

export interface Sought {
  readonly selectors: readonly Selector[];
  /** Of these attributes at least one. */
  readonly attrs: ReadonlySet<string> | undefined;
  /** q, geoQ or scopeQ have a say: whole entities are needed to try them. */
  readonly isFiltered: boolean;
}

export interface Found {
  /** By id, also of entities that the broker itself does not hold. */
  readonly parts: ReadonlyMap<string, readonly Part[]>;
  readonly faults: readonly Problem[];
}

/** One question to one source. */
interface Share {
  readonly registration: Registration;
  readonly selector: Selector;
  readonly names: ReadonlySet<string> | undefined;
}

/** Sources that one query waits for. */
const MAX_SHARES = 64;
/** Entities on a page of a source, and of all its pages: a query that is about more is not put together in memory. */
const PAGE = 500;
const MAX_ENTITIES = 10_000;
const MAX_PAGE_BYTES = 4 * 2 ** 20;

/** What the sources have of it; undefined when none is asked. */
export async function gatherQuery(call: Call, sought: Sought): Promise<Found | undefined> {
  const book = bookOf(call);
  if (book === undefined) return undefined;
  const shares = [...openShares(call, book, sought), ...exclusiveShares(call, book, idsOf(sought), wantedOf(sought))];
  if (shares.length === 0) return undefined;
  if (shares.length > MAX_SHARES)
    throw new Problem(
      'tooComplexQuery',
      `${shares.length} context sources would have to be asked, more than ${MAX_SHARES}; narrow the query, or say local=true`,
    );
  return collect(call, book, shares);
}

/**
 * A page of a query without ids: exclusive sources are as many as there are devices, so they are asked for what is shown
 * and not for all that could match.
 */
export async function complete(
  call: Call,
  entities: readonly Entity[],
  wanted: ReadonlySet<string> | undefined,
): Promise<{ readonly entities: readonly Entity[]; readonly faults: readonly Problem[] }> {
  const book = bookOf(call);
  if (book === undefined) return { entities, faults: [] };
  const shares = exclusiveShares(
    call,
    book,
    entities.map(({ id }) => id),
    wanted,
  );
  if (shares.length === 0) return { entities, faults: [] };
  const { parts, faults } = await collect(call, book, shares.slice(0, MAX_SHARES));
  const left = shares.length - MAX_SHARES;
  const unasked = `${left} more exclusive sources were not asked; ask for fewer entities, or by id`;
  return {
    entities: entities.map((entity) => assemble(entity, parts.get(entity.id) ?? []) ?? entity),
    faults: left > 0 ? [...faults, new Problem('tooComplexQuery', unasked)] : faults,
  };
}

function bookOf({ broker, tenant }: Call): RegistrationBook | undefined {
  const book = broker.store.memory.tenants.get(tenant)?.registrations;
  return book === undefined || book.size === 0 ? undefined : book;
}

function wantedOf({ attrs, isFiltered }: Sought): ReadonlySet<string> | undefined {
  return isFiltered ? undefined : attrs;
}

/** The ids a query names, when it is about nothing else. */
export function idsOf({ selectors }: Pick<Sought, 'selectors'>): readonly string[] {
  return selectors.every(({ ids }) => ids !== undefined) ? selectors.flatMap(({ ids }) => ids ?? []) : [];
}

function* openShares(call: Call, book: RegistrationBook, sought: Sought): Iterable<Share> {
  const wanted = wantedOf(sought);
  for (const registration of book.shared(call.broker.clock.nowMs())) {
    if (!supports(registration.operations, 'queryEntity') || isBehind(call, registration)) continue;
    for (const selector of sought.selectors) {
      const { ids, idPattern, types } = selector;
      const isAbout = isWanted(registration, {
        ids,
        idPattern: idPattern === undefined ? undefined : compilePattern(idPattern),
        types: types?.flat(),
        attributes: wanted && [...wanted],
      });
      if (isAbout) yield { registration, selector, names: wanted };
    }
  }
}

function exclusiveShares(
  call: Call,
  book: RegistrationBook,
  ids: readonly string[],
  wanted: ReadonlySet<string> | undefined,
): readonly Share[] {
  const nowMs = call.broker.clock.nowMs();
  const shares: Share[] = [];
  for (const id of new Set(ids)) {
    if (!book.concerns(id)) continue;
    for (const { registration, names } of book.matching({ id }, nowMs)) {
      if (registration.mode !== 'exclusive' || !supports(registration.operations, 'queryEntity')) continue;
      const part = new Set([...(names ?? [])].filter((name) => wanted === undefined || wanted.has(name)));
      if (part.size === 0 || isBehind(call, registration)) continue;
      shares.push({ registration, selector: { ids: [id] }, names: part });
    }
  }
  return shares;
}

/** 6.3.18: a query does without the sources it came through. */
function isBehind({ broker, tenant, headers }: Call, { contextSourceAlias }: Registration): boolean {
  if (headers.via === undefined) return false;
  const { passed } = readVia(headers.via);
  if (passed.includes(pseudonymOf(broker.sources.alias, tenant))) return true;
  return contextSourceAlias !== undefined && passed.includes(contextSourceAlias);
}

async function collect(call: Call, book: RegistrationBook, shares: readonly Share[]): Promise<Found> {
  const answers = await Promise.all(shares.map((share) => ask(call, book, share)));
  const parts = new Map<string, Part[]>();
  const faults: Problem[] = [];
  for (const answer of answers) {
    if (answer instanceof Problem) {
      // That a source has none of it is an answer.
      if (answer.code !== 'resourceNotFound') faults.push(answer);
      continue;
    }
    for (const part of answer) {
      const there = parts.get(part.entity.id);
      if (there === undefined) parts.set(part.entity.id, [part]);
      else there.push(part);
    }
  }
  return { parts, faults };
}

/** All pages of one source. */
async function ask(call: Call, book: RegistrationBook, share: Share): Promise<readonly Part[] | Problem> {
  const { sources } = call.broker;
  const { registration } = share;
  const context = sources.contextOf(registration);
  const search = searchOf(share, context);
  const isSelected = compileSelector(share.selector);
  const parts: Part[] = [];
  for (let offset = 0; offset < MAX_ENTITIES; offset += PAGE) {
    const reply = await sources.ask(
      book,
      registration,
      {
        method: 'GET',
        path: '/entities',
        search:
          registration.mode === 'exclusive' ? search : [...search, ['limit', String(PAGE)], ['offset', String(offset)]],
        maxAnswerBytes: MAX_PAGE_BYTES,
      },
      { tenant: call.tenant, headers: call.headers, route: readVia(call.headers.via) },
    );
    if (reply.kind === 'failed') return reply.problem;
    const page = readPage(reply.json, share, context, call.broker.clock.nowMs());
    if (page instanceof Problem) return page;
    for (const part of page) if (isSelected(part.entity) || registration.mode === 'exclusive') parts.push(part);
    const isLast = registration.mode === 'exclusive' || (isList(reply.json) && reply.json.length < PAGE);
    if (isLast) return parts;
  }
  return new Problem(
    'tooComplexQuery',
    `registration ${registration.id}: more than ${MAX_ENTITIES} entities match there`,
  );
}

function searchOf({ registration, selector, names }: Share, context: Context): readonly (readonly [string, string])[] {
  const { ids, idPattern, types } = selector;
  const search: [string, string][] = [];
  if (ids !== undefined) search.push(['id', ids.join(',')]);
  else if (idPattern !== undefined) search.push(['idPattern', idPattern]);
  const type = types === undefined ? registeredTypes(registration, context) : formatTypeSelection(types, context);
  if (type !== '' && registration.mode !== 'exclusive') search.push(['type', type]);
  if (names !== undefined) search.push(['attrs', compacted(names, context)]);
  // 5.7.2.4: a query must say something about what it wants.
  if (search.length === 0) search.push(['idPattern', '.*']);
  if (registration.mode !== 'exclusive') search.push(['options', 'sysAttrs']);
  return search;
}

/** A query that names no type is about the types that the source has, when it says which. */
function registeredTypes({ information }: Registration, context: Context): string {
  const types = information.map(({ entities }) => entities?.flatMap((entity) => entity.types));
  if (types.includes(undefined)) return '';
  return [...new Set(types.flatMap((some) => some ?? []))].map((type) => context.compact(type)).join(',');
}

/** 4.3.6: a source speaks of what it registered; of anything else that it says nothing is taken. */
function readPage(
  json: Json | undefined,
  { registration, names }: Share,
  context: Context,
  nowMs: number,
): readonly Part[] | Problem {
  const unreadable = (why: string): Problem =>
    new Problem('badGateway', `the source of registration ${registration.id} is not understood: ${why}`);
  if (!isList(json)) return unreadable('its answer is no JSON array');
  const parts: Part[] = [];
  try {
    for (const item of json) {
      const id = isObject(item) ? (item.id ?? item['@id']) : undefined;
      if (!isObject(item) || typeof id !== 'string' || !isUri(id)) return unreadable('an item of it has no id');
      const entity = readEntity(item, id, context, nowMs);
      const match = matchEntity(registration, registration.mode === 'exclusive' ? { id } : { id, types: entity.types });
      if (match === undefined) continue;
      const attributes = entity.attributes.filter(
        ({ name }) => (match.names === undefined || match.names.has(name)) && (names === undefined || names.has(name)),
      );
      parts.push({ entity: { ...entity, attributes }, mode: registration.mode });
    }
  } catch (error) {
    if (error instanceof Problem) return unreadable(error.message);
    throw error;
  }
  return parts;
}

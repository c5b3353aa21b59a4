/** Reads of entities that lie partly or wholly at context sources (GS CIM 009 V1.9.1, 4.3.6, 5.7.1, 6.3.17). */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { isObject } from '../json.js';
import { Problem } from '../problem.js';
import { assemble, type Part, readEntity } from '../registration/assemble.js';
import type { RegistrationBook } from '../registration/book.js';
import { type Share, splitRead } from '../registration/split.js';
import { pseudonymOf, readVia } from '../registration/via.js';
import type { Call } from './call.js';
import { encoded, matchesOf } from './distribution.js';
import { readFlag } from './parameters.js';
import { checkType, entityId, target } from './writing.js';

export interface Gathered {
  readonly entity: Entity;
  /** NGSILD-Warning, one for each source that did not answer (6.3.17). */
  readonly headers: Readonly<Record<string, string>>;
}

/** One entity with its attributes and metadata; a list of them belongs to queries. */
const MAX_ENTITY_BYTES = 2 ** 20;
const NO_HEADERS = {};

type Said = { readonly share: Share; readonly part: Part } | { readonly share: Share; readonly problem: Problem };

/** The entity as the broker and its sources have it together; a Problem when nobody has it. `wanted`: of these attributes at least one. */
export async function gather(call: Call, context: Context, wanted: ReadonlySet<string> | undefined): Promise<Gathered> {
  const id = entityId(call);
  const book = call.broker.store.memory.tenants.get(call.tenant)?.registrations;
  if (book === undefined || !book.concerns(id) || readFlag(call.query.get('local'), 'local'))
    return { entity: target(call, context), headers: NO_HEADERS };
  const shares = splitRead(matchesOf(call, book, { id }), 'retrieveEntity', wanted);
  if (shares.length === 0) return { entity: target(call, context), headers: NO_HEADERS };
  const gathered = await gatherFrom(call, book, id, wanted, shares);
  checkType(call, context, gathered.entity);
  return gathered;
}

async function gatherFrom(
  call: Call,
  book: RegistrationBook,
  id: string,
  wanted: ReadonlySet<string> | undefined,
  shares: readonly Share[],
): Promise<Gathered> {
  const said = await Promise.all(shares.map((share) => ask(call, book, id, share)));
  const parts = said.flatMap((one) => ('part' in one ? one.part : []));
  // That a source does not know the entity is an answer, and no reason to warn of anything.
  const faults = said.flatMap((one) =>
    'problem' in one && one.problem.code !== 'resourceNotFound' ? one.problem : [],
  );
  const entity = assemble(call.broker.store.memory.tenants.get(call.tenant)?.entity(id), parts);
  const [fault] = faults;
  const hasWanted =
    entity !== undefined && (wanted === undefined || entity.attributes.some(({ name }) => wanted.has(name)));
  if (fault !== undefined && !hasWanted) throw fault;
  if (entity === undefined) throw new Problem('resourceNotFound', `there is no entity ${id}, here or at a source`);
  return { entity, headers: warnings(call, faults) };
}

async function ask(call: Call, book: RegistrationBook, id: string, share: Share): Promise<Said> {
  const { sources, clock } = call.broker;
  const { registration, names } = share;
  const context = sources.contextOf(registration);
  const reply = await sources.ask(
    book,
    registration,
    {
      method: 'GET',
      path: `/entities/${encoded(id)}`,
      search: [
        ...(names === undefined ? [] : [['attrs', compacted(names, context)] as const]),
        // An exclusive source is the only one; of the others, times say which is the newer.
        ...(registration.mode === 'exclusive' ? [] : [['options', 'sysAttrs'] as const]),
      ],
      maxAnswerBytes: MAX_ENTITY_BYTES,
    },
    { tenant: call.tenant, headers: call.headers, route: readVia(call.headers.via) },
  );
  if (reply.kind === 'failed') return { share, problem: reply.problem };
  const { json } = reply;
  if (!isObject(json)) return { share, problem: unreadable(share, 'its answer is no JSON object') };
  if ((json.id ?? json['@id']) !== id) return { share, problem: unreadable(share, 'it answered with another entity') };
  try {
    const entity = readEntity(json, id, context, clock.nowMs());
    // 4.3.6: a source speaks of what it registered, and of nothing else.
    const attributes = entity.attributes.filter(({ name }) => names === undefined || names.has(name));
    return { share, part: { entity: { ...entity, attributes }, mode: registration.mode } };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    return { share, problem: unreadable(share, error.message) };
  }
}

export function compacted(names: ReadonlySet<string>, context: Context): string {
  return [...names].map((name) => context.compact(name)).join(',');
}

function unreadable({ registration }: Share, why: string): Problem {
  return new Problem('badGateway', `the source of registration ${registration.id} is not understood: ${why}`);
}

/** 6.3.17, and RFC 7234, 5.5 for its form: what is missing from the answer, and why. */
export function warnings(call: Call, faults: readonly Problem[]): Readonly<Record<string, string>> {
  if (faults.length === 0) return NO_HEADERS;
  const name = pseudonymOf(call.broker.sources.alias, call.tenant);
  const texts = faults.map(
    ({ message }) => `199 ${name} "${message.replace(/[^\x20-\x7e]|["\\]/g, ' ').slice(0, 200)}"`,
  );
  return { 'NGSILD-Warning': texts.slice(0, MAX_WARNINGS).join(', ') };
}

/** Headers have an end. */
const MAX_WARNINGS = 10;

/**
 * What somebody with a limited scope reads of the broker. The index says which identifiers they see now; the broker is asked for those
 * and filters by the rest; what points outside is cut from the answer. What is somebody else's is not there, like what never was.
 */

import {
  createPager,
  type EntityQuestion as Named,
  narrowQuery,
  redact,
  type Scope,
  type ScopeIndex,
} from '@contor/policy';
import type { Response } from 'express';
import { RE2JS } from 're2js';
import { correlationOf } from '../http/correlation.js';
import { sendNgsiProblem, unknownEntity } from '../http/ngsi-problem.js';
import type { NotifiedEntity } from '../notify/door.js';
import { prepare } from '../scope/prepare.js';
import type { Upstream, UpstreamAnswer } from '../upstream/upstream.js';
import type { BrokerQuery } from './broker-query.js';
import { narrowFilter } from './filter.js';
import { isLinkName } from './names.js';
import type { EntityQuestion, Selector, View } from './question.js';
import { represent } from './representation.js';

export interface Sight {
  readonly scope: Scope;
  /** Of what the broker holds. */
  readonly index: ScopeIndex;
  readonly nowMs: number;
}

/** A page of entities, or what was wrong with the question. */
export type Found =
  | {
      readonly kind: 'value';
      readonly entities: readonly object[];
      readonly count: number | undefined;
      readonly hasMore: boolean;
    }
  | { readonly kind: 'refused'; readonly detail: string }
  | { readonly kind: 'complex'; readonly detail: string }
  | { readonly kind: 'answered'; readonly answer: UpstreamAnswer };

const LONGEST_PATTERN = 256;
/** A broker's largest page. */
const MOST_ENTITIES = 1_000;

export async function findEntities(
  query: BrokerQuery,
  question: EntityQuestion,
  { scope, index, nowMs }: Sight,
  correlation: string,
): Promise<Found> {
  for (const { ids, types } of question.selectors) if (ids === undefined) await prepare(index, scope, types);
  const members = narrowedMembers(question, { scope, index, nowMs });
  if (typeof members === 'string') return { kind: 'refused', detail: members };
  const named = namedBy(question.selectors, { scope, index, nowMs });
  if (named === undefined)
    return { kind: 'refused', detail: `'idPattern' is no regular expression of RE2, or a long one.` };
  const narrowed = narrowQuery(scope, index, named, nowMs);
  const { chunks, count } = narrowed.kind === 'ids' ? narrowed : { chunks: [], count: 0 };
  if (chunks.length > 1 && question.members.ordering !== undefined)
    return { kind: 'complex', detail: 'More than 1,000 entities are not ordered here; narrow the query.' };
  const { limit, offset, wantsCount, isLocal, view } = question;
  const isPlain = Object.keys(members).every((name) => !FILTERS.has(name));
  // One more than the page tells that there is a next one.
  const more = limit > 0 && limit < MOST_ENTITIES ? limit + 1 : limit;
  const pager = createPager<NotifiedEntity>(chunks, { limit: more, offset, wantsCount, isPlain });
  for (let next = pager.next(); next !== undefined; next = pager.next()) {
    const reply = await query.ask({ ...next, members, isLocal, sysAttrs: view.sysAttrs, correlation });
    if (reply.kind === 'refused') return { kind: 'answered', answer: reply.answer };
    pager.take(reply);
  }
  const entities = pager.entities.slice(0, limit).map((entity) => show(entity, view, { scope, index, nowMs }));
  const all = isPlain ? count : pager.count;
  const isFull = entities.length === MOST_ENTITIES && (all === undefined || all > offset + limit);
  return { kind: 'value', entities, count: pager.count, hasMore: pager.entities.length > limit || isFull };
}

export async function retrieveEntity(
  broker: Upstream,
  { id, parameters, view }: { readonly id: string; readonly parameters: URLSearchParams; readonly view: View },
  sight: Sight,
  response: Response,
): Promise<void> {
  const { scope, index, nowMs } = sight;
  if (!index.isVisible(scope, id, nowMs)) return sendNgsiProblem(response, 'entity.unknown', unknownEntity(id));
  const words = new URLSearchParams(parameters);
  for (const name of ['options', 'format']) words.delete(name);
  if (view.sysAttrs) words.set('options', 'sysAttrs');
  const path = `/ngsi-ld/v1/entities/${encodeURIComponent(id)}${words.size === 0 ? '' : `?${words}`}`;
  const answer = await broker.ask({ method: 'GET', path, correlation: correlationOf(response) });
  if (answer.status === 404) return sendNgsiProblem(response, 'entity.unknown', unknownEntity(id));
  if (answer.status !== 200) return passOnAnswer(answer, response);
  response.json(show(answer.body as NotifiedEntity, view, sight));
}

/** Its own words: they speak of the question, in which nothing foreign stands any more. */
export function passOnAnswer({ status, body }: UpstreamAnswer, response: Response): void {
  response
    .status(status)
    .type('application/problem+json')
    .send(JSON.stringify(body ?? {}));
}

function show(entity: NotifiedEntity, view: View, { scope, index }: Sight): object {
  return represent(redact(entity, scope, index), view.representation);
}

/** Everything but identifiers and types that may leave out an entity. */
const FILTERS: ReadonlySet<string> = new Set(['q', 'geoQ', 'scopeQ', 'attrs', 'ordering', 'datasetId', 'pick']);

function narrowedMembers(
  question: EntityQuestion,
  { scope, index }: Sight,
): Readonly<Record<string, unknown>> | string {
  const { q, members } = question;
  if (namesOf(members.ordering).some(isLinkName)) return 'Entities are not ordered by a link to another entity.';
  if (q === undefined) return members;
  const isHidden = (id: string) => index.has(id) && index.spansOf(scope, id).length === 0;
  const filtered = narrowFilter(q, isHidden);
  return filtered.kind === 'refused' ? filtered.detail : { ...members, q: filtered.q };
}

function namesOf(ordering: unknown): readonly string[] {
  const said = typeof ordering === 'object' && ordering !== null && 'orderBy' in ordering ? ordering.orderBy : [];
  return [said].flat().flatMap((name) => (typeof name === 'string' ? name.split(/[.;,[\]]/) : []));
}

/** Those that any of the selectors names, each once. `undefined`: a pattern that is none. */
function namedBy(selectors: readonly Selector[], sight: Sight): Named | undefined {
  const [first, ...others] = selectors;
  if (first !== undefined && others.length === 0 && first.ids === undefined && first.idPattern === undefined)
    return { types: first.types };
  const found = selectors.map((selector) => idsOfOne(selector, sight));
  if (found.some((ids) => ids === undefined)) return undefined;
  return { types: [], ids: found.flatMap((ids) => ids ?? []) };
}

function idsOfOne({ ids, types, idPattern }: Selector, { scope, index, nowMs }: Sight): readonly string[] | undefined {
  if (ids !== undefined) {
    const isWanted = (id: string) => types.length === 0 || types.includes(index.typeOf(id) ?? '');
    return ids.filter((id) => index.isVisible(scope, id, nowMs) && isWanted(id));
  }
  const visible = index.idsOf(scope, types, nowMs);
  if (idPattern === undefined) return visible;
  const matches = patternOf(idPattern);
  return matches && visible.filter(matches);
}

/** On an engine that is linear in the text, whatever the pattern (T13). */
function patternOf(text: string): ((id: string) => boolean) | undefined {
  if (text.length > LONGEST_PATTERN) return undefined;
  try {
    const pattern = RE2JS.compile(text);
    return (id) => pattern.matcher(id).find();
  } catch {
    return undefined; // No pattern: RE2JS has an error type of its own for each way to be none.
  }
}

/** Finding entities: the conditions of a query as tests, the page or the order, and the answer (GS CIM 009 V1.9.1, 5.7.2.4). */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { badRequest, Problem } from '../problem.js';
import { bindQuery, compileQuery } from '../query/evaluate.js';
import { compileGeoQuery, type GeoQueryInput, parseGeoQuery } from '../query/geo-query.js';
import { compileOrdering, type Ordering, type OrderingInput } from '../query/order.js';
import { parseQuery } from '../query/q.js';
import { compileScopeQuery, parseScopeQuery } from '../query/scope-query.js';
import { compileSelector, indexTypes, type Selector } from '../query/select.js';
import type { Answer, Call } from './call.js';
import { type Page, pageLinks } from './parameters.js';
import { entitiesAnswer, type View } from './view.js';

/** What both forms of a query say, in the words of 5.2.23. */
export interface Conditions {
  readonly selectors: readonly Selector[];
  /** Nothing is asked of other brokers (5.5.13). */
  readonly isLocal: boolean;
  readonly attrs: ReadonlySet<string> | undefined;
  readonly q: string | undefined;
  readonly expandValues: readonly string[] | undefined;
  readonly geoQ: GeoQueryInput | undefined;
  readonly scopeQ: string | undefined;
  readonly ordering: OrderingInput | undefined;
}

/** How the answer is to look. */
interface Wish {
  readonly context: Context;
  readonly page: Page;
  readonly view: View;
}

export function find(call: Call, conditions: Conditions, wish: Wish): Answer {
  const plan = planOf(conditions, wish);
  const { page, view, ordering } = plan;
  const matches = matching(call, plan);
  const { entities, count, hasMore } =
    ordering === undefined ? take(matches, page) : sort(call, matches, ordering, page);
  const answer = entitiesAnswer(entities, view, pageLinks(call, page, hasMore, count));
  if (!page.isCounted) return answer;
  return { ...answer, headers: { ...answer.headers, 'NGSILD-Results-Count': String(count) } };
}

type Test = (entity: Entity) => boolean;

interface Plan {
  readonly selectors: readonly Selector[];
  /** All must hold; the cheap ones come first. */
  readonly tests: readonly Test[];
  readonly ordering: Ordering | undefined;
  readonly page: Page;
  readonly view: View;
}

function planOf(conditions: Conditions, { context, page, view }: Wish): Plan {
  const { selectors, isLocal, attrs, q, expandValues, geoQ, scopeQ, ordering } = conditions;
  if (ordering !== undefined && !isLocal)
    throw badRequest('an ordered query needs local=true: order is never applied to distributed operations (5.7.2.4)');
  const selects = selectors.map(compileSelector);
  const tests: Test[] = [(entity) => selects.some((isSelected) => isSelected(entity))];
  if (attrs !== undefined) tests.push(({ attributes }) => attributes.some(({ name }) => attrs.has(name)));
  if (scopeQ !== undefined) tests.push(compileScopeQuery(parseScopeQuery(scopeQ)));
  if (q !== undefined) {
    const expanded = new Set(expandValues?.map((name) => context.expand(name)));
    tests.push(compileQuery(bindQuery(parseQuery(q), context, expanded)));
  }
  if (geoQ !== undefined) tests.push(compileGeoQuery(parseGeoQuery(geoQ, context)));
  return { selectors, tests, ordering: ordering && compileOrdering(ordering, context), page, view };
}

interface Selection {
  readonly entities: readonly Entity[];
  /** All that match, unless there are more than were looked for. */
  readonly count: number;
  readonly hasMore: boolean;
}

function take(matches: Iterable<Entity>, page: Page): Selection {
  const entities: Entity[] = [];
  let count = 0;
  for (const entity of matches) {
    count += 1;
    if (count > page.offset && entities.length < page.limit) entities.push(entity);
    // One more than the page tells that there is a next one.
    else if (count > page.offset && !page.isCounted) break;
  }
  return { entities, count, hasMore: count > page.offset + entities.length };
}

/** Sorting needs all of them; of each only what it is sorted by is kept. */
const MAX_SORTED = 50_000;

function sort({ broker, tenant: name }: Call, matches: Iterable<Entity>, ordering: Ordering, page: Page): Selection {
  const rows: { readonly id: string; readonly keys: ReturnType<Ordering['keysOf']> }[] = [];
  for (const entity of matches) {
    if (rows.length === MAX_SORTED)
      throw new Problem('tooManyResults', `more than ${MAX_SORTED} entities are not sorted; narrow the query`);
    rows.push({ id: entity.id, keys: ordering.keysOf(entity) });
  }
  rows.sort((a, b) => ordering.compare(a.keys, b.keys));
  const end = page.offset + page.limit;
  const tenant = broker.store.memory.tenants.get(name);
  const entities = rows.slice(page.offset, end).flatMap(({ id }) => tenant?.entity(id) ?? []);
  return { entities, count: rows.length, hasMore: rows.length > end };
}

function* matching(call: Call, { selectors, tests }: Plan): Iterable<Entity> {
  for (const entity of candidates(call, selectors)) if (tests.every((holds) => holds(entity))) yield entity;
}

/** As few entities as the selectors allow to look at: by id, by type, or all. */
function* candidates({ broker, tenant: name }: Call, selectors: readonly Selector[]): Iterable<Entity> {
  const tenant = broker.store.memory.tenants.get(name);
  if (tenant === undefined) return;
  if (selectors.every(({ ids }) => ids !== undefined)) {
    for (const id of new Set(selectors.flatMap(({ ids }) => ids ?? []))) {
      const entity = tenant.entity(id);
      if (entity !== undefined) yield entity;
    }
    return;
  }
  const isTyped = selectors.every(({ types }) => types !== undefined);
  yield* tenant.entities(isTyped ? [...new Set(selectors.flatMap(({ types }) => indexTypes(types ?? [])))] : undefined);
}

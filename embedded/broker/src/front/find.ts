/** Finding entities: the conditions of a query as tests, the page or the order, and the answer (GS CIM 009 V1.9.1, 5.7.2.4). */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { badRequest, Problem } from '../problem.js';
import { bindQuery, compileQuery } from '../query/evaluate.js';
import { compileGeoQuery, type GeoQueryInput, parseGeoQuery } from '../query/geo-query.js';
import { compileOrdering, type Ordering, type OrderingInput } from '../query/order.js';
import { type Condition, matching, type Wanted } from '../query/plan.js';
import { parseQuery } from '../query/q.js';
import { compileScopeQuery, parseScopeQuery } from '../query/scope-query.js';
import { compileSelector, type Selector } from '../query/select.js';
import { assemble, type Part } from '../registration/assemble.js';
import type { EntityTable } from '../store/entity-table.js';
import type { Answer, Call } from './call.js';
import { warnings } from './gathering.js';
import { complete, gatherQuery, idsOf } from './gathering-queries.js';
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

export async function find(call: Call, conditions: Conditions, wish: Wish): Promise<Answer> {
  const { wanted, ordering } = planOf(conditions, wish);
  const { page, view } = wish;
  const { selectors, attrs, isLocal } = conditions;
  const isFiltered = wanted.query !== undefined || (wanted.conditions ?? []).length > 0;
  const found = isLocal ? undefined : await gatherQuery(call, { selectors, attrs, isFiltered });
  const table = call.broker.store.memory.tenants.get(call.tenant)?.table;
  const { entities, count, hasMore } =
    table === undefined
      ? NOTHING
      : ordering === undefined
        ? take(table, found === undefined ? matching(table, wanted) : together(table, wanted, found.parts), page)
        : sort(table, wanted, ordering, page);
  const isById = isLocal || idsOf(conditions).length > 0;
  const shown = isById
    ? { entities, faults: [] }
    : await complete(call, entities, attrs ?? view.options.projection?.attributes);
  const answer = entitiesAnswer(shown.entities, view, pageLinks(call, page, hasMore, count));
  return {
    ...answer,
    headers: {
      ...answer.headers,
      ...(page.isCounted && { 'NGSILD-Results-Count': String(count) }),
      ...warnings(call, [...(found?.faults ?? []), ...shown.faults]),
    },
  };
}

/** What the broker holds alone, and then what it holds together with its sources, or they alone. */
function* together(
  table: EntityTable,
  wanted: Wanted,
  parts: ReadonlyMap<string, readonly Part[]>,
): Iterable<number | Entity> {
  for (const slot of matching(table, wanted)) if (!parts.has(table.id(slot))) yield slot;
  const isWanted = wholeTest(wanted);
  for (const [id, own] of parts) {
    const slot = table.slot(id);
    const entity = assemble(slot === undefined ? undefined : table.entityAt(slot), own);
    if (entity !== undefined && isWanted(entity)) yield entity;
  }
}

function wholeTest({ selectors, query, attrs, conditions = [] }: Wanted): (entity: Entity) => boolean {
  const selects = selectors.map(compileSelector);
  const holds = query === undefined ? undefined : compileQuery(query);
  return (entity) =>
    selects.some((isSelected) => isSelected(entity)) &&
    (attrs === undefined || entity.attributes.some(({ name }) => attrs.has(name))) &&
    (holds === undefined || holds(entity)) &&
    conditions.every((condition) => condition.holds(entity));
}

interface Plan {
  readonly wanted: Wanted;
  readonly ordering: Ordering | undefined;
}

function planOf(conditions: Conditions, { context }: Wish): Plan {
  const { selectors, isLocal, attrs, q, expandValues, geoQ, scopeQ, ordering } = conditions;
  if (ordering !== undefined && !isLocal)
    throw badRequest('an ordered query needs local=true: order is never applied to distributed operations (5.7.2.4)');
  const expanded = new Set(expandValues?.map((name) => context.expand(name)));
  const further: Condition[] = [];
  if (scopeQ !== undefined) further.push({ holds: compileScopeQuery(parseScopeQuery(scopeQ)), attribute: null });
  const query = q === undefined ? undefined : bindQuery(parseQuery(q), context, expanded);
  if (geoQ !== undefined) {
    const parsed = parseGeoQuery(geoQ, context);
    further.push({ holds: compileGeoQuery(parsed), attribute: parsed.geoproperty[0] ?? null });
  }
  return {
    wanted: { selectors, query, attrs, conditions: further },
    ordering: ordering && compileOrdering(ordering, context),
  };
}

interface Selection {
  readonly entities: readonly Entity[];
  /** All that match, unless there are more than were looked for. */
  readonly count: number;
  readonly hasMore: boolean;
}

const NOTHING: Selection = { entities: [], count: 0, hasMore: false };

/** Only the entities of the page are unpacked. */
function take(table: EntityTable, matches: Iterable<number | Entity>, page: Page): Selection {
  const entities: Entity[] = [];
  let count = 0;
  for (const match of matches) {
    count += 1;
    if (count > page.offset && entities.length < page.limit)
      entities.push(typeof match === 'number' ? table.entityAt(match) : match);
    // One more than the page tells that there is a next one.
    else if (count > page.offset && !page.isCounted) break;
  }
  return { entities, count, hasMore: count > page.offset + entities.length };
}

/** Sorting needs all of them; of each only what it is sorted by is kept. */
const MAX_SORTED = 50_000;

function sort(table: EntityTable, wanted: Wanted, ordering: Ordering, page: Page): Selection {
  const rows: { readonly slot: number; readonly keys: ReturnType<Ordering['keysOf']> }[] = [];
  for (const slot of matching(table, wanted)) {
    if (rows.length === MAX_SORTED)
      throw new Problem('tooManyResults', `more than ${MAX_SORTED} entities are not sorted; narrow the query`);
    rows.push({ slot, keys: ordering.keysOf(table.entityAt(slot)) });
  }
  rows.sort((a, b) => ordering.compare(a.keys, b.keys));
  const end = page.offset + page.limit;
  const entities = rows.slice(page.offset, end).map(({ slot }) => table.entityAt(slot));
  return { entities, count: rows.length, hasMore: rows.length > end };
}

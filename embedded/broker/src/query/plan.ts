/**
 * How a query finds its entities without unpacking those it does not answer with: by id, by type, by the beginning of the
 * id, and by columns of values for the comparisons of `q`. The predicates are those of `evaluate` and `select`; only what
 * they are shown is smaller: the attribute they look at. So a query answers the same with and without all this.
 */

import { type Entity, NO_PARTS } from '../entity/model.js';
import type { SlotTest } from '../store/column.js';
import type { EntityTable } from '../store/entity-table.js';
import { compileQuery, type Predicate } from './evaluate.js';
import type { Comparison, Existence, Query } from './q.js';
import { compileSelector, indexTypes, type Selector } from './select.js';

export interface Wanted {
  /** Alternatives. */
  readonly selectors: readonly Selector[];
  /** Names expanded. */
  readonly query?: Query | undefined;
  /** Expanded names, of which an entity needs one (5.7.2.4). */
  readonly attrs?: ReadonlySet<string> | undefined;
  /** Further conditions; the cheap ones come first. */
  readonly conditions?: readonly Condition[];
}

export interface Condition {
  readonly holds: Predicate;
  /** Expanded name of the one attribute it looks at; null: at none; undefined: at the whole entity. */
  readonly attribute?: string | null;
}

/** The slots of those that match, in order of creation, or of the ids that were asked for. */
export function* matching(table: EntityTable, { selectors, query, attrs, conditions = [] }: Wanted): Iterable<number> {
  const isSelected = selectorTest(table, selectors);
  const holds = query === undefined ? undefined : queryTest(table, query);
  const hasSome = attrs === undefined ? undefined : queryTest(table, existenceOf(attrs));
  const tests = conditions.map((condition) => conditionTest(table, condition));
  for (const slot of candidates(table, selectors)) {
    if (!isSelected(slot)) continue;
    if (hasSome !== undefined && !hasSome(slot)) continue;
    if (holds !== undefined && !holds(slot)) continue;
    if (tests.every((test) => test(slot))) yield slot;
  }
}

/** As few slots as the selectors allow to look at: by id, by type, or all. */
function* candidates(table: EntityTable, selectors: readonly Selector[]): Iterable<number> {
  if (selectors.every(({ ids }) => ids !== undefined)) {
    for (const id of new Set(selectors.flatMap(({ ids }) => ids ?? []))) {
      const slot = table.slot(id);
      if (slot !== undefined) yield slot;
    }
    return;
  }
  const isTyped = selectors.every(({ types }) => types !== undefined);
  yield* table.slots(isTyped ? selectors.flatMap(({ types }) => indexTypes(types ?? [])) : undefined);
}

/** Selectors look at ids and types, which need no unpacking; without ids they say the same of all that share their types. */
function selectorTest(table: EntityTable, selectors: readonly Selector[]): SlotTest {
  const tests = selectors.map(compileSelector);
  const shown = { id: '', types: NO_TYPES, scope: undefined, attributes: NO_PARTS, createdAt: 0, modifiedAt: 0 };
  const isSelected = (slot: number): boolean => {
    shown.id = table.id(slot);
    shown.types = table.typesAt(slot);
    return tests.some((test) => test(shown));
  };
  if (selectors.some(({ ids, idPattern }) => ids !== undefined || idPattern !== undefined)) {
    const begins = selectors.map(({ idPattern }) => beginning(idPattern === undefined ? '' : literalPrefix(idPattern)));
    const [only] = begins;
    const mayMatch = begins.length === 1 && only !== undefined ? only : (id: string) => begins.some((one) => one(id));
    return (slot) => mayMatch(table.id(slot)) && isSelected(slot);
  }
  let lastTypes: readonly string[] | undefined;
  let lastAnswer = false;
  return (slot) => {
    const types = table.typesAt(slot);
    if (types !== lastTypes) {
      lastTypes = types;
      lastAnswer = isSelected(slot);
    }
    return lastAnswer;
  };
}

const NO_TYPES: readonly string[] = [];

/** Letters every id must begin with that matches, as far as that can be read off a pattern: `^urn:a:b` and no alternative. */
export function literalPrefix(pattern: string): string {
  if (!pattern.startsWith('^') || pattern.includes('|') || pattern.includes('(?')) return '';
  const literal = /^[\w:/#-]*/.exec(pattern.slice(1))?.[0] ?? '';
  const next = pattern[1 + literal.length];
  // What is repeated may be there no times.
  return next !== undefined && '*?{'.includes(next) ? literal.slice(0, -1) : literal;
}

function conditionTest(table: EntityTable, { holds, attribute }: Condition): SlotTest {
  if (attribute === undefined) return (slot) => holds(table.entityAt(slot));
  if (attribute === null) return (slot) => holds(table.bareAt(slot));
  return (slot) => holds(table.onlyAt(slot, attribute));
}

/** Ids of a fleet differ at their end, so the last letter of the beginning is the first to be looked at. */
function beginning(prefix: string): (id: string) => boolean {
  const last = prefix.length - 1;
  const code = prefix.charCodeAt(last);
  return (id) => last < 0 || (id.charCodeAt(last) === code && id.startsWith(prefix));
}

function existenceOf(attrs: ReadonlySet<string>): Query {
  const terms = [...attrs].map(
    (name): Existence => ({ kind: 'exists', path: { names: [name], trail: [] }, isNegated: false }),
  );
  return { kind: 'or', terms };
}

function queryTest(table: EntityTable, query: Query): SlotTest {
  if ('terms' in query) {
    const terms = query.terms.map((term) => queryTest(table, term));
    return query.kind === 'and'
      ? (slot) => terms.every((term) => term(slot))
      : (slot) => terms.some((term) => term(slot));
  }
  return termTest(table, query);
}

/** One term is about one attribute, or about the entity itself. */
function termTest(table: EntityTable, term: Comparison | Existence): SlotTest {
  const predicate = compileQuery(term);
  const { names, trail } = term.path;
  const [name = ''] = names;
  if (names.length === 1 && TIMES.has(name)) return timeTest(table, predicate);
  // Expanded names are IRIs; of what stands without a colon only the whole entity can tell.
  if (!name.includes(':')) return (slot) => predicate(table.entityAt(slot));
  if (names.length === 1 && trail.length === 0) return table.columnTest(name, 'value', predicate);
  const [, second] = names;
  if (names.length === 2 && (second === 'observedAt' || second === 'unitCode'))
    return table.columnTest(name, second, predicate);
  return (slot) => predicate(table.onlyAt(slot, name));
}

/** Members of the entity that terms may be about. */
const TIMES = new Set(['createdAt', 'modifiedAt']);

/** Entities written together share their times. */
function timeTest(table: EntityTable, predicate: Predicate): SlotTest {
  let last: Entity | undefined;
  let lastAnswer = false;
  return (slot) => {
    const entity = table.bareAt(slot);
    if (last?.modifiedAt !== entity.modifiedAt || last.createdAt !== entity.createdAt) {
      last = entity;
      lastAnswer = predicate(entity);
    }
    return lastAnswer;
  };
}

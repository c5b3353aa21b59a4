/**
 * What a request costs, in units: one is a look at one entity. A list costs by its page, history by its rows and its window, so that
 * whoever asks for a year of everything waits longer for the next answer than somebody who opens a meter (T32).
 */

import type { RouteRow } from '@contor/policy';

interface CostRow {
  readonly path: RegExp;
  readonly method?: RouteRow['method'];
  readonly cost: number | ((query: URLSearchParams) => number);
}

const DEFAULT_PAGE = 20;
const ENTITIES_A_UNIT = 50;
/** QuantumLeap's own page, when nobody says how many rows. */
const DEFAULT_ROWS = 10_000;
const ROWS_A_UNIT = 1_000;
const DAYS_A_UNIT = 31;
const DAY_MS = 86_400_000;
/** However much is asked for, it is one request, and a full bucket must do. */
const MOST = 100;

/** The first row that matches counts. Paths as in the table of routes. */
const COSTS: readonly CostRow[] = [
  { path: /^\/api\/ngsi-ld\/v1\/entities$/, method: 'GET', cost: listCost },
  { path: /^\/api\/ngsi-ld\/v1\/entities\/:entityId$/, method: 'GET', cost: 1 },
  { path: /^\/api\/ngsi-ld\/v1\/types/, cost: 2 },
  { path: /^\/api\/ngsi-ld\/v1\/entityOperations\//, cost: 20 },
  { path: /^\/api\/quantumleap\/v2\/entities\/:entityId(\/|$)/, cost: (query) => historyCost(query, 1) },
  { path: /^\/api\/quantumleap\/v2\/entities$/, cost: 5 },
  { path: /^\/api\/quantumleap\//, cost: (query) => historyCost(query, 2) },
  { path: /^\/api\/stream$/, cost: 10 },
  { path: /^\/api\/audit\/export$/, cost: 50 },
  { path: /^\/api\/audit/, cost: 10 },
  { path: /^\/api\/session$/, cost: 1 },
];

/** What is not in the table: a small read, and a change, which is written to disk more than once. */
const READ = 2;
const CHANGE = 5;

export function costOf(row: RouteRow, query: URLSearchParams): number {
  const found = COSTS.find(({ path, method }) => path.test(row.path) && (method ?? row.method) === row.method);
  if (found === undefined) return row.method === 'GET' ? READ : CHANGE;
  const cost = typeof found.cost === 'number' ? found.cost : found.cost(query);
  return Math.min(MOST, cost);
}

function listCost(query: URLSearchParams): number {
  return 1 + Math.ceil(wholeNumber(query.get('limit'), DEFAULT_PAGE) / ENTITIES_A_UNIT);
}

/** Rows that come back, and the window that is added up when they are totals. */
function historyCost(query: URLSearchParams, entities: number): number {
  const rows = wholeNumber(query.get('lastN') ?? query.get('limit'), DEFAULT_ROWS);
  const window = query.has('aggrMethod') ? windowDays(query) / DAYS_A_UNIT : 0;
  return 1 + entities * Math.ceil(rows / ROWS_A_UNIT + window);
}

function windowDays(query: URLSearchParams): number {
  const fromMs = Date.parse(query.get('fromDate') ?? '');
  const toMs = Date.parse(query.get('toDate') ?? '');
  if (Number.isNaN(fromMs) || Number.isNaN(toMs)) return 366; // An open window is a year at least.
  return Math.max(0, (toMs - fromMs) / DAY_MS);
}

function wholeNumber(text: string | null, fallback: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : fallback;
}

/** A question to history in QuantumLeap's words: path and parameters → what is asked, and back to a request. */

/** How many types, entities and attributes an answer holds. */
export type HistoryFamily = '1T1E1A' | '1T1ENA' | '1TNE1A' | '1TNENA' | 'NTNE1A' | 'NTNENA' | 'NTNE';

export interface HistoryQuestion {
  readonly family: HistoryFamily;
  /** Leaves out the names that stand in the path. */
  readonly isValueOnly: boolean;
  /** The one in the path. */
  readonly id: string | undefined;
  readonly attribute: string | undefined;
  readonly type: string | undefined;
  /** Asked for by parameter. */
  readonly ids: readonly string[] | undefined;
  /** Both inclusive. */
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly lastN: number | undefined;
  readonly limit: number;
  readonly offset: number;
  readonly method: string | undefined;
  readonly period: string | undefined;
  /** What narrows the question further, as it was said: `attrs`, `idPattern`, `georel` and what history knows besides. */
  readonly others: Readonly<Record<string, string>>;
}

export type ReadQuestion =
  | { readonly kind: 'question'; readonly question: HistoryQuestion }
  | { readonly kind: 'refused'; readonly parameter: string };

/** QuantumLeap's own page, and the most it tells. */
export const ROWS_LIMIT = 10_000;

interface FamilyRow {
  readonly path: RegExp;
  readonly family: HistoryFamily;
}

/** QuantumLeap 1.0, "Queries", and the twins with `/value`. */
const FAMILIES: readonly FamilyRow[] = [
  { path: /^\/v2\/entities$/, family: 'NTNE' },
  { path: /^\/v2\/entities\/(?<id>[^/]+)\/attrs\/(?<attribute>[^/]+)$/, family: '1T1E1A' },
  { path: /^\/v2\/entities\/(?<id>[^/]+)$/, family: '1T1ENA' },
  { path: /^\/v2\/types\/(?<type>[^/]+)\/attrs\/(?<attribute>[^/]+)$/, family: '1TNE1A' },
  { path: /^\/v2\/types\/(?<type>[^/]+)$/, family: '1TNENA' },
  { path: /^\/v2\/attrs\/(?<attribute>[^/]+)$/, family: 'NTNE1A' },
  { path: /^\/v2\/attrs$/, family: 'NTNENA' },
];

/** Told apart from `others`, because narrowing changes them. */
const OWN_PLACES: ReadonlySet<string> = new Set([
  ...['id', 'type', 'fromDate', 'toDate', 'lastN', 'limit', 'offset', 'aggrMethod', 'aggrPeriod'],
]);

/** `path` below the server, such as `/v2/types/Device`, still encoded. `undefined`: no read of QuantumLeap's. */
export function readHistoryQuestion(path: string, parameters: URLSearchParams): ReadQuestion | undefined {
  const isValueOnly = path.endsWith('/value');
  const bare = isValueOnly ? path.slice(0, -'/value'.length) : path;
  const row = FAMILIES.find((candidate) => candidate.path.test(bare));
  if (row === undefined || (isValueOnly && row.family === 'NTNE')) return undefined;
  const { id, type, attribute } = row.path.exec(bare)?.groups ?? {};
  const said = (name: string) => parameters.get(name) || undefined;
  const numbers = { lastN: said('lastN'), limit: said('limit'), offset: said('offset') };
  const odd = Object.entries(numbers).find(([, text]) => text !== undefined && !/^\d{1,9}$/.test(text));
  if (odd !== undefined) return { kind: 'refused', parameter: odd[0] };
  const [fromMs, toMs] = [instantOf(said('fromDate')), instantOf(said('toDate'))];
  if (Number.isNaN(fromMs)) return { kind: 'refused', parameter: 'fromDate' };
  if (Number.isNaN(toMs)) return { kind: 'refused', parameter: 'toDate' };
  if (numbers.lastN === '0' || numbers.limit === '0') return { kind: 'refused', parameter: 'limit' };
  const question: HistoryQuestion = {
    family: row.family,
    isValueOnly,
    id: decoded(id),
    attribute: decoded(attribute),
    type: decoded(type) ?? said('type'),
    ids: listOf(said('id')),
    ...{ fromMs, toMs },
    lastN: numberOf(numbers.lastN),
    limit: Math.min(numberOf(numbers.limit) ?? ROWS_LIMIT, ROWS_LIMIT),
    offset: numberOf(numbers.offset) ?? 0,
    ...{ method: said('aggrMethod')?.toLowerCase(), period: said('aggrPeriod') },
    others: Object.fromEntries([...parameters].filter(([name, text]) => !OWN_PLACES.has(name) && text !== '')),
  };
  return { kind: 'question', question };
}

/** One question to history. */
export type HistoryAsk =
  | { readonly method: 'GET'; readonly path: string; readonly query: Readonly<Record<string, string>> }
  | { readonly method: 'POST'; readonly path: '/v2/query'; readonly body: Readonly<Record<string, unknown>> };

/** Rows of one window: the page, and where it is. Both ends inclusive. */
export interface HistoryWindow {
  readonly ids: readonly string[];
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
  readonly method: string | undefined;
  readonly limit: number;
  readonly offset: number;
}

/** Never with `/value`: the names are needed to put answers together. */
export function toAsk(question: HistoryQuestion, type: string | undefined, window: HistoryWindow): HistoryAsk {
  const { family, id, attribute, lastN, period, others } = question;
  const name = encodeURIComponent;
  const path = {
    '1T1E1A': `/v2/entities/${name(id ?? '')}/attrs/${name(attribute ?? '')}`,
    '1T1ENA': `/v2/entities/${name(id ?? '')}`,
    '1TNE1A': `/v2/types/${name(type ?? '')}/attrs/${name(attribute ?? '')}`,
    '1TNENA': `/v2/types/${name(type ?? '')}`,
    NTNE1A: `/v2/attrs/${name(attribute ?? '')}`,
    NTNENA: '/v2/attrs',
    NTNE: '/v2/entities',
  }[family];
  const query: Record<string, string> = { ...others };
  if (type !== undefined && !family.startsWith('1TN')) query.type = type;
  if (id === undefined && window.ids.length > 0) query.id = window.ids.join(',');
  if (window.fromMs !== undefined) query.fromDate = new Date(window.fromMs).toISOString();
  if (window.toMs !== undefined) query.toDate = new Date(window.toMs).toISOString();
  if (window.method !== undefined) query.aggrMethod = window.method;
  if (period !== undefined) query.aggrPeriod = period;
  if (lastN !== undefined) query.lastN = String(Math.max(1, window.limit));
  return { method: 'GET', path, query: { ...query, limit: String(window.limit), offset: String(window.offset) } };
}

function instantOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = INSTANT.exec(text);
  if (match === null) return Number.NaN;
  const [, day, time = '00:00', zone] = match;
  // A URL decodes "+02:00" to " 02:00"; without an offset it is UTC.
  const offset = zone === undefined || zone === 'z' ? 'Z' : zone.replace(' ', '+');
  return Date.parse(`${day}T${time}${offset}`);
}

const INSTANT = /^(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2}(?:\.\d{1,9})?)?)(Z|z|[+\- ]\d{2}:\d{2})?)?$/;

function numberOf(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number(text);
}

function listOf(text: string | undefined): readonly string[] | undefined {
  return text
    ?.split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function decoded(text: string | undefined): string | undefined {
  return text === undefined ? undefined : decodeURIComponent(text);
}

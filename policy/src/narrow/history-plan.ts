/**
 * Reads of history, narrowed to a scope. A server of ours takes what may be seen of each entity in one question (`POST /v2/query`);
 * QuantumLeap is asked once for each window that entities have in common. Windows are cut, so that buckets at their ends are made of
 * visible rows only; answers are put together as if there had never been anything else.
 */

import { contains, type Spans, within } from '../scope/spans.js';
import type { Scope, ScopeIndex } from '../scope.js';
import { toChunks } from './entities.js';
import { canCombine, type HistoryPart, mergeHistory } from './history-merge.js';
import { type HistoryAsk, type HistoryQuestion, type HistoryWindow, ROWS_LIMIT, toAsk } from './history-question.js';
import { type HistorySeries, parseSeries, shapeSeries } from './history-series.js';

export interface HistoryAbilities {
  /** `POST /v2/query` with `scopes` (`/capabilities` says so). */
  readonly hasScopes: boolean;
}

export type HistoryPlan =
  | { readonly kind: 'everything' }
  /** The answer is `[]`, as for an entity that history does not know. */
  | { readonly kind: 'nothing' }
  | { readonly kind: 'refused'; readonly code: HistoryRefusal }
  | { readonly kind: 'read'; readonly read: () => HistoryRead };

/** `many`: too many windows or rows for one answer. `method`: cannot be put together from parts. */
export type HistoryRefusal = 'many' | 'method';

/** Yields questions that may be asked side by side and takes the JSON of their answers, in the same order. */
export type HistoryRead = Generator<readonly HistoryAsk[], HistoryAnswer, readonly unknown[]>;

export type HistoryAnswer =
  | { readonly kind: 'answer'; readonly body: unknown }
  | { readonly kind: 'refused'; readonly code: HistoryRefusal };

/** Half of what a server of ours takes in one question. */
const SCOPES_AT_ONCE = 10_000;
/** Questions to QuantumLeap for one of ours. */
const MOST_GROUPS = 256;
/** Of identifiers in a URL; Node's servers take 16 kB of headers in all. */
const MOST_URL_BYTES = 6_000;
/** Rows looked at for one page. */
const MOST_ROWS = 200_000;
/** Beyond it everybody is listed and looked for, rather than asked for by name. */
const MOST_NAMED = 2_000;
const MOST_LISTED = 2_000_000;

interface Visible {
  readonly id: string;
  /** Within the dates of the question. */
  readonly spans: Spans;
  /** All of them: the last step of a register ends behind those dates. */
  readonly allSpans: Spans;
}

/** One line of questions: the pages of one window. */
interface Line {
  readonly method: string | undefined;
  readonly ask: (limit: number, offset: number) => HistoryAsk;
  readonly parse: (body: unknown) => readonly HistorySeries[];
}

export function planHistory(
  scope: Scope,
  index: ScopeIndex,
  question: HistoryQuestion,
  abilities: HistoryAbilities,
): HistoryPlan {
  if (scope.kind === 'everything') return { kind: 'everything' };
  const visible = visibleOf(scope, index, question);
  if (visible.length === 0) return { kind: 'nothing' };
  if (question.family === 'NTNE') return { kind: 'read', read: () => readNewest(question, visible) };
  const type = question.type ?? (question.id === undefined ? undefined : index.typeOf(question.id));
  const lines = abilities.hasScopes ? scopedLines(question, type, visible) : windowLines(question, type, visible);
  if (!Array.isArray(lines)) return { kind: 'refused', code: lines as HistoryRefusal };
  return { kind: 'read', read: () => readLines(question, type, lines) };
}

function visibleOf(scope: Scope, index: ScopeIndex, question: HistoryQuestion): readonly Visible[] {
  const { id, ids, type, fromMs, toMs } = question;
  const named = id === undefined ? (ids === undefined ? undefined : [...new Set(ids)]) : [id];
  const candidates = named ?? index.idsOf(scope, type === undefined ? [] : [type], 'ever');
  const isAsked = ids === undefined ? undefined : new Set(ids);
  return candidates.flatMap((one) => {
    if (isAsked?.has(one) === false) return [];
    const allSpans = index.spansOf(scope, one);
    const spans = within(
      allSpans,
      fromMs ?? Number.NEGATIVE_INFINITY,
      toMs === undefined ? Number.POSITIVE_INFINITY : toMs + 1,
    );
    return spans.length === 0 ? [] : [{ id: one, spans, allSpans }];
  });
}

function scopedLines(
  question: HistoryQuestion,
  type: string | undefined,
  visible: readonly Visible[],
): readonly Line[] {
  const { fromMs, toMs, lastN, method, period, attribute, others } = question;
  const family = type === undefined ? 'NTNENA' : '1TNENA';
  const said = {
    ...others,
    ...(type !== undefined && { type }),
    ...(attribute !== undefined && { attrs: [attribute] }),
    ...(fromMs !== undefined && { fromDate: new Date(fromMs).toISOString() }),
    ...(toMs !== undefined && { toDate: new Date(toMs).toISOString() }),
    ...(method !== undefined && { aggrMethod: method }),
    ...(period !== undefined && { aggrPeriod: period }),
  };
  return toChunks(visible, SCOPES_AT_ONCE).map((chunk) => {
    const scopes = chunk.flatMap(({ id, allSpans }) =>
      allSpans.map((span) => ({ id, ...toDates(span.fromMs, span.toMs) })),
    );
    return {
      method,
      ask: (limit, offset) => ({
        method: 'POST',
        path: '/v2/query',
        body: { ...said, scopes, limit, offset, ...(lastN !== undefined && { lastN: limit }) },
      }),
      parse: (body) => parseSeries(family, body),
    };
  });
}

function toDates(fromMs: number, toMs: number) {
  return {
    ...(Number.isFinite(fromMs) && { from: new Date(fromMs).toISOString() }),
    ...(Number.isFinite(toMs) && { to: new Date(toMs).toISOString() }),
  };
}

/** One line for each window, and for each method that a mean of several windows is made of. */
function windowLines(
  question: HistoryQuestion,
  type: string | undefined,
  visible: readonly Visible[],
): readonly Line[] | HistoryRefusal {
  const { method, family } = question;
  const isSplit = visible.some(({ spans }) => spans.length > 1);
  if (method?.includes(',') === true || (isSplit && method !== undefined && !canCombine(method))) return 'method';
  const groups = new Map<string, Omit<HistoryWindow, 'limit' | 'offset'> & { ids: string[] }>();
  for (const { id, spans } of visible) {
    const methods = method === 'avg' && spans.length > 1 ? ['sum', 'count'] : [method];
    for (const span of spans) {
      for (const one of methods) {
        const [fromMs, toMs] = [finite(span.fromMs), finite(span.toMs - 1)];
        const key = `${fromMs} ${toMs} ${one}`;
        const group = groups.get(key);
        if (group === undefined) groups.set(key, { ids: [id], fromMs, toMs, method: one });
        else group.ids.push(id);
      }
    }
  }
  // Earlier spans first, as `first` and `last` of a bucket need it.
  const sorted = [...groups.values()].sort((a, b) => (a.fromMs ?? -1) - (b.fromMs ?? -1));
  const lines = sorted.flatMap((group) =>
    byBytes(group.ids).map(
      (ids): Line => ({
        method: group.method,
        ask: (limit, offset) => toAsk(question, type, { ...group, ids, limit, offset }),
        parse: (body) => parseSeries(family, body),
      }),
    ),
  );
  return lines.length > MOST_GROUPS ? 'many' : lines;
}

function finite(ms: number): number | undefined {
  return Number.isFinite(ms) ? ms : undefined;
}

function byBytes(ids: readonly string[]): readonly (readonly string[])[] {
  const chunks: string[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const id of ids) {
    const own = encodeURIComponent(id).length + 3;
    bytes += own;
    if (bytes > MOST_URL_BYTES) {
      chunks.push([]);
      bytes = own;
    }
    chunks.at(-1)?.push(id);
  }
  return chunks;
}

function* readLines(question: HistoryQuestion, type: string | undefined, lines: readonly Line[]): HistoryRead {
  const { limit, offset, lastN, method, period, fromMs, toMs } = question;
  const rows = Math.min(lastN ?? limit, limit);
  const total =
    method !== undefined && period === undefined ? { fromDate: toIndex(fromMs), toDate: toIndex(toMs) } : undefined;
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) {
    const [body] = yield [only.ask(rows, offset)];
    const series = mergeHistory(question, [{ method, series: only.parse(body) }], false);
    return { kind: 'answer', body: shapeSeries(question, type, series, total) };
  }
  const parts = yield* collect(question, lines, offset + rows);
  if (parts === undefined) return { kind: 'refused', code: 'many' };
  return { kind: 'answer', body: shapeSeries(question, type, mergeHistory(question, parts), total) };
}

interface Pages {
  readonly line: Line;
  readonly found: HistorySeries[];
  asked: number;
  size: number;
  isDone: boolean;
}

/** Of each line as much as can be part of the page. */
function* collect(
  question: HistoryQuestion,
  lines: readonly Line[],
  wanted: number,
): Generator<readonly HistoryAsk[], readonly HistoryPart[] | undefined, readonly unknown[]> {
  const size = question.method === undefined ? Math.min(wanted, ROWS_LIMIT) : ROWS_LIMIT;
  const all = lines.map((line): Pages => ({ line, found: [], asked: 0, size, isDone: false }));
  let seen = 0;
  for (;;) {
    const waiting = all.filter(({ isDone }) => !isDone);
    if (waiting.length === 0) break;
    const bodies: readonly unknown[] = yield waiting.map(({ line, asked, size: page }) => line.ask(page, asked));
    for (const [at, pages] of waiting.entries()) {
      const series = pages.line.parse(bodies[at]);
      pages.found.push(...series);
      pages.asked += pages.size;
      pages.isDone = isEnough(question, pages, series, wanted);
      pages.size = Math.min(pages.asked, ROWS_LIMIT);
      seen += series.reduce((sum, { index }) => sum + index.length, 0);
    }
    if (seen > MOST_ROWS) return undefined;
  }
  return all.map(({ line, found }) => ({ method: line.method, series: found }));
}

/**
 * A page that is not full is the last. Rows come by time, so they are enough when as many as are wanted lie before the last
 * instant: of that instant itself others may follow. Buckets come by entity, in an order of history's own, and all are needed.
 */
function isEnough(question: HistoryQuestion, pages: Pages, newest: readonly HistorySeries[], wanted: number): boolean {
  const byType = new Map<string, number>();
  for (const { type, index } of newest) byType.set(type, (byType.get(type) ?? 0) + Math.max(1, index.length));
  const full = [...byType].filter(([, rows]) => rows >= pages.size).map(([type]) => type);
  if (full.length === 0) return true;
  if (question.method !== undefined) return false;
  return full.every((type) => {
    const times = pages.found.filter((series) => series.type === type).flatMap(({ index }) => index.map(Date.parse));
    const edge = times.reduce((a, b) => (question.lastN === undefined ? Math.max(a, b) : Math.min(a, b)));
    return times.filter((ms) => ms !== edge).length >= wanted;
  });
}

/**
 * Who is there, and when each was last heard of while one could hear it. First everybody is asked for at once: only those heard of
 * again after they were out of sight are asked for once more, within their spans.
 */
function* readNewest(question: HistoryQuestion, visible: readonly Visible[]): HistoryRead {
  const spans = new Map(visible.map(({ id, spans: own }) => [id, own]));
  const listed = yield* listNewest(question, visible);
  if (listed === undefined) return { kind: 'refused', code: 'many' };
  const found: HistorySeries[] = [];
  const later: Visible[] = [];
  for (const series of listed) {
    const own = spans.get(series.id);
    if (own === undefined) continue;
    if (contains(own, Date.parse(series.index[0] ?? ''))) found.push(series);
    else later.push({ id: series.id, spans: own, allSpans: own });
  }
  const lines = windowLines(question, question.type, later);
  if (!Array.isArray(lines)) return { kind: 'refused', code: 'many' };
  const bodies: readonly unknown[] = lines.length === 0 ? [] : yield lines.map((line: Line) => line.ask(ROWS_LIMIT, 0));
  found.push(...bodies.flatMap((body) => parseSeries('NTNE', body)));
  return { kind: 'answer', body: shapeSeries(question, undefined, newestFirst(found, question), undefined) };
}

function* listNewest(
  question: HistoryQuestion,
  visible: readonly Visible[],
): Generator<readonly HistoryAsk[], readonly HistorySeries[] | undefined, readonly unknown[]> {
  const { fromMs, toMs } = question;
  const ask = (ids: readonly string[], offset: number) =>
    toAsk(question, question.type, { ids, fromMs, toMs, method: undefined, limit: ROWS_LIMIT, offset });
  if (visible.length <= MOST_NAMED) {
    const bodies = yield byBytes(visible.map(({ id }) => id)).map((ids) => ask(ids, 0));
    return bodies.flatMap((body) => parseSeries('NTNE', body));
  }
  const listed: HistorySeries[] = [];
  for (let offset = 0; offset < MOST_LISTED; offset += ROWS_LIMIT) {
    const [body] = yield [ask([], offset)];
    const page = parseSeries('NTNE', body);
    listed.push(...page);
    if (page.length < ROWS_LIMIT) return listed;
  }
  return undefined;
}

function newestFirst(found: readonly HistorySeries[], { limit, offset }: HistoryQuestion): readonly HistorySeries[] {
  const newest = new Map<string, HistorySeries & { readonly ms: number }>();
  for (const series of found) {
    const key = JSON.stringify([series.type, series.id]);
    const ms = Date.parse(series.index[0] ?? '');
    if (ms > (newest.get(key)?.ms ?? Number.NEGATIVE_INFINITY)) newest.set(key, { ...series, ms });
  }
  return [...newest.values()].sort((a, b) => b.ms - a.ms || (a.id < b.id ? -1 : 1)).slice(offset, offset + limit);
}

/** As QuantumLeap writes instants. */
function toIndex(ms: number | undefined): string {
  return ms === undefined ? '' : new Date(ms).toISOString().replace('Z', '+00:00');
}

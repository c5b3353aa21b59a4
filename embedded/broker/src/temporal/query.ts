/** What a temporal query asks for (GS CIM 009 V1.9.1, 4.11, 5.2.21, 5.2.44, 6.3.12): which time, how many, in which form. */

import { instantOf, isDateTime } from '../json.js';
import { badRequest, notBuilt } from '../problem.js';
import { METHODS, type Method, type Span } from './aggregate.js';
import { type Duration, parseDuration } from './duration.js';

export type TemporalForm = 'normalized' | 'temporalValues' | 'aggregatedValues';

export interface TemporalQuery {
  /** From, inclusive, to what is no longer wanted. */
  readonly span: Span;
  readonly lastN: number | undefined;
  readonly form: TemporalForm;
  readonly methods: readonly Method[];
  readonly period: Duration;
}

/** The same members in a URL (6.18.3.2) and in a query document (5.2.21, 5.2.44), as texts. */
export interface TemporalWords {
  readonly timerel?: string | undefined;
  readonly timeAt?: string | undefined;
  readonly endTimeAt?: string | undefined;
  readonly timeproperty?: string | undefined;
  readonly lastN?: string | undefined;
  readonly aggrMethods?: readonly string[] | undefined;
  readonly aggrPeriodDuration?: string | undefined;
  readonly options?: readonly string[] | undefined;
  readonly format?: string | undefined;
}

/** More instances of an attribute come in pages (6.3.10). */
export const MAX_LAST_N = 10_000;
const NO_PERIOD: Duration = { months: 0, ms: 0 };
const FORMS: ReadonlyMap<string, TemporalForm> = new Map([
  ['normalized', 'normalized'],
  ['temporalValues', 'temporalValues'],
  ['simplified', 'temporalValues'],
  ['aggregatedValues', 'aggregatedValues'],
]);
/** Only what was measured has a history here; when the broker heard of it has none. */
const NOT_KEPT = new Set(['createdAt', 'modifiedAt', 'deletedAt']);

export function readTemporal(words: TemporalWords): TemporalQuery {
  const { timeproperty = 'observedAt' } = words;
  if (NOT_KEPT.has(timeproperty)) throw notBuilt(`timeproperty=${timeproperty}: history is kept by observedAt, which`);
  if (timeproperty !== 'observedAt') throw badRequest('timeproperty is observedAt, createdAt, modifiedAt or deletedAt');
  const form = readForm(words);
  return { span: readSpan(words), lastN: readLastN(words.lastN), form, ...readAggregation(words, form) };
}

/** 4.11: `before` and `after` leave the instant itself out; `between` has its beginning and not its end. */
function readSpan({ timerel, timeAt, endTimeAt }: TemporalWords): Span {
  if (timerel === undefined) {
    if (timeAt !== undefined || endTimeAt !== undefined) throw badRequest('timeAt and endTimeAt need timerel (4.11)');
    return { fromMs: undefined, toMs: undefined };
  }
  if (timeAt === undefined) throw badRequest(`timerel=${timerel.slice(0, 20)} needs timeAt (4.11)`);
  const atMs = readInstant('timeAt', timeAt);
  if (timerel !== 'between') {
    if (endTimeAt !== undefined) throw badRequest('endTimeAt belongs to timerel=between only (4.11)');
    if (timerel === 'before') return { fromMs: undefined, toMs: atMs };
    if (timerel === 'after') return { fromMs: atMs + 1, toMs: undefined };
    throw badRequest('timerel is before, after or between (4.11)');
  }
  if (endTimeAt === undefined) throw badRequest('timerel=between needs endTimeAt (4.11)');
  const toMs = readInstant('endTimeAt', endTimeAt);
  if (toMs <= atMs) throw badRequest('endTimeAt must be later than timeAt');
  return { fromMs: atMs, toMs };
}

function readInstant(name: string, text: string): number {
  if (!isDateTime(text)) throw badRequest(`${name} must be a DateTime such as 2026-11-20T07:00:00Z (4.6.3)`);
  return instantOf(text);
}

function readLastN(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const lastN = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (lastN < 1 || lastN > MAX_LAST_N) throw badRequest(`lastN is a whole number from 1 to ${MAX_LAST_N}`);
  return lastN;
}

function readForm({ options = [], format }: TemporalWords): TemporalForm {
  const named = [...options, ...(format === undefined ? [] : [format])].map((word) => {
    if (word === 'sysAttrs') throw notBuilt('options=sysAttrs of the temporal API');
    const form = FORMS.get(word);
    if (form === undefined) throw badRequest(`'${word.slice(0, 40)}' is no form of the temporal API`);
    return form;
  });
  if (named.includes('temporalValues') && named.includes('aggregatedValues') && format === undefined)
    throw badRequest('temporalValues and aggregatedValues exclude each other (6.3.12)');
  return named.at(-1) ?? 'normalized';
}

function readAggregation(
  { aggrMethods, aggrPeriodDuration }: TemporalWords,
  form: TemporalForm,
): Pick<TemporalQuery, 'methods' | 'period'> {
  if (form !== 'aggregatedValues') {
    if (aggrMethods !== undefined || aggrPeriodDuration !== undefined)
      throw badRequest('aggrMethods and aggrPeriodDuration need options=aggregatedValues (6.3.12)');
    return { methods: [], period: NO_PERIOD };
  }
  if (aggrMethods === undefined || aggrMethods.length === 0)
    throw badRequest(`aggregatedValues needs aggrMethods: ${METHODS.join(', ')} (5.2.44)`);
  const methods = aggrMethods.map((name) => {
    const method = METHODS.find((candidate) => candidate === name);
    if (method === undefined) throw badRequest(`'${name.slice(0, 40)}' is none of ${METHODS.join(', ')}`);
    return method;
  });
  const period = aggrPeriodDuration === undefined ? NO_PERIOD : parseDuration(aggrPeriodDuration);
  if (period === undefined)
    throw badRequest('aggrPeriodDuration is an ISO 8601 duration such as PT15M, PT1H, P1D or P1M (4.5.19)');
  return { methods: [...new Set(methods)], period };
}

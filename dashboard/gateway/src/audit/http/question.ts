/** The parameters of a search, read from an address: what is not known, twice there or out of its bounds is refused by name. */

import { AUDIT_LOGS, AUDIT_OUTCOMES } from '../entry.js';
import type { AuditQuery } from '../search/query.js';

export interface Question {
  readonly query: Omit<AuditQuery, 'actors'>;
  /** Ids or names. */
  readonly actors: readonly string[] | undefined;
  readonly limit: number;
  readonly before: number | undefined;
  readonly format: 'csv' | 'jsonl';
}

export type ReadQuestion =
  | { readonly kind: 'value'; readonly question: Question }
  | { readonly kind: 'refused'; readonly detail: string };

const PAGE_LIMIT = 1_000;
const USUAL_LIMIT = 100;
const LONGEST_VALUE = 1_024;
/** Names in one list. */
const MOST_CHOICES = 50;
const FORMATS = ['csv', 'jsonl'] as const;

type Reader = (text: string) => unknown;

/** `undefined`: not a value of this parameter. */
const PARAMETERS: Readonly<Record<string, Reader>> = {
  log: listOf(AUDIT_LOGS),
  outcome: listOf(AUDIT_OUTCOMES),
  actor: words,
  page: words,
  operation: words,
  target: (text) => text,
  from: instant,
  to: instant,
  limit: (text) => whole(text, 1, PAGE_LIMIT),
  before: (text) => whole(text, 1, Number.MAX_SAFE_INTEGER),
  format: (text) => FORMATS.find((format) => format === text),
};

export function readQuestion(search: URLSearchParams): ReadQuestion {
  const values: Record<string, unknown> = {};
  for (const [name, text] of search) {
    const read = Object.hasOwn(PARAMETERS, name) ? PARAMETERS[name] : undefined;
    if (read === undefined) return refused(`The parameter '${name.slice(0, 40)}' is not known here.`);
    if (name in values) return refused(`The parameter '${name}' stands twice.`);
    if (text === '') continue; // An empty field of a form asks for nothing.
    const value = text.length > LONGEST_VALUE ? undefined : read(text);
    if (value === undefined) return refused(`The parameter '${name}' cannot be '${text.slice(0, 40)}'.`);
    values[name] = value;
  }
  return { kind: 'value', question: questionOf(values as Values) };
}

interface Values {
  readonly log?: AuditQuery['logs'];
  readonly outcome?: AuditQuery['outcomes'];
  readonly actor?: readonly string[];
  readonly page?: readonly string[];
  readonly operation?: readonly string[];
  readonly target?: string;
  readonly from?: number;
  readonly to?: number;
  readonly limit?: number;
  readonly before?: number;
  readonly format?: Question['format'];
}

function questionOf({
  log,
  outcome,
  actor,
  page,
  operation,
  target,
  from,
  to,
  limit,
  before,
  format,
}: Values): Question {
  return {
    query: {
      ...(log !== undefined && { logs: log }),
      ...(outcome !== undefined && { outcomes: outcome }),
      ...(page !== undefined && { pages: page }),
      ...(operation !== undefined && { operations: operation }),
      ...(target !== undefined && { target }),
      ...(from !== undefined && { fromMs: from }),
      ...(to !== undefined && { toMs: to }),
    },
    actors: actor,
    limit: limit ?? USUAL_LIMIT,
    before,
    format: format ?? 'csv',
  };
}

function words(text: string): readonly string[] | undefined {
  const all = text.split(',').filter((word) => word !== '');
  return all.length === 0 || all.length > MOST_CHOICES ? undefined : all;
}

function listOf<Choice extends string>(choices: readonly Choice[]): Reader {
  return (text) => {
    const all = words(text);
    return all?.every((word) => (choices as readonly string[]).includes(word)) ? all : undefined;
  };
}

function whole(text: string, least: number, most: number): number | undefined {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
  return value >= least && value <= most ? value : undefined;
}

/** ISO 8601 as ECMAScript reads it; a date alone is midnight UTC. */
function instant(text: string): number | undefined {
  const ms = /^\d{4}-\d{2}-\d{2}/.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(ms) ? undefined : ms;
}

function refused(detail: string): ReadQuestion {
  return { kind: 'refused', detail };
}

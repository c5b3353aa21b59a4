/** The audit trail as the gateway tells it (docs/audit.md): records, what is searched for, and the anchors. */
import { itemsIn, type Json, momentIn, numberIn, objectOf, textIn, textsIn } from './json.js';
import { localDate, startOfDate, startOfNextDate } from './zone-time.js';

export const AUDIT_LOGS = ['application', 'communication', 'parametrisation'] as const;
export type AuditLog = (typeof AUDIT_LOGS)[number];

export const OUTCOMES = ['done', 'refused', 'failed', 'begun'] as const;
export type Outcome = (typeof OUTCOMES)[number];

export const ACTOR_KINDS = ['person', 'partner', 'service', 'unknown'] as const;
export type ActorKind = (typeof ACTOR_KINDS)[number];

export interface AuditRecord {
  readonly sequence: number;
  readonly atMs: number;
  readonly log: AuditLog;
  readonly actor: { readonly id: string; readonly name: string | undefined; readonly kind: ActorKind };
  readonly page: string;
  readonly operation: string;
  readonly targets: readonly string[];
  readonly before: unknown;
  readonly after: unknown;
  readonly address: string | undefined;
  readonly correlation: string | undefined;
  readonly outcome: Outcome;
  readonly reason: string | undefined;
  readonly count: number | undefined;
  readonly sinceMs: number | undefined;
  readonly erased: readonly string[];
}

export interface AuditPage {
  readonly records: readonly AuditRecord[];
  /** Where older ones begin; none on the last page. */
  readonly next: number | undefined;
}

/** What is searched for, as it stands in the address of the page: days, not instants. */
export interface AuditSearch {
  readonly log: AuditLog;
  readonly fromDay: string;
  readonly untilDay: string;
  readonly actor: string;
  readonly page: string;
  readonly operation: string;
  readonly target: string;
}

export interface Anchors {
  readonly head: { readonly sequence: number; readonly atMs: number | undefined } | undefined;
  readonly days: readonly {
    readonly day: string;
    readonly sequence: number | undefined;
    readonly count: number | undefined;
    readonly hash: string;
  }[];
}

const DAY_MS = 86_400_000;
/** Enough to fill a screen three times; older ones are one click away. */
const PAGE_SIZE = 100;
const FILTERS = ['actor', 'page', 'operation', 'target'] as const;

export function toAuditPage(body: unknown): AuditPage {
  return {
    records: itemsIn(body, 'records').flatMap((json) => toRecord(json) ?? []),
    next: numberIn(objectOf(body), 'next'),
  };
}

export function toAnchors(body: unknown): Anchors {
  const head = objectOf(objectOf(body).head);
  const sequence = numberIn(head, 'sequence');
  return {
    head: sequence === undefined ? undefined : { sequence, atMs: momentIn(head, 'at') },
    days: itemsIn(body, 'anchors').flatMap((json) => {
      const day = textIn(json, 'day');
      const hash = textIn(json, 'hash');
      if (day === undefined || hash === undefined) return [];
      return [{ day, hash, sequence: numberIn(json, 'sequence'), count: numberIn(json, 'count') }];
    }),
  };
}

/** The last seven days of the application log: what somebody who opens the page most likely looks for. */
export function searchFrom(query: Readonly<Record<string, unknown>>, nowMs: number, zone: string): AuditSearch {
  const text = (name: string): string => (typeof query[name] === 'string' ? query[name].slice(0, 200) : '');
  const day = (name: string, fallback: string): string =>
    query[name] === undefined ? fallback : startOfDate(text(name), zone) === undefined ? '' : text(name);
  return {
    log: AUDIT_LOGS.find((log) => log === query.log) ?? 'application',
    fromDay: day('from', localDate(nowMs - 6 * DAY_MS, zone)),
    untilDay: day('until', ''),
    actor: text('actor'),
    page: text('page'),
    operation: text('operation'),
    target: text('target'),
  };
}

/** For the address of the page: only what differs from what it shows by itself. */
export function queryOf(search: AuditSearch, nowMs: number, zone: string): Readonly<Record<string, string>> {
  const plain = searchFrom({}, nowMs, zone);
  return {
    ...(search.log !== plain.log && { log: search.log }),
    ...(search.fromDay !== plain.fromDay && { from: search.fromDay }),
    ...(search.untilDay !== plain.untilDay && { until: search.untilDay }),
    ...Object.fromEntries(FILTERS.filter((name) => search[name] !== '').map((name) => [name, search[name]])),
  };
}

/** For the gateway: instants, the last day inside. */
export function parametersOf(search: AuditSearch, zone: string): URLSearchParams {
  const parameters = new URLSearchParams({ log: search.log });
  const fromMs = startOfDate(search.fromDay, zone);
  const lastMs = startOfDate(search.untilDay, zone);
  if (fromMs !== undefined) parameters.set('from', new Date(fromMs).toISOString());
  if (lastMs !== undefined) parameters.set('to', new Date(startOfNextDate(lastMs, zone)).toISOString());
  for (const name of FILTERS) if (search[name] !== '') parameters.set(name, search[name]);
  return parameters;
}

export function pageParameters(search: AuditSearch, zone: string, before?: number): URLSearchParams {
  const parameters = parametersOf(search, zone);
  parameters.set('limit', String(PAGE_SIZE));
  if (before !== undefined) parameters.set('before', String(before));
  return parameters;
}

/** A value on one line: `price 12, currency EUR`. */
export function valueText(value: unknown): string {
  if (value === undefined || value === null) return '';
  if (Array.isArray(value)) return value.map(valueText).join(', ');
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, item]) => `${name} ${valueText(item)}`.trim())
      .join(', ');
  return String(value);
}

/** A value as it was written down, for the drawer. */
export function wholeValue(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value, undefined, 2);
}

function toRecord(json: Json): AuditRecord | undefined {
  const sequence = numberIn(json, 'sequence');
  const atMs = momentIn(json, 'at');
  const log = AUDIT_LOGS.find((name) => name === json.log);
  if (sequence === undefined || atMs === undefined || log === undefined) return undefined;
  const actor = objectOf(json.actor);
  return {
    sequence,
    atMs,
    log,
    actor: {
      id: textIn(actor, 'id') ?? '',
      name: textIn(actor, 'name'),
      kind: ACTOR_KINDS.find((kind) => kind === actor.kind) ?? 'unknown',
    },
    page: textIn(json, 'page') ?? '',
    operation: textIn(json, 'operation') ?? '',
    targets: textsIn(json, 'targets'),
    before: json.before,
    after: json.after,
    address: textIn(json, 'address'),
    correlation: textIn(json, 'correlation'),
    outcome: OUTCOMES.find((outcome) => outcome === json.outcome) ?? 'begun',
    reason: textIn(json, 'reason'),
    count: numberIn(json, 'count'),
    sinceMs: momentIn(json, 'since'),
    erased: textsIn(json, 'erased'),
  };
}

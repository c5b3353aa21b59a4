/** Who may use which route. Pure, default deny: no row, no subject or no function means no. */

import type { FunctionName } from './functions.js';
import { METHODS, RESERVED_SEGMENTS, ROUTES, type RouteRow } from './routes.js';
import type { Scope } from './scope.js';

/** Who asks, made from the access book for each request: never from a token, never kept. */
export interface Subject {
  readonly id: string;
  readonly kind: 'person' | 'partner';
  readonly username: string;
  readonly tenant: string;
  readonly functions: ReadonlySet<FunctionName>;
  readonly scope: Scope;
}

export type Decision =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny'; readonly status: 401 | 403 | 404; readonly code: DenyCode };

export type DenyCode = 'signed-out' | 'function.missing' | 'person.needed' | 'route.unknown';

const ALLOW: Decision = { kind: 'allow' };
/** Fresh enough for what cannot be undone (T21). */
export const FRESH_FOR_MS = 5 * 60_000;

export function decide(subject: Subject | undefined, route: RouteRow | undefined): Decision {
  if (route === undefined) return { kind: 'deny', status: 404, code: 'route.unknown' };
  const { access } = route;
  if (access === 'public' || access === 'service') return ALLOW;
  if (subject === undefined) return { kind: 'deny', status: 401, code: 'signed-out' };
  if (route.isForPeople && subject.kind !== 'person') return { kind: 'deny', status: 403, code: 'person.needed' };
  if (access === 'signed-in') return ALLOW;
  const isAllowed =
    typeof access === 'string'
      ? may(subject, access)
      : (access.and === undefined || may(subject, access.and)) && access.anyOf.some((name) => may(subject, name));
  return isAllowed ? ALLOW : { kind: 'deny', status: 403, code: 'function.missing' };
}

export function may(subject: Subject, name: FunctionName): boolean {
  return subject.functions.has(name);
}

/** Whether a sign-in is young enough for this row. One from the future is not: it is a clock that went wrong. */
export function isFresh(route: RouteRow, authenticatedAtMs: number | undefined, nowMs: number): boolean {
  if (!route.needsFreshSignIn) return true;
  if (authenticatedAtMs === undefined) return false;
  const ageMs = nowMs - authenticatedAtMs;
  return ageMs >= -SKEW_MS && ageMs <= FRESH_FOR_MS;
}

/** Clocks of provider and gateway may differ so much. */
const SKEW_MS = 60_000;

/** The row for a request, `undefined` when there is none. HEAD is a GET without its body (RFC 9110, 9.3.2). */
export function findRoute(method: string, path: string): RouteRow | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const segments = splitPath(path);
  if (segments === undefined) return undefined;
  return PATTERNS.get(wanted)?.find(({ parts }) => matches(parts, segments))?.row;
}

type Part = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'name' } | { readonly kind: 'rest' };

/** Taken apart once, because every request is held against them. */
const PATTERNS: ReadonlyMap<string, readonly Pattern[]> = new Map(
  METHODS.map((method) => [
    method,
    ROUTES.filter((row) => row.method === method).map((row) => ({
      row,
      parts: row.path.slice(1).split('/').map(toPart),
    })),
  ]),
);

interface Pattern {
  readonly row: RouteRow;
  readonly parts: readonly Part[];
}

function toPart(text: string): Part {
  if (/^\{\*\w+\}$/.test(text)) return { kind: 'rest' };
  return text.startsWith(':') ? { kind: 'name' } : { kind: 'literal', text };
}

/** Decoded segments; `undefined` for a path that could mean one thing here and another behind us. */
function splitPath(path: string): readonly string[] | undefined {
  if (!path.startsWith('/')) return undefined;
  const segments: string[] = [];
  for (const raw of path.slice(1).split('/')) {
    const segment = decodeSegment(raw);
    if (segment === undefined) return undefined;
    segments.push(segment);
  }
  return segments;
}

function decodeSegment(raw: string): string | undefined {
  try {
    const segment = decodeURIComponent(raw);
    return segment === '.' || segment === '..' || UNSAFE.test(segment) ? undefined : segment;
  } catch {
    return undefined; // RFC 3986, 2.1: a percent sign that is no escape.
  }
}

/** A slash or backslash inside a segment, and control characters, are how paths are smuggled past a check. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are exactly what is looked for.
const UNSAFE = /[/\\\u0000-\u001f\u007f]/;

function matches(parts: readonly Part[], segments: readonly string[]): boolean {
  for (const [index, part] of parts.entries()) {
    if (part.kind === 'rest') return !RESERVED_SEGMENTS.includes((segments[0] ?? '').toLowerCase());
    const segment = segments[index];
    if (segment === undefined || segment === '') return false;
    if (part.kind === 'literal' && part.text !== segment) return false;
  }
  return parts.length === segments.length;
}

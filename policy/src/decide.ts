/** Who may use which route. Pure, default deny: no row, no role or an unknown role means no. */

import type { FunctionName } from './functions.js';
import { functionsOf } from './roles.js';
import { RESERVED_SEGMENTS, ROUTES, type RouteRow } from './routes.js';

/** A signed-in person. Scopes of tenant and site will stand beside the roles. */
export interface Subject {
  readonly roles: readonly string[];
}

export type Decision =
  | { readonly kind: 'allow' }
  | { readonly kind: 'deny'; readonly status: 401 | 403 | 404; readonly code: DenyCode };

export type DenyCode = 'signed-out' | 'function.missing' | 'route.unknown';

const ALLOW: Decision = { kind: 'allow' };

export function decide(subject: Subject | undefined, route: RouteRow | undefined): Decision {
  if (route === undefined) return { kind: 'deny', status: 404, code: 'route.unknown' };
  if (route.access === 'public' || route.access === 'service') return ALLOW;
  if (subject === undefined) return { kind: 'deny', status: 401, code: 'signed-out' };
  if (route.access === 'signed-in') return ALLOW;
  return may(subject, route.access) ? ALLOW : { kind: 'deny', status: 403, code: 'function.missing' };
}

export function may(subject: Subject, name: FunctionName): boolean {
  return functionsOf(subject.roles).includes(name);
}

/** The row for a request, `undefined` when there is none. HEAD is a GET without its body (RFC 9110, 9.3.2). */
export function findRoute(method: string, path: string): RouteRow | undefined {
  const wanted = method === 'HEAD' ? 'GET' : method;
  const segments = splitPath(path);
  if (segments === undefined) return undefined;
  return PATTERNS.find(({ row, parts }) => row.method === wanted && matches(parts, segments))?.row;
}

type Part = { readonly kind: 'literal'; readonly text: string } | { readonly kind: 'name' } | { readonly kind: 'rest' };

/** Taken apart once, because every request is held against them. */
const PATTERNS = ROUTES.map((row: RouteRow) => ({ row, parts: row.path.slice(1).split('/').map(toPart) }));

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

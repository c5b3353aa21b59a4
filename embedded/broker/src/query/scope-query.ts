/** The scope query language (GS CIM 009 V1.9.1, 4.19): text → plain data → predicate. */

import type { Entity } from '../entity/model.js';
import { badRequest } from '../problem.js';
import { formatAlternatives, parseAlternatives } from './alternatives.js';

export interface ScopePattern {
  /** Names, or `+` for any name. */
  readonly levels: readonly string[];
  /** Ends in `/#`: everything below, too. */
  readonly isTree: boolean;
}

/** Alternatives; of each, all patterns must match some scope of the entity. */
export type ScopeQuery = readonly (readonly ScopePattern[])[];

const LEVEL = /^(?:\+|[\p{L}\p{N}_-]+)$/u;
const MAX_LEVELS = 32;

/** C.5.15.2 puts the whole query in quotes, which are no part of 4.19: taken either way. */
export function parseScopeQuery(text: string): ScopeQuery {
  const query = /^"[^"]*"$/.test(text) ? text.slice(1, -1) : text;
  return parseAlternatives(query, 'scopeQ').map((names) => names.map(parsePattern));
}

function parsePattern(text: string): ScopePattern {
  const isTree = text.endsWith('/#');
  // As with scopes themselves (4.18), the first / may be left out.
  const path = (isTree ? text.slice(0, -2) : text).replace(/^\//, '');
  const levels = isTree && path === '' ? [] : path.split('/');
  if (levels.length > MAX_LEVELS || !levels.every((level) => LEVEL.test(level)))
    throw badRequest(`scopeQ: '${text.slice(0, 80)}' is not a path such as /Madrid/+/North or /Madrid/# (4.19)`);
  return { levels, isTree };
}

export function formatScopeQuery(query: ScopeQuery): string {
  return formatAlternatives(
    query.map((patterns) =>
      patterns.map(({ levels, isTree }) => levels.map((level) => `/${level}`).join('') + (isTree ? '/#' : '')),
    ),
  );
}

export function compileScopeQuery(query: ScopeQuery): (entity: Entity) => boolean {
  const alternatives = query.map((patterns) => patterns.map(compilePattern));
  return ({ scope }) =>
    scope !== undefined &&
    alternatives.some((tests) => tests.every((test) => scope.some((path) => test(path.slice(1).split('/')))));
}

function compilePattern({ levels, isTree }: ScopePattern): (path: readonly string[]) => boolean {
  return (path) =>
    (isTree ? path.length >= levels.length : path.length === levels.length) &&
    levels.every((level, index) => level === '+' || level === path[index]);
}

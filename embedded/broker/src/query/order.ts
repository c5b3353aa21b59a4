/** Entity ordering (GS CIM 009 V1.9.1, 4.23, 5.2.43): what is sorted by, and how values of different types follow each other. */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { isList, type Json } from '../json.js';
import { badRequest } from '../problem.js';
import { compileDistance, parseReference, type ReferenceGeometry } from './geo-query.js';
import { bindPath, compilePath, parsePath } from './path.js';
import { clockOf, momentOf } from './q.js';

export interface OrderingInput {
  readonly orderBy: readonly string[];
  readonly collation?: Json | undefined;
  /** Of the geometry that distances are measured from; a Point unless `geometry` says otherwise. */
  readonly coordinates?: Json | undefined;
  readonly geometry?: Json | undefined;
}

/** What an entity is sorted by: one key for each term. */
export type SortKeys = readonly SortKey[];

interface SortKey {
  readonly rank: number;
  readonly value: number | string;
}

export interface Ordering {
  readonly keysOf: (entity: Entity) => SortKeys;
  readonly compare: (a: SortKeys, b: SortKeys) => number;
}

const MAX_TERMS = 10;
const DIRECTIONS = {
  asc: { sign: 1, isByDistance: false },
  desc: { sign: -1, isByDistance: false },
  'dist-asc': { sign: 1, isByDistance: true },
  'dist-desc': { sign: -1, isByDistance: true },
} as const;

type Direction = (typeof DIRECTIONS)[keyof typeof DIRECTIONS];

/** 4.23.2: types follow each other so in either direction; a distance comes before everything that is none. */
const RANKS = ['distance', 'number', 'text', 'object', 'array', 'boolean', 'time', 'date', 'dateTime', 'null', 'none'];
const MAX_COLLATION = 100;

export function compileOrdering(input: OrderingInput, context: Context): Ordering {
  const { orderBy, collation, coordinates, geometry = 'Point' } = input;
  if (orderBy.length === 0 || orderBy.length > MAX_TERMS)
    throw badRequest(`orderBy has 1 to ${MAX_TERMS} names (4.23.3)`);
  const reference = coordinates === undefined ? undefined : parseReference(geometry, coordinates);
  const terms = orderBy.map((text) => compileTerm(text, reference, context));
  const collator = compileCollation(collation);
  return {
    keysOf: (entity) => terms.map(({ keyOf }) => keyOf(entity)),
    compare: (a, b) => {
      for (const [index, { sign }] of terms.entries()) {
        const order = compareKeys(a[index], b[index], sign, collator);
        if (order !== 0) return order;
      }
      return 0;
    },
  };
}

interface Term {
  readonly sign: 1 | -1;
  readonly keyOf: (entity: Entity) => SortKey;
}

function compileTerm(text: string, reference: ReferenceGeometry | undefined, context: Context): Term {
  const [name = '', direction = 'asc', ...more] = text.split(';');
  if (!Object.hasOwn(DIRECTIONS, direction) || more.length > 0)
    throw badRequest(`orderBy: a name, and after a ; asc, desc, dist-asc or dist-desc, not '${text.slice(0, 60)}'`);
  const { sign, isByDistance }: Direction = DIRECTIONS[direction as keyof typeof DIRECTIONS];
  if (!isByDistance) return { sign, keyOf: compileKey(name, context) };
  if (reference === undefined) throw badRequest('orderBy: a distance needs orderFrom (4.23.3)');
  return { sign, keyOf: compileDistanceKey(name, reference, context) };
}

/** Members of an entity that are not attributes. */
const MEMBERS: Readonly<Record<string, (entity: Entity, context: Context) => Json | undefined>> = {
  id: ({ id }) => id,
  type: ({ types: [first = ''] }, context) => context.compact(first),
  scope: ({ scope }) => scope?.[0],
};

function compileKey(name: string, context: Context): (entity: Entity) => SortKey {
  const member = Object.hasOwn(MEMBERS, name) ? MEMBERS[name] : undefined;
  if (member !== undefined) return (entity) => keyOf(member(entity, context));
  const finds = compilePath(bindPath(wholePath(name), context));
  return (entity) => {
    let first: Json | undefined;
    finds(entity, (target, kind) => {
      // A map of languages is sorted by its first text.
      first = kind === 'LanguageProperty' && isList(target) ? target[0] : target;
      return true;
    });
    return keyOf(first);
  };
}

function wholePath(name: string): ReturnType<typeof parsePath>['path'] {
  const { path, used } = parsePath(name, 'orderBy');
  if (used < name.length) throw badRequest(`orderBy: '${name.slice(0, 60)}' is not a name or a path (4.23.3)`);
  return path;
}

function compileDistanceKey(name: string, reference: ReferenceGeometry, context: Context): (entity: Entity) => SortKey {
  const path = bindPath(wholePath(name), context);
  if (path.trail.length > 0) throw badRequest('orderBy: a distance is to a GeoProperty, not into a value');
  const distanceOf = compileDistance(path.names, reference);
  const otherwise = compileKey(name, context);
  return (entity) => {
    const metres = distanceOf(entity);
    return metres === undefined ? otherwise(entity) : { rank: RANKS.indexOf('distance'), value: metres };
  };
}

function keyOf(value: Json | undefined): SortKey {
  const [type, key] = classify(value);
  return { rank: RANKS.indexOf(type), value: key };
}

function classify(value: Json | undefined): readonly [type: string, key: number | string] {
  switch (typeof value) {
    case 'undefined':
      return ['none', 0];
    case 'number':
      return ['number', value];
    case 'boolean':
      return ['boolean', Number(value)];
    case 'string':
      return classifyText(value);
    default:
      if (value === null) return ['null', 0];
      return [isList(value) ? 'array' : 'object', JSON.stringify(value)];
  }
}

function classifyText(text: string): readonly [type: string, key: number | string] {
  const moment = momentOf(text);
  if (!Number.isNaN(moment)) return [text.length > 10 ? 'dateTime' : 'date', moment];
  const clock = clockOf(text);
  return Number.isNaN(clock) ? ['text', text] : ['time', clock];
}

function compareKeys(a: SortKey | undefined, b: SortKey | undefined, sign: number, collator: Intl.Collator): number {
  if (a === undefined || b === undefined) return 0;
  if (a.rank !== b.rank) return a.rank - b.rank;
  if (typeof a.value === 'number' && typeof b.value === 'number') return (a.value - b.value) * sign;
  return collator.compare(String(a.value), String(b.value)) * sign;
}

/** RFC 6067, `ks`: how much of a difference counts. What ECMA-402 has no key for is an option of it. */
const STRENGTHS: Readonly<Record<string, 'base' | 'accent' | 'variant'>> = {
  level1: 'base',
  level2: 'accent',
  level3: 'variant',
  level4: 'variant',
  identic: 'variant',
};

/** Without one, and for what no language is named, the root collation: English does not deviate from it. */
function compileCollation(collation: Json = 'und'): Intl.Collator {
  const locale = canonical(collation);
  const strength = /-u(?:-[a-z0-9]{2,8})*?-ks-([a-z0-9]{3,8})/.exec(locale)?.[1] ?? 'level3';
  const sensitivity = STRENGTHS[strength];
  if (sensitivity === undefined) throw badRequest(`collation: ks-${strength} is not a strength (RFC 6067)`);
  const ignorePunctuation = /-ka-shifted(?:-|$)/.test(locale);
  const known = Intl.Collator.supportedLocalesOf([locale]);
  return new Intl.Collator([...known, locale.replace(/^[a-z]+/, 'en')], { sensitivity, ignorePunctuation });
}

function canonical(collation: Json): string {
  try {
    const [locale] =
      typeof collation === 'string' && collation.length <= MAX_COLLATION ? Intl.getCanonicalLocales(collation) : [];
    if (locale !== undefined) return locale;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw badRequest('collation must be an ICU collation such as de-u-co-phonebk (RFC 6067)');
}

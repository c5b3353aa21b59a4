/** Entity selection by id, id pattern and type (GS CIM 009 V1.9.1, 4.17, 5.2.8, 5.2.33). */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { formatAlternatives, parseAlternatives } from './alternatives.js';
import { compilePattern, type Pattern } from './pattern.js';

/** Alternatives: a type, or several that an entity must have together. */
export type TypeSelection = readonly (string | readonly string[])[];

/** Expanded, serializable. No types means any. */
export interface Selector {
  readonly ids?: readonly string[] | undefined;
  readonly idPattern?: string | undefined;
  readonly types?: TypeSelection | undefined;
}

export type SelectorTest = (entity: Entity) => boolean;

/** `A,B` and `A|B` are alternatives, `(A;B)` is both; `*` is any type. */
export function parseTypeSelection(text: string, context: Context): TypeSelection | undefined {
  if (text.trim() === '*') return undefined;
  return parseAlternatives(text, 'type').map((names) => {
    const types = names.map((name) => context.expand(name));
    const [only] = types;
    return types.length === 1 && only !== undefined ? only : types;
  });
}

export function formatTypeSelection(types: TypeSelection, context: Context): string {
  return formatAlternatives(types.map((alternative) => [alternative].flat().map((type) => context.compact(type))));
}

export function compileTypeSelection(types: TypeSelection): SelectorTest {
  return (entity) =>
    types.some((alternative) =>
      typeof alternative === 'string'
        ? entity.types.includes(alternative)
        : alternative.every((type) => entity.types.includes(type)),
    );
}

/** One type of each alternative: an entity that has none of these is not selected. */
export function indexTypes(types: TypeSelection): readonly string[] {
  return [...new Set(types.flatMap((alternative) => [alternative].flat().slice(0, 1)))];
}

export function compileSelector({ ids, idPattern, types }: Selector): SelectorTest {
  const wanted = ids === undefined ? undefined : new Set(ids);
  const pattern: Pattern | undefined = idPattern === undefined ? undefined : compilePattern(idPattern);
  const isOfType = types === undefined ? undefined : compileTypeSelection(types);
  return (entity) =>
    (isOfType === undefined || isOfType(entity)) &&
    (wanted === undefined || wanted.has(entity.id)) &&
    (pattern === undefined || pattern.test(entity.id));
}

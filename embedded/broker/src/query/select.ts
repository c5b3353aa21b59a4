/** Entity selection by id, id pattern and type (GS CIM 009 V1.9.1, 4.17, 5.2.8, 5.2.33). */

import type { Context } from '../context/compile.js';
import type { Entity } from '../entity/model.js';
import { badRequest, notBuilt } from '../problem.js';
import { compilePattern, type Pattern } from './pattern.js';

/** Expanded, serializable. Several types are alternatives; none means any. */
export interface Selector {
  readonly ids?: readonly string[] | undefined;
  readonly idPattern?: string | undefined;
  readonly types?: readonly string[] | undefined;
}

export type SelectorTest = (entity: Entity) => boolean;

const MAX_TYPES = 100;

/** `A,B` and `A|B` are alternatives; `*` is any type. */
export function parseTypeSelection(text: string, context: Context): readonly string[] | undefined {
  if (text === '*') return undefined;
  if (/[;()]/.test(text)) throw notBuilt('a type selection with ; or parentheses (4.17)');
  const names = text.split(/[,|]/);
  if (names.length > MAX_TYPES) throw badRequest(`more than ${MAX_TYPES} types in one request`);
  return names.map((name) => context.expand(name.trim()));
}

export function compileSelector({ ids, idPattern, types }: Selector): SelectorTest {
  const wanted = ids === undefined ? undefined : new Set(ids);
  const pattern: Pattern | undefined = idPattern === undefined ? undefined : compilePattern(idPattern);
  return (entity) =>
    (types === undefined || entity.types.some((type) => types.includes(type))) &&
    (wanted === undefined || wanted.has(entity.id)) &&
    (pattern === undefined || pattern.test(entity.id));
}

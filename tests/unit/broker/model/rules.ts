/** What the reference model holds, says and goes by; a mutant turns one of RULES round. */

import { type Attributes, one } from './attributes.js';

export interface Thing {
  readonly types: readonly string[];
  readonly scope: readonly string[];
  readonly attributes: Attributes;
  readonly createdAt: number;
}

export interface Said {
  readonly status: number;
  readonly body?: unknown;
}

export const RULES = {
  noOverwriteKeeps: true,
  updateAdds: true,
  updateReplaces: true,
  mergeGoesIn: true,
  mergeChangesKind: true,
  partialKeepsKind: true,
  replaceKeepsCreation: true,
  typesStay: true,
  upsertReplaces: true,
  repeatsInOrder: true,
  deleteTakesOne: true,
  tenantsApart: true,
};

export type Rule = 'append' | 'appendNew' | 'update' | 'merge';
export type BatchRule = 'create' | 'upsertReplace' | 'upsertUpdate' | Exclude<Rule, 'update'> | 'delete';

export function show(id: string, { types, scope, attributes, createdAt }: Thing): unknown {
  const shown = [...attributes].map(([name, instances]) => [name, one(instances)]);
  return {
    id,
    type: one(types),
    ...(scope.length > 0 && { scope: one(scope) }),
    createdAt,
    ...Object.fromEntries(shown),
  };
}

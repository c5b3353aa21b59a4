/** Roles as sets of functions. A name that is not in the table allows nothing: roles arrive from outside, in tokens. */

import { FUNCTION_NAMES, type FunctionName } from './functions.js';

export const ROLES = {
  manager: FUNCTION_NAMES,
  viewer: ['live.view', 'history.view', 'site.view'],
} as const satisfies Readonly<Record<string, readonly FunctionName[]>>;

export type RoleName = keyof typeof ROLES;

/** The functions of several roles together, in the order of the table, without repetition. */
export function functionsOf(roles: readonly string[]): readonly FunctionName[] {
  const allowed = new Set<FunctionName>();
  for (const role of roles) {
    if (!isRole(role)) continue;
    for (const name of ROLES[role]) allowed.add(name);
  }
  return FUNCTION_NAMES.filter((name) => allowed.has(name));
}

/** `hasOwn`, because a token may name a role 'constructor'. */
export function isRole(name: string): name is RoleName {
  return Object.hasOwn(ROLES, name);
}

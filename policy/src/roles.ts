/**
 * Roles as sets of functions. The seeds below are what a new access book begins with; administrators change them afterwards, so a
 * role means whatever its entry says now, and a name without an entry allows nothing: roles arrive from outside, in tokens.
 */

import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, isFunction } from './functions.js';

export interface RoleEntry {
  readonly name: string;
  readonly title: string;
  /** Names from outside this release may be among them; they allow nothing. */
  readonly functions: readonly string[];
}

export interface SeedRole extends RoleEntry {
  readonly functions: readonly FunctionName[];
}

const VIEWING = ['live.view', 'history.view', 'site.view'] as const;
/** Pages whose changes belong to the data administrator alone (S3-32), and the trail that shows what was done with them. */
const KEPT_FROM_MANAGERS: readonly FunctionName[] = ['people.change', 'audit.view', 'audit.export'];

/** Everything that is not special; nothing that changes people, roles or secrets. */
const MANAGING = FUNCTION_NAMES.filter((name) => !isSpecial(name) && !KEPT_FROM_MANAGERS.includes(name));

// biome-ignore format: a table
export const SEED_ROLES = [
  { name: 'manager', title: 'Manager', functions: MANAGING },
  { name: 'viewer', title: 'Viewer', functions: VIEWING },
  { name: 'customer', title: 'Customer', functions: ['live.view', 'history.view'] },
  { name: 'operator', title: 'Operator', functions: [...VIEWING, 'meter.read', 'meter.clock', 'supply.request'] },
  { name: 'approver', title: 'Approver', functions: [...VIEWING, 'supply.approve', 'supply.stop', 'supply.resume'] },
  {
    name: 'data-administrator', title: 'Data administrator',
    functions: [
      'people.view', 'people.change', 'access.change', 'partner.view', 'audit.view', 'audit.export', 'secret.change',
    ],
  },
  { name: 'supplier', title: 'Supplier', functions: ['live.view', 'history.view', 'export.csv', 'context.subscribe'] },
  { name: 'brp', title: 'Balance responsible party', functions: ['live.view', 'history.view', 'context.subscribe'] },
  { name: 'vpp', title: 'Virtual power plant', functions: ['live.view', 'history.view', 'context.subscribe'] },
  { name: 'dso', title: 'Distribution system operator', functions: [...VIEWING, 'export.csv', 'context.subscribe'] },
] as const satisfies readonly SeedRole[];

export type SeedRoleName = (typeof SEED_ROLES)[number]['name'];

/** The functions of several roles together, in the order of the table, without repetition. */
export function functionsOf(roles: readonly string[], entries: Iterable<RoleEntry>): readonly FunctionName[] {
  const wanted = new Set(roles);
  const allowed = new Set<string>();
  for (const { name, functions } of entries) {
    if (!wanted.has(name)) continue;
    for (const one of functions) if (isFunction(one)) allowed.add(one);
  }
  return FUNCTION_NAMES.filter((name) => allowed.has(name));
}

export function isSpecial(name: FunctionName): boolean {
  return 'isSpecial' in FUNCTIONS[name];
}

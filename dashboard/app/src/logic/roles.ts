/** Roles and permissions as the pages show and edit them: the matrix, what has been changed in it, and how two editors meet. */
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, type FunctionRow, isFunction } from '@contor/policy/functions';
import { itemsIn, listOf, numberIn, objectOf, textIn, textsIn } from './json.js';

/** Titles the roles came with (policy, `SEED_ROLES`): these, and only these, are translated. */
export const SEED_TITLES = {
  manager: 'Manager',
  viewer: 'Viewer',
  customer: 'Customer',
  operator: 'Operator',
  approver: 'Approver',
  'data-administrator': 'Data administrator',
  supplier: 'Supplier',
  brp: 'Balance responsible party',
  vpp: 'Virtual power plant',
  dso: 'Distribution system operator',
} as const;
export type SeedTitle = keyof typeof SEED_TITLES;

/** Where functions are offered, in the order of the matrix. */
export const FUNCTION_PAGES = [
  'live',
  'meters',
  'sites',
  'reports',
  'commands',
  'people',
  'roles',
  'audit',
  'partners',
  'secrets',
  'health',
  'other',
] as const;
export type FunctionPage = (typeof FUNCTION_PAGES)[number];

export interface FunctionGroup {
  readonly page: FunctionPage;
  readonly functions: readonly FunctionName[];
}

export interface Role {
  readonly name: string;
  readonly title: string;
  /** All of them, also those that this build of the page has no row for: saving must not take them away. */
  readonly functions: readonly string[];
  readonly isBuiltIn: boolean;
  readonly revision: number | undefined;
  readonly holders: number | undefined;
}

/** One tick that differs from what is saved. */
export interface Tick {
  readonly role: string;
  readonly name: FunctionName;
  readonly isOn: boolean;
}

export function isSpecial(name: FunctionName): boolean {
  const row: FunctionRow = FUNCTIONS[name];
  return row.isSpecial === true;
}

/** The functions page by page; those of a page without a heading of its own come last. */
export function groupFunctions(functions: readonly FunctionName[] = FUNCTION_NAMES): readonly FunctionGroup[] {
  const pageOf = (name: FunctionName): FunctionPage =>
    FUNCTION_PAGES.find((page) => page === FUNCTIONS[name].page) ?? 'other';
  return FUNCTION_PAGES.map((page) => ({
    page,
    functions: functions.filter((name) => isFunction(name) && pageOf(name) === page),
  })).filter((group) => group.functions.length > 0);
}

export function toRoles(body: unknown): readonly Role[] {
  return itemsIn(body, 'roles').flatMap((json) => {
    const name = textIn(json, 'name');
    if (name === undefined) return [];
    return [
      {
        name,
        title: textIn(json, 'title') ?? name,
        functions: textsIn(json, 'functions'),
        isBuiltIn: json.isBuiltIn === true,
        revision: numberIn(json, 'revision'),
        holders: numberIn(json, 'holders'),
      },
    ];
  });
}

/** Whether the box is ticked: as saved, unless it has been changed. */
export function isTicked(role: Role, name: FunctionName, ticks: readonly Tick[]): boolean {
  const changed = ticks.find((tick) => tick.role === role.name && tick.name === name);
  return changed?.isOn ?? role.functions.includes(name);
}

/** A tick back to what is saved is no change any more. */
export function toggled(role: Role, name: FunctionName, ticks: readonly Tick[]): readonly Tick[] {
  const isOn = !isTicked(role, name, ticks);
  const others = ticks.filter((tick) => tick.role !== role.name || tick.name !== name);
  return isOn === role.functions.includes(name) ? others : [...others, { role: role.name, name, isOn }];
}

/** What a role is to become. Only ticks that were made count, so what another editor did to other boxes stays. */
export function functionsWith(role: Role, ticks: readonly Tick[]): readonly string[] {
  const own = ticks.filter((tick) => tick.role === role.name);
  const off = own.filter(({ isOn }) => !isOn).map(({ name }) => name as string);
  const on = own.filter(({ isOn, name }) => isOn && !role.functions.includes(name)).map(({ name }) => name);
  return [...role.functions.filter((name) => !off.includes(name)), ...on];
}

/** Ticks that still say something over roles that were read again: an editor may have made the same change, or removed the role. */
export function remaining(ticks: readonly Tick[], roles: readonly Role[]): readonly Tick[] {
  return ticks.filter(({ role: wanted, name, isOn }) => {
    const role = roles.find((candidate) => candidate.name === wanted);
    return role !== undefined && role.functions.includes(name) !== isOn;
  });
}

/** Special permissions that these ticks give to somebody: a second look is due. */
export function givenSpecials(ticks: readonly Tick[]): readonly Tick[] {
  return ticks.filter(({ name, isOn }) => isOn && isSpecial(name));
}

/** What several roles allow together. */
export function functionsOfRoles(names: readonly string[], roles: readonly Role[]): readonly FunctionName[] {
  const held = roles.filter(({ name }) => names.includes(name)).flatMap(({ functions }) => functions);
  return FUNCTION_NAMES.filter((name) => held.includes(name));
}

/** As the gateway takes it: `^[a-z][a-z0-9-]{1,39}$`. */
export function isRoleName(name: string): boolean {
  return /^[a-z][a-z0-9-]{1,39}$/.test(name);
}

/** Drafts come back from the browser's own storage, which anybody at this computer can write. */
export function toTicks(value: unknown): readonly Tick[] {
  return listOf(value).flatMap((item) => {
    const json = objectOf(item);
    const role = textIn(json, 'role');
    const name = textIn(json, 'name');
    if (role === undefined || name === undefined || !isFunction(name) || typeof json.isOn !== 'boolean') return [];
    return [{ role, name, isOn: json.isOn }];
  });
}

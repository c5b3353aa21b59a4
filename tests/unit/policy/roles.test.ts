/** Roles are data from the book: the seeds hold together, and a name or function nobody knows allows nothing. */

import {
  FUNCTION_NAMES,
  FUNCTIONS,
  functionsOf,
  isFunction,
  isSpecial,
  type RoleEntry,
  SEED_ROLES,
} from '@contor/policy';
import { describe, expect, it } from '@jest/globals';

const roles: readonly RoleEntry[] = SEED_ROLES;
const of = (...names: readonly string[]) => functionsOf(names, roles);

describe('functions', () => {
  it.each(FUNCTION_NAMES)('%s has a page and a sentence', (name) => {
    expect(FUNCTIONS[name].page).toMatch(/^[a-z]+$/);
    expect(FUNCTIONS[name].about).toMatch(/\.$/);
  });
  it.each(['constructor', '__proto__', 'toString', 'live.View', ''])('"%s" is none', (name) =>
    expect(isFunction(name)).toBe(false),
  );
});

describe.each(roles.map((role) => ({ ...role })))('the seed role $name', ({ name, title, functions }) => {
  it('has a name of its own, a title, and functions that exist, each once', () => {
    expect(roles.filter((role) => role.name === name)).toHaveLength(1);
    expect(title).not.toBe('');
    expect(functions.filter((one) => !isFunction(one))).toEqual([]);
    expect(new Set(functions).size).toBe(functions.length);
    expect(of(name)).toHaveLength(functions.length);
  });
});

describe('the seeds together', () => {
  it('leave the changing of permissions to the data administrator (S3-32)', () => {
    for (const name of ['access.change', 'people.change', 'secret.change', 'audit.view', 'audit.export'] as const) {
      expect(roles.filter(({ functions }) => functions.includes(name)).map((role) => role.name)).toEqual([
        'data-administrator',
      ]);
    }
  });
  it('never let one role ask for a command and approve it (T21)', () => {
    for (const { functions } of roles) {
      expect(functions.includes('supply.request') && functions.includes('supply.approve')).toBe(false);
    }
  });
  it('give nothing special to managers, viewers, customers and partners', () => {
    for (const name of ['manager', 'viewer', 'customer', 'supplier', 'brp', 'vpp', 'dso']) {
      expect(of(name).filter(isSpecial)).toEqual([]);
    }
  });
  it('let the first account, manager and data administrator, run a house', () => {
    const missing = FUNCTION_NAMES.filter((name) => !of('manager', 'data-administrator').includes(name));
    expect(missing).toEqual(['context.write', 'meter.store', 'supply.request', 'supply.approve', 'supply.resume']);
  });
});

describe('functionsOf', () => {
  it('unites roles in the order of the table, without repetition', () => {
    expect(of('approver', 'viewer', 'viewer')).toEqual(FUNCTION_NAMES.filter((name) => of('approver').includes(name)));
  });
  it.each(['constructor', '__proto__', 'hasOwnProperty', 'root', 'Manager', ''])('"%s" is no role', (name) =>
    expect(of(name)).toEqual([]),
  );
  it('passes over functions of another release', () => {
    const entry = { name: 'odd', title: 'Odd', functions: ['live.view', 'constructor', 'gone.function'] };
    expect(functionsOf(['odd'], [entry])).toEqual(['live.view']);
  });
  it('knows no role of an empty book', () => expect(functionsOf(['manager'], [])).toEqual([]));
});

import { mayOpen, PAGE_NAMES, PAGES, pagesFor } from '@contor/app/logic/pages';
import { en } from '@contor/app/messages/en';
import { findRoute, isFunction, SEED_ROLES } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';

const held = (role: string) => SEED_ROLES.find(({ name }) => name === role)?.functions ?? [];
const menu = (role: string) => (['monitor', 'administration'] as const).flatMap((group) => pagesFor(held(role), group));

describe('the menu (S0-23)', () => {
  it.each([
    ['customer', ['live']],
    ['viewer', ['live']],
    ['operator', ['live', 'commands']],
    ['approver', ['live', 'commands']],
    ['manager', ['live', 'commands', 'people', 'roles', 'sessions', 'partners']],
    ['data-administrator', ['people', 'roles', 'sessions', 'partners', 'audit']],
  ])('of a %s', (role, pages) => expect(menu(role)).toEqual(pages));
  it('of nobody in particular is the own profile alone', () => {
    expect(pagesFor([], 'own')).toEqual(['profile']);
    expect(PAGE_NAMES.filter((page) => mayOpen(page, []))).toEqual(['profile']);
  });
  it('does not offer commands to somebody who would see no meter', () =>
    expect(mayOpen('commands', ['supply.approve'])).toBe(false));
});

describe.each(PAGE_NAMES)('page %s', (page) => {
  it('asks only for functions that exist', () =>
    expect(PAGES[page].needs.flat().filter((name) => !isFunction(name))).toEqual([]));
  it('has a name', () => expect(en.nav[page]).toBeTruthy());
  it('lies where the gateway serves the app, not where it answers itself', () =>
    expect(findRoute('GET', PAGES[page].path)?.path).toBe('/{*page}'));
});

/** The page must not open a door that the gateway then shuts in the reader's face. */
describe.each([
  ['people', '/api/admin/people'],
  ['roles', '/api/admin/roles'],
  ['sessions', '/api/admin/sessions'],
  ['partners', '/api/admin/partners'],
  ['audit', '/api/audit'],
] as const)('page %s', (page, path) => {
  it(`needs what ${path} needs`, () => expect(PAGES[page].needs).toEqual([[findRoute('GET', path)?.access]]));
});

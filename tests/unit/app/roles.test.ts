import {
  FUNCTION_PAGES,
  functionsOfRoles,
  functionsWith,
  givenSpecials,
  groupFunctions,
  isRoleName,
  isTicked,
  type Role,
  remaining,
  SEED_TITLES,
  type Tick,
  toggled,
  toRoles,
  toTicks,
} from '@contor/app/logic/roles';
import { accessEn } from '@contor/app/messages/access-en';
import { FUNCTION_NAMES, FUNCTIONS, type FunctionName, SEED_ROLES } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const role = (name: string, functions: readonly string[]): Role => ({
  name,
  title: name,
  functions,
  isBuiltIn: false,
  revision: 1,
  holders: 0,
});

describe('the words of the matrix', () => {
  it('are of the roles that come with the platform', () =>
    expect(SEED_TITLES).toEqual(Object.fromEntries(SEED_ROLES.map(({ name, title }) => [name, title]))));
  it.each(Object.keys(SEED_TITLES))('role %s has a text', (name) =>
    expect(accessEn.roleNames[name as keyof typeof SEED_TITLES]).toBeTruthy(),
  );
  it.each(FUNCTION_NAMES)('%s has a text', (name) => {
    const texts: Readonly<Record<string, Readonly<Record<string, string>>>> = accessEn.functions;
    const [first = '', second = ''] = name.split('.');
    expect(texts[first]?.[second]).toBeTruthy();
  });
  it.each(FUNCTION_NAMES)('%s stands under a heading of its own page', (name) =>
    expect(FUNCTION_PAGES as readonly string[]).toContain(FUNCTIONS[name].page),
  );
  it('hold every function once', () =>
    expect(
      groupFunctions()
        .flatMap(({ functions }) => functions)
        .sort(),
    ).toEqual([...FUNCTION_NAMES].sort()));
});

describe('ticking', () => {
  const viewer = role('viewer', ['live.view', 'from.the-future']);
  it('changes one box', () => {
    const ticks = toggled(viewer, 'history.view', []);
    expect(ticks).toEqual([{ role: 'viewer', name: 'history.view', isOn: true }]);
    expect(isTicked(viewer, 'history.view', ticks)).toBe(true);
    expect(isTicked(viewer, 'live.view', ticks)).toBe(true);
  });
  it('twice is no change', () => expect(toggled(viewer, 'live.view', toggled(viewer, 'live.view', []))).toEqual([]));
  it('keeps functions that this page does not know', () =>
    expect(functionsWith(viewer, toggled(viewer, 'live.view', []))).toEqual(['from.the-future']));
  it('any number of times ends as the boxes say', () =>
    fc.assert(
      fc.property(fc.array(fc.constantFrom<FunctionName>(...FUNCTION_NAMES)), (clicks) => {
        let ticks: readonly Tick[] = [];
        for (const name of clicks) ticks = toggled(viewer, name, ticks);
        const after = functionsWith(viewer, ticks);
        const isRight = FUNCTION_NAMES.every((name) => isTicked(viewer, name, ticks) === after.includes(name));
        return isRight && after.includes('from.the-future') && new Set(after).size === after.length;
      }),
    ));
});

describe('two editors', () => {
  const before = role('operator', ['live.view', 'meter.read']);
  const mine: readonly Tick[] = [
    { role: 'operator', name: 'meter.clock', isOn: true },
    { role: 'operator', name: 'meter.read', isOn: false },
  ];
  it('keep what both did', () => {
    const theirs = { ...before, functions: [...before.functions, 'history.view'] };
    expect(functionsWith(theirs, remaining(mine, [theirs]))).toEqual(['live.view', 'history.view', 'meter.clock']);
  });
  it('who did the same leave nothing to save', () => {
    const theirs = { ...before, functions: ['live.view', 'meter.clock'] };
    expect(remaining(mine, [theirs])).toEqual([]);
  });
  it('one of whom deleted the role leave nothing to save', () => expect(remaining(mine, [])).toEqual([]));
});

describe('special permissions', () => {
  it('are asked about when they are given, not when they are taken', () =>
    expect(
      givenSpecials([
        { role: 'a', name: 'supply.approve', isOn: true },
        { role: 'a', name: 'supply.request', isOn: false },
        { role: 'a', name: 'live.view', isOn: true },
      ]),
    ).toEqual([{ role: 'a', name: 'supply.approve', isOn: true }]));
});

describe('roles from the gateway', () => {
  it('are read, and what is no role is left out', () =>
    expect(toRoles({ roles: [{ name: 'a', functions: ['live.view', 7], revision: 3 }, {}, 'b'] })).toEqual([
      { name: 'a', title: 'a', functions: ['live.view'], isBuiltIn: false, revision: 3, holders: undefined },
    ]));
  it('together allow what each allows', () =>
    expect(
      functionsOfRoles(['a', 'b'], [role('a', ['history.view']), role('b', ['live.view']), role('c', ['audit.view'])]),
    ).toEqual(['live.view', 'history.view']));
  it.each([
    ['night-shift', true],
    ['Night', false],
    ['a', false],
    ['-a', false],
    ['constructor ', false],
  ])('"%s" is a name: %s', (name, isOne) => expect(isRoleName(name)).toBe(isOne));
  it('drafts of another form are forgotten', () =>
    expect(
      toTicks([{ role: 'a', name: 'live.view', isOn: true }, { role: 'a', name: 'nothing', isOn: true }, 7]),
    ).toEqual([{ role: 'a', name: 'live.view', isOn: true }]));
});

import { matchesSearch, sortRows, toggledSort } from '@contor/app/logic/table';
import { describe, expect, it } from '@jest/globals';

describe('sorting', () => {
  const rows = ['Tulip Street 10', 'tulip street 2', undefined, 'Țepeș 1', 'Tulip Street 1'];
  const identity = (text: string | undefined) => text;

  it('reads numbers in texts as numbers', () =>
    expect(sortRows(rows, identity, 'ascending', 'ro').slice(0, 3)).toEqual([
      'Tulip Street 1',
      'tulip street 2',
      'Tulip Street 10',
    ]));
  it.each(['ascending', 'descending'] as const)('puts what is not known last when %s', (direction) =>
    expect(sortRows(rows, identity, direction).at(-1)).toBeUndefined(),
  );
  it('sorts numbers, negative ones too', () =>
    expect(sortRows([3, -20, undefined, 0], (value) => value, 'descending')).toEqual([3, 0, -20, undefined]));
  it('leaves the rows it was given', () => {
    sortRows(rows, identity, 'ascending');
    expect(rows[0]).toBe('Tulip Street 10');
  });
  it('turns round at the second click and begins upwards at another column', () => {
    const sort = { key: 'name', direction: 'ascending' } as const;
    expect(toggledSort(sort, 'name')).toEqual({ key: 'name', direction: 'descending' });
    expect(toggledSort({ key: 'name', direction: 'descending' }, 'power')).toEqual({
      key: 'power',
      direction: 'ascending',
    });
  });
});

describe('searching', () => {
  it.each([
    ['', true],
    ['tulip 7', true],
    ['SILENT', true],
    ['strazii', true],
    ['tulip 8', false],
  ])('"%s"', (query, expected) =>
    expect(matchesSearch(['Tulip Street 7', 'Capătul Străzii', undefined, 'Silent'], query)).toBe(expected),
  );
});

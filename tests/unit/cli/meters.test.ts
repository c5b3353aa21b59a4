/** Files of devices: a table as text and back, devices as cells and back. */

import { describe, expect, it } from '@jest/globals';
import { COLUMNS, readCells, readHeader, toTable } from 'contor/meters/columns.js';
import { type Cell, formatTable, parseTable } from 'contor/meters/table.js';
import fc from 'fast-check';

const cell = fc.option(
  fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.constantFrom(
      '',
      ' ',
      "'",
      "'=1",
      '=1+1',
      '-5',
      '@x',
      '+40',
      '\t',
      'a,b',
      'a\tb',
      '"',
      '""',
      'a\nb',
      'a\r\nb',
      ' =x',
      '＝1',
    ),
  ),
  { nil: undefined },
);

describe('a table', () => {
  it.each([',', '\t'] as const)('separated by %j comes back as it was', (separator) =>
    fc.assert(
      fc.property(
        fc
          .integer({ min: 2, max: 5 })
          .chain((width) => fc.array(fc.array(cell, { minLength: width, maxLength: width }), { maxLength: 8 })),
        (rows) => {
          // The header says which separator it is, and a row that says nothing is no row.
          const header = ['a', 'b'];
          const said = rows.filter((cells) => cells.some((one) => one !== undefined));
          const text = formatTable([header, ...said], separator);
          expect(parseTable(text).map(({ cells }) => cells)).toEqual([header, ...said]);
        },
      ),
      { numRuns: 200 },
    ),
  );

  it('names the line at which a row begins', () => {
    const rows = parseTable('a,b\r\n1,"x\ny"\r\n\r\n2,z');
    expect(rows).toEqual([
      { line: 1, cells: ['a', 'b'] },
      { line: 2, cells: ['1', 'x\ny'] },
      { line: 5, cells: ['2', 'z'] },
    ]);
  });

  it('may begin with a mark of the byte order', () =>
    expect(parseTable('\u{feff}a\tb\n')[0]?.cells).toEqual(['a', 'b']));

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\rx', '＝1', '  =1'])(
    'is no formula in a spreadsheet: %j',
    (text) => {
      const line = formatTable([[text, 'x']], ',');
      const whole = `a,b\n${line}`;
      expect(line.startsWith('"\'')).toBe(true);
      expect(parseTable(whole)[1]?.cells[0]).toBe(text);
    },
  );

  it.each([
    ['a,"b', 'table.quotes'],
    ['a,"b"c', 'table.quotes'],
    [`${'a,'.repeat(101)}a`, 'table.cells'],
    ['a'.repeat(70_000), 'table.cell'],
  ])('that is none is refused', (text, code) =>
    expect(() => parseTable(text)).toThrow(expect.objectContaining({ code })),
  );
});

const DEVICE = {
  ...{ device_id: 'm1', apikey: 'k', entity_type: 'Meter', timestamp: false, explicitAttrs: "['a']" },
  attributes: [{ object_id: 'x', name: 'a', type: 'Number', expression: 'x + "=" + 1' }],
  internal_attributes: [
    { other: 1 },
    { contor: { model: 'm', serialNumber: '-007', registerDigits: 6, connection: { kind: 'tcp', address: 'h:1' } } },
  ],
};

it('a device becomes cells and the same device again', () => {
  const [header = [], ...rows] = toTable([
    DEVICE,
    { device_id: 'm2', service_path: '/a' },
    { device_id: 'm3', service_path: '/' },
  ]);
  const columns = readHeader(header);
  if (columns.kind === 'fault') throw new Error(columns.reason);
  const back = rows.map((cells) => readCells(columns.value, cells));
  expect(back).toEqual([
    { kind: 'value', value: DEVICE },
    { kind: 'value', value: { device_id: 'm2', service_path: '/a' } },
    { kind: 'value', value: { device_id: 'm3' } },
  ]);
  expect(header.length).toBeLessThan(COLUMNS.length);
});

it.each<[readonly Cell[], string]>([
  [['device_id', 'colour'], 'colour'],
  [['device_id', 'device_id'], 'twice'],
  [['apikey'], 'device_id'],
])('a header of %j is none', (cells, reason) =>
  expect(readHeader(cells)).toMatchObject({ kind: 'fault', reason: expect.stringContaining(reason) }),
);

it.each<[readonly Cell[], string]>([
  [['m', 'six'], 'number'],
  [['m', '6', 'yes'], 'true or false'],
  [['m', '6', 'true', '[{'], 'JSON'],
  [['m', '6', 'true', '[]', 'more'], 'more cells'],
])('a row of %j is none', (cells, reason) => {
  const columns = readHeader(['device_id', 'registerDigits', 'timestamp', 'attributes']);
  if (columns.kind === 'fault') throw new Error(columns.reason);
  expect(readCells(columns.value, cells)).toMatchObject({ kind: 'fault', reason: expect.stringContaining(reason) });
});

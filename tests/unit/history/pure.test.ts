/** The pure rooms: instants, names in SQL, log records, casts, and which rows staging calls new, late or repeated. */

import { readParameters } from '@contor/history/front/parameters.js';
import type { EntityUpdate } from '@contor/history/notify/notification.js';
import { parseNotification } from '@contor/history/notify/notification.js';
import { gridOf } from '@contor/history/store/buckets.js';
import { castTo } from '@contor/history/store/cast.js';
import { Catalogue } from '@contor/history/store/catalogue.js';
import { columnName, hotTable, lateTable, quote } from '@contor/history/store/identifiers.js';
import { decodeRecord, encodeRecord } from '@contor/history/store/records.js';
import { seriesSql } from '@contor/history/store/sql.js';
import { Staging } from '@contor/history/store/staging.js';
import { formatIndex, parseInstant, parseQueryInstant } from '@contor/history/time.js';
import { failureCode } from '@contor/history/worker/failure.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../support/long.js';

describe('instants', () => {
  it.each([
    ['2026-11-20T07:00:10.000Z', '2026-11-20T07:00:10.000+00:00'],
    ['2026-11-20T07:00:10Z', '2026-11-20T07:00:10.000+00:00'],
    ['2026-11-20T07:00:10', '2026-11-20T07:00:10.000+00:00'],
    ['2026-11-20 07:00:10', '2026-11-20T07:00:10.000+00:00'],
    ['2026-11-20T07:00', '2026-11-20T07:00:00.000+00:00'],
    ['2026-11-20', '2026-11-20T00:00:00.000+00:00'],
    ['2026-11-20T07:00:10.1234567Z', '2026-11-20T07:00:10.123+00:00'],
    ['2026-11-20T07:00:10,5Z', '2026-11-20T07:00:10.500+00:00'],
    ['2026-11-20T09:00:10+02:00', '2026-11-20T07:00:10.000+00:00'],
    ['2026-11-20T09:00:10+0200', '2026-11-20T07:00:10.000+00:00'],
    ['2026-11-20T09:00:10+02', '2026-11-20T07:00:10.000+00:00'],
    ['2026-11-19T21:30:10-09:30', '2026-11-20T07:00:10.000+00:00'],
    ['1969-12-31T23:59:59.999Z', '1969-12-31T23:59:59.999+00:00'],
    ['2024-02-29T24:00:00Z', '2024-03-01T00:00:00.000+00:00'],
  ])('%s is %s', (text, index) => expect(formatIndex(parseInstant(text) ?? Number.NaN)).toBe(index));

  it.each([
    '',
    'now',
    '2026',
    '2026-13-01',
    '2026-02-29',
    '2026-00-10',
    '2026-11-20T25:00:00Z',
    '2026-11-20T07:60:00Z',
    '20261120',
    '12:00',
  ])('%j is none', (text) => expect(parseInstant(text)).toBeUndefined());

  it('there and back', () =>
    fc.assert(
      fc.property(fc.integer({ min: -5.8e13, max: 25e13 }), (ms) => {
        expect(parseInstant(formatIndex(ms))).toBe(ms);
        expect(formatIndex(ms)).toBe(new Date(ms).toISOString().replace('Z', '+00:00'));
      }),
    ));

  it('gives a date in a URL its plus back', () =>
    expect(parseQueryInstant('2026-11-20T09:00:00 02:00')).toBe(Date.UTC(2026, 10, 20, 7)));
});

describe('names in SQL (T28)', () => {
  it('are harmless and unique whatever the attribute is called', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 80 }), fc.nat(100_000), (name, column) => {
        // Without expect(): as many matchers take longer than the names.
        const made = columnName(column, name);
        return /^c\d+_[a-z0-9_]{0,40}$/.test(made) && made.startsWith(`c${column}_`) && quote(made) === `"${made}"`;
      }),
      { numRuns: times(5_000, 100_000) },
    ));

  it.each(['a"b', 'A', '1a', '', 'a b', 'a;b', "a'b", 'x'.repeat(64), 'ä'])('%j is no identifier', (name) =>
    expect(() => quote(name)).toThrow(),
  );

  it.each([-1, 0.5, Number.NaN, 2 ** 53])('%d is no table', (table) => {
    expect(() => hotTable(table)).toThrow();
    expect(() => lateTable(table)).toThrow();
  });

  it('a question holds nothing else', () =>
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.boolean(),
        fc.array(fc.nat(), { maxLength: 5 }),
        (name, mergeLate, entities) => {
          const sql = seriesSql({
            ...{
              table: 1,
              columns: [{ column: 3, name, kind: 'number' }],
              entities,
              fromMs: -5,
              toMs: 1e12,
              mergeLate,
              kept: { isSealed: mergeLate, archives: [{ file: 'months/one.parquet', columns: [3] }] },
            },
            ...{
              newestFirst: true,
              limit: 10,
              offset: 0,
              aggregation: {
                methods: [{ name: 'sum', kind: 'sum' }],
                grid: gridOf('month', undefined, 0, 0),
                digits: undefined,
                decimals: undefined,
              },
            },
          });
          expect(sql).toMatch(/^[A-Za-z0-9_ "'(),.*+=<>:%/[\]-]+$/);
        },
      ),
    ));
});

describe('log records', () => {
  it('there and back', () =>
    fc.assert(
      fc.property(
        fc.record({
          kind: fc.constantFrom('notification' as const, 'erasure' as const),
          arrivalMs: fc.integer(),
          tenant: fc.stringMatching(/^[a-z0-9_]{1,50}$/),
          timeIndexAttribute: fc.option(fc.stringMatching(/^[^\0]{1,300}$/u), {
            nil: undefined,
          }),
          body: fc.uint8Array(),
        }),
        (record) => expect(decodeRecord(encodeRecord(record))).toEqual(record),
      ),
    ));
});

describe('casts', () => {
  it.each([
    ['number', '12.5', 12.5],
    ['number', ' 1e3 ', 1000],
    ['boolean', 'true', true],
    ['boolean', 0, false],
    ['text', 5, '5'],
    ['text', { a: 1 }, '{"a":1}'],
    ['json', 'x', '"x"'],
  ] as const)('a %s column keeps %j as %j', (kind, from, to) =>
    expect(castTo(kind, from)).toEqual({ kind: 'stored', value: to }),
  );

  it.each([
    ['number', 'on', 'on'],
    ['number', '', ''],
    ['number', '0x10', '0x10'],
    ['number', true, 'true'],
    ['number', Number.POSITIVE_INFINITY, 'Infinity'],
    ['number', [1], '[1]'],
    ['boolean', 'yes', 'yes'],
    ['boolean', 2, '2'],
  ] as const)('a %s column keeps %j beside as %j', (kind, from, text) =>
    expect(castTo(kind, from)).toEqual({ kind: 'raw', text }),
  );
});

describe('staging', () => {
  const update = (indexMs: number, value: number, recordedAtMs?: number): EntityUpdate => ({
    ...{ id: 'm', type: 'T', path: '' },
    rows: [
      {
        indexMs,
        recordedAtMs,
        cells: [{ name: 'a', value, declared: undefined, unit: undefined, observedAtMs: indexMs }],
      },
    ],
  });
  const stage = (...updates: readonly EntityUpdate[]) => {
    const staging = new Staging(new Catalogue());
    for (const each of updates) staging.add('default', each);
    const [batch] = [staging.take(1)];
    return { hot: batch.tables[0]?.hot?.rows ?? 0, late: batch.tables[0]?.late?.rows ?? 0, ...staging.counts };
  };

  it('calls a row beyond the newest new', () =>
    expect(stage(update(1, 5), update(2, 5))).toMatchObject({ hot: 2, late: 0 }));
  it('drops what repeats', () =>
    expect(stage(update(1, 5), update(1, 5))).toMatchObject({ hot: 1, late: 0, repeatedCells: 1 }));
  it('keeps another value as a revision', () =>
    expect(stage(update(1, 5), update(1, 6))).toMatchObject({ hot: 1, late: 1 }));
  it('keeps what came late', () => expect(stage(update(2, 5), update(1, 5))).toMatchObject({ hot: 1, late: 1 }));
  it('keeps the same value with a newer record time', () =>
    expect(stage(update(1, 5, 10), update(1, 5, 11))).toMatchObject({ hot: 1, late: 1 }));
  it('keeps the same value with an older record time: somebody may ask what was known then', () =>
    expect(stage(update(1, 5, 10), update(1, 5, 9))).toMatchObject({ hot: 1, late: 1 }));
});

describe('any bytes', () => {
  it('are parsed or refused, nothing else', () =>
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (body) => {
        expect(['value', 'fault']).toContain(parseNotification(body, { arrivalMs: 0 }).kind);
        expect(['value', 'fault']).toContain(
          parseNotification({ data: [{ id: 'x', type: 'T', a: body }] }, { arrivalMs: 0 }).kind,
        );
      }),
    ));

  it('of a query string, too', () =>
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom('id', 'idPattern', 'attrs', 'limit', 'fromDate', 'aggrMethod'), fc.string()),
        (query) => {
          expect(['value', 'fault']).toContain(readParameters(query, { defaultLimit: 10 }).kind);
        },
      ),
    ));

  it('a pattern that would take others for ever is linear', () => {
    const read = readParameters({ idPattern: '(a+)+$' }, { defaultLimit: 10 });
    const startedAt = performance.now();
    if (read.kind === 'value') expect(read.value.matchesId?.(`${'a'.repeat(5_000)}!`)).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});

describe("DuckDB's complaints", () => {
  it.each([
    ['IO Error: Could not set lock on file "x": Conflicting lock is held', 'open', 'locked'],
    ['Trying to read a database file with version number 99, but we can only read', 'open', 'newer'],
    ['IO Error: Corrupt database file: computed checksum 1 does not match', 'query', 'damaged'],
    ['FATAL Error: database has been invalidated', 'query', 'broken'],
    ['Out of Memory Error: could not allocate block', 'query', 'refused'],
    ['IO Error: No space left on device', 'apply', 'full'],
    [
      'FATAL Error: Failed to create checkpoint because of error: Could not write file "a": No space left on device',
      'checkpoint',
      'full',
    ],
    ['FATAL Error: database has been invalidated. Original error: "No space left on device"', 'query', 'full'],
    ['IO Error: There is not enough space on the disk.', 'open', 'full'],
  ] as const)('%s on %s is %s', (message, request, code) => expect(failureCode(message, request)).toBe(code));
});

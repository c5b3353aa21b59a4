import { fileName, toCsv } from '@contor/app/logic/csv';
import { loadProfileCsv, siteHoursCsv } from '@contor/app/logic/export-files';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const FROM = Date.UTC(2026, 10, 20, 7);
const table = { about: [['subject', 'x']] as const, columns: ['a', 'b', 'c'], records: [] };

/** RFC 4180, 2: a reader of our own, so that we do not only agree with ourselves. */
function parse(text: string): string[][] {
  const records: string[][] = [];
  const field = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n)/y;
  let record: string[] = [];
  while (field.lastIndex < text.length) {
    const match = field.exec(text);
    if (match === null) throw new Error('not RFC 4180');
    record.push(match[1] === undefined ? (match[2] ?? '') : match[1].replaceAll('""', '"'));
    if (match[3] === '\r\n') {
      records.push(record);
      record = [];
    }
  }
  return records;
}

describe('CSV', () => {
  it('comes back as it went, whatever the text', () =>
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string(), fc.string()), { maxLength: 5 }), (records) => {
        const back = parse(toCsv({ ...table, records }, { byteOrderMark: false })).slice(2);
        expect(back.map((row) => row.map((cell) => cell.replace(/^'/, '')))).toEqual(
          records.map((row) => row.map((cell) => cell.replace(/^'/, ''))),
        );
      }),
    ));
  it('gives every record the same number of fields', () =>
    expect(parse(toCsv({ ...table, records: [[1]] }, { byteOrderMark: false })).map((row) => row.length)).toEqual([
      3, 3, 3,
    ]));
  it.each(['=1+1', '+A1', '-2', '@SUM(A1)', '\t=1', ' =1', '＝1'])('never lets %j become a formula', (text) =>
    expect(parse(toCsv({ ...table, records: [[text]] }, { byteOrderMark: false }))[2]?.[0]?.startsWith("'")).toBe(true),
  );
  it('leaves numbers alone, negative ones too', () =>
    expect(toCsv({ ...table, records: [[-1.5, Number.NaN, undefined]] })).toContain('\r\n-1.5,,\r\n'));
  it('begins with a byte order mark for Excel', () =>
    expect(toCsv({ ...table, records: [] }).charCodeAt(0)).toBe(0xfeff));
  it.each([
    [['load-profile', 'Strada Țepeș / 1'], 'load-profile-Strada-Tepes-1.csv'],
    [['../..'], 'contor.csv'],
  ])('%j is a file name everywhere', (parts, expected) => expect(fileName(parts, 'csv')).toBe(expected));
});

describe('the files', () => {
  const facts = {
    subject: '=cmd()',
    identifier: 'urn:ngsi-ld:Device:e350-0001',
    serialNumber: 'LGZ1',
    timeZone: 'Europe/Bucharest',
    createdAtMs: FROM,
  };
  const slot = { startMs: FROM, endMs: FROM + 900_000, importKwh: 0.310001, exportKwh: 0 };
  const gap = { startMs: FROM + 900_000, endMs: FROM + 1_800_000, importKwh: undefined, exportKwh: undefined };

  it('tells local time with its offset, UTC, both ends, and the unit', () => {
    const records = parse(toCsv(loadProfileCsv([slot, gap], facts), { byteOrderMark: false }));
    const head = records.findIndex(([first]) => first === 'interval_start_local');
    expect(records[head]).toEqual([
      'interval_start_local',
      'interval_end_local',
      'interval_start_utc',
      'interval_end_utc',
      'quantity',
      'value',
      'unit',
      'quality',
    ]);
    expect(records[head + 1]).toEqual([
      '2026-11-20T09:00:00+02:00',
      '2026-11-20T09:15:00+02:00',
      '2026-11-20T07:00:00Z',
      '2026-11-20T07:15:00Z',
      'activeEnergyImport',
      '0.310001',
      'kWh',
      'metered',
    ]);
    expect(records[head + 3]?.slice(4)).toEqual(['activeEnergyImport', '', 'kWh', 'missing']);
  });
  it('says in its head what it holds', () => {
    const about = Object.fromEntries(
      parse(toCsv(loadProfileCsv([slot, gap], facts), { byteOrderMark: false })).map(([name, value]) => [name, value]),
    );
    expect(about).toMatchObject({
      subject: "'=cmd()",
      time_zone: 'Europe/Bucharest',
      intervals: '2',
      intervals_missing: '1',
      from: '2026-11-20T09:00:00+02:00',
    });
  });
  it('carries the quality of an hour', () =>
    expect(
      siteHoursCsv([{ ...slot, quality: 'partial', meterCount: 18, expectedMeterCount: 20 }], facts).records[0]?.slice(
        4,
      ),
    ).toEqual(['activeEnergyImport', 0.310001, 'kWh', 'partial', 18, 20]));
});

/** Records of EN 13757-3, clause by clause, and there and back. */

import { fromHex, toHex } from '@contor/kit';
import { decodeRecords, encodeRecord, FIELDS, type FieldName, formatTime, numberOf, vibFor } from '@contor/mbus';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const first = (hex: string) => decodeRecords(fromHex(hex)).records[0];

describe('values', () => {
  it.each([
    ['energy in Wh, table 10', '0406e8030000', 1_000_000, 'Wh'],
    ['energy in J', '040f01000000', 10_000_000, 'J'],
    ['volume, BCD', '0c1367452301', 1234.567, 'm^3'],
    ['a minus sign in the first digit, type A', '0a5a12f3', -31.2, '°C'],
    ['hours count in seconds', '02221000', 57_600, 's'],
    ['temperature, signed, type B', '025bfeff', -2, '°C'],
    ['real, type H', '05fdc9ff010000c842', 100, 'V'],
    ['a factor by VIFE 73, table 15', '0493730a000000', 0.00001, 'm^3'],
    ['MWh behind FB, table 14', '02fb000a00', 1_000_000, 'Wh'],
    ['voltage behind FD, table 12', '02fd48e600', 23, 'V'],
    ['48 bits', '0603ffffffffff7f', 2 ** 47 - 1, 'Wh'],
    ['LVAR C2, table 5', '0d13c23412', 1.234, 'm^3'],
    ['LVAR D1', '0d13d112', -0.012, 'm^3'],
  ])('%s', (_, hex, value, unit) => {
    const record = first(hex);
    expect(record?.unit).toBe(unit);
    expect(record && numberOf(record)).toBeCloseTo(value, 9);
  });

  it.each([
    ['a hexadecimal digit', '0a13a100'],
    ['a hexadecimal digit below the sign', '0a131af0'],
    ['the most negative integer, type B', '02130080'],
    ['NaN', '05130000c07f'],
    ['a date that does not exist', '426c5f32'],
    ['a stamp marked invalid, type F', '046d80000001'],
  ])('%s is invalid, never 0', (_, hex) => expect(first(hex)?.value.kind).toBe('invalid'));

  it.each([
    ['F', '046d1a0ecd13', '2014-03-13T14:26:00'],
    ['G', '426ce101', '2007-01-01'],
    ['I', '066d37090e223205', '2025-02-02T14:09:55'],
    ['J', '036d1e0a17', '23:10:30'],
  ])('time of type %s', (_, hex, text) => {
    const value = first(hex)?.value;
    expect(value?.kind === 'time' && formatTime(value.value)).toBe(text);
  });

  it('text is sent from its end, and a plain-text VIF is a unit', () => {
    expect(first('0d780531323345ff')?.value).toEqual({ kind: 'text', value: 'ÿE321' });
    expect(first('027c09656d6974202e746162d409')).toMatchObject({ quantity: 'bat. time', unit: '-' });
  });

  it('storage, tariff and subunit grow by their DIFEs, 6.3', () => {
    expect(first('c4d20103e8030000')).toMatchObject({ storage: 1 + 2 * 2 + 2 * 16, tariff: 1, subunit: 1 });
  });

  it('a VIFE makes a duration of a flow, and the plain reading stands beside it', () => {
    expect(first('02bb5605 00'.replace(' ', ''))).toMatchObject({
      unit: 's',
      factor: 3_600,
      asVif: { meaning: { unit: 'm^3/h' } },
    });
  });
});

describe('a compact profile, annex F', () => {
  it('goes back by months from its base', () => {
    const { records } = decodeRecords(
      fromHex(['820f6c4136', '840f1301000000', '8d0f93130a34fe0200000003000000'].join('')),
    );
    const [, , , stamp, value, before] = records;
    expect(stamp?.value.kind === 'time' && formatTime(stamp.value.value)).toBe('2026-05-01');
    expect(value).toMatchObject({ storage: 31, value: { kind: 'integer', value: 2 } });
    expect(before?.value.kind === 'time' && formatTime(before.value.value)).toBe('2026-04-01');
  });
});

describe('refuses', () => {
  it.each([
    ['eleven DIFEs', '8b8b8b8b8b8b8b8b8b8b8b8b600437', 'mbus.dife.too-many'],
    ['eleven VIFEs', '04938484848484848484848484840437', 'mbus.vife.too-many'],
    ['a DIB without end', '8b8b', 'mbus.dif.short'],
    ['a VIB without end', '04fd', 'mbus.vif.short'],
    ['data that end', '041300', 'mbus.record.short'],
    ['a reserved DIF', '3f', 'mbus.dif.reserved'],
    ['a reserved LVAR', '0d13ff', 'mbus.lvar.reserved'],
    ['an LVAR beyond the end', '0d13bf00', 'mbus.record.short'],
    ['a unit beyond the end', '02fcf300', 'mbus.vif.text'],
  ])('%s', (_, hex, code) => expect(decodeRecords(fromHex(hex)).fault?.code).toBe(code));
});

const integers = (bytes: number) =>
  fc.bigInt({ min: -(1n << BigInt(8 * bytes - 1)) + 1n, max: (1n << BigInt(8 * bytes - 1)) - 1n });
const LENGTHS = { int8: 1, int16: 2, int24: 3, int32: 4, int48: 6, int64: 8 } as const;
const DIGITS = { bcd2: 2, bcd4: 4, bcd6: 6, bcd8: 8, bcd12: 12 } as const;

const VALUES: fc.Arbitrary<{ field: FieldName; value: bigint }> = fc.oneof(
  ...Object.entries(LENGTHS).map(([field, bytes]) =>
    fc.record({ field: fc.constant(field as FieldName), value: integers(bytes) }),
  ),
  ...Object.entries(DIGITS).map(([field, digits]) =>
    fc.record({
      field: fc.constant(field as FieldName),
      value: fc.bigInt({ min: -(10n ** BigInt(digits - 1)) + 1n, max: 10n ** BigInt(digits) - 1n }),
    }),
  ),
);

describe('there and back', () => {
  it('numbers in every data field, at every storage, tariff and subunit', () => {
    const vib = vibFor({ quantity: 'Volume', unit: 'm^3', exponent: -3 }) ?? new Uint8Array(0);
    const numbers = { storage: fc.nat(2 ** 40), tariff: fc.nat(4 ** 9), subunit: fc.nat(2 ** 9) };
    fc.assert(
      fc.property(VALUES, fc.record(numbers), ({ field, value }, where) => {
        const bytes = encodeRecord({ field, vib, ...where, value: { kind: 'integer', value } });
        const { records, fault } = decodeRecords(bytes);
        expect(fault).toBeUndefined();
        expect(records[0]).toMatchObject({ ...where, exponent: -3, end: bytes.length });
        const decoded = records[0]?.value;
        expect(decoded?.kind === 'integer' && BigInt(decoded.value)).toBe(value);
      }),
    );
  });

  it('a date is what it was', () => {
    const vib = Uint8Array.of(0x6d);
    const day = fc.record({
      year: fc.integer({ min: 2000, max: 2080 }),
      month: fc.integer({ min: 1, max: 12 }),
      day: fc.integer({ min: 1, max: 28 }),
      hour: fc.nat(23),
      minute: fc.nat(59),
    });
    fc.assert(
      fc.property(day, fc.boolean(), (moment, isSummerTime) => {
        const value = { type: 'dateTime', ...moment, second: undefined, isSummerTime } as const;
        const bytes = encodeRecord({ field: 'int32', vib, value: { kind: 'time', value } });
        expect(decodeRecords(bytes).records[0]?.value).toEqual({ kind: 'time', value });
      }),
    );
  });

  it('every field name is a data field of table 4', () => {
    expect(toHex(Uint8Array.from(Object.values(FIELDS)))).toBe('00010203040506070' + '90a0b0c0d0e');
  });
});

it('answers any bytes without throwing, and always moves on', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const { records } = decodeRecords(bytes);
      for (const { at, end } of records) expect(end).toBeGreaterThan(at);
    }),
  );
});

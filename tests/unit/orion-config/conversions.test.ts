/** Values with scaler and unit → our integers: published factors, there and back, and what may not be rounded. */

import {
  ATTRIBUTES,
  amountOf,
  amountToInteger,
  CONVERSIONS,
  INTEGER_LIMIT,
  isConvertible,
  type NumericAttribute,
  parseDecimal,
  toWire,
  UNITS,
  type UnitCode,
} from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const wire = (attribute: NumericAttribute, integer: bigint, exponent: number, unitCode?: UnitCode) =>
  toWire(attribute, amountToInteger(attribute, { integer, exponent, unitCode }, 'rounded'));

describe('published factors', () => {
  // SI brochure, table 8, and what meters print: 1 GJ = 277.777 778 kWh, 1 MWh = 3.6 GJ, 20 °C = 293.15 K.
  it.each<[NumericAttribute, bigint, number, UnitCode | undefined, number]>([
    ['totalHeatEnergy', 1n, 0, 'GV', 277.777778],
    ['totalHeatEnergy', 36n, -1, 'GV', 1000],
    ['totalHeatEnergy', 1n, 0, '3B', 0.277778],
    ['totalHeatEnergy', 12_345n, -3, 'MWH', 12_345],
    ['totalActiveEnergyImport', 123_456_789n, 0, 'WHR', 123_456.789],
    ['totalActiveEnergyImport', 123_456n, -2, undefined, 1234.56],
    ['thermalPower', 4_500n, 0, 'WTT', 4.5],
    ['totalActivePower', 4_567n, -3, 'KWT', 4567],
    ['totalReactivePower', 12n, -1, 'KVR', 1200],
    ['waterConsumption', 12_345n, 0, 'LTR', 12.345],
    ['volumeFlow', 1_500n, 0, 'E32', 1.5],
    ['maxFlow', 15n, -1, 'MQH', 1500],
    ['forwardTemperature', 29_315n, -2, 'KEL', 20],
    ['forwardTemperature', -5n, 0, 'CEL', -5],
    ['intervalSeconds', 15n, 0, 'MIN', 900],
    ['intervalSeconds', 1n, 0, 'HUR', 3600],
    ['batteryLevel', 85n, 0, 'P1', 0.85],
  ])('%s of %s × 10^%s %s', (attribute, integer, exponent, unitCode, expected) => {
    expect(wire(attribute, integer, exponent, unitCode)).toBe(expected);
  });
});

describe('exactness', () => {
  it('keeps every digit of a register, whatever its scaler', () => {
    const value = fc.bigInt({ min: 0n, max: 10n ** 9n });
    fc.assert(
      fc.property(value, fc.integer({ min: -6, max: 2 }), (integer, exponent) => {
        const expected = parseDecimal(`${integer}e${exponent}`, 6);
        fc.pre(expected < INTEGER_LIMIT);
        expect(amountToInteger('totalActiveEnergyImport', { integer, exponent, unitCode: 'KWH' }, 'exact')).toBe(
          expected,
        );
      }),
    );
  });

  it('says the same in a smaller unit with a larger exponent', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 1n - 10n ** 9n, max: 10n ** 9n - 1n }),
        fc.integer({ min: -6, max: 0 }),
        (integer, exponent) => {
          const inKilowatts = amountToInteger('totalActivePower', { integer, exponent, unitCode: 'KWT' }, 'exact');
          const inWatts = amountToInteger(
            'totalActivePower',
            { integer, exponent: exponent + 3, unitCode: 'WTT' },
            'exact',
          );
          expect(inKilowatts).toBe(inWatts);
        },
      ),
    );
  });

  it.each([
    ['1 digit too many', { integer: 15n, exponent: -7 }, 'decimal.too-precise'],
    ['a unit of something else', { integer: 1n, exponent: 0, unitCode: 'CEL' }, 'decimal.unit'],
    ['a value beyond 15 digits', { integer: 10n ** 9n, exponent: 0 }, 'decimal.out-of-range'],
    ['a scaler no meter has', { integer: 1n, exponent: 127 }, 'decimal.out-of-range'],
    ['the smallest scaler', { integer: 1n, exponent: -128 }, 'decimal.out-of-range'],
  ] as const)('refuses %s for a register', (_name, amount, code) => {
    expect(() => amountToInteger('totalActiveEnergyImport', amount, 'exact')).toThrow(
      expect.objectContaining({ code }),
    );
  });

  it('rounds a gauge half away from zero, and a heat register that counts joules to the digit it is kept with', () => {
    expect(amountToInteger('totalActivePower', { integer: 12_345n, exponent: -4 }, 'rounded')).toBe(1235n);
    expect(amountToInteger('totalActivePower', { integer: -12_345n, exponent: -4 }, 'rounded')).toBe(-1235n);
    expect(amountToInteger('totalHeatEnergy', { integer: 1n, exponent: 0, unitCode: 'GV' }, 'exact')).toBe(
      277_777_778n,
    );
  });
});

it('a number is the decimal it is printed as', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      const { integer, exponent } = amountOf(value, 'WHR');
      expect(Number(`${integer}e${exponent}`)).toBe(Object.is(value, -0) ? 0 : value);
    }),
  );
  expect(() => amountOf(Number.POSITIVE_INFINITY)).toThrow(expect.objectContaining({ code: 'decimal.not-a-number' }));
});

describe('the table', () => {
  it.each(CONVERSIONS.map((row) => [row.from, row.to, row] as const))('%s to %s knows its units', (from, to, row) => {
    expect(Object.keys(UNITS)).toEqual(expect.arrayContaining([from, to]));
    expect(CONVERSIONS.filter((other) => other.from === from && other.to === to)).toEqual([row]);
    // Some attribute travels in the target unit, else nobody needs the row.
    expect(Object.values(ATTRIBUTES).some((attribute) => 'unitCode' in attribute && attribute.unitCode === to)).toBe(
      true,
    );
  });
  it('goes back where both ways are known', () => {
    for (const { from, to, exponent } of CONVERSIONS) {
      const back = CONVERSIONS.find((row) => row.from === to && row.to === from);
      if (back !== undefined) expect(back.exponent).toBe(-exponent);
    }
    expect([isConvertible('WHR', 'KWH'), isConvertible('KWH', 'KWH'), isConvertible('KWH', 'CEL')]).toEqual([
      true,
      true,
      false,
    ]);
  });
});

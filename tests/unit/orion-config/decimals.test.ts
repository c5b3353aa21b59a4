import {
  formatDecimal,
  INTEGER_LIMIT,
  type NumericAttribute,
  parseDecimal,
  roundToWire,
  toInteger,
  toWire,
} from '@contor/orion-config';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const limit = INTEGER_LIMIT - 1n;
const integer = fc.bigInt({ min: -limit, max: limit });
const attribute = fc.constantFrom<NumericAttribute[]>(
  'totalActiveEnergyImport',
  'totalActivePower',
  'phaseCount',
  'scaleFactor',
  'powerFactor',
);

describe('exact numbers', () => {
  it('come back the same from the wire, through JSON', () => {
    fc.assert(
      fc.property(attribute, integer, (name, value) => {
        const wire: unknown = JSON.parse(JSON.stringify(toWire(name, value)));
        expect(toInteger(name, Number(wire))).toBe(value);
      }),
      { numRuns: 2_000 },
    );
  });
  it('come back the same from text', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(10n ** 38n), max: 10n ** 38n }), fc.nat(20), (value, decimals) =>
        expect(parseDecimal(formatDecimal(value, decimals), decimals)).toBe(value),
      ),
    );
  });
  it('add up exactly where doubles do not', () => {
    const tenth = toInteger('totalActiveEnergyImport', 0.1);
    expect(toWire('totalActiveEnergyImport', tenth + toInteger('totalActiveEnergyImport', 0.2))).toBe(0.3);
  });
  // 1.1 * 1e6 is 1100000.0000000002; 4.35 * 100 is 434.99999999999994.
  it.each([
    ['totalActiveEnergyImport', 1.1, 1_100_000n],
    ['totalActiveEnergyImport', 12345.678, 12_345_678_000n],
    ['totalActiveEnergyImport', 1e-6, 1n],
    ['totalActiveEnergyImport', 1e-7 * 10, 1n],
    ['totalActiveEnergyImport', 999_999_999.999999, 999_999_999_999_999n],
    ['totalActiveEnergyImport', -0.000001, -1n],
    ['totalActiveEnergyImport', -0, 0n],
    ['totalActivePower', 4.35, 4350n],
    ['totalActivePower', 230, 230_000n],
    ['phaseCount', 3, 3n],
    ['phaseCount', 1e14, 100_000_000_000_000n],
  ] as const)('%s: %p ↔ %p', (name, wire, expected) => {
    expect(toInteger(name, wire)).toBe(expected);
    expect(toWire(name, expected)).toBe(wire === 0 ? 0 : wire);
  });

  it.each([
    ['1e3', 2, 100_000n],
    ['+1.50', 1, 15n],
    ['1.5e-3', 4, 15n],
    ['0.000', 0, 0n],
    ['0e9999', 3, 0n],
    ['00012', 0, 12n],
    ['1200e-2', 0, 12n],
  ])('reads %s with %i decimals', (text, decimals, expected) => expect(parseDecimal(text, decimals)).toBe(expected));

  it.each([
    ['NaN', 'decimal.not-a-number'],
    ['Infinity', 'decimal.not-a-number'],
    ['', 'decimal.not-a-number'],
    [' 1', 'decimal.not-a-number'],
    ['1,5', 'decimal.not-a-number'],
    ['0x10', 'decimal.not-a-number'],
    ['1.', 'decimal.not-a-number'],
    ['1e99999', 'decimal.not-a-number'],
    ['1e9999', 'decimal.out-of-range'],
    ['0.1234', 'decimal.too-precise'],
    ['1e-9999', 'decimal.too-precise'],
  ])('refuses "%s": %s', (text, code) =>
    expect(() => parseDecimal(text, 3)).toThrow(expect.objectContaining({ code })),
  );

  it.each([
    [Number.NaN, 'decimal.not-a-number'],
    [Number.POSITIVE_INFINITY, 'decimal.not-a-number'],
    [1_000_000_000, 'decimal.out-of-range'],
    [1e300, 'decimal.out-of-range'],
    [0.0000001, 'decimal.too-precise'],
    [0.1 + 0.2, 'decimal.too-precise'],
  ])('refuses %p as a register', (wire, code) =>
    expect(() => toInteger('totalActiveEnergyImport', wire)).toThrow(expect.objectContaining({ code })),
  );
  it('refuses an integer that no number holds', () => {
    expect(() => toWire('phaseCount', INTEGER_LIMIT)).toThrow(
      expect.objectContaining({ code: 'decimal.out-of-range' }),
    );
    expect(() => toWire('phaseCount', -INTEGER_LIMIT)).toThrow(
      expect.objectContaining({ code: 'decimal.out-of-range' }),
    );
  });
  it('answers any text with a number or a typed refusal', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.double().map(String)), fc.nat(12), (text, decimals) => {
        try {
          expect(typeof parseDecimal(text, decimals)).toBe('bigint');
        } catch (error) {
          expect(error).toMatchObject({ name: 'VocabularyError', code: expect.stringMatching(/^decimal\./) });
        }
      }),
    );
  });
});

describe('a computed gauge', () => {
  it.each([
    ['totalActivePower', 230.50049, 230.5],
    ['totalActivePower', -0.0001, 0],
    ['totalActiveEnergyImport', 0.1 + 0.2, 0.3],
  ] as const)('%s: %p is carried as %p', (name, value, expected) => expect(roundToWire(name, value)).toBe(expected));
  it('is always one the attribute can carry', () => {
    fc.assert(
      fc.property(fc.double({ min: -1e8, max: 1e8, noNaN: true }), (value) => {
        const wire = roundToWire('totalActivePower', value);
        expect(toWire('totalActivePower', toInteger('totalActivePower', wire))).toBe(wire);
        expect(Math.abs(wire - value)).toBeLessThanOrEqual(0.0005001);
      }),
    );
  });
});

/**
 * From what a meter says, an integer with an exponent in some unit, to the integer of the last digit of an attribute in its own
 * unit. Factors are exact ratios (SI brochure, 9th edition, 5.4 and table 8: 1 h = 3600 s, 1 l = 10⁻³ m³, 0 °C = 273.15 K); no double is ever in between.
 */

import { ATTRIBUTES, type NumericAttribute } from './attributes.js';
import { INTEGER_LIMIT } from './decimals.js';
import type { UnitCode } from './units.js';
import { VocabularyError } from './vocabulary-error.js';

/** `integer × 10^exponent` of the unit; without a unit it is in that of the attribute. */
export interface Amount {
  readonly integer: bigint;
  readonly exponent: number;
  readonly unitCode?: UnitCode | undefined;
}

/** What was metered is kept to the last digit or refused; what was computed or sampled may be rounded to the digits we keep. */
export type Precision = 'exact' | 'rounded';

export interface ConversionRow {
  readonly from: UnitCode;
  readonly to: UnitCode;
  /** value in `to` = value in `from` × numerator ÷ denominator × 10^exponent + offset ÷ 100. */
  readonly exponent: number;
  readonly numerator?: bigint;
  readonly denominator?: bigint;
  readonly offsetHundredths?: bigint;
}

// biome-ignore format: a table
export const CONVERSIONS: readonly ConversionRow[] = [
  { from: 'WHR', to: 'KWH', exponent: -3 },
  { from: 'MWH', to: 'KWH', exponent: 3 },
  // 3.6 MJ are a kilowatt hour.
  { from: '3B', to: 'KWH', exponent: 0, numerator: 5n, denominator: 18n },
  { from: 'GV', to: 'KWH', exponent: 3, numerator: 5n, denominator: 18n },
  { from: 'KWT', to: 'WTT', exponent: 3 },
  { from: 'MAW', to: 'WTT', exponent: 6 },
  { from: 'WTT', to: 'KWT', exponent: -3 },
  { from: 'MAW', to: 'KWT', exponent: 3 },
  { from: 'KVR', to: 'D44', exponent: 3 },
  { from: 'KVA', to: 'D46', exponent: 3 },
  { from: 'LTR', to: 'MTQ', exponent: -3 },
  { from: 'E32', to: 'MQH', exponent: -3 },
  { from: 'MQH', to: 'E32', exponent: 3 },
  { from: 'KEL', to: 'CEL', exponent: 0, offsetHundredths: -27_315n },
  { from: 'MIN', to: 'SEC', exponent: 0, numerator: 60n },
  { from: 'HUR', to: 'SEC', exponent: 0, numerator: 3_600n },
  { from: 'DAY', to: 'SEC', exponent: 0, numerator: 86_400n },
  { from: 'P1', to: 'C62', exponent: -2 },
];

/** Far beyond any meter's scaler (IEC 62056-6-2: a signed byte), and a bound before powers of ten are multiplied out. */
const LARGEST_EXPONENT = 40;

/** Throws `decimal.unit` when the unit is none of that quantity, `decimal.too-precise` when exactness would be lost, `decimal.out-of-range` when it does not fit. */
export function amountToInteger(attribute: NumericAttribute, amount: Amount, precision: Precision): bigint {
  const row: { readonly decimals: number; readonly unitCode?: UnitCode } = ATTRIBUTES[attribute];
  const {
    numerator = 1n,
    denominator = 1n,
    exponent,
    offsetHundredths = 0n,
  } = conversionOf(attribute, amount, row.unitCode);
  const shift = amount.exponent + exponent + row.decimals;
  if (Math.abs(shift) > LARGEST_EXPONENT)
    throw fault('decimal.out-of-range', 'the value is too large or too small', attribute, amount);
  const scaled = amount.integer * numerator * (shift > 0 ? 10n ** BigInt(shift) : 1n);
  const divisor = denominator * (shift < 0 ? 10n ** BigInt(-shift) : 1n);
  // A ratio that is no power of ten has no last digit to keep, so such a value is rounded in any case.
  const isExact = precision === 'exact' && denominator === 1n;
  if (isExact && scaled % divisor !== 0n)
    throw fault('decimal.too-precise', `more than ${row.decimals} decimals`, attribute, amount);
  const integer = divided(scaled, divisor) + divided(offsetHundredths * 10n ** BigInt(row.decimals), 100n);
  if (integer >= INTEGER_LIMIT || integer <= -INTEGER_LIMIT)
    throw fault('decimal.out-of-range', 'the value has more digits than a number keeps exactly', attribute, amount);
  return integer;
}

/** The decimal that a number is printed as, digit for digit. */
export function amountOf(value: number, unitCode?: UnitCode): Amount {
  const [, sign = '', whole = '', fraction = '', exponent = '0'] = DECIMAL.exec(String(value)) ?? [];
  if (whole === '') throw new VocabularyError('decimal.not-a-number', `${value} is not a decimal number`, { value });
  return { integer: BigInt(sign + whole + fraction), exponent: Number(exponent) - fraction.length, unitCode };
}

/** As ECMAScript prints a finite number (ECMA-262, 6.1.6.1.20). */
const DECIMAL = /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]\d+))?$/;

export function isConvertible(from: UnitCode, to: UnitCode): boolean {
  return from === to || CONVERSIONS.some((row) => row.from === from && row.to === to);
}

const SAME = { exponent: 0 } as const;

function conversionOf(
  attribute: NumericAttribute,
  amount: Amount,
  to: UnitCode | undefined,
): Omit<ConversionRow, 'from' | 'to'> {
  const { unitCode: from } = amount;
  if (from === undefined || from === to) return SAME;
  const row = CONVERSIONS.find((candidate) => candidate.from === from && candidate.to === to);
  if (row === undefined) throw fault('decimal.unit', `${from} is no unit of ${attribute}`, attribute, amount);
  return row;
}

/** Half away from zero. */
function divided(value: bigint, divisor: bigint): bigint {
  const magnitude = value < 0n ? -value : value;
  const rounded = (2n * magnitude + divisor) / (2n * divisor);
  return value < 0n ? -rounded : rounded;
}

function fault(
  code: 'decimal.unit' | 'decimal.too-precise' | 'decimal.out-of-range',
  message: string,
  attribute: NumericAttribute,
  { integer, exponent, unitCode }: Amount,
): VocabularyError {
  return new VocabularyError(code, message, { attribute, integer: integer.toString(), exponent, unitCode });
}

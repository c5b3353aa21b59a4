/**
 * Exact numbers. On the wire a value is a decimal in the unit of its attribute; inside it is the integer of the last digit.
 * A double keeps 15 significant decimal digits unchanged (IEEE 754: DBL_DIG = 15), so the way there and back is exact for every
 * integer below 10¹⁵, as long as it goes through text and never through a multiplication: `1.1 * 1e6` is not 1100000.
 */

import { ATTRIBUTES, type NumericAttribute } from './attributes.js';
import { VocabularyError } from './vocabulary-error.js';

/** First magnitude that no longer fits into the 15 digits a double keeps. */
export const INTEGER_LIMIT = 10n ** 15n;

/** Far beyond any register; a bound before the zeros are written out, so that `1e9999` costs nothing. */
const MOST_DIGITS = 40;

/** The shape of JSON numbers (RFC 8259, 6), with a leading plus tolerated. */
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d{1,4}))?$/;

/** The integer of the last digit: `toInteger('totalActiveEnergyImport', 12345.678)` is 12345678000n. */
export function toInteger(attribute: NumericAttribute, wire: number): bigint {
  return within(parseDecimal(wire, ATTRIBUTES[attribute].decimals), attribute);
}

/** The decimal that travels: `toWire('totalActiveEnergyImport', 12345678000n)` is 12345.678. */
export function toWire(attribute: NumericAttribute, integer: bigint): number {
  return Number(formatDecimal(within(integer, attribute), ATTRIBUTES[attribute].decimals));
}

/** The nearest value the attribute can carry. For gauges that were computed; a metered value is never rounded. */
export function roundToWire(attribute: NumericAttribute, value: number): number {
  const rounded = Number(value.toFixed(ATTRIBUTES[attribute].decimals));
  return Object.is(rounded, -0) ? 0 : rounded;
}

/** Text or number → integer of the last digit. More digits than `decimals` are refused, unless they are zeros. */
export function parseDecimal(text: string | number, decimals: number): bigint {
  const match = DECIMAL.exec(String(text));
  if (match === null) throw new VocabularyError('decimal.not-a-number', `"${text}" is not a decimal number`, { text });
  const [, sign, whole = '', fraction = '', exponent = '0'] = match;
  const digits = (whole + fraction).replace(/^0+(?=\d)/, '');
  if (digits === '0') return 0n;
  // How many zeros to add behind the digits, or how many digits to take away.
  const shift = decimals - fraction.length + Number(exponent);
  const kept = shift >= 0 ? padded(digits, shift, text) : shortened(digits, -shift, text, decimals);
  return sign === '-' ? -BigInt(kept) : BigInt(kept);
}

/** Integer of the last digit → shortest decimal text: `formatDecimal(1500n, 3)` is `1.5`. */
export function formatDecimal(integer: bigint, decimals: number): string {
  const sign = integer < 0n ? '-' : '';
  const digits = (integer < 0n ? -integer : integer).toString().padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals);
  const fraction = digits.slice(digits.length - decimals).replace(/0+$/, '');
  return fraction === '' ? sign + whole : `${sign}${whole}.${fraction}`;
}

function padded(digits: string, zeros: number, text: string | number): string {
  if (digits.length + zeros > MOST_DIGITS) throw outOfRange({ text });
  return digits + '0'.repeat(zeros);
}

function shortened(digits: string, count: number, text: string | number, decimals: number): string {
  const cut = digits.length - count;
  const dropped = cut > 0 ? digits.slice(cut) : digits;
  if (/[1-9]/.test(dropped)) {
    throw new VocabularyError('decimal.too-precise', `"${text}" has more than ${decimals} decimals`, {
      text,
      decimals,
    });
  }
  return cut > 0 ? digits.slice(0, cut) : '0';
}

function within(integer: bigint, attribute: NumericAttribute): bigint {
  if (integer >= INTEGER_LIMIT || integer <= -INTEGER_LIMIT)
    throw outOfRange({ attribute, integer: integer.toString() });
  return integer;
}

function outOfRange(context: Readonly<Record<string, unknown>>): VocabularyError {
  return new VocabularyError('decimal.out-of-range', 'the value has more digits than a number keeps exactly', context);
}

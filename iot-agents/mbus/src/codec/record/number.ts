/** The edge: a value in its unit as a decimal number. Divides rather than multiplies, so that 3 / 10 is 0.3. */

import type { MeterRecord } from './record.js';

/** Powers of ten up to here are exact doubles. */
const EXACT_POWER = 22;

export function scaled(value: number | bigint, exponent: number, factor = 1): number {
  const number = Number(value) * factor;
  if (exponent >= 0) return number * 10 ** exponent;
  return -exponent <= EXACT_POWER ? number / 10 ** -exponent : Number(`${number}e${exponent}`);
}

/** Undefined where the record has no number. */
export function numberOf({ value, exponent, factor }: MeterRecord): number | undefined {
  return value.kind === 'integer' || value.kind === 'real' ? scaled(value.value, exponent, factor) : undefined;
}

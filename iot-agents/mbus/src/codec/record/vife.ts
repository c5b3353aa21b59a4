/** Orthogonal VIFEs (EN 13757-3:2018, tables 15 to 17): what they add to a value or make of it. */

import { CODES } from './vif-row.js';

export interface VifeMeaning {
  readonly name: string;
  /** Added to the power of ten of the value. */
  readonly exponent?: number;
  /** The value is no more of the quantity of the VIF: a count, a stamp or a duration about it. */
  readonly becomes?: { readonly unit: string; readonly factor: number; readonly kind: 'number' | 'dateTime' };
  /** The meter could not give the value (table 18, slave to master). */
  readonly error?: string;
  /** The data are a series: forwards from its base, or backwards. */
  readonly profile?: 1 | -1;
}

interface VifeRow extends VifeMeaning {
  readonly bits: number;
}

const COUNT = { unit: '', factor: 1, kind: 'number' } as const;
const STAMP = { unit: '-', factor: 1, kind: 'dateTime' } as const;
const DURATION_FACTORS = [1, 60, 3_600, 86_400] as const;

/** Table 18: record errors in the direction from the meter. */
const ERRORS: readonly (readonly [bits: number, name: string])[] = [
  [0x01, 'too many DIFEs'],
  [0x02, 'storage number not implemented'],
  [0x03, 'unit number not implemented'],
  [0x04, 'tariff number not implemented'],
  [0x05, 'function not implemented'],
  [0x06, 'data class not implemented'],
  [0x07, 'data size not implemented'],
  [0x0b, 'too many VIFEs'],
  [0x0c, 'illegal VIF group'],
  [0x0d, 'illegal VIF exponent'],
  [0x0e, 'VIF/DIF mismatch'],
  [0x0f, 'unimplemented action'],
  [0x15, 'no data available'],
  [0x16, 'data overflow'],
  [0x17, 'data underflow'],
  [0x18, 'data error'],
  [0x1c, 'premature end of record'],
];

/** Table 15. */
const PLAIN: readonly (readonly [bits: number, name: string])[] = [
  [0x12, 'average value'],
  [0x14, 'relative deviation'],
  [0x1d, 'standard conform data content'],
  [0x1e, 'compact profile with register numbers'],
  [0x20, 'per second'],
  [0x21, 'per minute'],
  [0x22, 'per hour'],
  [0x23, 'per day'],
  [0x24, 'per week'],
  [0x25, 'per month'],
  [0x26, 'per year'],
  [0x27, 'per revolution or measurement'],
  [0x28, 'increment per input pulse on channel 0'],
  [0x29, 'increment per input pulse on channel 1'],
  [0x2a, 'increment per output pulse on channel 0'],
  [0x2b, 'increment per output pulse on channel 1'],
  [0x2c, 'per litre'],
  [0x2d, 'per m^3'],
  [0x2e, 'per kg'],
  [0x2f, 'per K'],
  [0x30, 'per kWh'],
  [0x31, 'per GJ'],
  [0x32, 'per kW'],
  [0x33, 'per K*l'],
  [0x34, 'per V'],
  [0x35, 'per A'],
  [0x36, 'multiplied by s'],
  [0x37, 'multiplied by s/V'],
  [0x38, 'multiplied by s/A'],
  [0x3a, 'uncorrected unit'],
  [0x3b, 'accumulation only if positive'],
  [0x3c, 'accumulation of the absolute value only if negative'],
  [0x3d, 'alternate non-metric unit'],
  [0x3e, 'value at base conditions'],
  [0x3f, 'OBIS declaration'],
  [0x40, 'lower limit'],
  [0x48, 'upper limit'],
  [0x68, 'value during lower limit exceed'],
  [0x69, 'leakage value'],
  [0x6c, 'value during upper limit exceed'],
  [0x6d, 'overflow value'],
  [0x7e, 'future value'],
  [0x7f, 'manufacturer specific'],
];

/** Table 17, behind FC. */
const COMBINABLE: readonly (readonly [bits: number, name: string])[] = [
  [0x01, 'at phase L1'],
  [0x02, 'at phase L2'],
  [0x03, 'at phase L3'],
  [0x04, 'at neutral'],
  [0x05, 'between phases L1 and L2'],
  [0x06, 'between phases L2 and L3'],
  [0x07, 'between phases L3 and L1'],
  [0x08, 'at quadrant Q1'],
  [0x09, 'at quadrant Q2'],
  [0x0a, 'at quadrant Q3'],
  [0x0b, 'at quadrant Q4'],
  [0x0c, 'delta between import and export'],
  [0x10, 'accumulation of the absolute value of both signs'],
  [0x11, 'data type C'],
  [0x12, 'data type D'],
];

const limit = (bits: number) => ((bits & 0x08) === 0 ? 'lower' : 'upper');
const turn = (bits: number) => ((bits & 0x04) === 0 ? 'first' : 'last');
const side = (bits: number) => ((bits & 0x01) === 0 ? 'begin' : 'end');

/** Table 15, the rows with running bits. */
function runningRows(): readonly VifeRow[] {
  const rows: VifeRow[] = [{ bits: 0x39, name: 'start of', becomes: STAMP }];
  for (const bits of [0x41, 0x49])
    rows.push({ bits, name: `number of exceeds of the ${limit(bits)} limit`, becomes: COUNT });
  for (const bits of [0x42, 0x43, 0x46, 0x47, 0x4a, 0x4b, 0x4e, 0x4f])
    rows.push({ bits, name: `${side(bits)} of the ${turn(bits)} ${limit(bits)} limit exceed`, becomes: STAMP });
  for (let bits = 0x50; bits < 0x68; bits += 1) {
    const becomes = { unit: 's', factor: DURATION_FACTORS[bits & 3] ?? 1, kind: 'number' } as const;
    const what = bits < 0x60 ? `${turn(bits)} ${limit(bits)} limit exceed` : `${turn(bits)} occurrence`;
    rows.push({ bits, name: `duration of the ${what}`, becomes });
  }
  for (const bits of [0x6a, 0x6b, 0x6e, 0x6f])
    rows.push({ bits, name: `${side(bits)} of the ${turn(bits)} occurrence`, becomes: STAMP });
  for (let step = 0; step < 8; step += 1)
    rows.push({ bits: 0x70 + step, name: `multiplied by 10^${step - 6}`, exponent: step - 6 });
  for (let step = 0; step < 4; step += 1) rows.push({ bits: 0x78 + step, name: `added constant, 10^${step - 3}` });
  rows.push({ bits: 0x7d, name: 'multiplied by 10^3', exponent: 3 });
  return rows;
}

function tableOf(rows: readonly VifeRow[]): readonly VifeMeaning[] {
  const table = Array.from({ length: CODES }, (_, bits): VifeMeaning => ({ name: `reserved ${bits.toString(16)}` }));
  for (const { bits, ...meaning } of rows) table[bits] = meaning;
  return table;
}

const named = (rows: readonly (readonly [number, string])[]) => rows.map(([bits, name]): VifeRow => ({ bits, name }));

/** Annex F. */
const PROFILES: readonly VifeRow[] = [
  { bits: 0x13, name: 'inverse compact profile', profile: -1 },
  { bits: 0x1f, name: 'compact profile', profile: 1 },
];

export const ORTHOGONAL_VIFES = tableOf([
  ...PROFILES,
  ...ERRORS.map(([bits, error]): VifeRow => ({ bits, name: error, error })),
  ...named(PLAIN),
  ...runningRows(),
]);
export const COMBINABLE_VIFES = tableOf(named(COMBINABLE));
/** Table 15, 7C: the next VIFE is of table 17. */
export const COMBINABLE_EXTENSION = 0x7c;
/** Table 15, 7F: what follows is the maker's own. */
export const MANUFACTURER_VIFE = 0x7f;
export const MANUFACTURER_MEANING: VifeMeaning = { name: 'manufacturer specific' };

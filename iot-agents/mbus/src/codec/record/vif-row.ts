/** How a line of the VIF tables of EN 13757-3 looks here, and how lines become a table of 128 meanings. */

/** How the value of a record is to be read when its data field alone does not say it. */
export type ValueKind = 'number' | 'unsigned' | 'date' | 'dateTime';

export interface VifMeaning {
  readonly quantity: string;
  /** SI base or the unit the standard names; '' when there is none. */
  readonly unit: string;
  /** The value counts 10^exponent of `unit`, times `factor`. */
  readonly exponent: number;
  /** For units that are no power of ten apart: minutes, hours and days are counted in seconds. */
  readonly factor: number;
  readonly kind: ValueKind;
}

/** `bits` with the running low bits zero; `count` rows, each a power of ten above the last. */
export interface VifRow {
  readonly bits: number;
  readonly count?: number;
  readonly quantity: string;
  readonly unit?: string;
  readonly exponent?: number;
  readonly factor?: number;
  readonly kind?: ValueKind;
}

export const CODES = 128;

export function expandRows(rows: readonly VifRow[]): readonly (VifMeaning | undefined)[] {
  const table = new Array<VifMeaning | undefined>(CODES).fill(undefined);
  for (const row of rows) {
    const { bits, count = 1, quantity, unit = '', exponent = 0, factor = 1, kind = 'number' } = row;
    for (let step = 0; step < count; step += 1)
      table[bits + step] = { quantity, unit, exponent: exponent + step, factor, kind };
  }
  return table;
}

const SECONDS = { second: 1, minute: 60, hour: 3_600, day: 86_400 } as const;

/** Four codes: seconds, minutes, hours, days; `from` leaves the first ones out. */
export function durationRows(bits: number, quantity: string, from: 0 | 1 = 0): readonly VifRow[] {
  return Object.values(SECONDS)
    .slice(from)
    .map((factor, step) => ({ bits: bits + from + step, quantity, unit: 's', factor }));
}

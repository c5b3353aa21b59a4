/** The units of scaler_unit that are measured → those we publish in, with the power of ten in between: IEC 62056-6-2, 4.3.2. */

import type { UnitCode } from '@contor/orion-config';

export interface UnitRow {
  readonly unit: number;
  readonly unitCode: UnitCode;
  readonly exponent: number;
}

export const UNIT_CODES = [
  { unit: 8, unitCode: 'DD', exponent: 0 },
  { unit: 9, unitCode: 'CEL', exponent: 0 },
  { unit: 13, unitCode: 'MTQ', exponent: 0 },
  { unit: 14, unitCode: 'MTQ', exponent: 0 },
  { unit: 27, unitCode: 'WTT', exponent: 0 },
  { unit: 28, unitCode: 'D46', exponent: 0 },
  { unit: 29, unitCode: 'D44', exponent: 0 },
  { unit: 30, unitCode: 'KWH', exponent: -3 },
  { unit: 31, unitCode: 'C79', exponent: -3 },
  { unit: 32, unitCode: 'K3', exponent: -3 },
  { unit: 33, unitCode: 'AMP', exponent: 0 },
  { unit: 35, unitCode: 'VLT', exponent: 0 },
  { unit: 44, unitCode: 'HTZ', exponent: 0 },
  { unit: 255, unitCode: 'C62', exponent: 0 },
] as const satisfies readonly UnitRow[];

const BY_UNIT = new Map<number, UnitRow>(UNIT_CODES.map((row) => [row.unit, row]));

export function unitRow(unit: number): UnitRow | undefined {
  return BY_UNIT.get(unit);
}

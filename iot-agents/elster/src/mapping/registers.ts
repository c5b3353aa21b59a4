/**
 * Codes of a data set → our vocabulary: IEC 62056-6-1, 6.2 and 7.5, as value groups C.D.E of electricity. Meters of this family write
 * them with or without channel (`1-1:1.8.0`, `1.8.0`); a stored value (`1.8.0*01`) is none of now.
 */

import type { ValueRow } from '@contor/agent-kit';
import type { Amount, UnitCode } from '@contor/orion-config';
import type { DataSet, DataValue } from '../codec/iec62056/data-set.js';

// biome-ignore format: a table is read by its columns.
export const REGISTERS = [
  { objectId: '1.8.0',  attribute: 'totalActiveEnergyImport',   kind: 'register' },
  { objectId: '1.8.1',  attribute: 'totalActiveEnergyImportT1', kind: 'register' },
  { objectId: '1.8.2',  attribute: 'totalActiveEnergyImportT2', kind: 'register' },
  { objectId: '1.8.3',  attribute: 'totalActiveEnergyImportT3', kind: 'register' },
  { objectId: '1.8.4',  attribute: 'totalActiveEnergyImportT4', kind: 'register' },
  { objectId: '2.8.0',  attribute: 'totalActiveEnergyExport',   kind: 'register' },
  { objectId: '2.8.1',  attribute: 'totalActiveEnergyExportT1', kind: 'register' },
  { objectId: '2.8.2',  attribute: 'totalActiveEnergyExportT2', kind: 'register' },
  { objectId: '2.8.3',  attribute: 'totalActiveEnergyExportT3', kind: 'register' },
  { objectId: '2.8.4',  attribute: 'totalActiveEnergyExportT4', kind: 'register' },
  { objectId: '3.8.0',  attribute: 'totalReactiveEnergyImport', kind: 'register' },
  { objectId: '4.8.0',  attribute: 'totalReactiveEnergyExport', kind: 'register' },
  { objectId: '1.7.0',  attribute: 'activePowerImport',   kind: 'gauge' },
  { objectId: '2.7.0',  attribute: 'activePowerExport',   kind: 'gauge' },
  { objectId: '16.7.0', attribute: 'totalActivePower',    kind: 'gauge' },
  { objectId: '3.7.0',  attribute: 'reactivePowerImport', kind: 'gauge' },
  { objectId: '4.7.0',  attribute: 'reactivePowerExport', kind: 'gauge' },
  { objectId: '21.7.0', attribute: 'activePowerL1',   kind: 'gauge' },
  { objectId: '41.7.0', attribute: 'activePowerL2',   kind: 'gauge' },
  { objectId: '61.7.0', attribute: 'activePowerL3',   kind: 'gauge' },
  { objectId: '31.7.0', attribute: 'currentL1', kind: 'gauge' },
  { objectId: '51.7.0', attribute: 'currentL2', kind: 'gauge' },
  { objectId: '71.7.0', attribute: 'currentL3', kind: 'gauge' },
  { objectId: '32.7.0', attribute: 'voltageL1', kind: 'gauge' },
  { objectId: '52.7.0', attribute: 'voltageL2', kind: 'gauge' },
  { objectId: '72.7.0', attribute: 'voltageL3', kind: 'gauge' },
  { objectId: '13.7.0', attribute: 'powerFactor', kind: 'gauge' },
  { objectId: '14.7.0', attribute: 'frequency',   kind: 'gauge' },
] as const satisfies readonly ValueRow<'ACMeasurement'>[];

/** As they stand behind the star → what we publish in, with the power of ten in between. */
const UNITS: Readonly<Record<string, { readonly unitCode: UnitCode; readonly exponent: number }>> = {
  Wh: { unitCode: 'KWH', exponent: -3 },
  kWh: { unitCode: 'KWH', exponent: 0 },
  MWh: { unitCode: 'KWH', exponent: 3 },
  varh: { unitCode: 'K3', exponent: -3 },
  kvarh: { unitCode: 'K3', exponent: 0 },
  Mvarh: { unitCode: 'K3', exponent: 3 },
  W: { unitCode: 'WTT', exponent: 0 },
  kW: { unitCode: 'WTT', exponent: 3 },
  MW: { unitCode: 'WTT', exponent: 6 },
  var: { unitCode: 'D44', exponent: 0 },
  kvar: { unitCode: 'D44', exponent: 3 },
  V: { unitCode: 'VLT', exponent: 0 },
  A: { unitCode: 'AMP', exponent: 0 },
  Hz: { unitCode: 'HTZ', exponent: 0 },
};
/** The one of the rows above that has no unit. */
const POWER_FACTOR = '13.7.0';

const CODE = /^(?:[01]-\d{1,2}:)?([0-9A-Z]{1,3}(?:\.[0-9A-Z]{1,3}){1,2})(?:\*255)?$/;
const SERIALS: readonly string[] = ['0.0.0', 'C.1.0', 'C.1', 'C.1.1', '96.1.0'];
const NUMBER = /^\s*([+-]?)(\d{1,15})(?:\.(\d{1,9}))?\s*$/;

/** `1-1:1.8.0*255` → `1.8.0`; undefined for stored values and for other media. */
export function codeOf(address: string): string | undefined {
  return CODE.exec(address)?.[1];
}

/** All serial numbers that the meter tells, without the zeros that fill the field. */
export function serialsIn(sets: readonly DataSet[]): readonly string[] {
  return sets.flatMap(({ address, values }) => {
    const code = codeOf(address);
    const value = values[0]?.value.trim();
    return code === undefined || !SERIALS.includes(code) || !value ? [] : [bare(value)];
  });
}

/** Zeros in front do not count (IEC 62056-21, 6.3.2). */
export function bare(serial: string): string {
  return serial.replace(/^0+(?=.)/, '');
}

/** Undefined: no number, or no unit that we know. Nothing is guessed. */
export function amountIn(code: string, { value, unit }: DataValue): Amount | undefined {
  const [, sign = '', whole, fraction = ''] = NUMBER.exec(value) ?? [];
  if (whole === undefined) return undefined;
  const integer = BigInt(`${sign === '-' ? '-' : ''}${whole}${fraction}`);
  if (unit === undefined || unit === '')
    return code === POWER_FACTOR ? { integer, exponent: -fraction.length, unitCode: 'C62' } : undefined;
  const row = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined;
  return row && { integer, exponent: row.exponent - fraction.length, unitCode: row.unitCode };
}

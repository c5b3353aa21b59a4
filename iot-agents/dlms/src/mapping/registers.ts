/**
 * OBIS codes → our vocabulary: IEC 62056-6-1, 6.2 and 7.5. Value groups C.D.E of electricity; the medium is 1 and the channel any.
 * Scaler and unit come from the meter, or from the description of a model that does not say them.
 */

import type { ValueRow } from '@contor/agent-kit';

export interface RegisterRow {
  readonly obis: string;
  readonly attribute: ValueRow<'ACMeasurement'>['attribute'];
  readonly kind: 'register' | 'gauge';
  /** Where neither meter nor description says a unit: that of the standard's quantity, in its smallest form. */
  readonly unit: number;
}

const [W, VA, VAR, WH, VAH, VARH, A, V, HZ, NONE] = [27, 28, 29, 30, 31, 32, 33, 35, 44, 255] as const;

// biome-ignore format: a table is read by its columns.
export const REGISTERS = [
  { obis: '1-0:1.8.0',  attribute: 'totalActiveEnergyImport',   kind: 'register', unit: WH },
  { obis: '1-0:1.8.1',  attribute: 'totalActiveEnergyImportT1', kind: 'register', unit: WH },
  { obis: '1-0:1.8.2',  attribute: 'totalActiveEnergyImportT2', kind: 'register', unit: WH },
  { obis: '1-0:1.8.3',  attribute: 'totalActiveEnergyImportT3', kind: 'register', unit: WH },
  { obis: '1-0:1.8.4',  attribute: 'totalActiveEnergyImportT4', kind: 'register', unit: WH },
  { obis: '1-0:2.8.0',  attribute: 'totalActiveEnergyExport',   kind: 'register', unit: WH },
  { obis: '1-0:2.8.1',  attribute: 'totalActiveEnergyExportT1', kind: 'register', unit: WH },
  { obis: '1-0:2.8.2',  attribute: 'totalActiveEnergyExportT2', kind: 'register', unit: WH },
  { obis: '1-0:2.8.3',  attribute: 'totalActiveEnergyExportT3', kind: 'register', unit: WH },
  { obis: '1-0:2.8.4',  attribute: 'totalActiveEnergyExportT4', kind: 'register', unit: WH },
  { obis: '1-0:15.8.0', attribute: 'totalActiveEnergySum',      kind: 'register', unit: WH },
  { obis: '1-0:16.8.0', attribute: 'totalActiveEnergyDifference', kind: 'register', unit: WH },
  { obis: '1-0:3.8.0',  attribute: 'totalReactiveEnergyImport', kind: 'register', unit: VARH },
  { obis: '1-0:4.8.0',  attribute: 'totalReactiveEnergyExport', kind: 'register', unit: VARH },
  { obis: '1-0:9.8.0',  attribute: 'totalApparentEnergyImport', kind: 'register', unit: VAH },
  { obis: '1-0:10.8.0', attribute: 'totalApparentEnergyExport', kind: 'register', unit: VAH },
  { obis: '1-0:1.7.0',  attribute: 'activePowerImport',   kind: 'gauge', unit: W },
  { obis: '1-0:2.7.0',  attribute: 'activePowerExport',   kind: 'gauge', unit: W },
  { obis: '1-0:16.7.0', attribute: 'totalActivePower',    kind: 'gauge', unit: W },
  { obis: '1-0:3.7.0',  attribute: 'reactivePowerImport', kind: 'gauge', unit: VAR },
  { obis: '1-0:4.7.0',  attribute: 'reactivePowerExport', kind: 'gauge', unit: VAR },
  { obis: '1-0:9.7.0',  attribute: 'totalApparentPower',  kind: 'gauge', unit: VA },
  { obis: '1-0:21.7.0', attribute: 'activePowerL1',   kind: 'gauge', unit: W },
  { obis: '1-0:41.7.0', attribute: 'activePowerL2',   kind: 'gauge', unit: W },
  { obis: '1-0:61.7.0', attribute: 'activePowerL3',   kind: 'gauge', unit: W },
  { obis: '1-0:23.7.0', attribute: 'reactivePowerL1', kind: 'gauge', unit: VAR },
  { obis: '1-0:43.7.0', attribute: 'reactivePowerL2', kind: 'gauge', unit: VAR },
  { obis: '1-0:63.7.0', attribute: 'reactivePowerL3', kind: 'gauge', unit: VAR },
  { obis: '1-0:31.7.0', attribute: 'currentL1', kind: 'gauge', unit: A },
  { obis: '1-0:51.7.0', attribute: 'currentL2', kind: 'gauge', unit: A },
  { obis: '1-0:71.7.0', attribute: 'currentL3', kind: 'gauge', unit: A },
  { obis: '1-0:91.7.0', attribute: 'currentN',  kind: 'gauge', unit: A },
  { obis: '1-0:32.7.0', attribute: 'voltageL1', kind: 'gauge', unit: V },
  { obis: '1-0:52.7.0', attribute: 'voltageL2', kind: 'gauge', unit: V },
  { obis: '1-0:72.7.0', attribute: 'voltageL3', kind: 'gauge', unit: V },
  { obis: '1-0:13.7.0', attribute: 'powerFactor',   kind: 'gauge', unit: NONE },
  { obis: '1-0:33.7.0', attribute: 'powerFactorL1', kind: 'gauge', unit: NONE },
  { obis: '1-0:53.7.0', attribute: 'powerFactorL2', kind: 'gauge', unit: NONE },
  { obis: '1-0:73.7.0', attribute: 'powerFactorL3', kind: 'gauge', unit: NONE },
  { obis: '1-0:14.7.0', attribute: 'frequency', kind: 'gauge', unit: HZ },
  { obis: '0-0:17.0.0', attribute: 'activePowerLimit', kind: 'gauge', unit: W },
] as const satisfies readonly RegisterRow[];

const BY_OBIS = new Map<string, RegisterRow>(REGISTERS.map((row) => [row.obis, row]));
/** Classes whose value is not their second attribute: disconnect control and limiter. */
const VALUE_ATTRIBUTES: Readonly<Record<number, number>> = { 70: 3, 71: 3 };
const DEFAULT_VALUE_ATTRIBUTE = 2;

export function registerRow(obis: string): RegisterRow | undefined {
  return BY_OBIS.get(obis);
}

export function valueAttributeOf(classId: number | undefined): number {
  return (classId === undefined ? undefined : VALUE_ATTRIBUTES[classId]) ?? DEFAULT_VALUE_ATTRIBUTE;
}

/** The channel of electricity says on which of a meter's inputs; we know one, so `1-1:1.8.0` is `1-0:1.8.0`. */
export function withoutChannel(obis: string): string {
  return obis.startsWith('1-') ? `1-0${obis.slice(obis.indexOf(':'))}` : obis;
}

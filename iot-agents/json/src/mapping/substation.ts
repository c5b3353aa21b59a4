/**
 * Echelon CT meter of a substation, as its gateway forwards it in JSON every ten seconds: power and energy in both directions, the
 * phases with their sines and outages, pulse inputs, registers by tariff. The OBIS code beside a row is what the same quantity is
 * called in IEC 62056-6-1; the meter itself counts in ANSI C12.19 tables and has words for sine, outages and pulses that OBIS lacks.
 */

import type { DeviceModel, ValueRow } from '@contor/agent-kit';

export interface SubstationRow extends ValueRow<'ACMeasurement'> {
  readonly obis?: string;
}

// biome-ignore format: a table
export const SUBSTATION_VALUES = [
  { objectId: 'activePowerForward', obis: '1-0:1.7.0', attribute: 'activePowerImport', kind: 'gauge' },
  { objectId: 'activePowerReverse', obis: '1-0:2.7.0', attribute: 'activePowerExport', kind: 'gauge' },
  { objectId: 'activeEnergyForward', obis: '1-0:1.8.0', attribute: 'totalActiveEnergyImport', kind: 'register' },
  { objectId: 'activeEnergyReverse', obis: '1-0:2.8.0', attribute: 'totalActiveEnergyExport', kind: 'register' },
  { objectId: 'activeEnergySum', obis: '1-0:15.8.0', attribute: 'totalActiveEnergySum', kind: 'register' },
  { objectId: 'activeEnergyDifference', obis: '1-0:16.8.0', attribute: 'totalActiveEnergyDifference', kind: 'register' },
  { objectId: 'reactivePowerImport', obis: '1-0:3.7.0', attribute: 'reactivePowerImport', kind: 'gauge' },
  { objectId: 'reactivePowerExport', obis: '1-0:4.7.0', attribute: 'reactivePowerExport', kind: 'gauge' },
  { objectId: 'reactiveEnergyImport', obis: '1-0:3.8.0', attribute: 'totalReactiveEnergyImport', kind: 'register' },
  { objectId: 'reactiveEnergyExport', obis: '1-0:4.8.0', attribute: 'totalReactiveEnergyExport', kind: 'register' },
  { objectId: 'apparentPower', obis: '1-0:9.7.0', attribute: 'totalApparentPower', kind: 'gauge' },
  { objectId: 'voltageL1', obis: '1-0:32.7.0', attribute: 'voltageL1', kind: 'gauge' },
  { objectId: 'voltageL2', obis: '1-0:52.7.0', attribute: 'voltageL2', kind: 'gauge' },
  { objectId: 'voltageL3', obis: '1-0:72.7.0', attribute: 'voltageL3', kind: 'gauge' },
  { objectId: 'currentL1', obis: '1-0:31.7.0', attribute: 'currentL1', kind: 'gauge' },
  { objectId: 'currentL2', obis: '1-0:51.7.0', attribute: 'currentL2', kind: 'gauge' },
  { objectId: 'currentL3', obis: '1-0:71.7.0', attribute: 'currentL3', kind: 'gauge' },
  { objectId: 'powerFactorL1', obis: '1-0:33.7.0', attribute: 'powerFactorL1', kind: 'gauge' },
  { objectId: 'powerFactorL2', obis: '1-0:53.7.0', attribute: 'powerFactorL2', kind: 'gauge' },
  { objectId: 'powerFactorL3', obis: '1-0:73.7.0', attribute: 'powerFactorL3', kind: 'gauge' },
  { objectId: 'sineL1', attribute: 'sineL1', kind: 'gauge' },
  { objectId: 'sineL2', attribute: 'sineL2', kind: 'gauge' },
  { objectId: 'sineL3', attribute: 'sineL3', kind: 'gauge' },
  { objectId: 'outagesL1', attribute: 'outageCountL1', kind: 'register' },
  { objectId: 'outagesL2', attribute: 'outageCountL2', kind: 'register' },
  { objectId: 'outagesL3', attribute: 'outageCountL3', kind: 'register' },
  { objectId: 'frequency', obis: '1-0:14.7.0', attribute: 'frequency', kind: 'gauge' },
  { objectId: 'pulses', attribute: 'pulseCount', kind: 'register' },
  { objectId: 'activeEnergyForwardT1', obis: '1-0:1.8.1', attribute: 'totalActiveEnergyImportT1', kind: 'register' },
  { objectId: 'activeEnergyForwardT2', obis: '1-0:1.8.2', attribute: 'totalActiveEnergyImportT2', kind: 'register' },
  { objectId: 'activeEnergyForwardT3', obis: '1-0:1.8.3', attribute: 'totalActiveEnergyImportT3', kind: 'register' },
  { objectId: 'activeEnergyForwardT4', obis: '1-0:1.8.4', attribute: 'totalActiveEnergyImportT4', kind: 'register' },
  { objectId: 'activeEnergyReverseT1', obis: '1-0:2.8.1', attribute: 'totalActiveEnergyExportT1', kind: 'register' },
  { objectId: 'activeEnergyReverseT2', obis: '1-0:2.8.2', attribute: 'totalActiveEnergyExportT2', kind: 'register' },
  { objectId: 'activeEnergyReverseT3', obis: '1-0:2.8.3', attribute: 'totalActiveEnergyExportT3', kind: 'register' },
  { objectId: 'activeEnergyReverseT4', obis: '1-0:2.8.4', attribute: 'totalActiveEnergyExportT4', kind: 'register' },
] as const satisfies readonly SubstationRow[];

export const SUBSTATION = {
  type: 'ACMeasurement',
  values: SUBSTATION_VALUES,
  sums: [
    { attribute: 'totalActivePower', addends: ['activePowerImport'], subtrahends: ['activePowerExport'] },
    { attribute: 'totalReactivePower', addends: ['reactivePowerImport'], subtrahends: ['reactivePowerExport'] },
  ],
} as const satisfies DeviceModel<'ACMeasurement'>;

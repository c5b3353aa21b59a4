/** Meters that speak every second: Midori (one phase, W and var), ST STComet (three phases), and the extension SMX of an unbundled meter. */

import type { DeviceModel } from '@contor/agent-kit';

/** Active and reactive power computed from one-second current and voltage, for disaggregation. */
export const MIDORI = {
  type: 'ACMeasurement',
  values: [
    { objectId: 'power', attribute: 'totalActivePower', kind: 'gauge' },
    { objectId: 'reactivePower', attribute: 'totalReactivePower', kind: 'gauge' },
    { objectId: 'voltage', attribute: 'voltageL1', kind: 'gauge' },
    { objectId: 'current', attribute: 'currentL1', kind: 'gauge' },
  ],
} as const satisfies DeviceModel<'ACMeasurement'>;

const PHASES = [
  { objectId: 'powerL1', attribute: 'activePowerL1', kind: 'gauge' },
  { objectId: 'powerL2', attribute: 'activePowerL2', kind: 'gauge' },
  { objectId: 'powerL3', attribute: 'activePowerL3', kind: 'gauge' },
  { objectId: 'reactivePowerL1', attribute: 'reactivePowerL1', kind: 'gauge' },
  { objectId: 'reactivePowerL2', attribute: 'reactivePowerL2', kind: 'gauge' },
  { objectId: 'reactivePowerL3', attribute: 'reactivePowerL3', kind: 'gauge' },
  { objectId: 'voltageL1', attribute: 'voltageL1', kind: 'gauge' },
  { objectId: 'voltageL2', attribute: 'voltageL2', kind: 'gauge' },
  { objectId: 'voltageL3', attribute: 'voltageL3', kind: 'gauge' },
  { objectId: 'currentL1', attribute: 'currentL1', kind: 'gauge' },
  { objectId: 'currentL2', attribute: 'currentL2', kind: 'gauge' },
  { objectId: 'currentL3', attribute: 'currentL3', kind: 'gauge' },
  { objectId: 'frequency', attribute: 'frequency', kind: 'gauge' },
] as const;

const OF_PHASES = [
  { attribute: 'totalActivePower', addends: ['activePowerL1', 'activePowerL2', 'activePowerL3'] },
  { attribute: 'totalReactivePower', addends: ['reactivePowerL1', 'reactivePowerL2', 'reactivePowerL3'] },
] as const;

export const STCOMET = {
  type: 'ACMeasurement',
  values: PHASES,
  sums: OF_PHASES,
} as const satisfies DeviceModel<'ACMeasurement'>;

/** Indexes of energy are read beside the one-second values; the billing registers stay with the metrology part. */
export const SMX = {
  type: 'ACMeasurement',
  values: [
    { objectId: 'energyImport', attribute: 'totalActiveEnergyImport', kind: 'register' },
    { objectId: 'energyExport', attribute: 'totalActiveEnergyExport', kind: 'register' },
    { objectId: 'reactiveEnergyImport', attribute: 'totalReactiveEnergyImport', kind: 'register' },
    { objectId: 'reactiveEnergyExport', attribute: 'totalReactiveEnergyExport', kind: 'register' },
    ...PHASES,
  ],
  sums: OF_PHASES,
} as const satisfies DeviceModel<'ACMeasurement'>;

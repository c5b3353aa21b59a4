/**
 * Device models: which record of a meter (records.ts) is which attribute of the vocabulary. One for each kind of meter: what EN 13757-3
 * says about itself needs no row for each maker. A meter with ways of its own is one more row here.
 */

import type { DeviceModel } from '@contor/agent-kit';

/** The seven values of a district heating substation (S3-02); the difference is computed where both temperatures are there. */
const HEAT = {
  type: 'HeatMeasurement',
  values: [
    { objectId: 'energy', attribute: 'totalHeatEnergy', kind: 'register' },
    { objectId: 'energyNegative', attribute: 'totalCoolingEnergy', kind: 'register' },
    { objectId: 'volume', attribute: 'totalVolume', kind: 'register' },
    { objectId: 'forwardTemperature', attribute: 'forwardTemperature', kind: 'gauge' },
    { objectId: 'returnTemperature', attribute: 'returnTemperature', kind: 'gauge' },
    { objectId: 'temperatureDifference', attribute: 'temperatureDifference', kind: 'gauge' },
    { objectId: 'flow', attribute: 'volumeFlow', kind: 'gauge' },
    { objectId: 'power', attribute: 'thermalPower', kind: 'gauge' },
    { objectId: 'powerMaximum', attribute: 'peakThermalPower', kind: 'gauge' },
  ],
  sums: [{ attribute: 'temperatureDifference', addends: ['forwardTemperature'], subtrahends: ['returnTemperature'] }],
} as const satisfies DeviceModel<'HeatMeasurement'>;

/** A cooling meter counts in the same records. */
const COOLING = {
  type: 'HeatMeasurement',
  values: [
    { objectId: 'energy', attribute: 'totalCoolingEnergy', kind: 'register' },
    ...HEAT.values.filter(({ attribute }) => attribute !== 'totalHeatEnergy' && attribute !== 'totalCoolingEnergy'),
  ],
  sums: HEAT.sums,
} as const satisfies DeviceModel<'HeatMeasurement'>;

const WATER = {
  type: 'WaterConsumptionObserved',
  values: [
    { objectId: 'volume', attribute: 'waterConsumption', kind: 'register' },
    { objectId: 'volumeNegative', attribute: 'reverseWaterConsumption', kind: 'register' },
    { objectId: 'flow', attribute: 'volumeFlow', kind: 'gauge' },
    { objectId: 'flowMinimum', attribute: 'minFlow', kind: 'gauge' },
    { objectId: 'flowMaximum', attribute: 'maxFlow', kind: 'gauge' },
    { objectId: 'forwardTemperature', attribute: 'temperature', kind: 'gauge' },
  ],
  flags: [
    { objectId: 'tamper', attribute: 'alarmTamper' },
    { objectId: 'leak', attribute: 'alarmStopsLeaks' },
    { objectId: 'backflow', attribute: 'alarmBackflow' },
  ],
} as const satisfies DeviceModel<'WaterConsumptionObserved'>;

const GAS = {
  type: 'GasMeasurement',
  values: [
    { objectId: 'volume', attribute: 'totalGasVolume', kind: 'register' },
    { objectId: 'volumeUncorrected', attribute: 'totalGasVolume', kind: 'register' },
    { objectId: 'volumeConverted', attribute: 'totalConvertedGasVolume', kind: 'register' },
    { objectId: 'flow', attribute: 'gasFlow', kind: 'gauge' },
    { objectId: 'forwardTemperature', attribute: 'gasTemperature', kind: 'gauge' },
    { objectId: 'externalTemperature', attribute: 'gasTemperature', kind: 'gauge' },
    { objectId: 'pressure', attribute: 'gasPressure', kind: 'gauge' },
  ],
} as const satisfies DeviceModel<'GasMeasurement'>;

const ELECTRICITY = {
  type: 'ACMeasurement',
  values: [
    { objectId: 'energy', attribute: 'totalActiveEnergyImport', kind: 'register' },
    { objectId: 'energyPositive', attribute: 'totalActiveEnergyImport', kind: 'register' },
    { objectId: 'energyNegative', attribute: 'totalActiveEnergyExport', kind: 'register' },
    { objectId: 'energyT1', attribute: 'totalActiveEnergyImportT1', kind: 'register' },
    { objectId: 'energyT2', attribute: 'totalActiveEnergyImportT2', kind: 'register' },
    { objectId: 'energyT3', attribute: 'totalActiveEnergyImportT3', kind: 'register' },
    { objectId: 'energyT4', attribute: 'totalActiveEnergyImportT4', kind: 'register' },
    { objectId: 'reactiveEnergy', attribute: 'totalReactiveEnergyImport', kind: 'register' },
    { objectId: 'reactiveEnergyNegative', attribute: 'totalReactiveEnergyExport', kind: 'register' },
    { objectId: 'power', attribute: 'totalActivePower', kind: 'gauge' },
    { objectId: 'powerL1', attribute: 'activePowerL1', kind: 'gauge' },
    { objectId: 'powerL2', attribute: 'activePowerL2', kind: 'gauge' },
    { objectId: 'powerL3', attribute: 'activePowerL3', kind: 'gauge' },
    { objectId: 'reactivePower', attribute: 'totalReactivePower', kind: 'gauge' },
    { objectId: 'voltage', attribute: 'voltageL1', kind: 'gauge' },
    { objectId: 'voltageL1', attribute: 'voltageL1', kind: 'gauge' },
    { objectId: 'voltageL2', attribute: 'voltageL2', kind: 'gauge' },
    { objectId: 'voltageL3', attribute: 'voltageL3', kind: 'gauge' },
    { objectId: 'current', attribute: 'currentL1', kind: 'gauge' },
    { objectId: 'currentL1', attribute: 'currentL1', kind: 'gauge' },
    { objectId: 'currentL2', attribute: 'currentL2', kind: 'gauge' },
    { objectId: 'currentL3', attribute: 'currentL3', kind: 'gauge' },
    { objectId: 'frequency', attribute: 'frequency', kind: 'gauge' },
  ],
} as const satisfies DeviceModel<'ACMeasurement'>;

/** Units without a measure: they share out the heat of a house. */
const ALLOCATOR = {
  type: 'HeatMeasurement',
  values: [
    { objectId: 'allocation', attribute: 'heatAllocationUnits', kind: 'register' },
    { objectId: 'forwardTemperature', attribute: 'forwardTemperature', kind: 'gauge' },
  ],
} as const satisfies DeviceModel<'HeatMeasurement'>;

/** The controller of a building's substation (S3-03): what its valve and pump do. Cut off, the valve is closed and the pump stands. */
const SUBSTATION = {
  type: 'HeatMeasurement',
  values: [
    { objectId: 'valvePosition', attribute: 'valvePosition', kind: 'gauge', unitCode: 'P1' },
    { objectId: 'forwardTemperature', attribute: 'forwardTemperature', kind: 'gauge' },
    { objectId: 'returnTemperature', attribute: 'returnTemperature', kind: 'gauge' },
  ],
  states: [
    { objectId: 'pump', attribute: 'pumpState', words: { on: 'on', off: 'off' } },
    // Whoever cut the house off, or back on, looks for the word that meters of electricity say.
    {
      objectId: 'supply',
      attribute: 'breakerState',
      words: { connected: 'connected', disconnected: 'disconnected' },
    },
  ],
  sums: HEAT.sums,
  commands: ['disconnect', 'reconnect', 'read'],
} as const satisfies DeviceModel<'HeatMeasurement'>;

export const DEVICE_MODELS = {
  'mbus-heat': HEAT,
  'mbus-cooling': COOLING,
  'mbus-water': WATER,
  'mbus-gas': GAS,
  'mbus-electricity': ELECTRICITY,
  'mbus-allocator': ALLOCATOR,
  'mbus-substation': SUBSTATION,
} as const satisfies Record<string, DeviceModel>;

export type DeviceModelName = keyof typeof DEVICE_MODELS;

export function deviceModel(name: string): DeviceModel | undefined {
  return Object.hasOwn(DEVICE_MODELS, name) ? DEVICE_MODELS[name as DeviceModelName] : undefined;
}

/** Device types of EN 13757-7, table 13, for whoever provisions what a search found. */
const OF_DEVICE_TYPES: Readonly<Record<number, DeviceModelName>> = {
  2: 'mbus-electricity',
  3: 'mbus-gas',
  4: 'mbus-heat',
  5: 'mbus-heat',
  6: 'mbus-water',
  7: 'mbus-water',
  8: 'mbus-allocator',
  10: 'mbus-cooling',
  11: 'mbus-cooling',
  12: 'mbus-heat',
  13: 'mbus-heat',
  14: 'mbus-substation',
  21: 'mbus-water',
  22: 'mbus-water',
};

export function modelOfDeviceType(deviceType: number): DeviceModelName | undefined {
  return OF_DEVICE_TYPES[deviceType];
}

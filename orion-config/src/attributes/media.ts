/** Live heat (the seven values of the district heating pilots), gas, water and indoor environment. */

import { type AttributeRow, ENERGY_REGISTER, FLAG, FLOW, POWER, TEMPERATURE, TEXT, VOLUME_REGISTER } from './row.js';

export const HEAT = {
  totalHeatEnergy: { ...ENERGY_REGISTER, about: 'Heat energy register' },
  totalCoolingEnergy: { ...ENERGY_REGISTER, about: 'Cooling energy register' },
  totalVolume: { ...VOLUME_REGISTER, about: 'Volume register of the heat carrier' },
  forwardTemperature: { ...TEMPERATURE, about: 'Temperature of the flow pipe' },
  returnTemperature: { ...TEMPERATURE, about: 'Temperature of the return pipe' },
  temperatureDifference: { ...TEMPERATURE, unitCode: 'KEL', about: 'Flow minus return' },
  volumeFlow: { ...FLOW, about: 'Volume flow' },
  thermalPower: { ...POWER, unitCode: 'KWT', decimals: 6, about: 'Heat power now' },
  peakThermalPower: { ...POWER, unitCode: 'KWT', decimals: 6, about: 'Highest heat power of the period' },
  heatAllocationUnits: {
    ...ENERGY_REGISTER,
    unitCode: 'C62',
    decimals: 3,
    about: 'Units of a heat cost allocator: a share of the heat of a house, and no energy',
  },
  valvePosition: { ...POWER, unitCode: 'P1', about: 'How far the valve of a substation stands open, 0 to 100' },
  pumpState: { ...TEXT, about: '`on` or `off`: the pump of a substation' },
} as const satisfies Record<string, AttributeRow>;

export const GAS = {
  totalGasVolume: { ...VOLUME_REGISTER, about: 'Gas volume register as metered' },
  totalConvertedGasVolume: { ...VOLUME_REGISTER, about: 'Gas volume register converted to base conditions' },
  gasFlow: { ...FLOW, about: 'Gas flow' },
  gasTemperature: { ...TEMPERATURE, about: 'Gas temperature' },
  gasPressure: { ...POWER, unitCode: 'BAR', about: 'Gas pressure, absolute' },
  calorificValue: { ...POWER, unitCode: 'E46', decimals: 6, about: 'Energy in a cubic metre' },
  valveState: { kind: 'property', from: 'contor', quantity: 'text', about: '`open`, `closed` or `ready`' },
} as const satisfies Record<string, AttributeRow>;

export const WATER = {
  waterConsumption: { ...VOLUME_REGISTER, from: 'water', about: 'Water volume register' },
  reverseWaterConsumption: { ...VOLUME_REGISTER, about: 'Backward volume register' },
  minFlow: { ...FLOW, from: 'water', unitCode: 'E32', decimals: 3, about: 'Lowest flow of the period' },
  maxFlow: { ...FLOW, from: 'water', unitCode: 'E32', decimals: 3, about: 'Highest flow of the period' },
  alarmTamper: { ...FLAG, from: 'water', about: 'Tampering' },
  alarmStopsLeaks: { ...FLAG, from: 'water', about: 'Leak' },
  alarmFlowPersistence: { ...FLAG, from: 'water', about: 'Flow that never stops' },
  alarmBackflow: { ...FLAG, about: 'Water flowed backwards' },
} as const satisfies Record<string, AttributeRow>;

export const ENVIRONMENT = {
  temperature: { ...TEMPERATURE, from: 'environment', about: 'Air temperature' },
  relativeHumidity: { ...POWER, from: 'environment', unitCode: 'P1', about: 'Relative humidity, 0 to 100' },
  co2: { ...POWER, from: 'environment', unitCode: '59', about: 'Carbon dioxide' },
  eCo2: { ...POWER, unitCode: '59', about: 'Equivalent carbon dioxide, estimated from gases' },
  volatileOrganicCompoundsTotal: { ...POWER, from: 'environment', unitCode: '61', about: 'TVOC' },
  illuminance: { ...POWER, from: 'environment', unitCode: 'LUX', about: 'Illuminance' },
  atmosphericPressure: { ...POWER, from: 'environment', unitCode: 'A97', about: 'Air pressure' },
} as const satisfies Record<string, AttributeRow>;

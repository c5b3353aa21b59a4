/** Heat, water and air as gateways forward them in JSON: the units of the row are those in which the device speaks. */

import type { DeviceModel } from '@contor/agent-kit';

/** Substation of a district heating network: the seven values, in the units of the gateway. */
export const DISTRICT_HEAT = {
  type: 'HeatMeasurement',
  values: [
    { objectId: 'forwardTemperature', attribute: 'forwardTemperature', kind: 'gauge' },
    { objectId: 'returnTemperature', attribute: 'returnTemperature', kind: 'gauge' },
    { objectId: 'flow', attribute: 'volumeFlow', kind: 'gauge' },
    { objectId: 'volume', attribute: 'totalVolume', kind: 'register', unitCode: 'LTR' },
    { objectId: 'power', attribute: 'thermalPower', kind: 'gauge' },
    { objectId: 'peakPower', attribute: 'peakThermalPower', kind: 'gauge' },
    { objectId: 'energy', attribute: 'totalHeatEnergy', kind: 'register', unitCode: 'MWH' },
  ],
  sums: [{ attribute: 'temperatureDifference', addends: ['forwardTemperature'], subtrahends: ['returnTemperature'] }],
} as const satisfies DeviceModel<'HeatMeasurement'>;

export const WATER = {
  type: 'WaterConsumptionObserved',
  values: [
    { objectId: 'volume', attribute: 'waterConsumption', kind: 'register', unitCode: 'LTR' },
    { objectId: 'reverseVolume', attribute: 'reverseWaterConsumption', kind: 'register', unitCode: 'LTR' },
    { objectId: 'flow', attribute: 'volumeFlow', kind: 'gauge', unitCode: 'E32' },
    { objectId: 'minFlow', attribute: 'minFlow', kind: 'gauge' },
    { objectId: 'maxFlow', attribute: 'maxFlow', kind: 'gauge' },
    { objectId: 'temperature', attribute: 'temperature', kind: 'gauge' },
  ],
  flags: [
    { objectId: 'tamper', attribute: 'alarmTamper' },
    { objectId: 'leak', attribute: 'alarmStopsLeaks' },
    { objectId: 'flowPersistence', attribute: 'alarmFlowPersistence' },
    { objectId: 'backflow', attribute: 'alarmBackflow' },
  ],
} as const satisfies DeviceModel<'WaterConsumptionObserved'>;

/** A data collection unit (Raspberry Pi) with sensors of the air: TVOC in ppb, eCO₂ in ppm. */
export const ENVIRONMENT_DCU = {
  type: 'IndoorEnvironmentObserved',
  values: [
    { objectId: 'temperature', attribute: 'temperature', kind: 'gauge' },
    { objectId: 'humidity', attribute: 'relativeHumidity', kind: 'gauge' },
    { objectId: 'tvoc', attribute: 'volatileOrganicCompoundsTotal', kind: 'gauge' },
    { objectId: 'eco2', attribute: 'eCo2', kind: 'gauge' },
  ],
} as const satisfies DeviceModel<'IndoorEnvironmentObserved'>;

/** Live values of one meter or sensor: they go to the broker, and from there to history. */

import { type EntityTypeRow, GAUGES, MEASURED, REGISTERS } from './row.js';

// biome-ignore format: a table
export const LIVE_TYPES = {
  ACMeasurement: {
    from: 'energy', about: 'Live electricity of one meter',
    attributes: [
      ...MEASURED, ...REGISTERS, ...GAUGES, 'phaseType', 'breakerState', 'activePowerLimit', 'activeTariff', 'dateEnergyMeteringStarted',
      'location',
    ],
  },
  HeatMeasurement: {
    from: 'contor', about: 'Live heat of one meter',
    attributes: [
      ...MEASURED, 'totalHeatEnergy', 'totalCoolingEnergy', 'totalVolume', 'forwardTemperature', 'returnTemperature',
      'temperatureDifference', 'volumeFlow', 'thermalPower', 'peakThermalPower', 'heatAllocationUnits', 'valvePosition',
      'pumpState', 'breakerState', 'location',
    ],
  },
  GasMeasurement: {
    from: 'contor', about: 'Live gas of one meter',
    attributes: [
      ...MEASURED, 'totalGasVolume', 'totalConvertedGasVolume', 'gasFlow', 'gasTemperature', 'gasPressure',
      'calorificValue', 'valveState', 'location',
    ],
  },
  WaterConsumptionObserved: {
    from: 'water', about: 'Live water of one meter',
    attributes: [
      ...MEASURED, 'waterConsumption', 'reverseWaterConsumption', 'volumeFlow', 'minFlow', 'maxFlow', 'alarmTamper',
      'alarmStopsLeaks', 'alarmFlowPersistence', 'alarmBackflow', 'temperature', 'location',
    ],
  },
  IndoorEnvironmentObserved: {
    from: 'environment', about: 'Air of a room',
    attributes: [
      ...MEASURED, 'temperature', 'relativeHumidity', 'co2', 'eCo2', 'volatileOrganicCompoundsTotal', 'illuminance',
      'atmosphericPressure', 'location',
    ],
  },
} as const satisfies Record<string, EntityTypeRow>;

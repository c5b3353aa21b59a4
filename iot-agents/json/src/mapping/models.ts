/**
 * Device models: which object id of the payload is which attribute of the vocabulary. Adding a meter that sends JSON is
 * adding a row here.
 */

import type { DeviceModel } from '@contor/agent-kit';

/** Landis+Gyr E350 with a JSON module: eight values, the breaker and events every ten seconds, and a load profile of registers. */
const E350 = {
  type: 'ACMeasurement',
  values: [
    { objectId: 'energyImport', attribute: 'totalActiveEnergyImport', kind: 'register' },
    { objectId: 'energyExport', attribute: 'totalActiveEnergyExport', kind: 'register' },
    { objectId: 'powerL1', attribute: 'activePowerL1', kind: 'gauge' },
    { objectId: 'powerL2', attribute: 'activePowerL2', kind: 'gauge' },
    { objectId: 'powerL3', attribute: 'activePowerL3', kind: 'gauge' },
    { objectId: 'voltageL1', attribute: 'voltageL1', kind: 'gauge' },
    { objectId: 'voltageL2', attribute: 'voltageL2', kind: 'gauge' },
    { objectId: 'voltageL3', attribute: 'voltageL3', kind: 'gauge' },
    { objectId: 'powerLimit', attribute: 'activePowerLimit', kind: 'gauge' },
  ],
  states: [
    {
      objectId: 'breaker',
      attribute: 'breakerState',
      words: { connected: 'connected', disconnected: 'disconnected', ready: 'ready' },
    },
  ],
  commands: ['disconnect', 'reconnect', 'limit', 'read', 'setClock'],
  sums: [{ attribute: 'totalActivePower', addends: ['activePowerL1', 'activePowerL2', 'activePowerL3'] }],
  profile: {
    name: 'load-profile',
    channels: [
      { objectId: 'energyImport', register: 'totalActiveEnergyImport', interval: 'activeEnergyImport' },
      { objectId: 'energyExport', register: 'totalActiveEnergyExport', interval: 'activeEnergyExport' },
    ],
  },
} as const satisfies DeviceModel<'ACMeasurement'>;

export const DEVICE_MODELS = { 'landis-gyr-e350-json': E350 } as const satisfies Record<string, DeviceModel>;

export type DeviceModelName = keyof typeof DEVICE_MODELS;

export function deviceModel(name = ''): DeviceModel | undefined {
  return Object.hasOwn(DEVICE_MODELS, name) ? DEVICE_MODELS[name as DeviceModelName] : undefined;
}

/** Landis+Gyr E350 with a JSON module: eight values, the breaker, alarms and events every ten seconds, and a load profile of registers. */

import type { DeviceModel } from '@contor/agent-kit';

export const E350 = {
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

/**
 * Descriptions of meters as data, each with its source. What no source states is absent, and a reader asked for it answers
 * `elster.unconfirmed`: nothing is guessed.
 */

import type { DeviceModel } from '@contor/agent-kit';
import { REGISTERS } from './registers.js';

export interface ProfileSource {
  /** Its name in our vocabulary, as schedules call it. */
  readonly name: string;
  readonly address: string;
  /** What a row is stamped with: the end of its interval, or its beginning. */
  readonly stamp: 'end' | 'start';
}

export interface ElsterModel extends DeviceModel<'ACMeasurement'> {
  /** Where it is written down that the meter is so. */
  readonly source: string;
  readonly profiles: readonly ProfileSource[];
}

/** Energies of the interval (D = 29, IEC 62056-6-1, 6.2): amounts, not registers. */
const INTERVALS = {
  name: 'load-profile',
  channels: [
    { objectId: '1.29.0', interval: 'activeEnergyImport' },
    { objectId: '2.29.0', interval: 'activeEnergyExport' },
    { objectId: '3.29.0', interval: 'reactiveEnergyImport' },
    { objectId: '4.29.0', interval: 'reactiveEnergyExport' },
  ],
} as const;

const BASE = { type: 'ACMeasurement', values: REGISTERS } as const;

export const DEVICE_MODELS = {
  'contor-simulated-elster': {
    ...BASE,
    source: 'our own simulator, src/simulator/meter.ts',
    profile: INTERVALS,
    profiles: [{ name: INTERVALS.name, address: 'P.01', stamp: 'end' }],
  },
  // A readout in mode C needs no more of a meter than the codes it says itself.
  'iec62056-readout': { ...BASE, source: 'IEC 62056-21, 6.4.3 and 6.5', profiles: [] },
} as const satisfies Record<string, ElsterModel>;

export function deviceModel(name: string | undefined): ElsterModel | undefined {
  return name !== undefined && Object.hasOwn(DEVICE_MODELS, name)
    ? DEVICE_MODELS[name as keyof typeof DEVICE_MODELS]
    : undefined;
}

/**
 * Descriptions of meters as data: what is read of them, how their profile is called, what their events mean, and what they leave unsaid when
 * they push. Adding a meter is adding a row.
 */

import type { DeviceModel } from '@contor/agent-kit';
import { REGISTERS } from './registers.js';

export interface LiveObject {
  readonly classId: number;
  readonly obis: string;
}

export interface ProfileSource {
  /** Its name in our vocabulary, as schedules and acquisitions call it. */
  readonly name: string;
  readonly obis: string;
}

export interface EventSource {
  readonly obis: string;
  /** Code of the log → word of the platform; a code that is not here is said by its number. */
  readonly words: Readonly<Record<number, string>>;
}

export interface DlmsModel extends DeviceModel<'ACMeasurement'> {
  readonly live: readonly LiveObject[];
  readonly profiles: readonly ProfileSource[];
  readonly events?: EventSource;
  /** Scalers of values that are pushed without them, by OBIS code. */
  readonly scalers?: Readonly<Record<string, number>>;
  /** Objects of a push that comes without its list, in their order. */
  readonly template?: readonly LiveObject[];
}

const VALUES = REGISTERS.map(({ obis, attribute, kind }) => ({ objectId: obis, attribute, kind }));
const STATES = [
  {
    objectId: '0-0:96.3.10',
    attribute: 'breakerState',
    // IEC 62056-6-2, control_state of the disconnect control.
    words: { '0': 'disconnected', '1': 'connected', '2': 'ready' },
  },
] as const;
const SUMS = [
  { attribute: 'totalActivePower', addends: ['activePowerImport'], subtrahends: ['activePowerExport'] },
  { attribute: 'totalReactivePower', addends: ['reactivePowerImport'], subtrahends: ['reactivePowerExport'] },
] as const;

/** Four channels of indexes; the energies of the intervals are their differences. */
const INDEX_PROFILE = {
  name: 'load-profile',
  channels: [
    { objectId: '1-0:1.8.0', register: 'totalActiveEnergyImport', interval: 'activeEnergyImport' },
    { objectId: '1-0:2.8.0', register: 'totalActiveEnergyExport', interval: 'activeEnergyExport' },
    { objectId: '1-0:3.8.0', register: 'totalReactiveEnergyImport', interval: 'reactiveEnergyImport' },
    { objectId: '1-0:4.8.0', register: 'totalReactiveEnergyExport', interval: 'reactiveEnergyExport' },
  ],
} as const;

const BASE = { type: 'ACMeasurement', values: VALUES, states: STATES, sums: SUMS, profile: INDEX_PROFILE } as const;
const register = (obis: string): LiveObject => ({ classId: 3, obis });
const ENERGIES = ['1-0:1.8.0', '1-0:2.8.0', '1-0:3.8.0', '1-0:4.8.0'].map(register);
const POWERS = ['1-0:1.7.0', '1-0:2.7.0', '1-0:3.7.0', '1-0:4.7.0', '1-0:21.7.0', '1-0:41.7.0', '1-0:61.7.0'].map(
  register,
);
const PHASES = ['31.7.0', '51.7.0', '71.7.0', '32.7.0', '52.7.0', '72.7.0', '14.7.0'].map((code) =>
  register(`1-0:${code}`),
);
const LOAD_PROFILES = [{ name: INDEX_PROFILE.name, obis: '1-0:99.1.0' }];

/** IDIS package 2, standard and disconnector event logs. */
const IDIS_EVENTS: EventSource = {
  obis: '0-0:99.98.0',
  words: {
    1: 'powerDown',
    2: 'powerUp',
    5: 'clockAdjusted',
    6: 'clockInvalid',
    40: 'terminalCoverOpened',
    41: 'terminalCoverClosed',
    42: 'magneticField',
    44: 'coverOpened',
    45: 'coverClosed',
    62: 'breakerOpened',
    63: 'breakerClosed',
  },
};

/** What a meter of IDIS package 2 has under the names of the Blue Book; the Iskra AM550 is one. */
const IDIS: DlmsModel = {
  ...BASE,
  live: [...ENERGIES, ...POWERS, ...PHASES, { classId: 70, obis: '0-0:96.3.10' }, { classId: 71, obis: '0-0:17.0.0' }],
  profiles: LOAD_PROFILES,
  events: IDIS_EVENTS,
  commands: ['disconnect', 'reconnect', 'read', 'setClock'],
};

const CURRENTS_IN_HUNDREDTHS = { '1-0:31.7.0': -2, '1-0:51.7.0': -2, '1-0:71.7.0': -2 };
const TENS_OF_WATT_HOURS = { '1-0:1.8.0': 1, '1-0:2.8.0': 1, '1-0:3.8.0': 1, '1-0:4.8.0': 1 };

export const DEVICE_MODELS = {
  'idis-dlms': IDIS,
  'contor-simulated-dlms': IDIS,
  'iskra-am550-dlms': IDIS,
  // Public captures of scs/smartmeter-datacollector with their readings: currents in 0.01 A, not said in the push.
  'landis-gyr-e450-dlms': {
    ...BASE,
    live: [...ENERGIES, ...POWERS],
    profiles: LOAD_PROFILES,
    scalers: CURRENTS_IN_HUNDREDTHS,
  },
  'landis-gyr-e570-dlms': {
    ...BASE,
    live: [...ENERGIES, ...POWERS],
    profiles: LOAD_PROFILES,
    scalers: CURRENTS_IN_HUNDREDTHS,
  },
  'landis-gyr-e360-dlms': { ...BASE, live: [...ENERGIES, ...POWERS], profiles: LOAD_PROFILES },
  'siemens-td3511-dlms': { ...BASE, live: [...ENERGIES, ...POWERS], profiles: LOAD_PROFILES },
  // Public descriptions beside the captures of toreamun/amshan.
  'kamstrup-han-dlms': {
    ...BASE,
    live: [...ENERGIES, ...POWERS],
    profiles: LOAD_PROFILES,
    scalers: { ...CURRENTS_IN_HUNDREDTHS, ...TENS_OF_WATT_HOURS },
  },
  'kaifa-han-dlms': {
    ...BASE,
    live: [...ENERGIES, ...POWERS],
    profiles: LOAD_PROFILES,
    scalers: {
      ...{ '1-0:31.7.0': -3, '1-0:51.7.0': -3, '1-0:71.7.0': -3 },
      ...{ '1-0:32.7.0': -1, '1-0:52.7.0': -1, '1-0:72.7.0': -1 },
    },
  },
  'aidon-han-dlms': { ...BASE, live: [...ENERGIES, ...POWERS], profiles: LOAD_PROFILES },
} as const satisfies Record<string, DlmsModel>;

export type DlmsModelName = keyof typeof DEVICE_MODELS;

export function deviceModel(name: string | undefined): DlmsModel | undefined {
  return name !== undefined && Object.hasOwn(DEVICE_MODELS, name) ? DEVICE_MODELS[name as DlmsModelName] : undefined;
}

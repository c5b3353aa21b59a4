/** What a simulated bus can be told. */

import type { SettingsOf, SettingsTable } from '@contor/kit';

const ONE_METER = { kind: 'integer', fallback: 0, min: 0, max: 1_000 } as const;
const PERMILLE = { kind: 'integer', fallback: 0, min: 0, max: 1_000 } as const;

export const SETTINGS = {
  host: { name: 'MBUS_SIMULATOR_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Loopback address to listen at' },
  port: {
    name: 'MBUS_SIMULATOR_PORT',
    kind: 'port',
    fallback: 10_001,
    about: 'TCP port of the gateway; 0 lets the system choose',
  },
  meters: {
    name: 'MBUS_SIMULATOR_METERS',
    kind: 'integer',
    fallback: 6,
    min: 1,
    max: 1_000,
    about: 'Number of meters',
  },
  seed: {
    name: 'MBUS_SIMULATOR_SEED',
    kind: 'text',
    fallback: 'tulip-street',
    about: 'The same seed gives the same bus',
  },
  hasSubstation: {
    name: 'MBUS_SIMULATOR_SUBSTATION',
    kind: 'flag',
    fallback: true,
    about: 'Behind the meters, the controller of a substation',
  },
  slowMeter: {
    name: 'MBUS_SIMULATOR_SLOW',
    ...ONE_METER,
    about: 'This meter answers as late as the standard allows; 0 for none',
  },
  collidingMeter: {
    name: 'MBUS_SIMULATOR_COLLIDING',
    ...ONE_METER,
    about: 'This meter has the primary address of the one before it; 0 for none',
  },
  deadMeter: { name: 'MBUS_SIMULATOR_DEAD', ...ONE_METER, about: 'This meter never answers; 0 for none' },
  damagePermille: {
    name: 'MBUS_SIMULATOR_DAMAGE',
    ...PERMILLE,
    about: 'Of a thousand frames so many lose a byte or have a bit turned',
  },
  lossPermille: { name: 'MBUS_SIMULATOR_LOSS', ...PERMILLE, about: 'Of a thousand answers so many never come' },
} as const satisfies SettingsTable;

export type BusConfig = SettingsOf<typeof SETTINGS>;

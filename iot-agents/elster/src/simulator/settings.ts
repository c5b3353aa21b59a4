/** What the simulated street of IEC 62056-21 meters can be told. */

import type { SettingsOf, SettingsTable } from '@contor/kit';

const PERMILLE = { kind: 'integer', fallback: 0, min: 0, max: 1_000 } as const;

export const SETTINGS = {
  host: { name: 'SIMULATE_ELSTER_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Loopback address to listen at' },
  port: {
    name: 'SIMULATE_ELSTER_PORT',
    kind: 'port',
    fallback: 2332,
    about: 'TCP port of the converter they are behind; 0 lets the system choose',
  },
  meters: {
    name: 'SIMULATE_ELSTER_METERS',
    kind: 'integer',
    fallback: 5,
    min: 1,
    max: 999,
    about: 'Number of meters; each is called by its serial number, the first one also without',
  },
  seed: {
    name: 'SIMULATE_ELSTER_SEED',
    kind: 'integer',
    fallback: 1,
    min: 0,
    max: 900,
    about: 'The same seed gives the same meters',
  },
  zone: {
    name: 'SIMULATE_ELSTER_ZONE',
    kind: 'text',
    fallback: 'Europe/Bucharest',
    about: 'Time zone of their clocks',
  },
  parity: {
    name: 'SIMULATE_ELSTER_PARITY',
    kind: 'text',
    fallback: 'even',
    choices: ['even', 'odd', 'none'],
    about: 'Seven bits with parity in bytes of eight, or none where the converter made it',
  },
  damagePermille: {
    name: 'SIMULATE_ELSTER_DAMAGE',
    ...PERMILLE,
    about: 'Of a thousand answers so many have a bit turned on the line',
  },
  lossPermille: { name: 'SIMULATE_ELSTER_LOSS', ...PERMILLE, about: 'Of a thousand answers so many never come' },
} as const satisfies SettingsTable;

export type StreetConfig = SettingsOf<typeof SETTINGS>;

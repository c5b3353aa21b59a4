/** What the simulated street of DLMS meters can be told. */

import type { SettingsOf, SettingsTable } from '@contor/kit';

const PERMILLE = { kind: 'integer', fallback: 0, min: 0, max: 1_000 } as const;

export const SETTINGS = {
  host: { name: 'SIMULATE_DLMS_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Loopback address to listen at' },
  port: {
    name: 'SIMULATE_DLMS_PORT',
    kind: 'port',
    fallback: 4059,
    about: 'TCP port of all meters, HDLC and wrapper; 0 lets the system choose',
  },
  meters: {
    name: 'SIMULATE_DLMS_METERS',
    kind: 'integer',
    fallback: 10,
    min: 1,
    max: 9_999,
    about: 'Number of meters: the n-th is logical device n, over HDLC physical device n + 15',
  },
  seed: {
    name: 'SIMULATE_DLMS_SEED',
    kind: 'integer',
    fallback: 1,
    min: 0,
    max: 900,
    about: 'The same seed gives the same meters',
  },
  damagePermille: {
    name: 'SIMULATE_DLMS_DAMAGE',
    ...PERMILLE,
    about: 'Of a thousand answers so many have a bit turned on the line',
  },
  lossPermille: { name: 'SIMULATE_DLMS_LOSS', ...PERMILLE, about: 'Of a thousand answers so many never come' },
  generalBlocks: {
    name: 'SIMULATE_DLMS_GENERAL_BLOCKS',
    kind: 'flag',
    fallback: false,
    about: 'Whether long answers come by general block transfer',
  },
  pushTo: {
    name: 'SIMULATE_DLMS_PUSH_TO',
    kind: 'text',
    optional: true,
    about: 'host:port that every meter pushes to; without it they speak only when asked',
  },
  pushEvery: {
    name: 'SIMULATE_DLMS_PUSH_EVERY',
    kind: 'duration',
    fallback: '10s',
    about: 'How often each meter pushes',
  },
} as const satisfies SettingsTable;

export type StreetConfig = SettingsOf<typeof SETTINGS>;

/** What the simulated street can be told. */

import type { SettingsOf, SettingsTable } from '@contor/kit';

const PERMILLE = { kind: 'integer', fallback: 0, min: 0, max: 1_000 } as const;

export const SETTINGS = {
  dataFolder: {
    name: 'STREET_DATA',
    kind: 'path',
    about: 'Where the street remembers what was not acked, and its credentials',
  },
  mqttUrl: { name: 'MQTT_URL', kind: 'url', fallback: 'mqtt://127.0.0.1:1883', about: 'The MQTT broker to publish to' },
  meters: { name: 'STREET_METERS', kind: 'integer', fallback: 20, min: 1, max: 20_000, about: 'Number of meters' },
  seed: { name: 'STREET_SEED', kind: 'text', fallback: 'tulip-street', about: 'The same seed gives the same street' },
  silentMeter: {
    name: 'STREET_SILENT_METER',
    kind: 'integer',
    fallback: 7,
    min: 0,
    max: 20_000,
    about: 'This meter fell silent 40 minutes before the first start; 0 for none',
  },
  rolloverMeter: {
    name: 'STREET_ROLLOVER_METER',
    kind: 'integer',
    fallback: 0,
    min: 0,
    max: 20_000,
    about: 'The import register of this meter rolls over ten minutes after the first start; 0 for none',
  },
  dropPermille: { name: 'STREET_DROP', ...PERMILLE, about: 'Of a thousand messages so many are lost inside the meter' },
  duplicatePermille: { name: 'STREET_DUPLICATE', ...PERMILLE, about: 'Of a thousand messages so many are sent twice' },
  reorderPermille: {
    name: 'STREET_REORDER',
    ...PERMILLE,
    about: 'Of a thousand messages so many come after their successor',
  },
  breakerPermille: {
    name: 'STREET_BREAKER_FAULT',
    ...PERMILLE,
    about: 'Of a thousand switchings so many find the breaker jammed and are refused',
  },
  outagePermille: {
    name: 'STREET_OUTAGE',
    ...PERMILLE,
    about: 'Of a thousand meters so many lose their supply once, and say so three times with their last breath',
  },
  outageAfter: {
    name: 'STREET_OUTAGE_AFTER',
    kind: 'duration',
    fallback: '1m',
    about: 'So long after the start that happens',
  },
  outageLasts: { name: 'STREET_OUTAGE_LASTS', kind: 'duration', fallback: '2m', about: 'and so long it lasts' },
  driftMs: {
    name: 'STREET_DRIFT_MS',
    kind: 'integer',
    fallback: 0,
    min: -600_000,
    max: 600_000,
    about: 'The clocks of the meters gain so many milliseconds a day',
  },
  badJsonPermille: {
    name: 'STREET_BAD_JSON',
    ...PERMILLE,
    about: 'Of a thousand messages so many are preceded by half of themselves',
  },
} as const satisfies SettingsTable;

export type StreetConfig = SettingsOf<typeof SETTINGS>;

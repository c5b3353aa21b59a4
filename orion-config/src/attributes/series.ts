/**
 * Series in history. What history must know is flat: `<channel>`, `<channel>Quality`, `source`, `recordedAt` are siblings.
 * Smart Data Models use `activeEnergyImport` for an object of phases, so the amount of one interval is our own word.
 */

import {
  type AttributeRow,
  COUNT,
  ENERGY_INTERVAL,
  OBJECT,
  REACTIVE_INTERVAL,
  SECONDS,
  TEXT,
  TIME,
  VOLUME_INTERVAL,
} from './row.js';

const QUALITY = { ...TEXT, about: '`measured`, `estimated`, `partial`, `substituted` or `missing`' } as const;

export const CHANNELS = {
  activeEnergyImport: { ...ENERGY_INTERVAL, about: 'Active energy import in the interval' },
  activeEnergyExport: { ...ENERGY_INTERVAL, about: 'Active energy export in the interval' },
  reactiveEnergyImport: { ...REACTIVE_INTERVAL, about: 'Reactive energy import in the interval' },
  reactiveEnergyExport: { ...REACTIVE_INTERVAL, about: 'Reactive energy export in the interval' },
  heatEnergy: { ...ENERGY_INTERVAL, about: 'Heat in the interval' },
  heatVolume: { ...VOLUME_INTERVAL, about: 'Volume of the heat carrier in the interval' },
  gasVolume: { ...VOLUME_INTERVAL, about: 'Gas in the interval' },
  waterVolume: { ...VOLUME_INTERVAL, about: 'Water in the interval' },
} as const satisfies Record<string, AttributeRow>;

export const QUALITIES = {
  activeEnergyImportQuality: QUALITY,
  activeEnergyExportQuality: QUALITY,
  reactiveEnergyImportQuality: QUALITY,
  reactiveEnergyExportQuality: QUALITY,
  heatEnergyQuality: QUALITY,
  heatVolumeQuality: QUALITY,
  gasVolumeQuality: QUALITY,
  waterVolumeQuality: QUALITY,
} as const satisfies Record<`${keyof typeof CHANNELS}Quality`, AttributeRow>;

export const SERIES = {
  intervalSeconds: { ...SECONDS, about: 'Length of the interval that begins at the time index' },
  recordedAt: { ...TIME, about: 'When the platform wrote this revision: it tells revisions of one key apart' },
  sequenceNumber: { ...COUNT, about: 'Counter of the sender' },
  rawFrame: { ...TEXT, about: 'Content hash of the bytes the value was read from' },
  revision: { ...COUNT, about: 'Number of the revision, from 0' },
  estimationMethod: { ...TEXT, about: 'How a value that was not measured came about' },
  failedRules: { ...TEXT, about: 'Identifiers of the validation rules that failed, comma separated' },
  meterCount: { ...COUNT, about: 'Meters that contributed' },
  expectedMeterCount: { ...COUNT, about: 'Meters that should have contributed' },
} as const satisfies Record<string, AttributeRow>;

export const ACQUISITION = {
  profile: { ...TEXT, about: 'Which profile of the meter: `load-profile`, `instrumentation`, …' },
  localDay: { ...TEXT, about: 'Day in the zone of the site, `YYYY-MM-DD`' },
  windowStart: { ...TIME, about: 'First instant covered' },
  windowEnd: { ...TIME, about: 'First instant no longer covered' },
  channels: { ...TEXT, about: 'Channels stored, comma separated' },
  expectedCount: { ...COUNT, about: 'Intervals that the window should hold' },
  storedCount: { ...COUNT, about: 'Intervals stored' },
  counter: { ...COUNT, about: 'Grows with every write of the window' },
  gaps: { ...TEXT, about: 'JSON text: array of {start, end, reason}' },
  gapCount: { ...COUNT, about: 'Gaps in the window' },
  details: { ...OBJECT, about: 'Whatever else explains the result' },
} as const satisfies Record<string, AttributeRow>;

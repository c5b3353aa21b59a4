/** Series: they go to history, announced by an `Acquisition`. */

import { CHANNELS, type EntityTypeRow, OTHER_REGISTERS, QUALITIES, REGISTERS, SERIES } from './row.js';

// biome-ignore format: a table
export const SERIES_TYPES = {
  IntervalReading: {
    from: 'contor', about: 'Series as metered: agents only. Registers are those at the start of the interval',
    attributes: [
      ...SERIES, ...CHANNELS, ...REGISTERS, ...OTHER_REGISTERS, 'sequenceNumber', 'rawFrame',
    ],
  },
  ValidatedReading: {
    from: 'contor', about: 'The final series with quality and revision: validation only',
    attributes: [
      ...SERIES, ...CHANNELS, ...QUALITIES, ...REGISTERS, ...OTHER_REGISTERS, 'revision', 'estimationMethod',
      'failedRules',
    ],
  },
  AggregatedReading: {
    from: 'contor', about: 'Series of a group or site',
    attributes: [
      ...SERIES, ...CHANNELS, ...QUALITIES, 'totalActivePower', 'meterCount', 'expectedMeterCount', 'revision', 'cursor',
    ],
  },
  Acquisition: {
    from: 'contor', about: '"This window of this meter has been stored", with gaps and reasons',
    attributes: [
      'refDevice', 'refPoint', 'refSite', 'profile', 'localDay', 'timeZone', 'windowStart', 'windowEnd', 'channels',
      'intervalSeconds', 'expectedCount', 'storedCount', 'counter', 'gaps', 'gapCount', 'status', 'source',
      'recordedAt', 'correlationId', 'details',
    ],
  },
} as const satisfies Record<string, EntityTypeRow>;

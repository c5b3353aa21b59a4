/** A street with a past and a present, as a function of time: the same instant always gives the same values. */
import { entity, type NgsiEntity, SAMPLE_CITY, type SampleHouse, sampleEntities, urn } from '@contor/orion-config';

const HOUR_MS = 3_600_000;
const QUARTER_MS = 900_000;
/** House 7 fell silent, house 13 is late, house 20 has never spoken. */
const SILENT = 7;
const LATE = 13;
const NEVER = 20;

export interface HistoryColumns {
  readonly index: readonly string[];
  readonly attributes: readonly { readonly attrName: string; readonly values: readonly unknown[] }[];
}

export function standingEntities(nowMs: number): readonly NgsiEntity[] {
  return sampleEntities(nowMs);
}

export function measurements(
  nowMs: number,
  houses: readonly SampleHouse[] = SAMPLE_CITY.houses,
): readonly NgsiEntity[] {
  return houses.filter(({ number }) => number !== NEVER).map((house) => measurement(house, heardAt(house, nowMs)));
}

/** Those that send in this second: each has its own moment in the ten seconds. */
export function speaking(nowMs: number): readonly SampleHouse[] {
  const second = Math.floor(nowMs / 1000) % 10;
  return SAMPLE_CITY.houses.filter(({ number }) => number % 10 === second && ![SILENT, LATE, NEVER].includes(number));
}

export function alerts(nowMs: number): readonly NgsiEntity[] {
  const make = (word: string, severity: string, agoMs: number): NgsiEntity => {
    const at = new Date(nowMs - agoMs).toISOString();
    return entity('Alert', urn('Alert', `e350-0003:${word}:${at.replace(/[-:.]/g, '')}`))
      .property('subCategory', word)
      .property('eventCode', word)
      .property('severity', severity)
      .property('dateIssued', at)
      .relationship('refDevice', urn('Device', 'e350-0003'))
      .build();
  };
  return [
    make('voltageSag', 'low', 40 * 60_000),
    make('coverOpened', 'high', 5 * HOUR_MS),
    make('powerUp', 'informational', 19 * HOUR_MS),
  ];
}

/** A day of quarter-hours; house 3 has a hole of two hours and a half in it. */
export function loadProfile(house: SampleHouse, fromMs: number, toMs: number): HistoryColumns {
  const starts: number[] = [];
  for (let ms = Math.ceil(fromMs / QUARTER_MS) * QUARTER_MS; ms + QUARTER_MS <= toMs + 1; ms += QUARTER_MS) {
    const hour = localHour(ms);
    if (house.number === 3 && hour >= 2 && hour < 4.5) continue;
    starts.push(ms);
  }
  const column = (attrName: string, value: (ms: number) => unknown) => ({ attrName, values: starts.map(value) });
  return {
    index: starts.map((ms) => new Date(ms).toISOString()),
    attributes: [
      column('activeEnergyImport', (ms) => rounded(Math.max(0, netPowerW(house, ms)) / 4000)),
      column('activeEnergyExport', (ms) => rounded(Math.max(0, -netPowerW(house, ms)) / 4000)),
      column('intervalSeconds', () => 900),
    ],
  };
}

export function siteHours(fromMs: number, toMs: number): HistoryColumns {
  const starts: number[] = [];
  for (let ms = Math.ceil(fromMs / HOUR_MS) * HOUR_MS; ms + HOUR_MS <= toMs + 1; ms += HOUR_MS)
    if (localHour(ms) !== 11) starts.push(ms);
  const quality = (ms: number): string =>
    localHour(ms) < 5 && localHour(ms) >= 2 ? 'partial' : localHour(ms) === 6 ? 'estimated' : 'measured';
  const column = (attrName: string, value: (ms: number) => unknown) => ({ attrName, values: starts.map(value) });
  return {
    index: starts.map((ms) => new Date(ms).toISOString()),
    attributes: [
      column('activeEnergyImport', (ms) =>
        rounded(SAMPLE_CITY.houses.reduce((sum, house) => sum + Math.max(0, netPowerW(house, ms)) / 1000, 0)),
      ),
      column('activeEnergyExport', () => 0),
      column('activeEnergyImportQuality', quality),
      column('meterCount', (ms) => (quality(ms) === 'partial' ? 18 : 20)),
      column('expectedMeterCount', () => 20),
    ],
  };
}

function measurement(house: SampleHouse, atMs: number): NgsiEntity {
  const observedAt = new Date(atMs).toISOString();
  const powerW = Math.round(netPowerW(house, atMs) + 60 * noise(house.number, atMs / 10_000));
  const shares = [0.5, 0.3, 0.2] as const;
  const voltage = (phase: number): number =>
    Math.round((230 + 4 * noise(house.number * 3 + phase, atMs / 10_000)) * 10) / 10;
  return entity('ACMeasurement', house.measurementId)
    .property('totalActiveEnergyImport', rounded(house.openingRegister + (atMs % 1e9) / 3.6e6), { observedAt })
    .property('totalActiveEnergyExport', house.solarPeakW > 0 ? 1_204.5 : 0, { observedAt })
    .property('totalActivePower', powerW, { observedAt })
    .property('activePowerL1', Math.round(powerW * shares[0]), { observedAt })
    .property('activePowerL2', Math.round(powerW * shares[1]), { observedAt })
    .property('activePowerL3', Math.round(powerW * shares[2]), { observedAt })
    .property('voltageL1', voltage(1), { observedAt })
    .property('voltageL2', voltage(2), { observedAt })
    .property('voltageL3', voltage(3), { observedAt })
    .property('source', 'live', { observedAt })
    .relationship('refDevice', house.deviceId)
    .relationship('refPoint', house.pointId)
    .build();
}

function heardAt(house: SampleHouse, nowMs: number): number {
  if (house.number === SILENT) return nowMs - 47 * 60_000;
  if (house.number === LATE) return nowMs - 58_000;
  return nowMs - (house.number % 10) * 1_000;
}

/** Two humps a day, each house a little different; a roof with panels feeds in at noon. */
function netPowerW(house: SampleHouse, ms: number): number {
  const hour = localHour(ms);
  const hump = (center: number, width: number): number => Math.exp(-(((hour - center) / width) ** 2));
  const base = 140 + 25 * (house.number % 7);
  const shape = 1_100 * hump(7.4 + (house.number % 3) / 2, 1.3) + 2_100 * hump(19.2 + (house.number % 4) / 3, 2.1);
  const jitter = 1 + 0.45 * noise(house.number, ms / QUARTER_MS);
  return (base + shape) * jitter - house.solarPeakW * 0.6 * hump(12.5, 2.4);
}

/** Bucharest in winter; the picture needs no better. */
function localHour(ms: number): number {
  return (((ms / HOUR_MS + 2) % 24) + 24) % 24;
}

/** -1 … 1, smooth enough for the eye and the same in every run. */
function noise(seed: number, position: number): number {
  const x = Math.sin(Math.floor(position) * 12.9898 + seed * 78.233) * 43_758.5453;
  return 2 * (x - Math.floor(x)) - 1;
}

function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

/**
 * One round over one site: which hours may have changed since the cursor, what they are now, what of that is new. Ends with the
 * series in history and then the cursor in the broker, in this order, so that a crash between them only repeats work.
 */

import type { BrokerClient, HistoryClient } from '@contor/history-query';
import { toIso, zonedHourStarts } from '@contor/kit';
import { type AnyEntity, parseUrn, targetOf, textOf, timeOf } from '@contor/orion-config';
import { type Hour, siteHours } from './core/hours.js';
import { readSamples } from './intake/registers.js';
import { type EnergyChannel, type Seat, seatsOf } from './intake/topology.js';
import {
  changedHours,
  joinChannels,
  readingIdOf,
  type SiteEnergyHour,
  type StoredHour,
  toEntity,
} from './outlet/readings.js';

export interface RoundPorts {
  readonly broker: Pick<BrokerClient, 'query' | 'get' | 'upsert'>;
  readonly history: Pick<HistoryClient, 'series' | 'seriesOfMany' | 'append'>;
}

export interface RoundTiming {
  readonly nowMs: number;
  /** An hour is closed this long after its end: the meters' last quarter-hour has arrived by then. */
  readonly graceMs: number;
  /** How far back the first round of a site looks. */
  readonly lookBackMs: number;
}

export interface RoundOutcome {
  readonly hours: number;
  readonly changed: number;
}

const HOUR_MS = 3_600_000;
/** Hours before the cursor that every round looks at again: a quarter-hour that came a little late needs no announcement. */
const ALWAYS_AGAIN_MS = 3 * HOUR_MS;
/** Stamps of other services' clocks are compared with ours. */
const CLOCK_MARGIN_MS = 60_000;
const STORED = [
  'activeEnergyImport',
  'activeEnergyExport',
  'activeEnergyImportQuality',
  'meterCount',
  'expectedMeterCount',
] as const;

export async function siteRound(site: AnyEntity, ports: RoundPorts, timing: RoundTiming): Promise<RoundOutcome> {
  const { broker, history } = ports;
  const last = await broker.get(readingIdOf(site.id));
  const cursorMs = last === undefined ? undefined : timeOf(last, 'cursor');
  const [points, installations] = await Promise.all([
    broker.query({ type: 'ConsumptionPoint', q: `refSite=="${site.id}"` }),
    broker.query({ type: 'MeterInstallation' }),
  ]);
  const seats = seatsOf(site.id, points, installations);
  const fromMs = await firstHour(seats, cursorMs, ports, timing);
  const hours = closedHours(fromMs, timing, textOf(site, 'timeZone') ?? 'UTC');
  if (hours.length === 0) return { hours: 0, changed: 0 };

  const fresh = await energyOf(seats, hours, ports);
  const stored = await storedHours(site.id, hours, ports);
  const changed = changedHours(fresh, stored);
  await history.append(changed.map((hour) => toEntity(site.id, hour, timing.nowMs)));
  const newest = fresh.at(-1);
  if (newest !== undefined) await broker.upsert([toEntity(site.id, newest, timing.nowMs, timing.nowMs)]);
  return { hours: hours.length, changed: changed.length };
}

/** From the cursor, or from where newly announced data of the site's meters begins, whichever is earlier. */
async function firstHour(
  seats: readonly Seat[],
  cursorMs: number | undefined,
  { broker }: RoundPorts,
  timing: RoundTiming,
): Promise<number> {
  const { nowMs, lookBackMs } = timing;
  if (cursorMs === undefined) return nowMs - lookBackMs;
  const devices = new Set(seats.map((seat) => seat.deviceLocalId));
  const announced = await broker.query({
    type: 'Acquisition',
    q: `recordedAt>="${toIso(cursorMs - CLOCK_MARGIN_MS)}"`,
  });
  const windows = announced
    .filter((acquisition) => devices.has(parseUrn(targetOf(acquisition, 'refDevice') ?? '')?.localId ?? ''))
    .flatMap((acquisition) => timeOf(acquisition, 'windowStart') ?? []);
  return Math.min(cursorMs - ALWAYS_AGAIN_MS, ...windows);
}

function closedHours(fromMs: number, { nowMs, graceMs }: RoundTiming, zone: string): readonly Hour[] {
  const starts = zonedHourStarts(fromMs - HOUR_MS, nowMs, zone);
  return starts.slice(0, -1).flatMap((startMs, index) => {
    const endMs = starts[index + 1];
    return endMs !== undefined && endMs > fromMs && endMs + graceMs <= nowMs ? [{ startMs, endMs }] : [];
  });
}

async function energyOf(
  seats: readonly Seat[],
  hours: readonly Hour[],
  { history }: RoundPorts,
): Promise<readonly SiteEnergyHour[]> {
  const samples = await readSamples(history, seats, hours);
  const channel = (name: EnergyChannel) =>
    siteHours(
      seats.map((seat) => ({ ...seat, samples: samples.get(seat)?.[name] ?? [] })),
      hours,
    );
  return joinChannels(channel('Import'), channel('Export'));
}

async function storedHours(
  siteId: string,
  hours: readonly Hour[],
  { history }: RoundPorts,
): Promise<ReadonlyMap<number, StoredHour>> {
  const [first, last] = [hours[0], hours.at(-1)];
  if (first === undefined || last === undefined) return new Map();
  const { timesMs, columns } = await history.series({
    type: 'AggregatedReading',
    id: readingIdOf(siteId),
    attributes: STORED,
    fromMs: first.startMs,
    toMs: last.endMs,
  });
  return new Map(
    timesMs.map((atMs, row) => [
      atMs,
      {
        activeEnergyImport: columns.activeEnergyImport[row],
        activeEnergyExport: columns.activeEnergyExport[row],
        activeEnergyImportQuality: columns.activeEnergyImportQuality[row],
        meterCount: columns.meterCount[row],
        expectedMeterCount: columns.expectedMeterCount[row],
      },
    ]),
  );
}

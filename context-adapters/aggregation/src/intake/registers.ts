/**
 * Register samples of many meters around the ends of hours, from history. A load profile has a register at every end of an hour, so
 * it is read first; only for a meter whose profile leaves an end uncovered are its live samples read, and then a week around for the gap.
 */

import type { HistoryClient, Series } from '@contor/history-query';
import { toInteger } from '@contor/orion-config';
import { type Hour, LONGEST_GAP_MS, MEASURED_SPAN_MS } from '../core/hours.js';
import type { RegisterSample } from '../core/register.js';
import { type EnergyChannel, intervalIdOf, measurementIdOf, type Seat } from './topology.js';

const CHANNELS = {
  Import: { register: 'totalActiveEnergyImport', energy: 'activeEnergyImport' },
  Export: { register: 'totalActiveEnergyExport', energy: 'activeEnergyExport' },
} as const satisfies Record<EnergyChannel, { register: string; energy: string }>;
const REGISTERS = [CHANNELS.Import.register, CHANNELS.Export.register] as const;
const INTERVALS = [...REGISTERS, CHANNELS.Import.energy, CHANNELS.Export.energy, 'intervalSeconds'] as const;
type Column = (typeof INTERVALS)[number];
/** Identifiers in one question: the address of a request stays well below 8 kB. */
const IDS_A_QUESTION = 50;

export type SamplesOf = ReadonlyMap<Seat, Readonly<Record<EnergyChannel, readonly RegisterSample[]>>>;

/** Where to look for samples, in this order, and how far around the hours. */
const SOURCES = [
  { type: 'IntervalReading', attributes: INTERVALS, idOf: intervalIdOf, aroundMs: MEASURED_SPAN_MS },
  { type: 'ACMeasurement', attributes: REGISTERS, idOf: measurementIdOf, aroundMs: MEASURED_SPAN_MS },
  { type: 'IntervalReading', attributes: INTERVALS, idOf: intervalIdOf, aroundMs: LONGEST_GAP_MS },
] as const;

export async function readSamples(
  history: Pick<HistoryClient, 'seriesOfMany'>,
  seats: readonly Seat[],
  hours: readonly Hour[],
): Promise<SamplesOf> {
  const found = new Map(
    seats.map((seat) => [seat, { Import: [...seat.known.Import], Export: [...seat.known.Export] }]),
  );
  const [first, last] = [hours[0], hours.at(-1)];
  if (first === undefined || last === undefined) return found;

  for (const { type, attributes, idOf, aroundMs } of SOURCES) {
    const open = seats.filter((seat) =>
      isOpen(found.get(seat)?.Import ?? [], seat, hours, aroundMs === LONGEST_GAP_MS),
    );
    for (let at = 0; at < open.length; at += IDS_A_QUESTION) {
      const asked = open.slice(at, at + IDS_A_QUESTION);
      const answer = await history.seriesOfMany({
        type,
        ids: [...new Set(asked.map(idOf))],
        attributes,
        fromMs: first.startMs - aroundMs,
        toMs: last.endMs + aroundMs + 1,
      });
      for (const seat of asked) {
        const series = answer.get(idOf(seat));
        const target = found.get(seat);
        if (series === undefined || target === undefined) continue;
        target.Import.push(...samplesIn(series, 'Import', seat));
        target.Export.push(...samplesIn(series, 'Export', seat));
      }
    }
  }
  return found;
}

/** Is there an end of an hour that the samples do not cover: exactly, or (when `loosely`) by one on each side? */
function isOpen(samples: readonly RegisterSample[], seat: Seat, hours: readonly Hour[], loosely: boolean): boolean {
  const ends = hours
    .flatMap((hour) => [hour.startMs, hour.endMs])
    .filter((atMs) => atMs >= seat.fromMs && atMs <= seat.toMs);
  if (ends.length === 0) return false;
  if (!loosely) {
    const exact = new Set(samples.map(({ atMs }) => atMs));
    return !ends.every((atMs) => exact.has(atMs));
  }
  const times = samples.map(({ atMs }) => atMs);
  return !(Math.min(...times) <= Math.min(...ends) && Math.max(...times) >= Math.max(...ends));
}

/**
 * A row's own register, at its start; and the register at its end, which is its start plus its energy. The second makes the newest
 * interval useful before its successor arrives; where both tell the same instant, the first sample wins.
 */
function samplesIn(
  series: Series<Column> | Series<(typeof REGISTERS)[number]>,
  channel: EnergyChannel,
  seat: Seat,
): readonly RegisterSample[] {
  const { register, energy } = CHANNELS[channel];
  const columns: Partial<Series<Column>['columns']> = series.columns;
  const own: RegisterSample[] = [];
  const derived: RegisterSample[] = [];
  series.timesMs.forEach((atMs, row) => {
    const value = columns[register]?.[row];
    if (typeof value !== 'number') return;
    const index = toInteger(register, value);
    own.push({ atMs, index });
    const [used, seconds] = [columns[energy]?.[row], columns.intervalSeconds?.[row]];
    if (typeof used === 'number' && typeof seconds === 'number')
      derived.push({ atMs: atMs + seconds * 1000, index: (index + toInteger(energy, used)) % seat.traits.modulus });
  });
  return [...own, ...derived].filter(({ atMs }) => atMs >= seat.fromMs && atMs <= seat.toMs);
}

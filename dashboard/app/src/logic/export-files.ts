/** The CSV files of the pages: local time with its offset and UTC beside it, both ends of each interval, the unit in a column of its own. */
import type { CsvTable } from './csv.js';
import type { Hour } from './site-hours.js';
import type { Slot } from './slots.js';
import { toUtcIso, toZonedIso } from './zone-time.js';

export interface ExportFacts {
  readonly subject: string;
  readonly identifier: string;
  readonly serialNumber?: string | undefined;
  readonly timeZone: string;
  readonly createdAtMs: number;
}

const TIME_COLUMNS = ['interval_start_local', 'interval_end_local', 'interval_start_utc', 'interval_end_utc'] as const;

export function loadProfileCsv(slots: readonly Slot[], facts: ExportFacts): CsvTable {
  const withExport = slots.some(({ exportKwh }) => exportKwh !== undefined);
  const records = slots.flatMap((slot) => {
    const times = timeCells(slot, facts.timeZone);
    const record = (quantity: string, value: number | undefined) => [
      ...times,
      quantity,
      value,
      'kWh',
      value === undefined ? 'missing' : 'metered',
    ];
    const drawn = record('activeEnergyImport', slot.importKwh);
    return withExport ? [drawn, record('activeEnergyExport', slot.exportKwh)] : [drawn];
  });
  return { about: aboutOf(slots, facts), columns: [...TIME_COLUMNS, 'quantity', 'value', 'unit', 'quality'], records };
}

export function siteHoursCsv(hours: readonly Hour[], facts: ExportFacts): CsvTable {
  return {
    about: aboutOf(hours, facts),
    columns: [...TIME_COLUMNS, 'quantity', 'value', 'unit', 'quality', 'meters_counted', 'meters_expected'],
    records: hours.map((hour) => [
      ...timeCells(hour, facts.timeZone),
      'activeEnergyImport',
      hour.importKwh,
      'kWh',
      hour.quality,
      hour.meterCount,
      hour.expectedMeterCount,
    ]),
  };
}

function timeCells({ startMs, endMs }: Slot, zone: string): readonly string[] {
  return [toZonedIso(startMs, zone), toZonedIso(endMs, zone), toUtcIso(startMs), toUtcIso(endMs)];
}

function aboutOf(slots: readonly Slot[], facts: ExportFacts): CsvTable['about'] {
  const fromMs = slots[0]?.startMs;
  const toMs = slots.at(-1)?.endMs;
  return [
    ['subject', facts.subject],
    ['identifier', facts.identifier],
    ...(facts.serialNumber === undefined ? [] : [['serial_number', facts.serialNumber] as const]),
    ...(fromMs === undefined ? [] : [['from', toZonedIso(fromMs, facts.timeZone)] as const]),
    ...(toMs === undefined ? [] : [['to', toZonedIso(toMs, facts.timeZone)] as const]),
    ['time_zone', facts.timeZone],
    ['intervals', `${slots.length}`],
    ['intervals_missing', `${slots.filter(({ importKwh }) => importKwh === undefined).length}`],
    ['created', toZonedIso(facts.createdAtMs, facts.timeZone)],
    ['source', 'Contor'],
  ];
}

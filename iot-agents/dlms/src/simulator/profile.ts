/**
 * Profiles of a simulated meter: IEC 62056-6-2, 4.3.6. Rows stand at whole periods and are computed when they are asked for, by
 * range of the clock or by entry; a year of them takes no memory.
 */

import type { Data } from '../codec/axdr/data.js';
import { decodeDateTime, toInstantMs } from '../codec/axdr/date-time.js';
import { formatObis, parseLogicalName } from '../codec/cosem/logical-name.js';
import { type CaptureObject, captureToData, fromSelector } from '../codec/xdlms/selective-access.js';
import type { GetItem } from '../session/exchange.js';
import { array, dateTime, octets, structure, unsigned } from './build.js';
import type { MeterState } from './state.js';

export interface Column {
  readonly classId: number;
  readonly obis: string;
  /** The value at an instant of the meter's clock. */
  readonly value: (meter: MeterState, atMs: number) => Data;
}

export interface ProfileTable {
  /** Instants of the meter's clock, ascending. */
  rows(meter: MeterState, clockMs: number): RowTimes;
  readonly columns: readonly Column[];
  readonly periodSeconds: number;
  readonly capacity: number;
}

/** Rows by number, so that none is made that is not asked for. */
export interface RowTimes {
  readonly count: number;
  at(index: number): number;
  /** The first row that is not before. */
  from(atMs: number): number;
}

const CLOCK = '0-0:1.0.0';
const YEAR_QUARTERS = 366 * 96;

export const CLOCK_COLUMN: Column = {
  classId: 8,
  obis: CLOCK,
  value: (meter, atMs) => octets(dateTime(atMs, meter.deviationMinutes)),
};
/** The AMR profile status of IDIS: no bit set is a good interval. */
export const STATUS_COLUMN: Column = { classId: 1, obis: '0-0:96.10.1', value: () => unsigned(0) };

/** A row each period, for a year back. */
export function periodicRows(periodSeconds: number, capacity = YEAR_QUARTERS): ProfileTable['rows'] {
  const stepMs = periodSeconds * 1000;
  return (_meter, clockMs) => {
    const last = Math.floor(clockMs / stepMs);
    const first = last - capacity + 1;
    return {
      count: capacity,
      at: (index) => (first + index) * stepMs,
      from: (atMs) => Math.min(capacity, Math.max(0, Math.ceil(atMs / stepMs) - first)),
    };
  };
}

export function listedRows(times: (meter: MeterState, clockMs: number) => readonly number[]): ProfileTable['rows'] {
  return (meter, clockMs) => {
    const all = times(meter, clockMs);
    return {
      count: all.length,
      at: (index) => all[index] ?? 0,
      from: (atMs) => {
        const found = all.findIndex((time) => time >= atMs);
        return found < 0 ? all.length : found;
      },
    };
  };
}

/** Undefined: a selector that a profile does not know. */
export function bufferOf(
  table: ProfileTable,
  meter: MeterState,
  clockMs: number,
  access: GetItem['access'],
): Data | undefined {
  const times = table.rows(meter, clockMs);
  if (access === undefined) return rowsOf(meter, times, 0, times.count, table.columns);
  const selection = fromSelector(access);
  if (selection.by === 'entry') {
    const to = selection.toEntry === 0 ? times.count : Math.min(times.count, selection.toEntry);
    const last = selection.toSelectedValue === 0 ? table.columns.length : selection.toSelectedValue;
    const columns = table.columns.slice(Math.max(0, selection.fromSelectedValue - 1), last);
    return rowsOf(meter, times, Math.max(0, selection.fromEntry - 1), to, columns);
  }
  if (formatObis(selection.restrictingObject.logicalName) !== CLOCK) return undefined;
  const [fromMs, toMs] = [instantOf(selection.from, meter), instantOf(selection.to, meter)];
  if (fromMs === undefined || toMs === undefined) return undefined;
  const wanted = selection.selectedValues.map(({ logicalName }) => formatObis(logicalName));
  const columns = wanted.length === 0 ? table.columns : table.columns.filter(({ obis }) => wanted.includes(obis));
  return rowsOf(meter, times, times.from(fromMs), times.from(toMs + 1), columns);
}

export function captureObjects({ columns }: ProfileTable): Data {
  return array(...columns.map((column) => captureToData(captureOf(column))));
}

function captureOf({ classId, obis }: Column): CaptureObject {
  return { classId, logicalName: parseLogicalName(obis), attributeIndex: 2, dataIndex: 0 };
}

function rowsOf(meter: MeterState, times: RowTimes, from: number, to: number, columns: readonly Column[]): Data {
  const rows: Data[] = [];
  for (let index = from; index < to; index += 1) {
    const atMs = times.at(index);
    rows.push(structure(...columns.map(({ value }) => value(meter, atMs))));
  }
  return array(...rows);
}

/** Without a deviation the range is in the meter's own time. */
function instantOf(data: Data, meter: MeterState): number | undefined {
  if (data.type !== 'octet-string' && data.type !== 'date-time') return undefined;
  const decoded = decodeDateTime(data.value);
  if (decoded.kind !== 'value') return undefined;
  return toInstantMs({ deviationMinutes: meter.deviationMinutes, ...decoded.value });
}

/** Local time of a meter → instant. A season digit says which of two hours is meant in the night that has one twice. */

import { offsetAt } from '@contor/kit';
import type { DataSet } from '../codec/iec62056/data-set.js';
import { type MeterTime, parseTime, type Season } from '../codec/iec62056/time.js';
import { codeOf } from './registers.js';

const DAY_MS = 86_400_000;

/** Undefined for a time that the meter's day does not have: the hour that the clocks skip. */
export function instantOf({ date, time, season }: MeterTime, zone: string): number | undefined {
  const localMs = date === undefined || time === undefined ? undefined : localMsOf(date, time);
  if (localMs === undefined) return undefined;
  if (season === 'utc') return localMs;
  const offsets = [offsetAt(localMs - DAY_MS, zone), offsetAt(localMs + DAY_MS, zone)];
  const fitting = offsets.filter((offset) => offsetAt(localMs - offset, zone) === offset);
  if (fitting.length === 0) return undefined;
  return localMs - (season === 'standard' ? Math.min(...fitting) : Math.max(...fitting));
}

/** 24:00 is the end of the day it names. */
function localMsOf(date: string, time: string): number | undefined {
  const [hour = 0, minute = 0, second = 0] = time.split(':').map(Number);
  const dayMs = Date.parse(`${date}T00:00:00Z`);
  return Number.isNaN(dayMs) ? undefined : dayMs + ((hour * 60 + minute) * 60 + second) * 1_000;
}

const SEASONS: readonly Season[] = ['standard', 'daylight', 'utc'];

/** VDEW specification 2.0, 5.4.6: season digit, YYMMDDhhmm[ss]. */
export function stampInstant(start: string, season: number | undefined, zone: string): number | undefined {
  const parsed = parseTime(start, 'stamp');
  const named = season === undefined ? undefined : SEASONS[season];
  return parsed === undefined ? undefined : instantOf({ ...parsed, ...(named && { season: named }) }, zone);
}

/** What a clock in this zone shows at an instant: YYMMDD, hhmmss and the season digit. */
export function formatLocal(
  atMs: number,
  zone: string,
): { readonly date: string; readonly time: string; readonly season: 0 | 1 } {
  const offsetMs = offsetAt(atMs, zone);
  const text = new Date(atMs + offsetMs).toISOString();
  const year = new Date(atMs).getUTCFullYear();
  const standardMs = Math.min(offsetAt(Date.UTC(year, 0, 1), zone), offsetAt(Date.UTC(year, 6, 1), zone));
  return {
    date: text.slice(2, 10).replaceAll('-', ''),
    time: text.slice(11, 19).replaceAll(':', ''),
    season: offsetMs > standardMs ? 1 : 0,
  };
}

/** The clock of a readout: one stamp (1.0.0), or a time (0.9.1) and a date (0.9.2). */
export function clockIn(sets: readonly DataSet[], zone: string): number | undefined {
  const text = (code: string): string => sets.find(({ address }) => codeOf(address) === code)?.values[0]?.value ?? '';
  const stamp = parseTime(text('1.0.0'), 'stamp');
  if (stamp !== undefined) return instantOf(stamp, zone);
  const [time, date] = [parseTime(text('0.9.1'), 'time'), parseTime(text('0.9.2'), 'date')];
  return time === undefined || date === undefined ? undefined : instantOf({ ...date, ...time }, zone);
}

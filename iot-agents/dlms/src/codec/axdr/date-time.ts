/**
 * Dates and times of COSEM: IEC 62056-6-2, 4.1.6.1. Every field may be left open, and some stand for a rule ("the last day of
 * the month"), so a date-time is a value of its own and becomes an instant only when it names one.
 */

import { type ByteReader, ByteWriter, type Decoded, WireError } from '@contor/kit';
import { attemptWhole } from '../cursor.js';

export type Month = number | 'daylight-savings-end' | 'daylight-savings-begin';
export type DayOfMonth = number | 'second-last-day' | 'last-day';

/** A member that is absent is "not specified". */
export interface CosemDate {
  readonly year?: number;
  readonly month?: Month;
  readonly dayOfMonth?: DayOfMonth;
  /** Monday is 1. */
  readonly dayOfWeek?: number;
}

export interface CosemTime {
  readonly hour?: number;
  readonly minute?: number;
  readonly second?: number;
  readonly hundredths?: number;
}

export interface ClockStatus {
  readonly isInvalid: boolean;
  readonly isDoubtful: boolean;
  readonly isDifferentClockBase: boolean;
  readonly isInvalidStatus: boolean;
  readonly isDaylightSaving: boolean;
}

export interface CosemDateTime extends CosemDate, CosemTime {
  /** Minutes from local time to UTC: -60 in Paris in winter. */
  readonly deviationMinutes?: number;
  readonly clockStatus?: ClockStatus;
}

const OPEN = 0xff;
const OPEN_YEAR = 0xffff;
const OPEN_DEVIATION = -0x8000;
const MONTH_RULES: Readonly<Record<number, Month>> = { 253: 'daylight-savings-end', 254: 'daylight-savings-begin' };
const DAY_RULES: Readonly<Record<number, DayOfMonth>> = { 253: 'second-last-day', 254: 'last-day' };
/** The standard says ±720; the clocks of Kiribati stand at +840. */
const MAX_DEVIATION = 840;

export const decodeDateTime = (bytes: Uint8Array): Decoded<CosemDateTime> => attemptWhole(bytes, readDateTime);
export const decodeDate = (bytes: Uint8Array): Decoded<CosemDate> => attemptWhole(bytes, readDate);
export const decodeTime = (bytes: Uint8Array): Decoded<CosemTime> => attemptWhole(bytes, readTime);

export function encodeDateTime(value: CosemDateTime): Uint8Array {
  const to = new ByteWriter(12);
  writeDate(to, value);
  writeTime(to, value);
  to.i16(value.deviationMinutes ?? OPEN_DEVIATION);
  to.u8(value.clockStatus === undefined ? OPEN : statusBits(value.clockStatus));
  return to.finish();
}

export function encodeDate(value: CosemDate): Uint8Array {
  const to = new ByteWriter(5);
  writeDate(to, value);
  return to.finish();
}

export function encodeTime(value: CosemTime): Uint8Array {
  const to = new ByteWriter(4);
  writeTime(to, value);
  return to.finish();
}

/** Milliseconds of UTC, or undefined when the value leaves open which instant it is. */
export function toInstantMs(value: CosemDateTime): number | undefined {
  const { year, month, dayOfMonth, hour, minute, second, hundredths, deviationMinutes } = value;
  if (year === undefined || typeof month !== 'number' || typeof dayOfMonth !== 'number') return undefined;
  if (hour === undefined || minute === undefined || deviationMinutes === undefined) return undefined;
  const localMs = Date.UTC(year, month - 1, dayOfMonth, hour, minute, second ?? 0, (hundredths ?? 0) * 10);
  return localMs + deviationMinutes * 60_000;
}

/** `2026-05-04T11:39:21`, with `--` for what is not specified. */
export function formatDateTime(value: CosemDateTime): string {
  const { year, month, dayOfMonth, hour, minute, second, deviationMinutes } = value;
  const date = `${year ?? '----'}-${digits(month)}-${digits(dayOfMonth)}`;
  const time = `${digits(hour)}:${digits(minute)}:${digits(second)}`;
  if (deviationMinutes === undefined) return `${date}T${time}`;
  const east = -deviationMinutes;
  const sign = east < 0 ? '-' : '+';
  return `${date}T${time}${sign}${digits(Math.floor(Math.abs(east) / 60))}:${digits(Math.abs(east) % 60)}`;
}

function digits(value: number | string | undefined): string {
  return typeof value === 'number' ? String(value).padStart(2, '0') : (value ?? '--');
}

function readDateTime(from: ByteReader): CosemDateTime {
  const date = readDate(from);
  const time = readTime(from);
  const deviation = from.i16();
  const status = from.u8();
  if (deviation !== OPEN_DEVIATION && Math.abs(deviation) > MAX_DEVIATION) throw outOfRange('deviation', deviation);
  return {
    ...date,
    ...time,
    ...(deviation !== OPEN_DEVIATION && { deviationMinutes: deviation }),
    ...(status !== OPEN && { clockStatus: toStatus(status) }),
  };
}

function readDate(from: ByteReader): CosemDate {
  const year = from.u16();
  const [month, dayOfMonth, dayOfWeek] = [from.u8(), from.u8(), from.u8()];
  const monthRule = MONTH_RULES[month] ?? inRange('month', month, 1, 12);
  const dayRule = DAY_RULES[dayOfMonth] ?? inRange('dayOfMonth', dayOfMonth, 1, 31);
  const weekDay = inRange('dayOfWeek', dayOfWeek, 1, 7);
  return {
    ...(year !== OPEN_YEAR && { year }),
    ...(monthRule !== undefined && { month: monthRule }),
    ...(dayRule !== undefined && { dayOfMonth: dayRule }),
    ...(weekDay !== undefined && { dayOfWeek: weekDay }),
  };
}

function readTime(from: ByteReader): CosemTime {
  const hour = inRange('hour', from.u8(), 0, 23);
  const minute = inRange('minute', from.u8(), 0, 59);
  const second = inRange('second', from.u8(), 0, 59);
  const hundredths = inRange('hundredths', from.u8(), 0, 99);
  return {
    ...(hour !== undefined && { hour }),
    ...(minute !== undefined && { minute }),
    ...(second !== undefined && { second }),
    ...(hundredths !== undefined && { hundredths }),
  };
}

function writeDate(to: ByteWriter, { year, month, dayOfMonth, dayOfWeek }: CosemDate): void {
  to.u16(year ?? OPEN_YEAR);
  to.u8(ruleByte(MONTH_RULES, month));
  to.u8(ruleByte(DAY_RULES, dayOfMonth));
  to.u8(dayOfWeek ?? OPEN);
}

function writeTime(to: ByteWriter, { hour, minute, second, hundredths }: CosemTime): void {
  for (const field of [hour, minute, second, hundredths]) to.u8(field ?? OPEN);
}

function ruleByte<T>(rules: Readonly<Record<number, T>>, value: T | number | undefined): number {
  if (value === undefined) return OPEN;
  if (typeof value === 'number') return value;
  const [byte] = Object.entries(rules).find(([, rule]) => rule === value) ?? [];
  return byte === undefined ? OPEN : Number(byte);
}

function inRange(field: string, value: number, least: number, most: number): number | undefined {
  if (value === OPEN) return undefined;
  if (value < least || value > most) throw outOfRange(field, value);
  return value;
}

function outOfRange(field: string, value: number): WireError {
  return new WireError('axdr.date', 'A field of a date or time is out of its range.', { field, value });
}

const STATUS_BITS = {
  isInvalid: 0x01,
  isDoubtful: 0x02,
  isDifferentClockBase: 0x04,
  isInvalidStatus: 0x08,
  isDaylightSaving: 0x80,
} as const satisfies Readonly<Record<keyof ClockStatus, number>>;

function toStatus(byte: number): ClockStatus {
  return {
    isInvalid: (byte & STATUS_BITS.isInvalid) !== 0,
    isDoubtful: (byte & STATUS_BITS.isDoubtful) !== 0,
    isDifferentClockBase: (byte & STATUS_BITS.isDifferentClockBase) !== 0,
    isInvalidStatus: (byte & STATUS_BITS.isInvalidStatus) !== 0,
    isDaylightSaving: (byte & STATUS_BITS.isDaylightSaving) !== 0,
  };
}

function statusBits(status: ClockStatus): number {
  let byte = 0;
  for (const [name, bit] of Object.entries(STATUS_BITS)) if (status[name as keyof ClockStatus]) byte |= bit;
  return byte;
}

/**
 * Load profiles and logs as data sets (VDEW specification "Electronic meters with load profile" 2.0, 5.4; Elster A1350
 * communication, load profile): a header `P.01(ZST)(status)(minutes)(n)(address)(unit)…`, then n values a row. A new header
 * comes whenever the status changes or an interval is missing. Logs (P.98) have a header an event.
 */

import { WireError } from '@contor/kit';
import type { DataSet } from './data-set.js';

export interface ProfileChannel {
  readonly address: string;
  /** May be empty. */
  readonly unit: string;
}

export interface ProfileBlock {
  readonly address: string;
  /** 0 normal, 1 summer, 2 UTC; absent in stamps without a season digit. */
  readonly season?: number;
  /** YYMMDDhhmm[ss] of the first row, local time of the meter. */
  readonly start: string;
  /** As sent: hex of two or eight digits, or a maker's own text. */
  readonly status: string;
  readonly intervalMinutes: number;
  readonly channels: readonly ProfileChannel[];
  readonly rows: readonly (readonly string[])[];
}

export interface LogEntry {
  readonly address: string;
  readonly season?: number;
  readonly at: string;
  readonly status: string;
  readonly elements: readonly { readonly address: string; readonly unit: string; readonly value: string }[];
}

/** P.01 to P.03 are series; P.98, P.99 and P.2xx are logs (VDEW 2.0, 5.4.1). */
export function isProfileAddress(address: string): boolean {
  return /^(?:\d+-\d+:)?P\.0[1-9]$/.test(address);
}

export function isLogAddress(address: string): boolean {
  return /^(?:\d+-\d+:)?P\.(?:9\d|2\d\d)$/.test(address);
}

/** VDEW 2.0 has 8; A1500 and pilots have more. */
const MAX_CHANNELS = 64;

export function parseProfile(set: DataSet): ProfileBlock | WireError {
  const cells = set.values.map(cellOf);
  const [stampText = '', status = '', minutes = '', count = ''] = cells;
  const stamp = parseStamp(stampText);
  const n = integer(count);
  const intervalMinutes = integer(minutes);
  if (stamp === undefined || n === undefined || intervalMinutes === undefined || n === 0 || n > MAX_CHANNELS)
    return fault(set, 'iec62056.profile-header');
  if (cells.length < 4 + 2 * n) return fault(set, 'iec62056.profile-header');
  const channels = Array.from({ length: n }, (_, index) => ({
    address: cells[4 + 2 * index] ?? '',
    unit: cells[5 + 2 * index] ?? '',
  }));
  const first = 4 + 2 * n;
  if ((cells.length - first) % n !== 0) return fault(set, 'iec62056.profile-row');
  const rows: string[][] = [];
  for (let at = first; at < cells.length; at += n) rows.push(cells.slice(at, at + n));
  return { address: set.address, ...stamp, status, intervalMinutes, channels, rows };
}

export function formatProfile(block: ProfileBlock): DataSet {
  const header = [
    `${block.season ?? ''}${block.start}`,
    block.status,
    minutesText(block),
    String(block.channels.length),
  ];
  const channels = block.channels.flatMap(({ address, unit }) => [address, unit]);
  return { address: block.address, values: [...header, ...channels, ...block.rows.flat()].map((value) => ({ value })) };
}

/** One event: `P.98(ZST)(status)()(n)(address)(unit)…(value)…`. */
export function parseLogEntry(set: DataSet): LogEntry | WireError {
  const cells = set.values.map(cellOf);
  const [stampText = '', status = '', , count = ''] = cells;
  const stamp = parseStamp(stampText);
  const n = integer(count);
  if (stamp === undefined || n === undefined || n > MAX_CHANNELS || cells.length !== 4 + 3 * n)
    return fault(set, 'iec62056.log-entry');
  const { start, ...season } = stamp;
  const elements = Array.from({ length: n }, (_, index) => ({
    address: cells[4 + 2 * index] ?? '',
    unit: cells[5 + 2 * index] ?? '',
    value: cells[4 + 2 * n + index] ?? '',
  }));
  return { address: set.address, ...season, at: start, status, elements };
}

/** The cells of a set as they stand between brackets. */
export function cellsOf(set: DataSet): readonly string[] {
  return set.values.map(cellOf);
}

function cellOf({ value, unit }: { readonly value: string; readonly unit?: string }): string {
  return unit === undefined ? value : `${value}*${unit}`;
}

/** A season digit makes the number of digits odd: 11 or 13 instead of 10 or 12. */
function parseStamp(text: string): { readonly season?: number; readonly start: string } | undefined {
  if (!/^\d{10,13}$/.test(text)) return undefined;
  return text.length % 2 === 0 ? { start: text } : { season: Number(text[0]), start: text.slice(1) };
}

function minutesText({ intervalMinutes }: ProfileBlock): string {
  return String(intervalMinutes).padStart(2, '0');
}

function integer(text: string): number | undefined {
  return /^\d{1,4}$/.test(text) ? Number(text) : undefined;
}

function fault({ address }: DataSet, code: string): WireError {
  return new WireError(code, 'The profile does not hold together.', { address });
}

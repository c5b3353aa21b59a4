/** Values of a meter → amounts and words by object id; integers keep their scaler until the vocabulary takes them. */

import type { MeasuredValue, ProfilePoint, ProfileReading } from '@contor/agent-kit';
import type { Amount } from '@contor/orion-config';
import type { Data } from '../codec/axdr/data.js';
import { decodeDateTime, toInstantMs } from '../codec/axdr/date-time.js';
import { formatObis, parseLogicalName } from '../codec/cosem/logical-name.js';
import { readPush } from '../codec/cosem/push.js';
import { templateFor } from '../codec/cosem/templates.js';
import type { CaptureObject } from '../codec/xdlms/selective-access.js';
import type { DlmsModel } from './models.js';
import type { NotificationRecord, ProfileRecord } from './records.js';
import { registerRow, valueAttributeOf, withoutChannel } from './registers.js';
import { unitRow } from './units.js';

export const CLOCK = '0-0:1.0.0';

/** The AMR profile status of IDIS, one for each profile. */
const STATUS = '0-0:96.10.';
/** Its bit "data not valid": such a row is as if the meter had stored none. */
const NOT_VALID = 0x04;

export interface Readings {
  /** Undefined: the meter did not say when. */
  readonly observedMs: number | undefined;
  readonly values: ReadonlyMap<string, MeasuredValue>;
}

/** `offsetMs`: minutes east of UTC of a clock that does not say its deviation. */
export function readNotification(
  { dateTime, body }: NotificationRecord,
  model: DlmsModel,
  offsetOf: (localMs: number) => number,
): Readings {
  const template = model.template === undefined ? templateFor(body) : model.template.map(toCapture);
  const values = new Map<string, MeasuredValue>();
  let clock: Uint8Array | undefined;
  for (const reading of readPush(body, template)) {
    const obis = withoutChannel(reading.obis);
    if (reading.attributeIndex !== valueAttributeOf(reading.classId)) continue;
    if (obis === CLOCK) clock = bytesOf(reading.value);
    const value = measuredOf(obis, reading.value, reading.scaler ?? model.scalers?.[obis], reading.unit);
    if (value !== undefined) values.set(obis, value);
  }
  const time = clock ?? (dateTime.length > 0 ? dateTime : undefined);
  return { observedMs: time === undefined ? undefined : instantOf(time, offsetOf), values };
}

/** Rows of a profile → points by object id. A row whose time is not known is passed over. */
export function readProfile(
  { periodSeconds, columns, scalers, rows }: Omit<ProfileRecord, 'obis'>,
  offsetOf: (localMs: number) => number,
): ProfileReading {
  const points = new Map<string, ProfilePoint[]>();
  const names = columns.map(({ logicalName }) => withoutChannel(formatObis(logicalName)));
  const clockAt = names.indexOf(CLOCK);
  const statusAt = names.findIndex((name) => name.startsWith(STATUS));
  let beforeMs: number | undefined;
  for (const row of rows) {
    if (row.type !== 'structure') continue;
    const stamp = bytesOf(row.value[clockAt]);
    // IEC 62056-6-2, 4.3.6: a null is the value before it, for a stamp the one before and the period.
    const atMs = stamp === undefined ? following(beforeMs, periodSeconds) : instantOf(stamp, offsetOf);
    beforeMs = atMs;
    if (atMs === undefined) continue;
    const isInvalid = (statusOf(row.value[statusAt]) & NOT_VALID) !== 0;
    for (const [index, obis] of names.entries()) {
      const cell = row.value[index];
      if (cell === undefined || index === clockAt || registerRow(obis) === undefined) continue;
      const { scaler, unit } = scalerOf(scalers[index]);
      const value = cell.type === 'null-data' || isInvalid ? null : amountOf(obis, cell, scaler, unit);
      if (value === undefined) continue;
      const known = points.get(obis);
      if (known === undefined) points.set(obis, [{ atMs, value }]);
      else known.push({ atMs, value });
    }
  }
  return { intervalSeconds: periodSeconds, points };
}

export interface MeterEvent {
  readonly atMs: number;
  readonly code: number;
}

/** Rows of an event log: a stamp and a code. */
export function readEvents(
  { columns, rows }: Omit<ProfileRecord, 'obis'>,
  offsetOf: (localMs: number) => number,
): readonly MeterEvent[] {
  const names = columns.map(({ logicalName }) => formatObis(logicalName));
  const clockAt = names.indexOf(CLOCK);
  const codeAt = names.findIndex((name) => name.startsWith('0-0:96.11.'));
  return rows.flatMap((row): MeterEvent[] => {
    const [stamp, code] = row.type === 'structure' ? [bytesOf(row.value[clockAt]), row.value[codeAt]] : [];
    const atMs = stamp === undefined ? undefined : instantOf(stamp, offsetOf);
    return atMs === undefined || typeof code?.value !== 'number' ? [] : [{ atMs, code: code.value }];
  });
}

export function instantOf(time: Uint8Array, offsetOf: (localMs: number) => number): number | undefined {
  const decoded = decodeDateTime(time);
  if (decoded.kind !== 'value') return undefined;
  if (decoded.value.deviationMinutes !== undefined) return toInstantMs(decoded.value);
  const localMs = toInstantMs({ ...decoded.value, deviationMinutes: 0 });
  return localMs === undefined ? undefined : localMs - offsetOf(localMs);
}

export function scalerOf(data: Data | undefined): { readonly scaler?: number; readonly unit?: number } {
  if (data?.type !== 'structure') return {};
  const [scaler, unit] = data.value;
  return scaler?.type === 'integer' && unit?.type === 'enum' ? { scaler: scaler.value, unit: unit.value } : {};
}

function measuredOf(obis: string, data: Data, scaler?: number, unit?: number): MeasuredValue | undefined {
  if (obis === '0-0:96.3.10') return typeof data.value === 'number' ? String(data.value) : undefined;
  return amountOf(obis, data, scaler, unit);
}

/** Undefined: no register of ours, or no number. */
function amountOf(obis: string, { value }: Data, scaler = 0, unit?: number): Amount | undefined {
  const row = registerRow(obis);
  if (row === undefined) return undefined;
  if (typeof value !== 'number' && typeof value !== 'bigint') return undefined;
  if (typeof value === 'number' && !Number.isInteger(value)) return undefined;
  const known = unitRow(unit ?? row.unit);
  if (known === undefined) return undefined;
  return { integer: BigInt(value), exponent: scaler + known.exponent, unitCode: known.unitCode };
}

function statusOf(data: Data | undefined): number {
  return typeof data?.value === 'number' ? data.value : 0;
}

function following(beforeMs: number | undefined, periodSeconds: number): number | undefined {
  return beforeMs === undefined ? undefined : beforeMs + periodSeconds * 1000;
}

function bytesOf(data: Data | undefined): Uint8Array | undefined {
  return data?.type === 'octet-string' || data?.type === 'date-time' ? data.value : undefined;
}

function toCapture({ classId, obis }: { readonly classId: number; readonly obis: string }): CaptureObject {
  return {
    classId,
    logicalName: parseLogicalName(obis),
    attributeIndex: valueAttributeOf(classId),
    dataIndex: 0,
  };
}

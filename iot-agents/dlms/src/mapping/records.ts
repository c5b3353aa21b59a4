/**
 * What goes into the ingest log: APDUs, so that `contor decode dlms` reads a raw frame of any age. A push goes in as the meter sent it,
 * opened; an answer is put into the same form, a notification that begins with its object list. A profile carries what its rows mean.
 */

import { type Decoded, WireError } from '@contor/kit';
import type { Data } from '../codec/axdr/data.js';
import { parseLogicalName } from '../codec/cosem/logical-name.js';
import { decodeWholeApdu, encodeApdu } from '../codec/xdlms/apdu.js';
import { type CaptureObject, captureFromData, captureToData } from '../codec/xdlms/selective-access.js';

export type Channel = 'push' | 'live' | 'profile' | 'events';

export interface ReadObject {
  readonly classId: number;
  readonly obis: string;
  readonly attribute: number;
  readonly value: Data;
}

export interface ProfileRecord {
  readonly obis: string;
  readonly periodSeconds: number;
  readonly columns: readonly CaptureObject[];
  /** A structure of scaler and unit for each column that has them. */
  readonly scalers: readonly Data[];
  readonly rows: readonly Data[];
}

export interface NotificationRecord {
  /** Empty or twelve bytes. */
  readonly dateTime: Uint8Array;
  readonly body: Data;
}

/** The list is the first of the values and names all the others. */
export function encodeObjects(dateTime: Uint8Array, objects: readonly ReadObject[]): Uint8Array {
  const list: Data = {
    type: 'array',
    value: objects.map(({ classId, obis, attribute }) =>
      captureToData({ classId, logicalName: parseLogicalName(obis), attributeIndex: attribute, dataIndex: 0 }),
    ),
  };
  return encodeNotification(dateTime, { type: 'structure', value: [list, ...objects.map(({ value }) => value)] });
}

export function encodeProfile({ obis, periodSeconds, columns, scalers, rows }: ProfileRecord): Uint8Array {
  return encodeNotification(new Uint8Array(0), {
    type: 'structure',
    value: [
      { type: 'octet-string', value: parseLogicalName(obis) },
      { type: 'double-long-unsigned', value: periodSeconds },
      { type: 'array', value: columns.map(captureToData) },
      { type: 'array', value: scalers },
      { type: 'array', value: rows },
    ],
  });
}

export function decodeNotification(bytes: Uint8Array): Decoded<NotificationRecord> {
  const decoded = decodeWholeApdu(bytes);
  if (decoded.kind !== 'value') return decoded;
  const { apdu, body } = decoded.value;
  if (apdu !== 'DataNotification') return refuse('dlms.record', 'The record is no notification.');
  const value = { dateTime: body.dateTime, body: body.notificationBody };
  return { kind: 'value', value, used: bytes.length };
}

export function decodeProfile(bytes: Uint8Array): Decoded<Omit<ProfileRecord, 'obis'>> {
  const decoded = decodeNotification(bytes);
  if (decoded.kind !== 'value') return decoded;
  const { body } = decoded.value;
  const [, period, columns, scalers, rows] = body.type === 'structure' ? body.value : [];
  if (period?.type !== 'double-long-unsigned' || columns?.type !== 'array' || scalers?.type !== 'array')
    return refuse('dlms.record', 'The record is no profile.');
  if (rows?.type !== 'array') return refuse('dlms.record', 'The record has no rows.');
  try {
    const value = {
      periodSeconds: period.value,
      columns: columns.value.map(captureFromData),
      scalers: scalers.value,
      rows: rows.value,
    };
    return { kind: 'value', value, used: bytes.length };
  } catch (error) {
    if (error instanceof WireError) return { kind: 'garbage', error, used: bytes.length };
    throw error;
  }
}

function encodeNotification(dateTime: Uint8Array, notificationBody: Data): Uint8Array {
  return encodeApdu({
    apdu: 'DataNotification',
    body: { longInvokeIdAndPriority: 0, dateTime, isDateTimeTagged: false, notificationBody },
  });
}

function refuse(code: string, message: string): Decoded<never> {
  return { kind: 'garbage', error: new WireError(code, message, {}), used: 1 };
}

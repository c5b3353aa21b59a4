/** What a head end does with a meter, in the words of its objects: read values, clock and profiles, set the clock, switch. */

import { ProtocolError } from '@contor/kit';
import type { Data } from '../codec/axdr/data.js';
import { encodeDateTime } from '../codec/axdr/date-time.js';
import { parseLogicalName } from '../codec/cosem/logical-name.js';
import { type CaptureObject, captureFromData, toSelector } from '../codec/xdlms/selective-access.js';
import { CLOCK } from '../mapping/readings.js';
import type { ProfileRecord, ReadObject } from '../mapping/records.js';
import type { GetItem, GetResult } from '../session/exchange.js';
import type { Dialled } from './dial.js';

export interface WantedAttribute {
  readonly classId: number;
  readonly obis: string;
  readonly attribute: number;
}

/** Meters bound what they take in one list; ten items fit into the smallest APDU that is common. */
const ITEMS_A_LIST = 10;
const PROFILE_CLASS = 7;
const REGISTER_CLASSES: readonly number[] = [3, 4];
const BREAKER = { classId: 70, instanceId: parseLogicalName('0-0:96.3.10') };
const BREAKER_METHODS = { disconnect: 1, reconnect: 2 } as const;

/** Those that the meter has and shows; the others are left out. */
export async function readObjects(
  dialled: Dialled,
  wanted: readonly WantedAttribute[],
): Promise<readonly ReadObject[]> {
  const read: ReadObject[] = [];
  const size = dialled.hasLists ? ITEMS_A_LIST : 1;
  for (let at = 0; at < wanted.length; at += size) {
    const part = wanted.slice(at, at + size);
    const results = await get(dialled, part.map(itemOf));
    for (const [index, result] of results.entries()) {
      const object = part[index];
      if (object !== undefined && result.is === 'data') read.push({ ...object, value: result.value });
    }
  }
  return read;
}

/** As the meter says it, twelve bytes. */
export async function readClock(dialled: Dialled): Promise<Uint8Array> {
  const [result] = await get(dialled, [itemOf({ classId: 8, obis: CLOCK, attribute: 2 })]);
  const { type, value } = result?.is === 'data' ? result.value : { type: undefined, value: undefined };
  if ((type !== 'octet-string' && type !== 'date-time') || !(value instanceof Uint8Array))
    throw new ProtocolError('dlms.clock', 'The meter does not tell its clock.', {});
  return value;
}

/** UTC, with a deviation of none: an instant that every meter understands (IEC 62056-6-2, 4.1.6.1). */
export function utcOf(atMs: number): Uint8Array {
  const time = new Date(atMs);
  return encodeDateTime({
    year: time.getUTCFullYear(),
    month: time.getUTCMonth() + 1,
    dayOfMonth: time.getUTCDate(),
    dayOfWeek: time.getUTCDay() === 0 ? 7 : time.getUTCDay(),
    hour: time.getUTCHours(),
    minute: time.getUTCMinutes(),
    second: time.getUTCSeconds(),
    hundredths: 0,
    deviationMinutes: 0,
    clockStatus: {
      isInvalid: false,
      isDoubtful: false,
      isDifferentClockBase: false,
      isInvalidStatus: false,
      isDaylightSaving: false,
    },
  });
}

export async function setClock(dialled: Dialled, atMs: number): Promise<void> {
  const item = itemOf({ classId: 8, obis: CLOCK, attribute: 2 });
  const value: Data = { type: 'octet-string', value: utcOf(atMs) };
  const outcome = await asked(dialled, { kind: 'set', items: [{ ...item, value }] });
  const [result] = outcome.kind === 'set' ? outcome.results : [];
  if (result !== 'success') throw new ProtocolError('dlms.clock', 'The meter does not take the time.', { result });
}

/** Columns, period and scalers of a profile stay what they are, so they are read once for a meter. */
export type ProfileShape = Omit<ProfileRecord, 'rows'>;

export async function readProfileShape(dialled: Dialled, obis: string): Promise<ProfileShape> {
  const attributes = await readObjects(
    dialled,
    [3, 4].map((attribute) => ({ classId: PROFILE_CLASS, obis, attribute })),
  );
  const [objects, period] = [3, 4].map((attribute) => attributes.find((row) => row.attribute === attribute)?.value);
  if (objects?.type !== 'array' || typeof period?.value !== 'number')
    throw new ProtocolError('dlms.profile', 'The meter does not say what its profile holds.', { obis });
  const columns = objects.value.map(captureFromData);
  return { obis, periodSeconds: period.value, columns, scalers: await scalersOf(dialled, columns) };
}

/** Rows from one instant to another, both included. */
export async function readRows(
  dialled: Dialled,
  shape: ProfileShape,
  fromMs: number,
  toMs: number,
): Promise<readonly Data[]> {
  const clock = parseLogicalName(CLOCK);
  const access = toSelector({
    by: 'range',
    restrictingObject: { classId: 8, logicalName: clock, attributeIndex: 2, dataIndex: 0 },
    from: { type: 'octet-string', value: utcOf(fromMs) },
    to: { type: 'octet-string', value: utcOf(toMs) },
    selectedValues: [],
  });
  const item = { ...itemOf({ classId: PROFILE_CLASS, obis: shape.obis, attribute: 2 }), access };
  const [result] = await get(dialled, [item]);
  if (result?.is === 'data' && result.value.type === 'array') return result.value.value;
  const reason = result?.is === 'data-access-result' ? result.value : undefined;
  throw new ProtocolError('dlms.profile', 'The meter does not give its profile.', { obis: shape.obis, reason });
}

export async function switchBreaker(dialled: Dialled, what: keyof typeof BREAKER_METHODS): Promise<string | number> {
  const method = { ...BREAKER, methodId: BREAKER_METHODS[what] };
  const outcome = await asked(dialled, { kind: 'action', method, parameters: { type: 'integer', value: 0 } });
  return outcome.kind === 'action' ? outcome.result : 'other-reason';
}

async function scalersOf(dialled: Dialled, columns: readonly CaptureObject[]): Promise<readonly Data[]> {
  const scalers: Data[] = [];
  for (const { classId, logicalName } of columns) {
    const item = { attribute: { classId, instanceId: logicalName, attributeId: 3 } };
    const [result] = REGISTER_CLASSES.includes(classId) ? await get(dialled, [item]) : [];
    scalers.push(result?.is === 'data' ? result.value : { type: 'null-data', value: null });
  }
  return scalers;
}

async function get(dialled: Dialled, items: readonly GetItem[]): Promise<readonly GetResult[]> {
  const outcome = await asked(dialled, { kind: 'get', items });
  return outcome.kind === 'get' ? outcome.results : [];
}

async function asked({ conversation }: Dialled, request: Parameters<Dialled['conversation']['ask']>[0]) {
  const outcome = await conversation.ask(request);
  if ('code' in outcome) throw outcome;
  return outcome;
}

function itemOf({ classId, obis, attribute }: WantedAttribute): GetItem {
  return { attribute: { classId, instanceId: parseLogicalName(obis), attributeId: attribute } };
}

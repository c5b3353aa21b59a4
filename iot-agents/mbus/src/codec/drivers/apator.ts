/**
 * Apator (APA, and APT as some write it): water, gas and heat cost allocators. Facts from the telegrams of
 * wmbusmeters/wmbusmeters: drivers/src/apator08.xmq (2), apator172.xmq (2), apator162.xmq (13), apatorna1.xmq (4),
 * apatoreitn.xmq (3) and the data sheet named there, i-pl-021-2016-e-itn-30-51.
 */

import { createDecipheriv } from 'node:crypto';
import { WireError } from '@contor/kit';
import { linkBytes } from '../header/address.js';
import type { MeterTime } from '../record/date.js';
import {
  COST_UNITS,
  DATE,
  DATE_TIME,
  dayOf,
  type FieldRow,
  flags,
  integer,
  noValue,
  type Read,
  real,
  timeValue,
  uint,
  unsigned,
  VOLUME,
} from './reading.js';
import type { MakerContext, MakerRow } from './row.js';

/** The counter ticks three times a unit. */
const thirds =
  (divisor: number): Read =>
  (bytes) =>
    real(uint(bytes, 0, 4) / divisor);

/** AT-WMBUS-16-2: behind date and faults, a register number and its bytes, until FF or the end. */
const REGISTERS_AT = 7;
const TOTAL = 0x10;
const END_OF_REGISTERS = 0xff;
const REGISTER_LENGTHS: readonly (readonly [from: number, to: number, length: number])[] = [
  [0x00, 0x00, 4],
  [0x01, 0x01, 3],
  [0x10, 0x10, 4],
  [0x11, 0x11, 2],
  [0x40, 0x40, 6],
  [0x41, 0x41, 2],
  [0x42, 0x42, 4],
  [0x43, 0x43, 2],
  [0x44, 0x44, 3],
  [0x71, 0x71, 9],
  [0x72, 0x72, 13],
  [0x73, 0x73, 17],
  [0x75, 0x75, 25],
  [0x7b, 0x7b, 49],
  [0x80, 0x84, 10],
  [0x85, 0x85, 11],
  [0x86, 0x87, 10],
  [0x88, 0x88, 11],
  [0x8a, 0x8a, 9],
  [0x8b, 0x8c, 6],
  [0x8e, 0x8e, 7],
  [0x8f, 0x8f, 11],
  [0xa0, 0xa1, 4],
  [0xa2, 0xa2, 1],
  [0xa3, 0xa3, 7],
  [0xa4, 0xa4, 4],
  [0xa5, 0xa5, 1],
  [0xa6, 0xa6, 3],
  [0xa7, 0xa8, 2],
  [0xa9, 0xa9, 1],
  [0xaa, 0xad, 2],
  [0xaf, 0xaf, 1],
  [0xb0, 0xb0, 5],
  [0xb1, 0xb1, 8],
  [0xb2, 0xb2, 16],
  [0xb3, 0xb3, 8],
  [0xb4, 0xb4, 2],
  [0xb5, 0xb5, 16],
  [0xb6, 0xd3, 3],
  [0xf0, 0xf0, 4],
];

function totals(payload: Uint8Array): readonly FieldRow[] {
  for (let at = REGISTERS_AT; at < payload.length; ) {
    const register = payload[at] ?? END_OF_REGISTERS;
    const length = REGISTER_LENGTHS.find(([from, to]) => from <= register && register <= to)?.[2];
    if (register === END_OF_REGISTERS || length === undefined || at + 1 + length > payload.length) return [];
    if (register === TOTAL) return [{ ...VOLUME, exponent: -3, value: unsigned(at + 1, 4) }];
    at += 1 + length;
  }
  return [];
}

/** E.ITN 30.51: seven bits of year, four of month, five of day, and only the five lower bits of the year are used. */
const seasonDate =
  (low: number, high: number): Read =>
  (bytes) => {
    const word = (bytes[low] ?? 0) | ((bytes[high] ?? 0) << 8);
    const time = dayOf(2000 + ((word >> 9) & 0x1f), (word >> 5) & 0x0f, word & 0x1f);
    return timeValue(time, Uint8Array.of(bytes[low] ?? 0, bytes[high] ?? 0));
  };
const sixteenBitFraction =
  (at: number): Read =>
  (bytes) =>
    real(uint(bytes, at, 2) / 256);

const HEADED = 0xb6;
const ALLOCATOR_LENGTH = 16;

/** The values begin with the CI field A0, or with A0 behind a head of its own length. */
function openAllocator(payload: Uint8Array, { frame }: MakerContext): Uint8Array | WireError {
  const ci = frame.data[0] ?? 0;
  const body = ci === HEADED ? payload.subarray((payload[0] ?? 0) + 1) : frame.data;
  if (body.length === ALLOCATOR_LENGTH) return body;
  return new WireError('mbus.maker.short', 'An allocator of this kind sends sixteen bytes.', { actual: body.length });
}

/** NA-1: the IV of mode 5 with the first byte for the access number; the key is of zeros unless another was set. */
const NO_KEY = new Uint8Array(16);
const SEALED = 2;
const BLOCK = 16;

function openNa1(payload: Uint8Array, { frame, key = NO_KEY }: MakerContext): Uint8Array | WireError {
  if (key.length !== BLOCK)
    return new WireError('wmbus.key.length', 'The key has the wrong length.', { actual: key.length });
  const iv = new Uint8Array(BLOCK).fill(payload[0] ?? 0);
  iv.set(linkBytes(frame.sender));
  const plain = createDecipheriv('aes-128-cbc', key, iv)
    .setAutoPadding(false)
    .update(payload.subarray(SEALED, SEALED + BLOCK));
  return Uint8Array.of(...payload.subarray(0, SEALED), ...plain);
}

const EPOCH_MS = Date.UTC(2000, 0, 1);

function after2000(seconds: number): MeterTime {
  const moment = new Date(EPOCH_MS + seconds * 1_000);
  return {
    type: 'dateTime',
    year: moment.getUTCFullYear(),
    month: moment.getUTCMonth() + 1,
    day: moment.getUTCDate(),
    hour: moment.getUTCHours(),
    minute: moment.getUTCMinutes(),
    second: moment.getUTCSeconds(),
    isSummerTime: false,
  };
}

const multiplier = (bytes: Uint8Array) => 10 ** (((bytes[3] ?? 0) >> 4) & 3);
const litres = (bytes: Uint8Array) => (uint(bytes, 4, 3) * 16 + ((bytes[3] ?? 0) & 0x0f)) * multiplier(bytes);
const ageHours = (bytes: Uint8Array) => ((bytes[12] ?? 0) >> 2) * 256 + (bytes[11] ?? 0);
const since = (bytes: Uint8Array) => (uint(bytes, 13, 3) * 4 + ((bytes[12] ?? 0) & 3)) * multiplier(bytes);
const HOUR = 3_600;

const NA1_FLAGS = {
  128: 'MINIMUM_FLOW',
  64: 'MAXIMUM_FLOW',
  32: 'REVERSE_FLOW',
  16: 'MEASUREMENT_UNCHANGED',
  8: 'LEAK',
  4: 'DEVICE_DISCONNECTED',
  2: 'MAGNETIC_FIELD',
  1: 'BATTERY_LOW',
} as const;

const NA1_FIELDS: readonly FieldRow[] = [
  { ...VOLUME, exponent: -3, value: (bytes) => integer(litres(bytes)) },
  { ...DATE_TIME, value: (bytes) => timeValue(after2000(uint(bytes, 7, 4)), bytes) },
  {
    ...VOLUME,
    exponent: -3,
    storage: 1,
    value: (bytes) => (since(bytes) <= litres(bytes) ? integer(litres(bytes) - since(bytes)) : noValue(bytes)),
  },
  {
    quantity: 'Age of the stored value',
    unit: 's',
    factor: HOUR,
    storage: 1,
    value: (bytes) => integer(ageHours(bytes)),
  },
  {
    ...DATE_TIME,
    storage: 1,
    value: (bytes) => timeValue(after2000(Math.max(0, uint(bytes, 7, 4) - ageHours(bytes) * HOUR)), bytes),
  },
  { quantity: 'Status', value: (bytes) => flags(bytes[16] ?? 0, NA1_FLAGS) },
  { quantity: 'Status', storage: 1, value: (bytes) => flags(bytes[17] ?? 0, NA1_FLAGS) },
];

const ALLOCATOR = {
  driver: 'apatoreitn',
  versions: [0x04],
  deviceTypes: [0x08],
  where: 'maker',
  least: 15,
  open: openAllocator,
  fields: [
    { ...COST_UNITS, value: unsigned(8, 2) },
    { ...COST_UNITS, storage: 1, value: unsigned(4, 2) },
    { ...DATE, value: seasonDate(10, 11) },
    { quantity: 'Start of season', unit: '-', value: seasonDate(1, 0) },
    { quantity: 'Seal broken', unit: '-', function: 'error', value: seasonDate(6, 7) },
    { quantity: 'Average room temperature', unit: '°C', value: sixteenBitFraction(14) },
    { quantity: 'Average room temperature', unit: '°C', storage: 1, value: sixteenBitFraction(12) },
  ],
} as const satisfies Omit<MakerRow, 'manufacturer'>;

export const APATOR_ROWS: readonly MakerRow[] = [
  {
    driver: 'apator08',
    manufacturer: 'APT',
    versions: [0x03, 0x0f],
    deviceTypes: [0x03, 0x0f],
    where: 'maker',
    least: 4,
    fields: [{ ...VOLUME, value: thirds(3_000) }],
  },
  {
    driver: 'apator172',
    manufacturer: 'APT',
    versions: [0x04],
    deviceTypes: [0x11],
    where: 'maker',
    least: 4,
    fields: [{ ...VOLUME, value: thirds(3) }],
  },
  {
    driver: 'apator162',
    manufacturer: 'APA',
    versions: [0x05],
    deviceTypes: [0x06, 0x07],
    where: 'data',
    least: REGISTERS_AT,
    fields: [],
    more: totals,
  },
  {
    driver: 'apatorna1',
    manufacturer: 'APA',
    versions: [0x14],
    deviceTypes: [0x07],
    where: 'maker',
    least: SEALED + BLOCK,
    hasKey: true,
    open: openNa1,
    fields: NA1_FIELDS,
  },
  { ...ALLOCATOR, manufacturer: 'APA' },
  { ...ALLOCATOR, manufacturer: 'APT' },
];

export const APATOR_MEDIA: Readonly<Record<number, string>> = { 17: 'water' };

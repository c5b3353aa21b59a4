/**
 * Techem (TCH), CI A0 and A2: little-endian words at fixed places. Facts from the telegrams of wmbusmeters/wmbusmeters:
 * drivers/src/mkradio3.xmq (4), mkradio3a.xmq, mkradio4.xmq (and m-bus-parser's), fhkvdataiii.xmq (3), tsd2.xmq (5).
 */

import {
  COST_UNITS,
  DATE,
  dayOf,
  integer,
  packedDate,
  type Read,
  text,
  timeValue,
  uint,
  unsigned,
  VOLUME,
} from './reading.js';
import type { MakerRow } from './row.js';

const WARM_WATER = 0x62;
const COLD_WATER = 0x72;
const COST_ALLOCATOR = 0x80;
const SMOKE_DETECTOR = 0xf0;

/** Day and month only, in bits 4 to 8 and 9 to 12: of the year that follows the last due date. */
const currentDay: Read = (bytes) => {
  const due = uint(bytes, 1, 2);
  const now = uint(bytes, 5, 2);
  const [dueMonth, dueDay] = [(due >> 5) & 0x0f, due & 0x1f];
  const month = (now >> 9) & 0x0f || 12;
  const day = (now >> 4) & 0x1f || 1;
  const isNextYear = month < dueMonth || (month === dueMonth && day <= dueDay);
  return timeValue(dayOf(2000 + (due >> 9) + (isNextYear ? 1 : 0), month, day), bytes.subarray(5, 7));
};

const sinceAndBefore: Read = (bytes) => integer(uint(bytes, 3, 2) + uint(bytes, 7, 2));

const WATER_FIELDS = [
  { ...VOLUME, exponent: -1, value: sinceAndBefore },
  { ...VOLUME, exponent: -1, storage: 1, value: unsigned(3, 2) },
] as const;
const DATED_FIELDS = [
  { ...DATE, storage: 1, value: packedDate(1) },
  { ...DATE, value: currentDay },
] as const;

const allocator = (temperatureAt: number) => [
  { ...COST_UNITS, value: unsigned(7, 2) },
  { ...COST_UNITS, storage: 1, value: unsigned(3, 2) },
  ...DATED_FIELDS,
  { quantity: 'Room temperature', unit: '°C', exponent: -2, value: unsigned(temperatureAt, 2) },
  { quantity: 'Radiator temperature', unit: '°C', exponent: -2, value: unsigned(temperatureAt + 2, 2) },
];

const MONTHS_AT = 8;
const HALVES = 3;

/** Two bytes are the halves of a month; until its sixteenth day the newest half alone is in the first of them. */
const month =
  (index: number): Read =>
  (bytes) => {
    const half = (which: number) => bytes[MONTHS_AT + Math.floor(which / 2) * HALVES + (which % 2)] ?? 0;
    const isEarly = (uint(bytes, 2, 2) & 0x1f) <= 15;
    const newest = 2 * index + (isEarly ? 0 : 1);
    return integer(half(newest) + (newest === 0 ? 0 : half(newest - 1)));
  };

const STATES: Readonly<Record<number, string>> = { 0: 'OK', 1: 'SMOKE', 128: 'DEFECT' };
const state: Read = ([code = 0]) => text(STATES[code] ?? `STATUS_${code.toString(16).padStart(2, '0')}`);

const TECHEM = { manufacturer: 'TCH', where: 'maker' } as const;

export const TECHEM_ROWS: readonly MakerRow[] = [
  {
    ...TECHEM,
    driver: 'mkradio3',
    versions: [0x74],
    deviceTypes: [WARM_WATER, COLD_WATER],
    least: 9,
    fields: [...WATER_FIELDS, ...DATED_FIELDS],
  },
  {
    ...TECHEM,
    driver: 'mkradio4',
    versions: [0x95, 0x70],
    deviceTypes: [WARM_WATER, COLD_WATER],
    least: 9,
    fields: WATER_FIELDS,
  },
  {
    ...TECHEM,
    driver: 'mkradio3a',
    versions: [0x50],
    deviceTypes: [COLD_WATER],
    least: 44,
    fields: [
      { ...VOLUME, exponent: -1, value: unsigned(4, 3) },
      { ...DATE, value: packedDate(2) },
      ...Array.from({ length: 12 }, (_, index) => ({
        quantity: 'Volume of a month',
        unit: 'm^3',
        exponent: -1,
        storage: index + 1,
        value: month(index),
      })),
    ],
  },
  {
    ...TECHEM,
    driver: 'fhkvdataiii',
    versions: [0x69],
    deviceTypes: [COST_ALLOCATOR],
    least: 13,
    fields: allocator(9),
  },
  {
    ...TECHEM,
    driver: 'fhkvdataiii',
    versions: [0x94],
    deviceTypes: [COST_ALLOCATOR],
    least: 14,
    fields: allocator(10),
  },
  {
    ...TECHEM,
    driver: 'tsd2',
    versions: [0x76],
    deviceTypes: [SMOKE_DETECTOR],
    least: 3,
    fields: [
      { quantity: 'Status', value: state },
      { ...DATE, storage: 1, value: packedDate(1) },
    ],
  },
];

/** Device types beyond the standard's, all in one maker's use. */
export const TECHEM_MEDIA: Readonly<Record<number, string>> = {
  [WARM_WATER]: 'warm water',
  [COLD_WATER]: 'cold water',
  [COST_ALLOCATOR]: 'heat cost allocator',
  [SMOKE_DETECTOR]: 'smoke detector',
};

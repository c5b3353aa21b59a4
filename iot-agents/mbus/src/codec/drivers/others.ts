/**
 * Makers with a table or two. Facts from the telegrams of wmbusmeters/wmbusmeters:drivers/src, the files and their
 * number of telegrams named at each row.
 */

import { PRIMARY_VIFS } from '../record/vif-primary.js';
import {
  bcd,
  COST_UNITS,
  DATE,
  DATE_TIME,
  date,
  dayOf,
  digits,
  type FieldRow,
  integer,
  noValue,
  type Read,
  signed,
  timeValue,
  uint,
  unsigned,
  VOLUME,
} from './reading.js';
import type { MakerRow } from './row.js';

const bigEndianWord =
  (at: number): Read =>
  (bytes) =>
    integer(((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0));

const bcdDate =
  (dayAt: number, monthAt: number, yearAt: number): Read =>
  (bytes) =>
    timeValue(dayOf(2000 + digits(bytes[yearAt]), digits(bytes[monthAt]), digits(bytes[dayAt])), bytes);

/** Twelve bits a month, two months in three bytes, from the eighteenth month back to the last. */
const HISTORY_AT = 10;
const oldMonth =
  (monthsAgo: number): Read =>
  (bytes) => {
    const at = HISTORY_AT + Math.floor((18 - monthsAgo) / 2) * 3;
    const [first = 0, middle = 0, last = 0] = bytes.subarray(at, at + 3);
    return integer(monthsAgo % 2 === 0 ? ((middle >> 4) << 8) | first : ((middle & 0x0f) << 8) | last);
  };

/** Volts of the battery, by the low four bits. */
const VOLTS = [3.7, 1.9, 2.1, 2.2, 2.3, 2.4, 2.5, 2.65, 2.8, 2.9, 3.05, 3.2, 3.35, 3.5, 3.7, 3.7] as const;
const BATTERY = 0x01;
const FRAUD = 0x02;
const BACKFLOW = 0x04;
const MONTHS = 0x10;
const LEAK = 0x80;
const NO_MONTH = 0xffffff;

/** The first byte says what follows. */
function hydrodigit(payload: Uint8Array): readonly FieldRow[] {
  const contents = payload[0] ?? 0;
  const fields: FieldRow[] = [];
  let at = 1;
  const take = (flag: number, length: number, rows: (from: number) => readonly FieldRow[]) => {
    if ((contents & flag) === 0 || at + length > payload.length) return;
    fields.push(...rows(at));
    at += length;
  };
  take(BATTERY, 1, (from) => [
    { quantity: 'Voltage', unit: 'V', value: (b) => ({ kind: 'real', value: VOLTS[(b[from] ?? 0) & 15] ?? 0 }) },
  ]);
  take(FRAUD, 3, (from) => [{ quantity: 'Date of fraud', unit: '-', value: bcdDate(from + 2, from + 1, from) }]);
  take(LEAK, 3, (from) => [{ quantity: 'Date of leak', unit: '-', value: bcdDate(from + 2, from + 1, from) }]);
  take(BACKFLOW, 4, (from) => [{ quantity: 'Backward volume', unit: 'm^3', exponent: -3, value: unsigned(from, 4) }]);
  take(MONTHS, 36, (from) => Array.from({ length: 12 }, (_, index) => monthEnd(from + 3 * index, index + 1)));
  return fields;
}

function monthEnd(at: number, storage: number): FieldRow {
  const value: Read = (bytes) =>
    uint(bytes, at, 3) === NO_MONTH ? noValue(bytes.subarray(at, at + 3)) : integer(uint(bytes, at, 3));
  return { quantity: 'Volume at end of month', unit: 'm^3', exponent: -2, storage, value };
}

/** Words of hundredths of a degree, and counts. */
const climate = (quantity: string, at: number, storage = 0): FieldRow => ({
  quantity,
  unit: '°C',
  exponent: -2,
  storage,
  value: unsigned(at, 2),
});
const VERSION_11 = 0x11;

function hydroclima(payload: Uint8Array): readonly FieldRow[] {
  if (payload[0] !== VERSION_11) return [];
  return [
    climate('Flow temperature', 9),
    climate('External temperature', 11),
    { ...climate('External temperature', 13), function: 'maximum' },
    climate('Flow temperature', 17, 1),
    climate('External temperature', 19, 1),
    ...[0, 1, 2, 3].map((month) => ({ ...COST_UNITS, storage: month + 1, value: unsigned(21 + 2 * month, 2) })),
    ...[0, 1, 2].map((month) => climate('External temperature', 29 + 2 * month, month + 2)),
    { quantity: 'H.C.A. of all periods', unit: COST_UNITS.unit, value: unsigned(44, 2) },
  ];
}

/** Qundis: a VIF, then dates and BCD counters in its unit, then the differences of the months. */
const QUNDIS_VIF = 9;
const QUNDIS_DELTAS = 28;

function qundis(payload: Uint8Array): readonly FieldRow[] {
  const meaning = PRIMARY_VIFS[payload[QUNDIS_VIF] ?? 0x7f];
  if (meaning === undefined) return [];
  const { quantity, unit, exponent } = meaning;
  const counter = { quantity, unit, exponent };
  const months = Math.floor((payload.length - QUNDIS_DELTAS - 1) / 2);
  return [
    { ...DATE, function: 'error', value: date(10) },
    { ...counter, value: bcd(12, 4) },
    { ...DATE, storage: 1, value: date(16) },
    { ...counter, storage: 1, value: bcd(18, 4) },
    { ...DATE, storage: 17, value: date(22) },
    { ...counter, storage: 17, value: bcd(24, 4) },
    ...Array.from({ length: Math.max(0, months) }, (_, month) => ({
      ...counter,
      quantity: `${quantity} of a month`,
      storage: 18 + month,
      value: signed(QUNDIS_DELTAS + 2 * month, 2),
    })),
  ];
}

/** Four masks, a row by the low four bits of the access number, which is laid over every byte as well. */
const RFM_MASKS = [
  [122, 112, 185, 121, 7, 50, 156, 180, 10, 240, 22, 12, 74, 119, 189, 57],
  [16, 19, 11, 7, 154, 161, 126, 196, 206, 5, 152, 201, 72, 46, 120, 111],
  [26, 34, 142, 74, 203, 57, 96, 128, 25, 165, 17, 125, 228, 138, 87, 40],
  [10, 19, 153, 22, 105, 14, 153, 163, 3, 134, 94, 162, 31, 232, 140, 5],
] as const;
const ACCESS_NUMBER_AT = 11;

const bcdTime: Read = (bytes) => {
  const [second, minute, hour, day, month, year] = Array.from(bytes.subarray(13, 19), digits);
  const date = dayOf(2000 + (year ?? 0), month ?? 0, day ?? 0);
  const [h = 99, m = 99, s = 99] = [hour, minute, second];
  const isTime = h < 24 && m < 60 && s < 60;
  return timeValue(isTime && date ? { ...date, type: 'dateTime', hour: h, minute: m, second: s } : undefined, bytes);
};

export const OTHER_ROWS: readonly MakerRow[] = [
  // bfw240radio.xmq (4).
  {
    driver: 'bfw240radio',
    manufacturer: 'BFW',
    versions: [0x02],
    deviceTypes: [0x08],
    where: 'payload',
    least: 40,
    fields: [
      { ...COST_UNITS, value: bigEndianWord(6) },
      { ...COST_UNITS, storage: 1, value: bigEndianWord(4) },
      { ...DATE, value: bcdDate(37, 38, 39) },
      ...Array.from({ length: 18 }, (_, index) => ({ ...COST_UNITS, storage: index + 2, value: oldMonth(index + 1) })),
    ],
  },
  // hydrodigit.xmq (4 telegrams in the vectors).
  {
    driver: 'hydrodigit',
    manufacturer: 'BMT',
    versions: [0x13, 0x15, 0x17],
    where: 'data',
    least: 1,
    fields: [],
    more: hydrodigit,
  },
  // hydroclimav2.xmq (2, one of them of another version of the data, which stays bytes).
  {
    driver: 'hydroclimav2',
    manufacturer: 'BMP',
    deviceTypes: [0x08],
    where: 'data',
    least: 46,
    fields: [],
    more: hydroclima,
  },
  // qheatv2.xmq (3) and qwater.xmq (2).
  {
    driver: 'qundis',
    manufacturer: 'QDS',
    where: 'register',
    vifes: [0x5f],
    least: QUNDIS_DELTAS,
    fields: [],
    more: qundis,
  },
  // zenner0b.xmq (2): the volume counts 1/256000 m^3.
  {
    driver: 'zenner0b',
    manufacturer: 'ZRI',
    versions: [0x0b],
    deviceTypes: [0x16],
    where: 'data',
    least: 12,
    fields: [
      { quantity: 'Error flags', value: unsigned(0, 4) },
      { ...VOLUME, storage: 1, exponent: -11, factor: 390_625, value: unsigned(4, 4) },
      { ...VOLUME, exponent: -11, factor: 390_625, value: unsigned(8, 4) },
    ],
  },
  // ei6500.xmq (2): a smoke detector's dust, in the low byte.
  {
    driver: 'ei6500',
    manufacturer: 'EIE',
    where: 'register',
    vifes: [0x2c],
    least: 4,
    fields: [{ quantity: 'Dust level', value: unsigned(0, 1) }],
  },
  // rfmtx1.xmq (1 telegram and the table of masks published with it).
  {
    driver: 'rfmtx1',
    manufacturer: 'BMT',
    versions: [0x05],
    deviceTypes: [0x07],
    where: 'payload',
    least: 19,
    open: (payload, { frame }) => {
      const access = frame.bytes[ACCESS_NUMBER_AT] ?? 0;
      const plain = payload.slice();
      RFM_MASKS.forEach((masks, index) => {
        plain[2 + index] = (plain[2 + index] ?? 0) ^ access ^ (masks[access & 0x0f] ?? 0);
      });
      return plain;
    },
    fields: [
      { ...VOLUME, exponent: -3, value: bcd(2, 4) },
      { ...DATE_TIME, value: bcdTime },
    ],
  },
];

/** The objects of a simulated meter, a row each: IEC 62056-6-2, clause 4, in the shape of an IDIS meter. */

import type { Data } from '../codec/axdr/data.js';
import { decodeDateTime, toInstantMs } from '../codec/axdr/date-time.js';
import type { GetItem } from '../session/exchange.js';
import type { DataAccessResult } from '../session/services.js';
import {
  array,
  bool,
  dateTime,
  doubleLongUnsigned,
  enumeration,
  integer,
  long,
  longUnsigned,
  name,
  nothing,
  octets,
  structure,
  text,
  unsigned,
} from './build.js';
import {
  bufferOf,
  CLOCK_COLUMN,
  type Column,
  captureObjects,
  listedRows,
  type ProfileTable,
  periodicRows,
  STATUS_COLUMN,
} from './profile.js';
import { EVENT_CODES, type MeterState } from './state.js';

export interface Asked {
  readonly meter: MeterState;
  readonly nowMs: number;
  readonly access: GetItem['access'];
}

type Getter = (asked: Asked) => Data | undefined;
type Setter = (asked: Asked, value: Data) => DataAccessResult;
type Method = (asked: Asked, parameters: Data | undefined) => boolean;

export interface ObjectRow {
  readonly classId: number;
  readonly version: number;
  readonly obis: string;
  /** By attribute number from 2; the first is the logical name of every object. */
  readonly attributes: Readonly<Record<number, Getter>>;
  readonly setters?: Readonly<Record<number, Setter>>;
  readonly methods?: Readonly<Record<number, Method>>;
}

const UNIT = { W: 27, VA: 28, var: 29, Wh: 30, varh: 32, A: 33, V: 35, Hz: 44, none: 255 } as const;
const QUARTER_SECONDS = 900;
const DAY_SECONDS = 86_400;
const METER_NAME = 'CTR';
const DEMAND_PERIODS = 1;

const constant =
  (value: Data): Getter =>
  () =>
    value;
const scalerUnit = (scaler: number, unit: keyof typeof UNIT): Getter =>
  constant(structure(integer(scaler), enumeration(UNIT[unit])));

/** Energies count whole Wh. */
const ENERGIES: readonly (readonly [
  obis: string,
  unit: 'Wh' | 'varh',
  value: (meter: MeterState, atMs: number) => number,
])[] = [
  ['1-0:1.8.0', 'Wh', (meter, atMs) => meter.importWh(atMs)],
  ['1-0:2.8.0', 'Wh', (meter, atMs) => meter.exportWh(atMs)],
  ['1-0:3.8.0', 'varh', (meter, atMs) => Math.floor(meter.importWh(atMs) / 5)],
  ['1-0:4.8.0', 'varh', (meter, atMs) => Math.floor(meter.importWh(atMs) / 20)],
];
const RATES: typeof ENERGIES = [
  ['1-0:1.8.1', 'Wh', (meter, atMs) => Math.floor(meter.importWh(atMs) * 0.625)],
  ['1-0:1.8.2', 'Wh', (meter, atMs) => meter.importWh(atMs) - Math.floor(meter.importWh(atMs) * 0.625)],
];
const GAUGES: readonly (readonly [
  obis: string,
  scaler: number,
  unit: keyof typeof UNIT,
  value: (meter: MeterState, atMs: number) => number,
])[] = [
  ['1-0:1.7.0', 0, 'W', (meter, atMs) => meter.importW(atMs)],
  ['1-0:2.7.0', 0, 'W', (meter, atMs) => meter.exportW(atMs)],
  ['1-0:3.7.0', 0, 'var', (meter, atMs) => Math.round(meter.importW(atMs) / 5)],
  ['1-0:4.7.0', 0, 'var', (meter, atMs) => Math.round(meter.importW(atMs) / 20)],
  ['1-0:9.7.0', 0, 'VA', (meter, atMs) => Math.round(meter.importW(atMs) * 1.02)],
  ['1-0:21.7.0', 0, 'W', (meter, atMs) => Math.round(meter.importW(atMs) * 0.5)],
  ['1-0:41.7.0', 0, 'W', (meter, atMs) => Math.round(meter.importW(atMs) * 0.3)],
  ['1-0:61.7.0', 0, 'W', (meter, atMs) => Math.round(meter.importW(atMs) * 0.2)],
  ['1-0:31.7.0', -2, 'A', (meter, atMs) => meter.current(1, atMs)],
  ['1-0:51.7.0', -2, 'A', (meter, atMs) => meter.current(2, atMs)],
  ['1-0:71.7.0', -2, 'A', (meter, atMs) => meter.current(3, atMs)],
  ['1-0:32.7.0', -1, 'V', (meter, atMs) => meter.voltage(1, atMs)],
  ['1-0:52.7.0', -1, 'V', (meter, atMs) => meter.voltage(2, atMs)],
  ['1-0:72.7.0', -1, 'V', (meter, atMs) => meter.voltage(3, atMs)],
  ['1-0:13.7.0', -3, 'none', () => 980],
  ['1-0:14.7.0', -2, 'Hz', () => 5000],
];

const energyColumns = ENERGIES.map(
  ([obis, , value]): Column => ({ classId: 3, obis, value: (meter, atMs) => doubleLongUnsigned(value(meter, atMs)) }),
);
const gaugeColumn = (wanted: string): Column => {
  const row = GAUGES.find(([obis]) => obis === wanted);
  return { classId: 3, obis: wanted, value: (meter, atMs) => longUnsigned(row?.[3](meter, atMs) ?? 0) };
};

/** Indexes of four channels, each quarter hour for a year. */
export const LOAD_PROFILE: ProfileTable = {
  columns: [CLOCK_COLUMN, STATUS_COLUMN, ...energyColumns],
  periodSeconds: QUARTER_SECONDS,
  capacity: 366 * 96,
  rows: periodicRows(QUARTER_SECONDS),
};
const DAILY_PROFILE: ProfileTable = {
  columns: [CLOCK_COLUMN, STATUS_COLUMN, ...energyColumns],
  periodSeconds: DAY_SECONDS,
  capacity: 366,
  rows: periodicRows(DAY_SECONDS, 366),
};
const QUALITY_PROFILE: ProfileTable = {
  columns: [
    CLOCK_COLUMN,
    ...['32.7', '52.7', '72.7', '31.7', '51.7', '71.7'].map((code) => gaugeColumn(`1-0:${code}.0`)),
  ],
  periodSeconds: QUARTER_SECONDS,
  capacity: 366 * 96,
  rows: periodicRows(QUARTER_SECONDS),
};
const EVENT_LOG: ProfileTable = {
  columns: [
    CLOCK_COLUMN,
    {
      classId: 1,
      obis: '0-0:96.11.0',
      value: (meter, atMs) => unsigned(meter.codeAt(atMs)),
    },
  ],
  periodSeconds: 0,
  capacity: 500,
  rows: listedRows((meter, clockMs) => meter.events(clockMs).map(({ atMs }) => atMs)),
};

export const OBJECTS: readonly ObjectRow[] = [
  {
    classId: 8,
    version: 0,
    obis: '0-0:1.0.0',
    attributes: {
      2: ({ meter, nowMs }) => octets(dateTime(meter.clockMs(nowMs), meter.deviationMinutes)),
      3: ({ meter }) => long(meter.deviationMinutes),
      4: constant(unsigned(0)),
      5: constant(octets(Buffer.from('ffff03fe0702000000ffc400', 'hex'))),
      6: constant(octets(Buffer.from('ffff0afe0703000000ffc480', 'hex'))),
      7: constant(integer(0)),
      8: constant(bool(false)),
      9: constant(enumeration(1)),
    },
    setters: { 2: setClock },
  },
  data('0-0:42.0.0', ({ meter }) => text(`${METER_NAME}${meter.serial}`)),
  data('0-0:96.1.0', ({ meter }) => text(meter.serial)),
  data('1-0:0.2.0', constant(text('contor-sim-1'))),
  data('0-0:96.10.1', constant(unsigned(0))),
  data('0-0:96.11.0', ({ meter, nowMs }) => unsigned(meter.events(nowMs).at(-1)?.code ?? 255)),
  data('0-0:97.97.0', constant(doubleLongUnsigned(0))),
  data('0-0:96.14.0', constant(text('0001'))),
  data('0-0:96.7.21', ({ meter, nowMs }) =>
    longUnsigned(meter.events(nowMs).filter(({ code }) => code === EVENT_CODES.powerDown).length),
  ),
  ...[...ENERGIES, ...RATES].map(
    ([obis, unit, value]): ObjectRow => ({
      classId: 3,
      version: 0,
      obis,
      attributes: { 2: ({ meter, nowMs }) => doubleLongUnsigned(value(meter, nowMs)), 3: scalerUnit(0, unit) },
    }),
  ),
  ...GAUGES.map(
    ([obis, scaler, unit, value]): ObjectRow => ({
      classId: 3,
      version: 0,
      obis,
      attributes: { 2: ({ meter, nowMs }) => doubleLongUnsigned(value(meter, nowMs)), 3: scalerUnit(scaler, unit) },
    }),
  ),
  {
    classId: 4,
    version: 0,
    obis: '1-0:1.6.0',
    attributes: {
      2: ({ meter, nowMs }) => doubleLongUnsigned(Math.round(meter.importLoad.powerW(dayStart(nowMs)) * 1.6)),
      3: scalerUnit(0, 'W'),
      4: constant(nothing),
      5: ({ meter, nowMs }) => octets(dateTime(dayStart(nowMs), meter.deviationMinutes)),
    },
  },
  {
    classId: 5,
    version: 0,
    obis: '1-0:1.4.0',
    attributes: {
      2: ({ meter, nowMs }) => doubleLongUnsigned(meter.importW(nowMs)),
      3: ({ meter, nowMs }) => doubleLongUnsigned(meter.importW(nowMs - QUARTER_SECONDS * 1000)),
      4: scalerUnit(0, 'W'),
      5: constant(nothing),
      6: ({ meter, nowMs }) => octets(dateTime(periodStart(nowMs), meter.deviationMinutes)),
      7: ({ meter, nowMs }) => octets(dateTime(periodStart(nowMs), meter.deviationMinutes)),
      8: constant(doubleLongUnsigned(QUARTER_SECONDS)),
      9: constant(longUnsigned(DEMAND_PERIODS)),
    },
  },
  profile('1-0:99.1.0', LOAD_PROFILE),
  profile('1-0:98.1.0', DAILY_PROFILE),
  profile('1-0:99.2.0', QUALITY_PROFILE),
  profile('0-0:99.98.0', EVENT_LOG),
  {
    classId: 9,
    version: 0,
    obis: '0-0:10.0.106',
    attributes: {
      2: constant(
        array(
          ...[1, 2].map((method) =>
            structure(
              longUnsigned(method),
              array(structure(enumeration(2), longUnsigned(70), name('0-0:96.3.10'), integer(method), integer(0))),
            ),
          ),
        ),
      ),
    },
  },
  {
    classId: 20,
    version: 0,
    obis: '0-0:13.0.0',
    attributes: {
      2: ({ meter }) => text(meter.calendarName),
      3: constant(array()),
      4: constant(array()),
      5: constant(array()),
      6: constant(text('')),
      7: constant(array()),
      8: constant(array()),
      9: constant(array()),
      10: constant(octets(Buffer.from('ffffffffffffffffff800000', 'hex'))),
    },
  },
  {
    classId: 40,
    version: 0,
    obis: '0-0:25.9.0',
    attributes: {
      2: constant(
        array(
          ...['0-0:1.0.0', '0-0:42.0.0', '1-0:1.8.0', '1-0:1.7.0'].map((obis) =>
            structure(longUnsigned(obis === '0-0:1.0.0' ? 8 : 3), name(obis), integer(2), longUnsigned(0)),
          ),
        ),
      ),
      3: ({ meter }) => structure(enumeration(0), text(meter.pushDestination), enumeration(0)),
      4: constant(array()),
      5: constant(longUnsigned(0)),
      6: constant(unsigned(0)),
      7: constant(longUnsigned(0)),
    },
  },
  {
    classId: 70,
    version: 0,
    obis: '0-0:96.3.10',
    attributes: {
      2: ({ meter }) => bool(meter.isConnected),
      3: ({ meter }) => enumeration(meter.controlState),
      4: constant(enumeration(4)),
    },
    methods: {
      1: ({ meter, nowMs }) => switchTo(meter, false, nowMs),
      2: ({ meter, nowMs }) => switchTo(meter, true, nowMs),
    },
  },
  {
    classId: 71,
    version: 0,
    obis: '0-0:17.0.0',
    attributes: {
      2: constant(structure(longUnsigned(3), name('1-0:1.7.0'), integer(2))),
      3: ({ meter }) => doubleLongUnsigned(meter.limitW),
      4: ({ meter }) => doubleLongUnsigned(meter.limitW),
      5: constant(doubleLongUnsigned(0)),
      6: constant(doubleLongUnsigned(60)),
      7: constant(doubleLongUnsigned(60)),
      8: constant(
        structure(longUnsigned(0), octets(Buffer.from('ffffffffffffffffff800000', 'hex')), doubleLongUnsigned(0)),
      ),
      9: constant(array()),
      10: constant(bool(false)),
      11: constant(
        structure(structure(name('0-0:10.0.106'), longUnsigned(1)), structure(name('0-0:10.0.106'), longUnsigned(2))),
      ),
    },
    setters: {
      4: ({ meter }, value) => {
        if (value.type !== 'double-long-unsigned') return 'type-unmatched';
        meter.limitW = value.value;
        return 'success';
      },
    },
  },
];

function data(obis: string, value: Getter): ObjectRow {
  return { classId: 1, version: 0, obis, attributes: { 2: value } };
}

function profile(obis: string, table: ProfileTable): ObjectRow {
  return {
    classId: 7,
    version: 1,
    obis,
    attributes: {
      2: ({ meter, nowMs, access }) => bufferOf(table, meter, meter.clockMs(nowMs), access),
      3: constant(captureObjects(table)),
      4: constant(doubleLongUnsigned(table.periodSeconds)),
      5: constant(enumeration(1)),
      6: constant(structure(longUnsigned(0), octets(new Uint8Array(6)), integer(0), longUnsigned(0))),
      7: ({ meter, nowMs }) => doubleLongUnsigned(table.rows(meter, meter.clockMs(nowMs)).count),
      8: constant(doubleLongUnsigned(table.capacity)),
    },
  };
}

function setClock({ meter, nowMs }: Asked, value: Data): DataAccessResult {
  if (value.type !== 'octet-string' && value.type !== 'date-time') return 'type-unmatched';
  const decoded = decodeDateTime(value.value);
  if (decoded.kind !== 'value') return 'type-unmatched';
  const atMs = toInstantMs({ deviationMinutes: meter.deviationMinutes, ...decoded.value });
  if (atMs === undefined) return 'other-reason';
  meter.setClock(atMs, nowMs);
  return 'success';
}

/** IEC 62056-6-2, 4.5.8: 0 disconnected, 1 connected; the simulated switch closes at once, as in control mode 4. */
function switchTo(meter: MeterState, isConnected: boolean, nowMs: number): boolean {
  if (meter.isConnected !== isConnected)
    meter.log(isConnected ? EVENT_CODES.reconnected : EVENT_CODES.disconnected, meter.clockMs(nowMs));
  meter.isConnected = isConnected;
  meter.controlState = isConnected ? 1 : 0;
  return true;
}

function dayStart(atMs: number): number {
  return Math.floor(atMs / (DAY_SECONDS * 1000)) * DAY_SECONDS * 1000;
}

function periodStart(atMs: number): number {
  return Math.floor(atMs / (QUARTER_SECONDS * 1000)) * QUARTER_SECONDS * 1000;
}

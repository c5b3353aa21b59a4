/**
 * Diehl (DME, EWT, HYD, SAP, SPL): data scrambled by a shift register that starts from a maker's constant and the
 * first bytes of the frame. No secret and no proof of origin. Facts from wmbusmeters/wmbusmeters:src/manufacturer_specificities.cc
 * and the telegrams of src/driver_izar.cc (6), drivers/src/izarv2.xmq (5), sharky.xmq.
 */

import { WireError } from '@contor/kit';
import { idAt, type MeterAddress } from '../header/address.js';
import type { RadioFrame } from '../radio/link.js';
import { DATE, date, type FieldRow, flags, integer, type Read, text, unsigned, VOLUME } from './reading.js';
import type { MakerRow } from './row.js';

const SWAPPED_MAKERS = ['DME', 'EWT', 'HYD', 'SPL'] as const;
const SAPPEL = 'SAP';

/** Halves of the two constants, put together by exclusive or. */
const SEEDS = [0x39bc8a10 ^ 0xe66d83f8, 0x51728910 ^ 0xe66d83f8] as const;

/** In the frame: maker and address, and from the CI field on; data begin behind them. */
const HEADER_WORDS = [2, 6, 10] as const;
const SCRAMBLED_AT = 15;
const TAPS = [1, 2, 11, 31] as const;

function unscramble(frame: Uint8Array, seed: number): Uint8Array {
  let register = seed;
  for (const at of HEADER_WORDS) register ^= bigEndian(frame, at);
  return frame.slice(SCRAMBLED_AT).map((byte) => {
    for (let step = 0; step < 8; step += 1) {
      let bit = 0;
      for (const tap of TAPS) bit ^= (register >>> tap) & 1;
      register = (register << 1) | bit;
    }
    return byte ^ (register & 0xff);
  });
}

function bigEndian(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 24) | ((bytes[at + 1] ?? 0) << 16) | ((bytes[at + 2] ?? 0) << 8) | (bytes[at + 3] ?? 0);
}

/** The first byte of PRIOS data that were unscrambled with the right constant. */
const PRIOS_MARK = 0x4b;
/** Of the payload, which begins behind the CI field. */
const PRIOS_HEAD = 4;

function openPrios(payload: Uint8Array, { frame }: { readonly frame: RadioFrame }): Uint8Array | WireError {
  for (const seed of SEEDS) {
    const plain = unscramble(frame.bytes, seed);
    if (plain[0] === PRIOS_MARK) return Uint8Array.of(...payload.subarray(0, PRIOS_HEAD), ...plain);
  }
  return new WireError('mbus.maker.scrambled', 'None of the known constants unscrambles the data.');
}

const REAL_DATA_MODE = 0x1000;
const SUM_MASK = 0xef;
const SUM_AT = 14;

/** Scrambled records behind a short header, told by bit 12 of its configuration; the high byte of it is their checksum. */
export function openRealData(frame: RadioFrame, config: number): Uint8Array | undefined {
  if ((config & REAL_DATA_MODE) === 0 || !isDiehl(frame.sender)) return undefined;
  const expected = (frame.bytes[SUM_AT] ?? 0) & SUM_MASK;
  return SEEDS.map((seed) => unscramble(frame.bytes, seed)).find((plain) => {
    const sum = plain.reduce((total, byte) => total + byte, 0);
    return (sum & SUM_MASK) === expected;
  });
}

function isDiehl({ manufacturer }: MeterAddress): boolean {
  return manufacturer === SAPPEL || SWAPPED_MAKERS.some((maker) => maker === manufacturer);
}

/** PRIOS and scrambled records put version and type before the number. */
export function diehlAddress(frame: RadioFrame, ci: number, config: number): MeterAddress | undefined {
  const { manufacturer } = frame.sender;
  const isPrios = ci >= 0xa0 && ci <= 0xa7;
  const isOwn = isPrios || ci === 0x71 || (ci === 0x7a && (config & REAL_DATA_MODE) !== 0);
  if (!isOwn) return undefined;
  if (manufacturer === SAPPEL && isPrios) return { ...frame.sender, version: 0, deviceType: 7 };
  if (!SWAPPED_MAKERS.some((maker) => maker === manufacturer)) return undefined;
  const { bytes } = frame;
  return { manufacturer, id: idAt(bytes, 6), version: bytes[4] ?? 0, deviceType: bytes[5] ?? 0 };
}

const HALF_YEARS = { quantity: 'Remaining battery life time', unit: 'year' } as const;
const halves: Read = (bytes) => ({ kind: 'real', value: ((bytes[1] ?? 0) & 0x1f) / 2 });
const period: Read = (bytes) => integer(1 << (((bytes[0] ?? 0) & 0x0f) + 2));

const ALARMS_OF_FIRST = { 128: 'GENERAL_ALARM' } as const;
const ALARMS_OF_SECOND = { 128: 'LEAKAGE', 64: 'PREV_LEAKAGE', 32: 'BLOCKED' } as const;
const ALARMS_OF_THIRD = {
  128: 'BACKFLOW',
  64: 'UNDERFLOW',
  32: 'OVERFLOW',
  16: 'SUBMARINE',
  8: 'SENSOR_FRAUD',
  4: 'PREV_SENSOR_FRAUD',
  2: 'MECHANICAL_FRAUD',
  1: 'PREV_MECHANICAL_FRAUD',
} as const;

const alarms: Read = ([first = 0, second = 0, third = 0]) => {
  const named = [flags(first, ALARMS_OF_FIRST), flags(second, ALARMS_OF_SECOND), flags(third, ALARMS_OF_THIRD)];
  const words = named.map(({ kind, ...rest }) => (kind === 'text' && 'value' in rest ? String(rest.value) : ''));
  return text(words.filter((word) => word !== '').join(' ') || 'OK');
};

const FIELDS: readonly FieldRow[] = [
  { ...VOLUME, exponent: -3, value: unsigned(5, 4) },
  { ...HALF_YEARS, value: halves },
  { quantity: 'Period of nominal data transmissions', unit: 's', value: period },
  { quantity: 'Status', value: alarms },
];
const DUE_FIELDS: readonly FieldRow[] = [
  { ...VOLUME, exponent: -3, storage: 1, value: unsigned(9, 4) },
  { ...DATE, storage: 1, value: date(13) },
];
const WITH_DUE = 15;

const PRIOS = {
  driver: 'izar',
  where: 'maker',
  least: 9,
  open: openPrios,
  fields: FIELDS,
  more: (payload: Uint8Array) => (payload.length >= WITH_DUE ? DUE_FIELDS : []),
} as const;

export const DIEHL_ROWS: readonly MakerRow[] = [...SWAPPED_MAKERS, SAPPEL].map((manufacturer) => ({
  ...PRIOS,
  manufacturer,
}));

/**
 * What a meter says about itself, in the words of our events (S3-05). The status byte of every header is the standard's but for its
 * three highest bits (EN 13757-7, 7.5.6); those, and flags in records, are the maker's, by rows that name where they are written down.
 */

import type { MeterAddress } from '../codec/header/address.js';
import type { MeterRecord } from '../codec/record/record.js';

interface StatusRow {
  readonly mask: number;
  readonly bits: number;
  readonly word: string;
}

const STANDARD = [
  { mask: 0x04, bits: 0x04, word: 'batteryLow' },
  { mask: 0x08, bits: 0x08, word: 'permanentError' },
  { mask: 0x10, bits: 0x10, word: 'temporaryError' },
] as const satisfies readonly StatusRow[];

/** "An abnormal condition, like a permanent flow of water" (7.5.6): of a water meter that is what it means. */
const ABNORMAL = { mask: 0x03, bits: 0x03 } as const;

interface MakerStatus {
  readonly manufacturer: string;
  readonly versions?: readonly number[];
  readonly deviceTypes: readonly number[];
  readonly rows: readonly StatusRow[];
}

const MAKERS: readonly MakerStatus[] = [
  // B METERS Hydrodigit, user manual v1.3, telegram description, field 13.
  {
    manufacturer: 'BMT',
    deviceTypes: [6, 7],
    rows: [
      { mask: 0x10, bits: 0x10, word: 'burst' },
      { mask: 0x20, bits: 0x20, word: 'flowOverload' },
      { mask: 0x40, bits: 0x40, word: 'backflow' },
      { mask: 0x80, bits: 0x80, word: 'reversedMeter' },
      { mask: 0x04, bits: 0x04, word: 'batteryLow' },
    ],
  },
];

interface FlagRecordRow {
  readonly manufacturer: string;
  readonly deviceTypes: readonly number[];
  readonly quantity: string;
  readonly rows: readonly StatusRow[];
}

const FLAG_RECORDS: readonly FlagRecordRow[] = [
  // Kamstrup Multical 21 and flowIQ: the low bits of the info code.
  {
    manufacturer: 'KAM',
    deviceTypes: [6, 7, 21, 22],
    quantity: 'Info codes',
    rows: [
      { mask: 0x01, bits: 0x01, word: 'dry' },
      { mask: 0x02, bits: 0x02, word: 'backflow' },
      { mask: 0x04, bits: 0x04, word: 'leak' },
      { mask: 0x08, bits: 0x08, word: 'burst' },
    ],
  },
];

const WATER_TYPES: readonly number[] = [6, 7, 21, 22];

/** The words that hold now; none of them twice. */
export function alarmsOf(
  meter: MeterAddress,
  status: number | undefined,
  records: readonly MeterRecord[],
): readonly string[] {
  const words = new Set<string>();
  if (status !== undefined) for (const word of statusWords(meter, status)) words.add(word);
  for (const { manufacturer, deviceTypes, quantity, rows } of FLAG_RECORDS) {
    if (manufacturer !== meter.manufacturer || !deviceTypes.includes(meter.deviceType)) continue;
    for (const { value, quantity: said, storage } of records)
      if (said === quantity && storage === 0 && value.kind === 'integer') addWords(rows, Number(value.value), words);
  }
  return [...words];
}

function statusWords(meter: MeterAddress, status: number): ReadonlySet<string> {
  const words = new Set<string>();
  const maker = MAKERS.find(
    ({ manufacturer, versions, deviceTypes }) =>
      manufacturer === meter.manufacturer &&
      deviceTypes.includes(meter.deviceType) &&
      (versions?.includes(meter.version) ?? true),
  );
  addWords(maker?.rows ?? STANDARD, status, words);
  if ((status & ABNORMAL.mask) === ABNORMAL.bits)
    words.add(WATER_TYPES.includes(meter.deviceType) ? 'leak' : 'abnormalCondition');
  return words;
}

function addWords(rows: readonly StatusRow[], bits: number, words: Set<string>): void {
  for (const row of rows) if ((bits & row.mask) === row.bits) words.add(row.word);
}

/** The flags of the live entity, and the words that set each. */
const FLAGS = [
  { flag: 'tamper', words: ['tamper', 'coverOpened', 'magneticField', 'reversedMeter'] },
  { flag: 'leak', words: ['leak', 'burst'] },
  { flag: 'backflow', words: ['backflow'] },
] as const;

/** Only what this meter can say at all: a flag that nobody could set is unknown, and not false. */
export function flagsOf(
  meter: MeterAddress,
  status: number | undefined,
  alarms: readonly string[],
): ReadonlyMap<string, boolean> {
  const flags = new Map<string, boolean>();
  if (!WATER_TYPES.includes(meter.deviceType)) return flags;
  const sayable = sayableWords(meter, status !== undefined);
  for (const { flag, words } of FLAGS)
    if (words.some((word) => sayable.has(word)))
      flags.set(
        flag,
        words.some((word) => alarms.includes(word)),
      );
  return flags;
}

function sayableWords(meter: MeterAddress, hasStatus: boolean): ReadonlySet<string> {
  const words = new Set<string>(hasStatus ? ['leak'] : []);
  const makers = hasStatus ? MAKERS : [];
  for (const { manufacturer, deviceTypes, rows } of [...makers, ...FLAG_RECORDS])
    if (manufacturer === meter.manufacturer && deviceTypes.includes(meter.deviceType))
      for (const { word } of rows) words.add(word);
  return words;
}

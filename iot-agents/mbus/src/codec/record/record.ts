/**
 * Variable data (EN 13757-3:2018, 6): records of DIB, VIB and data, one after the other, into typed values. The only
 * cursor is an offset, and every length is checked before it is used.
 */

import { WireError } from '@contor/kit';
import { expandProfile } from './profile.js';
import { FIELD_LENGTHS, lvarLength, NO_VALUE, type RecordValue, readField, readVariable, textAt } from './value.js';
import { FIRST_EXTENSION_VIFS, SECOND_EXTENSION_LEVEL_TWO, SECOND_EXTENSION_VIFS } from './vif-extension.js';
import { PRIMARY_VIFS } from './vif-primary.js';
import type { VifMeaning } from './vif-row.js';
import {
  COMBINABLE_EXTENSION,
  COMBINABLE_VIFES,
  MANUFACTURER_MEANING,
  MANUFACTURER_VIFE,
  ORTHOGONAL_VIFES,
  type VifeMeaning,
} from './vife.js';

/** Function field of the DIF (table 6), and the special functions that carry bytes (table 3). */
export const FUNCTIONS = ['instantaneous', 'maximum', 'minimum', 'error'] as const;
export type RecordFunction = (typeof FUNCTIONS)[number] | 'manufacturer' | 'moreFollows';

export interface MeterRecord {
  readonly function: RecordFunction;
  readonly storage: number;
  readonly tariff: number;
  readonly subunit: number;
  readonly quantity: string;
  readonly unit: string;
  /** The value counts 10^exponent of the unit, times `factor`. */
  readonly exponent: number;
  readonly factor: number;
  readonly value: RecordValue;
  /** What the VIFEs add, in their order. */
  readonly modifiers: readonly VifeMeaning[];
  /** Behind a VIFE 7F, or a VIF 7F: the bytes the maker put there. */
  readonly makerBytes: Uint8Array | undefined;
  /** Unit and value as VIF and data field alone would give them, where a VIFE made something else of them. */
  readonly asVif: { readonly meaning: VifMeaning; readonly value: RecordValue } | undefined;
  /** Where the record begins, its data begins, and it ends. */
  readonly at: number;
  readonly dataAt: number;
  readonly end: number;
}

export interface DataBody {
  readonly records: readonly MeterRecord[];
  /** DIF 1F: the meter has another telegram. */
  readonly hasMore: boolean;
  readonly fault: WireError | undefined;
}

const EXTENSION = 0x80;
const MAX_EXTENSIONS = 10;
const VARIABLE = 0x0d;
const SPECIAL = 0x0f;
const MANUFACTURER_DATA = 0x0f;
const MORE_RECORDS = 0x1f;
const FILLER = 0x2f;
const GLOBAL_READOUT = 0x7f;
const PLAIN_TEXT = 0x7c;
const FIRST_EXTENSION = 0xfb;
const SECOND_EXTENSION = 0xfd;

const NO_MODIFIERS: readonly VifeMeaning[] = [];
const UNKNOWN: VifMeaning = { quantity: 'Unknown', unit: '', exponent: 0, factor: 1, kind: 'number' };
const MAKER_VIF: VifMeaning = { ...UNKNOWN, quantity: 'Manufacturer specific', kind: 'number' };

/** Records up to the end, or up to the first fault; what stood before the fault is given with it. */
export function decodeRecords(bytes: Uint8Array): DataBody {
  const records: MeterRecord[] = [];
  let at = 0;
  while (at < bytes.length) {
    const dif = bytes[at] ?? 0;
    if (dif === FILLER) {
      at += 1;
      continue;
    }
    if ((dif & 0x0f) === SPECIAL) {
      const special = specialRecord(bytes, at, dif);
      if (special instanceof WireError) return { records, hasMore: false, fault: special };
      records.push(special);
      return { records, hasMore: dif === MORE_RECORDS, fault: undefined };
    }
    const record = decodeRecord(bytes, at);
    if (record instanceof WireError) return { records, hasMore: false, fault: record };
    records.push(record);
    if ((dif & 0x0f) === VARIABLE && record.modifiers.some(({ profile }) => profile !== undefined))
      records.push(...expandProfile(bytes.subarray(record.dataAt + 1, record.end), record, records));
    at = record.end;
  }
  return { records, hasMore: false, fault: undefined };
}

/** Table 3: everything behind 0F or 1F is the maker's. */
function specialRecord(bytes: Uint8Array, at: number, dif: number): MeterRecord | WireError {
  if (dif !== MANUFACTURER_DATA && dif !== MORE_RECORDS && dif !== GLOBAL_READOUT)
    return fault('mbus.dif.reserved', 'A DIF is reserved.', at, dif);
  return {
    function: dif === MORE_RECORDS ? 'moreFollows' : 'manufacturer',
    storage: 0,
    tariff: 0,
    subunit: 0,
    quantity: '',
    unit: '',
    exponent: 0,
    factor: 1,
    value: { kind: 'bytes', value: bytes.subarray(at + 1) },
    modifiers: NO_MODIFIERS,
    makerBytes: undefined,
    asVif: undefined,
    at,
    dataAt: at + 1,
    end: bytes.length,
  };
}

function decodeRecord(bytes: Uint8Array, at: number): MeterRecord | WireError {
  const dif = bytes[at] ?? 0;
  let storage = (dif >> 6) & 1;
  let tariff = 0;
  let subunit = 0;
  let next = at + 1;
  let byte = dif;
  for (let step = 0; (byte & EXTENSION) !== 0; step += 1) {
    if (step === MAX_EXTENSIONS) return fault('mbus.dife.too-many', 'A DIF has at most ten DIFEs.', next, byte);
    if (next >= bytes.length) return short('mbus.dif.short', 'The bytes end within a DIB.', next);
    byte = bytes[next] ?? 0;
    next += 1;
    // Up to 41 bits of storage number: beyond what shifts can do.
    storage += (byte & 0x0f) * 2 * 16 ** step;
    tariff += ((byte >> 4) & 3) * 4 ** step;
    subunit += ((byte >> 6) & 1) * 2 ** step;
  }
  if (next >= bytes.length) return short('mbus.vif.short', 'The bytes end before the VIF.', next);
  const vib = readVib(bytes, next);
  if (vib instanceof WireError) return vib;
  return withData(bytes, at, vib, storage, tariff, subunit);
}

interface Vib {
  readonly meaning: VifMeaning;
  /** Before the VIFEs, where they change what the value is. */
  readonly plain: VifMeaning | undefined;
  readonly modifiers: readonly VifeMeaning[];
  readonly makerBytes: Uint8Array | undefined;
  readonly end: number;
}

/** Most records have one VIF and nothing behind it, and share one of these. */
const PLAIN_VIBS = PRIMARY_VIFS.map((meaning) => meaning ?? UNKNOWN);

function readVib(bytes: Uint8Array, at: number): Vib | WireError {
  const vif = bytes[at] ?? 0;
  if ((vif & EXTENSION) === 0 && vif !== PLAIN_TEXT) {
    return {
      meaning: PLAIN_VIBS[vif] ?? UNKNOWN,
      plain: undefined,
      modifiers: NO_MODIFIERS,
      makerBytes: undefined,
      end: at + 1,
    };
  }
  const tooMany = countVifes(bytes, at);
  if (tooMany !== undefined) return tooMany;
  if ((vif & ~EXTENSION) === PLAIN_TEXT) return textVib(bytes, at);
  if (vif === FIRST_EXTENSION) return extendedVib(bytes, at + 1, FIRST_EXTENSION_VIFS);
  if (vif === SECOND_EXTENSION) {
    const isLevelTwo = bytes[at + 1] === SECOND_EXTENSION;
    return extendedVib(
      bytes,
      at + (isLevelTwo ? 2 : 1),
      isLevelTwo ? SECOND_EXTENSION_LEVEL_TWO : SECOND_EXTENSION_VIFS,
    );
  }
  if ((vif & ~EXTENSION) === MANUFACTURER_VIFE) return makerVib(bytes, at);
  return vifesOf(bytes, at + 1, PLAIN_VIBS[vif & ~EXTENSION] ?? UNKNOWN, true);
}

/** Ten VIFEs at most (6.4.1); a VIB that the bytes cut off is refused here too. */
function countVifes(bytes: Uint8Array, at: number): WireError | undefined {
  // The text of a plain-text VIF stands between it and its VIFEs (6.4.6).
  const isText = ((bytes[at] ?? 0) & ~EXTENSION) === PLAIN_TEXT;
  const textLength = isText ? (bytes[at + 1] ?? 0) + 1 : 0;
  let next = at + 1 + textLength;
  if (isText && (at + 1 >= bytes.length || next > bytes.length))
    return fault('mbus.vif.text', 'The text of a VIF is longer than the telegram.', at, textLength);
  let byte = bytes[at] ?? 0;
  for (let step = 0; (byte & EXTENSION) !== 0; step += 1) {
    if (step === MAX_EXTENSIONS) return fault('mbus.vife.too-many', 'A VIF has at most ten VIFEs.', next, byte);
    if (next >= bytes.length) return short('mbus.vif.short', 'The bytes end within a VIB.', next);
    byte = bytes[next] ?? 0;
    next += 1;
  }
  return undefined;
}

/** 6.4.6: length and text of the unit, last character first. */
function textVib(bytes: Uint8Array, at: number): Vib {
  const length = bytes[at + 1] ?? 0;
  const quantity = textAt(bytes, at + 2, length);
  const meaning: VifMeaning = { quantity, unit: '-', exponent: 0, factor: 1, kind: 'number' };
  return vifesOf(bytes, at + 2 + length, meaning, ((bytes[at] ?? 0) & EXTENSION) !== 0);
}

function extendedVib(bytes: Uint8Array, at: number, table: readonly (VifMeaning | undefined)[]): Vib {
  const code = bytes[at] ?? 0;
  return vifesOf(bytes, at + 1, table[code & ~EXTENSION] ?? UNKNOWN, (code & EXTENSION) !== 0);
}

function makerVib(bytes: Uint8Array, at: number): Vib {
  let end = at;
  while (((bytes[end] ?? 0) & EXTENSION) !== 0) end += 1;
  return {
    meaning: MAKER_VIF,
    plain: undefined,
    modifiers: NO_MODIFIERS,
    makerBytes: bytes.subarray(at + 1, end + 1),
    end: end + 1,
  };
}

function vifesOf(bytes: Uint8Array, at: number, meaning: VifMeaning, hasVifes: boolean): Vib {
  if (!hasVifes) return { meaning, plain: undefined, modifiers: NO_MODIFIERS, makerBytes: undefined, end: at };
  const modifiers: VifeMeaning[] = [];
  let next = at;
  let isCombinable = false;
  for (let more = true; more; next += 1) {
    const code = bytes[next] ?? 0;
    const bits = code & ~EXTENSION;
    more = (code & EXTENSION) !== 0;
    if (!isCombinable && bits === MANUFACTURER_VIFE) {
      const { makerBytes, end } = makerVib(bytes, next);
      modifiers.push(MANUFACTURER_MEANING);
      return bentVib(meaning, modifiers, makerBytes, end);
    }
    if (!isCombinable && bits === COMBINABLE_EXTENSION && more) {
      isCombinable = true;
      continue;
    }
    const modifier = (isCombinable ? COMBINABLE_VIFES : ORTHOGONAL_VIFES)[bits];
    if (modifier !== undefined) modifiers.push(modifier);
    isCombinable = false;
  }
  return bentVib(meaning, modifiers, undefined, next);
}

/** What is left of unit and power of ten when the VIFEs have had their say. */
function bentVib(
  vif: VifMeaning,
  modifiers: readonly VifeMeaning[],
  makerBytes: Uint8Array | undefined,
  end: number,
): Vib {
  let meaning = vif;
  let plain: VifMeaning | undefined;
  for (const modifier of modifiers) {
    if (modifier.exponent !== undefined) meaning = withExponent(meaning, meaning.exponent + modifier.exponent);
    if (modifier.becomes === undefined) continue;
    plain = meaning;
    meaning = { ...meaning, ...modifier.becomes, exponent: 0 };
  }
  return { meaning, plain, modifiers, makerBytes, end };
}

function withExponent({ quantity, unit, factor, kind }: VifMeaning, exponent: number): VifMeaning {
  return { quantity, unit, exponent, factor, kind };
}

function withData(
  bytes: Uint8Array,
  at: number,
  vib: Vib,
  storage: number,
  tariff: number,
  subunit: number,
): MeterRecord | WireError {
  const dif = bytes[at] ?? 0;
  const field = dif & 0x0f;
  const { meaning } = vib;
  const dataAt = vib.end;
  let end: number;
  let value: RecordValue;
  if (field === VARIABLE) {
    const lvar = bytes[dataAt];
    if (lvar === undefined) return short('mbus.record.short', 'The bytes end before the data of a record.', dataAt);
    const length = lvarLength(lvar);
    if (length === undefined) return fault('mbus.lvar.reserved', 'An LVAR is reserved.', dataAt, lvar);
    end = dataAt + 1 + length;
    if (end > bytes.length) return short('mbus.record.short', 'The bytes end within the data of a record.', dataAt);
    value = readVariable(bytes, dataAt + 1, lvar, length);
  } else {
    end = dataAt + (FIELD_LENGTHS[field] ?? 0);
    if (end > bytes.length) return short('mbus.record.short', 'The bytes end within the data of a record.', dataAt);
    value = readField(bytes, dataAt, field, meaning.kind);
  }
  return {
    function: FUNCTIONS[(dif >> 4) & 3] ?? 'instantaneous',
    storage,
    tariff,
    subunit,
    quantity: meaning.quantity,
    unit: meaning.unit,
    exponent: meaning.exponent,
    factor: meaning.factor,
    value,
    modifiers: vib.modifiers,
    makerBytes: vib.makerBytes,
    asVif: vib.plain === undefined ? undefined : asVif(bytes, dataAt, field, vib.plain),
    at,
    dataAt,
    end,
  };
}

function asVif(bytes: Uint8Array, at: number, field: number, meaning: VifMeaning): NonNullable<MeterRecord['asVif']> {
  return { meaning, value: field === VARIABLE ? NO_VALUE : readField(bytes, at, field, meaning.kind) };
}

function fault(code: string, message: string, offset: number, actual: number): WireError {
  return new WireError(code, message, { offset, actual });
}

function short(code: string, message: string, offset: number): WireError {
  return new WireError(code, message, { offset });
}

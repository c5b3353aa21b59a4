/** The meter's side of the record layer: DIB, VIB and data from a value (EN 13757-3:2018, 6). */

import { WireError } from '@contor/kit';
import { writeTime } from './date.js';
import { FUNCTIONS } from './record.js';
import { FIELD_LENGTHS, type RecordValue } from './value.js';
import { FIRST_EXTENSION_VIFS, SECOND_EXTENSION_VIFS } from './vif-extension.js';
import { PRIMARY_VIFS } from './vif-primary.js';
import type { VifMeaning } from './vif-row.js';

/** Data fields by name (table 4), the number being the low four bits of the DIF. */
export const FIELDS = {
  none: 0,
  int8: 1,
  int16: 2,
  int24: 3,
  int32: 4,
  real32: 5,
  int48: 6,
  int64: 7,
  bcd2: 9,
  bcd4: 10,
  bcd6: 11,
  bcd8: 12,
  variable: 13,
  bcd12: 14,
} as const;

export type FieldName = keyof typeof FIELDS;

export interface RecordSpec {
  readonly field: FieldName;
  readonly function?: (typeof FUNCTIONS)[number];
  readonly storage?: number;
  readonly tariff?: number;
  readonly subunit?: number;
  /** VIF, and VIFEs with their extension bits. */
  readonly vib: Uint8Array;
  readonly value: RecordValue;
}

const EXTENSION = 0x80;
const MAX_TEXT = 0xbf;

export function encodeRecord(spec: RecordSpec): Uint8Array {
  return Uint8Array.of(...dib(spec), ...spec.vib, ...data(spec));
}

function dib({ field, function: kind = 'instantaneous', storage = 0, tariff = 0, subunit = 0 }: RecordSpec): number[] {
  const bytes = [FIELDS[field] | (FUNCTIONS.indexOf(kind) << 4) | ((storage % 2) << 6)];
  let [restOfStorage, restOfTariff, restOfSubunit] = [Math.floor(storage / 2), tariff, subunit];
  while (restOfStorage > 0 || restOfTariff > 0 || restOfSubunit > 0) {
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) | EXTENSION;
    bytes.push((restOfStorage % 16) | ((restOfTariff % 4) << 4) | ((restOfSubunit % 2) << 6));
    [restOfStorage, restOfTariff, restOfSubunit] = [
      Math.floor(restOfStorage / 16),
      Math.floor(restOfTariff / 4),
      Math.floor(restOfSubunit / 2),
    ];
  }
  return bytes;
}

function data({ field, value }: RecordSpec): Uint8Array {
  if (field === 'variable') return variable(value);
  const length = FIELD_LENGTHS[FIELDS[field]] ?? 0;
  switch (value.kind) {
    case 'none':
      return new Uint8Array(length);
    case 'invalid':
    case 'bytes': {
      const bytes = value.kind === 'invalid' ? value.bytes : value.value;
      return bytes.length === length ? bytes : misfit(field);
    }
    case 'time':
      return length === 2 || length === 3 || length === 4 || length === 6
        ? writeTime(value.value, length)
        : misfit(field);
    case 'real':
      return field === 'real32' ? new Uint8Array(new Float32Array([value.value]).buffer) : misfit(field);
    case 'integer':
      return field.startsWith('bcd')
        ? bcdBytes(BigInt(value.value), length, field)
        : integerBytes(value.value, length, field);
    case 'text':
      return misfit(field);
  }
}

function variable(value: RecordValue): Uint8Array {
  if (value.kind === 'text' && value.value.length <= MAX_TEXT)
    return Uint8Array.of(value.value.length, ...Buffer.from(value.value, 'latin1').reverse());
  if (value.kind === 'bytes' && value.value.length <= 15)
    return Uint8Array.of(0xe0 + value.value.length, ...value.value);
  if (value.kind === 'integer') {
    const digits = String(value.value).replace('-', '');
    const length = Math.ceil(digits.length / 2);
    if (length > 9) return misfit('variable');
    const magnitude = BigInt(digits);
    return Uint8Array.of((Number(value.value) < 0 ? 0xd0 : 0xc0) + length, ...bcdBytes(magnitude, length, 'variable'));
  }
  return misfit('variable');
}

function integerBytes(value: number | bigint, length: number, field: FieldName): Uint8Array {
  const whole = BigInt(value);
  const half = 1n << BigInt(8 * length - 1);
  if (whole <= -half || whole >= 2n * half) return misfit(field);
  const bytes = new Uint8Array(length);
  for (let at = 0, rest = BigInt.asUintN(8 * length, whole); at < length; at += 1, rest >>= 8n)
    bytes[at] = Number(rest & 0xffn);
  return bytes;
}

/** A minus sign takes the first digit. */
function bcdBytes(value: bigint, length: number, field: FieldName): Uint8Array {
  const digits = (value < 0n ? -value : value).toString();
  const text = value < 0n ? `f${digits.padStart(2 * length - 1, '0')}` : digits.padStart(2 * length, '0');
  return text.length === 2 * length ? new Uint8Array(Buffer.from(text, 'hex').reverse()) : misfit(field);
}

function misfit(field: FieldName): never {
  throw new WireError('mbus.encode.value', 'The value does not fit its data field.', { field });
}

const TABLES = [
  { prefix: [], table: PRIMARY_VIFS },
  { prefix: [0xfb], table: FIRST_EXTENSION_VIFS },
  { prefix: [0xfd], table: SECOND_EXTENSION_VIFS },
] as const;

/** The shortest VIB of the standard that says this; undefined when there is none. */
export function vibFor({
  quantity,
  unit,
  exponent,
  factor = 1,
}: Partial<VifMeaning> & Pick<VifMeaning, 'quantity'>): Uint8Array | undefined {
  for (const { prefix, table } of TABLES) {
    const code = table.findIndex(
      (meaning) =>
        meaning?.quantity === quantity &&
        meaning.unit === (unit ?? meaning.unit) &&
        meaning.exponent === (exponent ?? meaning.exponent) &&
        meaning.factor === factor,
    );
    if (code >= 0) return Uint8Array.of(...prefix, code);
  }
  return undefined;
}

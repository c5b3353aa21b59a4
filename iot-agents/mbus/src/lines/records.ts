/** Records as lines of `contor decode` show them; see docs/decode.md. */

import { digitsAsSent, formatTime } from '../codec/record/date.js';
import { numberOf } from '../codec/record/number.js';
import type { MeterRecord, RecordFunction } from '../codec/record/record.js';

const FUNCTION_NAMES: Readonly<Record<RecordFunction, string>> = {
  instantaneous: 'Instantaneous value',
  maximum: 'Maximum value',
  minimum: 'Minimum value',
  error: 'Value during error state',
  manufacturer: 'Manufacturer specific',
  moreFollows: 'More records follow',
};

export type RecordLine = Readonly<Record<string, unknown>>;

export function recordLines(records: readonly MeterRecord[]): readonly RecordLine[] {
  return records.map(recordLine);
}

function recordLine(record: MeterRecord, index: number): RecordLine {
  const { storage, tariff, subunit, quantity, modifiers } = record;
  const names = modifiers.map(({ name }) => name);
  return {
    index,
    function: FUNCTION_NAMES[record.function],
    storage,
    tariff,
    subunit,
    quantity,
    ...shown(record),
    ...(names.length > 0 && { modifiers: names }),
    ...(record.makerBytes !== undefined && { makerBytes: record.makerBytes }),
  };
}

/** Unit and value as the VIF says, and beside them what a VIFE makes of them. */
function shown(record: MeterRecord): object {
  const { unit, value, asVif } = record;
  const own = {
    unit,
    value: shownValue(record),
    ...(value.kind === 'invalid' && { invalid: value.bytes }),
  };
  if (asVif === undefined) return own;
  const { meaning } = asVif;
  return { unit: meaning.unit, value: shownValue({ ...record, ...meaning, value: asVif.value }), becomes: own };
}

function shownValue(record: MeterRecord): unknown {
  const { value } = record;
  switch (value.kind) {
    case 'integer':
      return isLong(record) ? value.value : numberOf(record);
    case 'real':
      return numberOf(record);
    case 'time':
      return value.value.type === 'dateTime' ? `${formatTime(value.value)}Z` : formatTime(value.value);
    case 'text':
      return value.value;
    case 'bytes':
      return spaced(value.value);
    case 'none':
      return null;
    case 'invalid':
      return record.unit === '-' ? (digitsAsSent(value.bytes) ?? null) : null;
  }
}

function isLong({ value, exponent, factor }: MeterRecord): boolean {
  return value.kind === 'integer' && typeof value.value === 'bigint' && exponent === 0 && factor === 1;
}

/** `00 01 1F`. */
function spaced(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0').toUpperCase()).join(' ');
}

/** Short words for the values that objects are made of. */

import type { Data } from '../codec/axdr/data.js';
import { encodeDateTime } from '../codec/axdr/date-time.js';
import { parseLogicalName } from '../codec/cosem/logical-name.js';

export const nothing: Data = { type: 'null-data', value: null };
export const bool = (value: boolean): Data => ({ type: 'boolean', value });
export const integer = (value: number): Data => ({ type: 'integer', value });
export const long = (value: number): Data => ({ type: 'long', value });
export const unsigned = (value: number): Data => ({ type: 'unsigned', value });
export const longUnsigned = (value: number): Data => ({ type: 'long-unsigned', value });
export const doubleLongUnsigned = (value: number): Data => ({ type: 'double-long-unsigned', value });
export const enumeration = (value: number): Data => ({ type: 'enum', value });
export const octets = (value: Uint8Array): Data => ({ type: 'octet-string', value });
export const text = (value: string): Data => octets(Buffer.from(value, 'latin1'));
export const array = (...value: readonly Data[]): Data => ({ type: 'array', value });
export const structure = (...value: readonly Data[]): Data => ({ type: 'structure', value });
export const name = (obis: string): Data => octets(parseLogicalName(obis));

/** The local time of a meter whose zone keeps one deviation over the year. */
export function dateTime(atMs: number, deviationMinutes: number, isDoubtful = false): Uint8Array {
  const local = new Date(atMs - deviationMinutes * 60_000);
  return encodeDateTime({
    year: local.getUTCFullYear(),
    month: local.getUTCMonth() + 1,
    dayOfMonth: local.getUTCDate(),
    dayOfWeek: local.getUTCDay() === 0 ? 7 : local.getUTCDay(),
    hour: local.getUTCHours(),
    minute: local.getUTCMinutes(),
    second: local.getUTCSeconds(),
    hundredths: Math.floor(local.getUTCMilliseconds() / 10),
    deviationMinutes,
    clockStatus: {
      isInvalid: false,
      isDoubtful,
      isDifferentClockBase: false,
      isInvalidStatus: false,
      isDaylightSaving: false,
    },
  });
}

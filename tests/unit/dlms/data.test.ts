/** Laws of A-XDR: every type there and back, waiting for the rest, dates with every form of "not specified". */

import type { Data, TypeDescription } from '@contor/dlms/codec/axdr/data.js';
import { decodeDateTime, encodeDateTime, toInstantMs } from '@contor/dlms/codec/axdr/date-time.js';
import { decodeData } from '@contor/dlms/codec/axdr/read-data.js';
import { encodeData } from '@contor/dlms/codec/axdr/write-data.js';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { data } from './arbitrary-data.js';

describe('data', () => {
  it('goes there and back in every type', () => {
    fc.assert(
      fc.property(data, (value) => {
        const encoded = encodeData(value);
        expect(decodeData(encoded)).toEqual({ kind: 'value', value, used: encoded.length });
      }),
    );
  });

  it('waits for the rest of any value', () => {
    fc.assert(
      fc.property(data, (value) => {
        const encoded = encodeData(value);
        for (let length = 0; length < Math.min(encoded.length, 60); length += 1)
          expect(decodeData(encoded.subarray(0, length)).kind).toBe('pending');
      }),
    );
  });

  it('goes there and back in a compact array', () => {
    const description: TypeDescription = {
      type: 'structure',
      elements: [{ type: 'long-unsigned' }, { type: 'array', count: 2, element: { type: 'null-data' } }],
    };
    const row: Data = {
      type: 'structure',
      value: [
        { type: 'long-unsigned', value: 7 },
        {
          type: 'array',
          value: [
            { type: 'null-data', value: null },
            { type: 'null-data', value: null },
          ],
        },
      ],
    };
    const value: Data = { type: 'compact-array', description, value: [row, row] };
    const encoded = encodeData(value);
    expect(decodeData(encoded)).toEqual({ kind: 'value', value, used: encoded.length });
  });

  it.each([
    ['an array of 2³² nulls', '0184ffffffff', 'axdr.long'],
    ['a string longer than any message', '0984ffffffff0000', 'axdr.long'],
    ['nesting without end', '0101'.repeat(100_000), 'axdr.deep'],
    ['descriptions without end', `13${'010001'.repeat(100_000)}`, 'axdr.deep'],
    ['a compact array whose elements take no byte', '130102000001ff', 'axdr.compact'],
    ['nulls by the million for a byte', '1301ffff01ffff000100', 'axdr.empty'],
    ['a type that is not there', '08', 'axdr.type'],
    ['a length in five bytes', '09850000000001', 'axdr.length'],
  ])('refuses %s', (_name, hex, code) => {
    const decoded = decodeData(fromHex(hex));
    expect(decoded).toMatchObject({ kind: 'garbage', error: { code } });
  });
});

/** IEC 62056-6-2, 4.1.6.1. */
describe('dates', () => {
  it.each([
    ['all open', 'ffffffffffffffffff8000ff', {}],
    [
      'a rule for the day',
      'fffffdfeff02ffffff8000ff',
      { month: 'daylight-savings-end', dayOfMonth: 'last-day', hour: 2 },
    ],
    [
      'the other rules',
      'fffffefd07ffffffff8000ff',
      { month: 'daylight-savings-begin', dayOfMonth: 'second-last-day', dayOfWeek: 7 },
    ],
    [
      'an instant',
      '07ea0504010b271400ff88ff',
      {
        year: 2026,
        month: 5,
        dayOfMonth: 4,
        dayOfWeek: 1,
        hour: 11,
        minute: 39,
        second: 20,
        hundredths: 0,
        deviationMinutes: -120,
      },
    ],
  ])('say %s', (_name, hex, value) => {
    expect(decodeDateTime(fromHex(hex))).toEqual({ kind: 'value', value, used: 12 });
    expect(toHex(encodeDateTime(value as Parameters<typeof encodeDateTime>[0]))).toBe(hex);
  });

  it('are instants only when they name one', () => {
    const value = { year: 2026, month: 5, dayOfMonth: 4, hour: 11, minute: 39, deviationMinutes: -120 };
    expect(toInstantMs(value)).toBe(Date.UTC(2026, 4, 4, 9, 39));
    expect(toInstantMs({ ...value, dayOfMonth: 'last-day' })).toBeUndefined();
    expect(toInstantMs({ year: 2026, month: 5, dayOfMonth: 4, hour: 11, minute: 39 })).toBeUndefined();
  });

  it.each([
    '07ea0d04010b2714ff8000ff',
    '07ea0520010b2714ff8000ff',
    '07ea050401182714ff8000ff',
    '07ea0504010b271400300000',
  ])('refuse %s', (hex) =>
    expect(decodeDateTime(fromHex(hex))).toMatchObject({ kind: 'garbage', error: { code: 'axdr.date' } }),
  );
});

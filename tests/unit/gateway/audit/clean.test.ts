import { canonicalJson } from '@contor/gateway/audit/canonical.js';
import { cleanValue, cleanWord, LONGEST_VALUE_BYTES, LONGEST_WORD } from '@contor/gateway/audit/clean.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

describe('what may enter the trail', () => {
  it.each([
    ['by name', { password: 'canary', nested: { meterKey: 'canary' } }],
    ['by look', { note: 'Authorization: Bearer canary.canary', url: 'https://me:canary@host/' }],
    [
      'in a pair',
      {
        receiverInfo: [
          { key: 'X-Api-Key', value: 'canary' },
          { key: 'Authorization', value: 'canary' },
        ],
      },
    ],
    ['in a named pair', [{ name: 'client_secret', value: { deep: 'canary' } }]],
    ['as a private key', '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----'],
  ])('no secret: %s', (_name, value) => expect(JSON.stringify(cleanValue(value))).not.toContain('canary'));

  it('keeps what is no secret', () => {
    const value = { price: 12, name: 'night', pairs: [{ key: 'NGSILD-Tenant', value: 'north' }] };
    expect(cleanValue(value)).toEqual(value);
  });

  it('any value, plain, bounded and without anything a terminal obeys', () => {
    fc.assert(
      fc.property(fc.anything({ withBigInt: true, withDate: true, withMap: true, withTypedArray: true }), (value) => {
        const json = canonicalJson(cleanValue(value));
        expect(Buffer.byteLength(json)).toBeLessThanOrEqual(LONGEST_VALUE_BYTES + 200);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that there are none is what is shown.
        expect(JSON.stringify(JSON.parse(json))).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u2028\u202e]/);
      }),
    );
  });

  it('a long value as its beginning, and how long it was', () => {
    expect(cleanValue(Array.from({ length: 90 }, () => 'x'.repeat(4_000)))).toEqual({
      cut: expect.stringMatching(/^\["xxx/),
      bytes: expect.any(Number),
    });
  });

  it('words without escapes, cut', () => {
    expect(cleanWord('\u001b[31mred\u202e')).toBe('\\u001b[31mred\\u202e');
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 2_000 }), (text) => cleanWord(text).length <= LONGEST_WORD),
    );
  });
});

describe('canonical JSON', () => {
  it('has the same bytes for the same value (RFC 8785, 3.2.3)', () => {
    expect(canonicalJson({ '10': 1, '9': { b: [1, null], a: 'é\n' }, '\u20ac': undefined })).toBe(
      '{"10":1,"9":{"a":"é\\n","b":[1,null]}}',
    );
  });

  it('says what JSON says', () =>
    fc.assert(
      fc.property(fc.jsonValue(), (value) =>
        expect(JSON.parse(canonicalJson(value))).toEqual(JSON.parse(JSON.stringify(value))),
      ),
    ));
});

import { type CborItem, decodeItem, encodeItem, formatDiagnostic } from '@contor/coap';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decoderOf } from './vectors.js';

describe('examples of RFC 8949, appendix A', () => {
  it.each([
    { hex: '00', diagnostic: '0' },
    { hex: '1bffffffffffffffff', diagnostic: '18446744073709551615' },
    { hex: 'c249010000000000000000', diagnostic: '18446744073709551616' },
    { hex: '3bffffffffffffffff', diagnostic: '-18446744073709551616' },
    { hex: 'c349010000000000000000', diagnostic: '-18446744073709551617' },
    { hex: '3903e7', diagnostic: '-1000' },
    { hex: 'f90000', diagnostic: '0.0' },
    { hex: 'f98000', diagnostic: '-0.0' },
    { hex: 'f93e00', diagnostic: '1.5' },
    { hex: 'fa47c35000', diagnostic: '100000.0' },
    { hex: 'fa7f7fffff', diagnostic: '3.4028234663852886e+38' },
    { hex: 'fb7e37e43c8800759c', diagnostic: '1.0e+300' },
    { hex: 'f90001', diagnostic: '5.960464477539063e-8' },
    { hex: 'f90400', diagnostic: '0.00006103515625' },
    { hex: 'f97e00', diagnostic: 'NaN' },
    { hex: 'f0', diagnostic: 'simple(16)' },
    { hex: 'f8ff', diagnostic: 'simple(255)' },
    { hex: 'd74401020304', diagnostic: "23(h'01020304')" },
    { hex: 'd818456449455446', diagnostic: "24(h'6449455446')" },
    { hex: '9fff', diagnostic: '[_ ]', again: '80' },
    { hex: '9f018202039f0405ffff', diagnostic: '[_ 1, [2, 3], [_ 4, 5]]', again: '8301820203820405' },
    { hex: 'bf61610161629f0203ffff', diagnostic: '{_ "a": 1, "b": [_ 2, 3]}', again: 'a26161016162820203' },
    { hex: '5f42010243030405ff', diagnostic: "(_ h'0102', h'030405')", again: '450102030405' },
    { hex: '7f657374726561646d696e67ff', diagnostic: '(_ "strea", "ming")', again: '6973747265616d696e67' },
    { hex: '7fff', diagnostic: '""_', again: '60' },
    { hex: 'fb7ff8000000000000', diagnostic: 'NaN', again: 'f97e00' },
    { hex: 'c24101', diagnostic: '1', again: '01' },
  ])('$hex is $diagnostic', ({ hex, diagnostic, again = hex }) => {
    const bytes = fromHex(hex);
    const decoded = decodeItem(bytes);
    expect(decoded).toMatchObject({ kind: 'value', used: bytes.length });
    if (decoded.kind !== 'value') return;
    expect(formatDiagnostic(decoded.value)).toBe(diagnostic);
    expect(toHex(encodeItem(decoded.value))).toBe(again);
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeItem(bytes.subarray(0, length))).toEqual({ kind: 'pending' });
  });
});

describe('what is not well-formed (RFC 8949, appendix F) is refused', () => {
  it.each([
    ...['1c', '1d', '1e', '3c', '5d', '7e', '9c', 'bd', 'de', 'fc', 'fd', 'fe'].map((hex) => ({
      hex,
      code: 'cbor.reserved',
    })),
    ...['1f', '3f', 'df00'].map((hex) => ({ hex, code: 'cbor.reserved' })),
    ...['ff', '81ff', '8200ff', 'a1ff', 'a100ff', 'bf00ff', 'c0ff'].map((hex) => ({ hex, code: 'cbor.break' })),
    ...['f800', 'f801', 'f818', 'f81f'].map((hex) => ({ hex, code: 'cbor.simple' })),
    ...['5f00ff', '5f6161ff', '7f4100ff', '5f5f4100ffff', '7f7f6100ffff'].map((hex) => ({ hex, code: 'cbor.chunk' })),
    { hex: '61ff', code: 'wire.text' },
    { hex: '9bffffffffffffffff', code: 'cbor.too-long' },
    { hex: '5affffffff', code: 'cbor.too-long' },
    { hex: '9affffffff', code: 'cbor.too-long' },
    { hex: 'bb0010000000000000', code: 'cbor.too-long' },
  ])('$hex: $code', ({ hex, code }) => {
    const decoded = decodeItem(fromHex(hex));
    expect(decoded).toMatchObject({ kind: 'garbage', error: { code } });
    if (decoded.kind === 'garbage') expect(decoded.used).toBeGreaterThan(0);
  });

  it.each([0x81, 0x9f, 0xa1, 0xbf, 0xc1, 0xdf - 4])('100,000 times %i is too deep, not a full stack', (byte) => {
    const bytes = new Uint8Array(100_000).fill(byte);
    expect(decodeItem(bytes)).toMatchObject({ kind: 'garbage', error: { code: 'cbor.depth' } });
  });

  it('a bignum of half a megabyte stays bytes', () => {
    const hex = `c25a00080000${'ff'.repeat(2 ** 19)}`;
    expect(decoderOf('cbor').decode({ input: { hex } })).toMatchObject({ ok: true, roundtrip: true });
  });

  it('repeated keys and names of prototypes do no harm', () => {
    const twice = decoderOf('cbor').decode({ input: { hex: 'a2616101616102' } });
    expect(twice).toMatchObject({ ok: true, diagnostic: '{"a": 1, "a": 2}' });
    expect(twice).not.toHaveProperty('decoded');
    const named = decoderOf('cbor').decode({ input: { hex: `a1695f5f70726f746f5f5fa1616101` } });
    expect(JSON.stringify(named.decoded)).toBe('{"__proto__":{"a":1}}');
  });
});

const ITEMS: fc.Arbitrary<CborItem> = fc.letrec<{ item: CborItem }>((tie) => ({
  item: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    fc.maxSafeInteger().map((value): CborItem => ({ type: 'integer', value })),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }).map((value): CborItem => ({ type: 'integer', value })),
    fc.uint8Array({ maxLength: 300 }).map((value): CborItem => ({ type: 'bytes', value })),
    fc.string({ unit: 'grapheme' }).map((value): CborItem => ({ type: 'text', value })),
    fc.double().map((value): CborItem => ({ type: 'float', value })),
    fc.float().map((value): CborItem => ({ type: 'float', value })),
    fc.constantFrom(0, 19, 20, 21, 22, 23, 32, 255).map((value): CborItem => ({ type: 'simple', value })),
    fc.array(tie('item'), { maxLength: 5 }).map((items): CborItem => ({ type: 'array', items, isIndefinite: false })),
    fc
      .array(fc.tuple(tie('item'), tie('item')), { maxLength: 5 })
      .map((entries): CborItem => ({ type: 'map', entries, isIndefinite: false })),
    tie('item').map((item): CborItem => ({ type: 'tag', tag: 40_000, item })),
  ),
})).item;

it('there and back, and every cut waits', () => {
  fc.assert(
    fc.property(ITEMS, (item) => {
      const bytes = encodeItem(item);
      expect(decodeItem(bytes)).toEqual({ kind: 'value', value: item, used: bytes.length });
      for (let length = 0; length < Math.min(bytes.length, 50); length += 1)
        expect(decodeItem(bytes.subarray(0, length)).kind).toBe('pending');
    }),
  );
});

it('every half float there and back (RFC 8949, appendix D)', () => {
  for (let bits = 0; bits <= 0xffff; bits += 1) {
    const hex = `f9${bits.toString(16).padStart(4, '0')}`;
    const decoded = decodeItem(fromHex(hex));
    if (decoded.kind !== 'value' || decoded.value.type !== 'float') throw new Error(hex);
    const again = Number.isNaN(decoded.value.value) ? 'f97e00' : hex;
    if (toHex(encodeItem(decoded.value)) !== again) throw new Error(hex);
  }
});

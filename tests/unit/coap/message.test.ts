import {
  type CoapMessage,
  decodeBlock,
  decodeMessage,
  encodeBlock,
  encodeMessage,
  encodeOption,
  formatCode,
  MESSAGE_TYPES,
  OPTIONS,
  parseCode,
  readOptions,
  traitsOf,
} from '@contor/coap';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

describe('a message that breaks RFC 7252 is refused', () => {
  it.each([
    { hex: '', code: 'coap.short', clause: 'RFC 7252, 3' },
    { hex: '400100', code: 'coap.short', clause: 'RFC 7252, 3' },
    { hex: '00010001', code: 'coap.version', clause: 'RFC 7252, 3' },
    { hex: 'c0010001', code: 'coap.version', clause: 'RFC 7252, 3' },
    { hex: '40200001', code: 'coap.code', clause: 'RFC 7252, 4.2: class 1' },
    { hex: '40c00001', code: 'coap.code', clause: 'RFC 7252, 4.2: class 6' },
    { hex: '40e20001', code: 'coap.code', clause: 'RFC 7252, 4.2: class 7' },
    { hex: '49010001', code: 'coap.token-length', clause: 'RFC 7252, 3: TKL 9' },
    { hex: '4d01000100', code: 'coap.token-length', clause: 'RFC 8974, 2.1, not agreed on' },
    { hex: '4f01000100', code: 'coap.token-length', clause: 'RFC 8974, 2.1: TKL 15' },
    { hex: '44010001aabbcc', code: 'coap.short', clause: 'RFC 7252, 3' },
    { hex: '4000000161', code: 'coap.empty', clause: 'RFC 7252, 4.1' },
    { hex: '4100000161', code: 'coap.empty', clause: 'RFC 7252, 4.1: a token' },
    { hex: '40010001ff', code: 'coap.payload', clause: 'RFC 7252, 3' },
    { hex: '40010001f0', code: 'coap.option-delta', clause: 'RFC 7252, 3.1' },
    { hex: '400100010f', code: 'coap.option-length', clause: 'RFC 7252, 3.1' },
    { hex: '40010001d0', code: 'coap.short', clause: 'RFC 7252, 3.1' },
    { hex: '40010001e000', code: 'coap.short', clause: 'RFC 7252, 3.1' },
    { hex: '400100010d', code: 'coap.short', clause: 'RFC 7252, 3.1' },
    { hex: '40010001eeffff', code: 'coap.short', clause: 'RFC 7252, 3.1' },
    { hex: '40010001b5616263', code: 'coap.short', clause: 'RFC 7252, 3.1' },
    { hex: '40010001e0fef3', code: 'coap.option-number', clause: 'RFC 7252, 5.10: 65536' },
    { hex: '40010001e0ffffe0ffff', code: 'coap.option-number', clause: 'RFC 7252, 5.10' },
  ])('$hex: $code ($clause)', ({ hex, code }) => {
    const bytes = fromHex(hex);
    expect(decodeMessage(bytes)).toMatchObject({ kind: 'garbage', error: { code }, used: Math.max(1, bytes.length) });
  });
});

describe('the edges of RFC 7252 are taken', () => {
  it.each([
    { hex: '40000001', options: [], clause: '4.1: an empty message' },
    { hex: '40010001e0fef2', options: [65535], clause: '5.10: the last number' },
    { hex: '40010001d000', options: [13], clause: '3.1: delta 13' },
    { hex: '40010001e00000', options: [269], clause: '3.1: delta 269' },
    { hex: '4001000100', options: [0], clause: '3.1: delta 0' },
  ])('$hex ($clause)', ({ hex, options }) => {
    const decoded = decodeMessage(fromHex(hex));
    expect(decoded).toMatchObject({ kind: 'value', value: { options: options.map((number) => ({ number })) } });
    if (decoded.kind === 'value') expect(toHex(encodeMessage(decoded.value))).toBe(hex);
  });
});

const MESSAGES: fc.Arbitrary<CoapMessage> = fc
  .record({
    type: fc.constantFrom(...MESSAGE_TYPES),
    code: fc.integer({ min: 1, max: 0xff }).filter((code) => ![1, 6, 7].includes(code >> 5)),
    messageId: fc.nat(0xffff),
    token: fc.uint8Array({ maxLength: 300 }),
    options: fc.array(
      fc.record({ number: fc.oneof(fc.nat(300), fc.nat(0xffff)), value: fc.uint8Array({ maxLength: 300 }) }),
      { maxLength: 8 },
    ),
    payload: fc.uint8Array({ maxLength: 100 }),
  })
  .map((message) => ({ ...message, options: message.options.toSorted((a, b) => a.number - b.number) }));

describe('there and back', () => {
  it('any message', () => {
    fc.assert(
      fc.property(MESSAGES, (message) => {
        const bytes = encodeMessage(message);
        const decoded = decodeMessage(bytes, { maxTokenLength: 300 });
        expect(decoded).toEqual({ kind: 'value', value: message, used: bytes.length });
      }),
    );
  });

  it('any block', () => {
    const blocks = fc.record({
      number: fc.nat(0xf_ffff),
      hasMore: fc.boolean(),
      size: fc.constantFrom(16, 32, 64, 128, 256, 512, 1024),
    });
    fc.assert(fc.property(blocks, (block) => expect(decodeBlock(encodeBlock(block))).toMatchObject({ value: block })));
  });

  it.each(['07', '0f', '00000000'])('refuses block %s (RFC 7959, 2.2)', (hex) =>
    expect(decodeBlock(fromHex(hex))).toMatchObject({ kind: 'garbage', error: { code: 'coap.block' } }),
  );

  it('a token longer than agreed on is refused (RFC 8974, 2.1)', () => {
    const bytes = encodeMessage({
      type: 'CON',
      code: 1,
      messageId: 1,
      token: new Uint8Array(20),
      options: [],
      payload: new Uint8Array(),
    });
    expect(decodeMessage(bytes, { maxTokenLength: 20 })).toMatchObject({ kind: 'value' });
    expect(decodeMessage(bytes, { maxTokenLength: 19 })).toMatchObject({ error: { code: 'coap.token-length' } });
  });

  it.each(['0.00', '2.05', '4.29', '5.08'])('code %s', (text) => expect(formatCode(parseCode(text))).toBe(text));
});

describe('options', () => {
  it.each(OPTIONS)('$number $name ($source)', ({ number, name, format, least, most, isRepeatable }) => {
    expect(OPTIONS.filter((row) => row.number === number || row.name === name)).toHaveLength(1);
    const fits = { number, value: new Uint8Array(most).fill(0x61) };
    expect(readOptions([fits])).toMatchObject({ recognized: [{ name }], unrecognized: [] });
    const long = { number, value: new Uint8Array(most + 1) };
    expect(readOptions([long])).toMatchObject({ recognized: [], unrecognized: [{ fault: 'length' }] });
    if (least > 0) expect(readOptions([{ number, value: new Uint8Array(0) }]).unrecognized).toHaveLength(1);
    expect(readOptions([fits, fits]).unrecognized).toHaveLength(isRepeatable ? 0 : 1);
    if (format === 'string')
      expect(readOptions([{ number, value: Uint8Array.of(0xff) }])).toMatchObject({
        unrecognized: [{ fault: 'text' }],
      });
  });

  it.each([
    { number: 11, isCritical: true, isUnsafe: true, isNoCacheKey: false },
    { number: 60, isCritical: false, isUnsafe: false, isNoCacheKey: true },
    { number: 35, isCritical: true, isUnsafe: true, isNoCacheKey: false },
    { number: 258, isCritical: false, isUnsafe: true, isNoCacheKey: false },
  ])('$number has its traits in its number (RFC 7252, 5.4.6)', ({ number, ...traits }) =>
    expect(traitsOf(number)).toEqual(traits),
  );

  it('an unknown one is ignored when elective and spoils the message when critical (RFC 7252, 5.4.1)', () => {
    const unknown = [65000, 65001].map((number) => ({ number, value: new Uint8Array(0) }));
    expect(readOptions(unknown).unrecognized.map(({ isCritical }) => isCritical)).toEqual([false, true]);
  });

  it('integers have no leading zeros on writing and may have them on reading (RFC 7252, 3.2)', () => {
    expect(encodeOption('Content-Format', 0).value).toHaveLength(0);
    expect(encodeOption('Max-Age', 256).value).toEqual(Uint8Array.of(1, 0));
    expect(readOptions([{ number: 14, value: Uint8Array.of(0, 0, 1) }]).recognized[0]?.value).toBe(1);
    expect(() => encodeOption('Uri-Port', 65536)).toThrow(expect.objectContaining({ code: 'coap.option-length' }));
  });
});

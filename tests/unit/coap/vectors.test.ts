import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SAMPLES } from './samples.js';
import { decoderOf, seenOf, type Vector, vectorsOf } from './vectors.js';

/** When the authors of RFC 8428 resolved their examples; those without a time of their own have this one. */
const RESOLVED_AT = 1498780179;

const FILES = [
  { protocol: 'coap', beside: {} },
  { protocol: '6lowpan', beside: {} },
  { protocol: 'cbor', beside: {} },
  { protocol: 'senml', beside: { now: RESOLVED_AT } },
] as const;

const CODE = /^[a-z0-9]+(\.[a-z0-9-]+)+$/;

describe.each(FILES)('$protocol.jsonl', ({ protocol, beside }) => {
  const vectors = vectorsOf(`${protocol}.jsonl`);
  const test = vectors.length === 0 ? it.skip : it;
  const decoder = decoderOf(protocol);

  test('answers every line as expected (skipped without CONTOR_VECTORS)', () => {
    const wrong = vectors.flatMap((vector) => {
      const answer = decoder.decode({ ...vector, input: { ...vector.input, ...beside } });
      // "either" asks for an answer of some kind; `rule` says why in words.
      const { ok, rule, ...members } = vector.expected;
      const expected = ok === false ? { ok, ...members } : members;
      const seen = seenOf(answer, expected);
      const isTyped = answer.ok || CODE.test(answer.code ?? '');
      return isTyped && JSON.stringify(seen) === JSON.stringify(expected) ? [] : [{ id: vector.id, expected, seen }];
    });
    expect(wrong).toEqual([]);
  });

  test('answers every cut with a value or a typed code', () => {
    for (const cut of vectors.flatMap(cutsOf)) {
      const answer = decoder.decode({ input: cut });
      if (!answer.ok) expect(answer.code).toMatch(CODE);
    }
  });
});

describe.each(['coap', '6lowpan', 'cbor'])('%s explained', (protocol) => {
  it('lays out every byte of a frame once, in order, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constantFrom(...SAMPLES), fc.uint8Array({ minLength: 1, maxLength: 100 })), (bytes) => {
        const rows = decoderOf(protocol).explain?.({ input: { hex: toHex(bytes) } }) ?? [];
        expect(rows.map((row) => toHex(row.bytes)).join('')).toBe(toHex(bytes));
      }),
    );
  });
});

describe.each(FILES)('$protocol', ({ protocol }) => {
  const decoder = decoderOf(protocol);

  it('answers any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const request = { input: { hex: toHex(bytes), linkSource: '0001', linkDestination: '0002' } };
        const answer = decoder.decode(request);
        if (!answer.ok) expect(answer.code).toMatch(CODE);
        decoder.explain?.(request);
      }),
    );
  });

  it.each([
    {},
    { input: null },
    { input: [] },
    { input: { hex: 5 } },
    { input: { hex: 'xy' } },
    { input: { hex: '0' } },
    { input: { hex: '' } },
    { input: { frames: [1] } },
    { input: { hex: '7e33f0', contexts: { 16: '::/0' } } },
    { input: { hex: '7e33f0', linkSource: '01' } },
    { input: { json: '[' } },
    { input: { json: [{ n: 'a', v: 1 }], now: 'then' } },
  ])('refuses %j', (request) => {
    const answer = decoder.decode(request);
    expect(answer.ok).toBe(false);
    expect(decoder.explain?.(request)).toBeInstanceOf(Array);
  });

  it('decodes and explains its own example', () => {
    const request = { input: { hex: decoder.example } };
    expect(decoder.decode(request)).toMatchObject({ ok: true });
    const explained = decoder.explain?.(request) ?? [];
    expect(explained.map(({ bytes }) => toHex(bytes)).join('')).toBe(decoder.example);
  });
});

/** Inputs with less in them: each frame cut after some bytes, or one frame missing. */
function cutsOf({ input }: Vector): readonly Vector['input'][] {
  if (input.frames !== undefined) {
    const { frames } = input;
    const [first = ''] = frames;
    return [
      ...frames.map((_, missing) => ({ ...input, frames: frames.filter((_frame, index) => index !== missing) })),
      ...cuts(first).map((hex) => ({ ...input, frames: [hex, ...frames.slice(1)] })),
    ];
  }
  return input.hex === undefined ? [] : cuts(input.hex).map((hex) => ({ ...input, hex }));
}

function cuts(hex: string): readonly string[] {
  const bytes = fromHex(hex);
  const step = Math.max(1, Math.floor(bytes.length / 150));
  const lengths = Array.from({ length: Math.floor(bytes.length / step) }, (_, index) => index * step);
  return lengths.map((length) => toHex(bytes.subarray(0, length)));
}

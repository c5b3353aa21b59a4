import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { compared, decoderOf, type Vector, vectorsOf } from './vectors.js';

const FILES = [
  { file: 'iec62056-21.jsonl', protocol: 'iec62056-21' },
  { file: 'ansi-c12.jsonl', protocol: 'ansi-c12' },
  { file: 'hand.jsonl', protocol: 'iec62056-21' },
] as const;

describe.each(FILES)('$file as $protocol', ({ file, protocol }) => {
  const vectors = vectorsOf(file, protocol);
  const test = vectors.length === 0 ? it.skip : it;
  const decoder = decoderOf(protocol);

  test('decodes every line (skipped without CONTOR_VECTORS)', () => {
    const wrong = vectors.flatMap((vector) => {
      const { expected, answered } = compared(vector, decoder.decode({ ...vector }));
      return sameJson(expected, answered) ? [] : [{ id: vector.id, expected, answered }];
    });
    expect(wrong).toEqual([]);
  });

  test('answers every cut, by a value or by a typed code', () => {
    for (const bytes of framesOf(vectors)) {
      const step = Math.max(1, Math.floor(bytes.length / 200));
      for (let length = 0; length < bytes.length; length += step) {
        const answer = decoder.decode({ input: { hex: toHex(bytes.subarray(0, length)) } });
        if (!answer.ok) expect(answer.code).toMatch(/^[a-z0-9]+(\.[a-z0-9-]+)+$/);
      }
    }
  });

  test('explains every byte, in order', () => {
    for (const bytes of framesOf(vectors)) {
      const rows = decoder.explain?.({ input: { hex: toHex(bytes) } }) ?? [];
      expect(rows.map((row) => toHex(row.bytes)).join('')).toBe(toHex(bytes));
    }
  });
});

describe.each(['iec62056-21', 'ansi-c12'])('%s', (protocol) => {
  const decoder = decoderOf(protocol);

  it('answers any bytes without throwing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const request = { input: { hex: toHex(bytes) } };
        expect(typeof decoder.decode(request).ok).toBe('boolean');
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
  ])('refuses %j', (request) => expect(decoder.decode(request).ok).toBe(false));

  it('decodes its own example', () => {
    const answer = decoder.decode({ input: { hex: decoder.example } });
    expect([answer.ok, answer.bccOk ?? answer.crcOk]).toEqual([true, true]);
  });
});

function framesOf(vectors: readonly Vector[]): readonly Uint8Array[] {
  return vectors.flatMap(({ input }) => (input.hex === undefined ? [] : [fromHex(input.hex)]));
}

function sameJson(left: object, right: object): boolean {
  return sorted(left) === sorted(right);
}

function sorted(value: unknown): string {
  return JSON.stringify(value, (_key, member: unknown) =>
    typeof member === 'object' && member !== null && !Array.isArray(member)
      ? Object.fromEntries(Object.entries(member).sort(([a], [b]) => (a < b ? -1 : 1)))
      : member instanceof Uint8Array
        ? toHex(member)
        : member,
  );
}

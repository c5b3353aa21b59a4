/** Telegrams of the wired bus: headers, selection, application errors, fixed data, and how `contor decode mbus` shows them. */

import { fromHex } from '@contor/kit';
import { DECODERS, decodeWired, encodeRecord, encodeSelect, encodeVariable } from '@contor/mbus';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const bodyOf = (hex: string) => {
  const decoded = decodeWired(fromHex(hex));
  return decoded.kind === 'value' ? decoded.value.body : decoded;
};

describe('selection, EN 13757-7, 7.5', () => {
  // rscada/libmbus, issue 88.
  const hex = '680b0b6873fd5251753516ffffffffcf16';
  const selection = { id: '16357551', manufacturer: 'wildcard', version: 'wildcard', medium: 'wildcard' } as const;
  it('reads wildcards', () => expect(bodyOf(hex)).toMatchObject({ kind: 'select', selection }));
  it('writes them', () => expect(encodeSelect(selection, 0x73)).toEqual(fromHex(hex)));
  it('hexadecimal digits and one maker, there and back', () => {
    const narrow = { id: 'ff34f678', manufacturer: 'KAM', version: 0x1b, medium: 4 } as const;
    const decoded = decodeWired(encodeSelect(narrow));
    expect(decoded).toMatchObject({ kind: 'value', value: { body: { selection: narrow } } });
  });
});

describe('application errors, EN 13757-3, 10.2', () => {
  it.each([
    ['68040468080170088116', 8],
    ['68040468080170057e16', 5],
    ['680303680801707916', undefined],
  ])('%s', (hex, error) => expect(bodyOf(hex)).toEqual({ kind: 'applicationError', error }));
});

describe('fixed data, EN 13757-3:2004, 5', () => {
  it('reads two counters, and the second may share the unit of the first', () => {
    // Identification 12345678, energy of 10 Wh twice; the second stored at a fixed date.
    const data = ['78563412', '05', '02', '03', '3e', '01000000', '35010000'].join('');
    const body = bodyOf(framed(`080173${data}`));
    expect(body).toMatchObject({ kind: 'fixed', data: { id: '12345678', accessNumber: 5 } });
    expect(body).toMatchObject({
      data: {
        records: [
          { quantity: 'Energy', unit: 'Wh', exponent: 1, storage: 0, value: { value: 1 } },
          { quantity: 'Energy', unit: 'Wh', exponent: 1, storage: 1, value: { value: 135 } },
        ],
      },
    });
  });
  it('refuses another length', () =>
    expect(decodeWired(fromHex(framed('08017300')))).toMatchObject({
      kind: 'garbage',
      error: { code: 'mbus.fixed.length' },
    }));
});

function framed(body: string): string {
  const bytes = fromHex(body);
  const length = bytes.length.toString(16).padStart(2, '0');
  const sum = bytes.reduce((total, byte) => (total + byte) & 0xff, 0);
  return `68${length}${length}68${body}${sum.toString(16).padStart(2, '0')}16`;
}

describe('a meter and its reader', () => {
  it('agree about every header', () => {
    const meter = fc.record({
      id: fc.integer({ min: 0, max: 99_999_999 }).map((id) => String(id).padStart(8, '0')),
      manufacturer: fc.constantFrom('KAM', 'DME', 'ZRI', 'AAA', 'ZZZ'),
      version: fc.nat(255),
      deviceType: fc.nat(255),
    });
    const header = fc.record({ meter, accessNumber: fc.nat(255), status: fc.nat(255), signature: fc.nat(65_535) });
    const records = encodeRecord({ field: 'bcd8', vib: Uint8Array.of(0x13), value: { kind: 'integer', value: 1 } });
    fc.assert(
      fc.property(header, (given) => {
        const decoded = decodeWired(encodeVariable({ control: 8, address: 3 }, given, records));
        expect(decoded).toMatchObject({ kind: 'value', value: { body: { header: given } } });
      }),
    );
  });
});

describe.each(DECODERS.map((decoder) => [decoder.protocol, decoder] as const))(
  'contor decode %s',
  (protocol, decoder) => {
    it('shows its example, and every byte of it', () => {
      const request = { protocol, input: { hex: decoder.example } };
      expect(decoder.decode(request)).toMatchObject({ ok: true });
      const rows = decoder.explain?.(request) ?? [];
      expect(rows.reduce((length, { bytes }) => length + bytes.length, 0)).toBe(decoder.example.length / 2);
    });

    it('answers whatever it is asked', () => {
      fc.assert(
        fc.property(fc.anything(), fc.anything(), (input, key) => {
          const answer = decoder.decode({ input, key });
          expect(answer.ok || typeof answer.code === 'string').toBe(true);
          decoder.explain?.({ input, key });
        }),
      );
      fc.assert(
        fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
          const request = { input: { hex: Buffer.from(bytes).toString('hex') } };
          decoder.decode(request);
          decoder.explain?.(request);
        }),
      );
    });
  },
);

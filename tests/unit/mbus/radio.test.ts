/** Radio: link formats, security modes and their refusals, fragments and layouts. */

import { fromHex, WireError } from '@contor/kit';
import {
  decodeLink,
  decodeRecords,
  decodeTelegram,
  ellTelegram,
  encodeLink,
  encodeRecord,
  keyring,
  layoutOf,
  mode5Telegram,
  mode7Telegram,
  plainTelegram,
  type RadioTelegram,
  radioMemory,
} from '@contor/mbus';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const METER = { id: '12345678', manufacturer: 'KAM', version: 0x1b, deviceType: 7 } as const;
const KEY = fromHex('000102030405060708090a0b0c0d0e0f');
const OTHER_KEY = fromHex('ffffffffffffffffffffffffffffffff');
const VOLUME = encodeRecord({ field: 'int32', vib: Uint8Array.of(0x13), value: { kind: 'integer', value: 4711 } });
const REQUEST = { meter: METER, accessNumber: 42, records: VOLUME };

function read(data: Uint8Array, key: Uint8Array | undefined, memory = radioMemory()): RadioTelegram | WireError {
  const frame = decodeLink(encodeLink({ control: 0x44, sender: METER, data }, 'bare'), 'bare');
  return frame.kind === 'value'
    ? decodeTelegram(frame.value, () => key, memory)
    : new WireError('test.link', frame.kind);
}

const codeOf = (answer: RadioTelegram | WireError) => (answer instanceof WireError ? answer.code : 'read');
const volumeOf = (answer: RadioTelegram | WireError) =>
  answer instanceof WireError ? answer.code : answer.data?.records[0]?.value;

describe('link, EN 13757-4, 11', () => {
  it.each(['A', 'B', 'bare'] as const)('format %s, there and back, and every cut waits', (format) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (data) => {
        const bytes = encodeLink({ control: 0x44, sender: METER, data }, format);
        const decoded = decodeLink(bytes, format);
        expect(decoded).toMatchObject({ kind: 'value', used: bytes.length, value: { control: 0x44, sender: METER } });
        expect(decoded.kind === 'value' && decoded.value.data).toEqual(data);
        expect(decodeLink(bytes.subarray(0, bytes.length - 1), format).kind).toBe('pending');
      }),
    );
  });

  it.each(['A', 'B'] as const)('format %s: any flipped bit behind the length is a wrong checksum', (format) => {
    const bytes = encodeLink({ control: 0x44, sender: METER, data: plainTelegram(REQUEST) }, format);
    for (let bit = 8; bit < bytes.length * 8; bit += 1) {
      const damaged = bytes.slice();
      damaged[bit >> 3] = (damaged[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(decodeLink(damaged, format)).toMatchObject({ kind: 'garbage', error: { code: 'wmbus.crc' } });
    }
  });
});

const SEALED = [
  ['mode 5', mode5Telegram(REQUEST, KEY)],
  ['mode 7', mode7Telegram(REQUEST, KEY, 77)],
  ['ELL AES-CTR', ellTelegram(REQUEST, KEY, 12_345)],
] as const;

describe.each(SEALED)('%s', (name, data) => {
  it('opens with its key', () => expect(volumeOf(read(data, KEY))).toEqual({ kind: 'integer', value: 4711 }));
  it('another key is told by name', () => expect(codeOf(read(data, OTHER_KEY))).toBe('wmbus.key.wrong'));
  it('without a key its headers are read and nothing else', () =>
    expect(read(data, undefined)).toMatchObject({ isSealed: true, data: undefined }));
  it('a key of another length is refused', () =>
    expect(codeOf(read(data, KEY.subarray(0, 8)))).toBe('wmbus.key.length'));
  it('a message damaged behind the link is not read, where the mode has a check of it', () => {
    const damaged = data.slice();
    damaged[damaged.length - 1] = (damaged.at(-1) ?? 0) ^ 1;
    if (name !== 'mode 5') expect(codeOf(read(damaged, KEY))).not.toBe('read');
  });
});

describe('refusals', () => {
  it('a damaged message under the right key is no wrong key (mode 7)', () => {
    const data = mode7Telegram({ ...REQUEST, records: Uint8Array.of(...VOLUME, ...VOLUME, ...VOLUME) }, KEY, 78);
    data[data.length - 1] = (data.at(-1) ?? 0) ^ 1;
    expect(codeOf(read(data, KEY))).toBe('wmbus.mac');
  });

  it('a meter that has a key is not heard in plain', () => {
    expect(codeOf(read(plainTelegram(REQUEST), KEY))).toBe('wmbus.downgrade');
    expect(codeOf(read(Uint8Array.of(0x78, ...VOLUME), KEY))).toBe('wmbus.downgrade');
    expect(codeOf(read(Uint8Array.of(0xa2, ...VOLUME), KEY))).toBe('wmbus.downgrade');
    expect(codeOf(read(Uint8Array.of(0x7a, 1, 0, 0x10, 5, 0x2f, 0x2f, ...VOLUME), KEY))).toBe('wmbus.downgrade');
    expect(codeOf(read(Uint8Array.of(0x7a, 1, 0, 0, 5, ...VOLUME), KEY))).toBe('wmbus.downgrade');
  });

  it.each([8, 9, 10, 13])('mode %d is named', (mode) =>
    expect(codeOf(read(Uint8Array.of(0x7a, 1, 0, 0x10, mode, 0, ...new Uint8Array(16)), KEY))).toBe(
      `wmbus.mode.${mode}`,
    ),
  );

  it('an unknown mode of a maker without rules of its own is refused', () =>
    expect(codeOf(read(Uint8Array.of(0x7a, 1, 0, 0, 0x1d, ...VOLUME), undefined))).toBe('wmbus.mode.reserved'));

  it.each([
    ['ELL', '8d20', 'wmbus.ell.short'],
    ['AFL', '900f002c', 'wmbus.afl.short'],
    ['transport header', '7a01', 'wmbus.tpl.short'],
    ['CI', '0a', 'wmbus.ci'],
  ])('%s cut off or unknown', (_, hex, code) => expect(codeOf(read(fromHex(hex), undefined))).toBe(code));
});

describe('memory', () => {
  it('joins fragments in their order, and refuses a gap', () => {
    const whole = plainTelegram(REQUEST);
    const part = (id: number, more: boolean, bytes: Uint8Array) =>
      Uint8Array.of(0x90, 2, id, more ? 0x40 : 0, ...bytes);
    const memory = radioMemory();
    expect(read(part(1, true, whole.subarray(0, 6)), undefined, memory)).toMatchObject({ isFragment: true });
    expect(volumeOf(read(part(2, false, whole.subarray(6)), undefined, memory))).toEqual({
      kind: 'integer',
      value: 4711,
    });
    expect(codeOf(read(part(2, false, whole.subarray(6)), undefined, memory))).toBe('wmbus.afl.fragment');
  });

  it('a full frame teaches what its compact frame means; a checksum says that it fits', () => {
    const memory = radioMemory();
    const compact = fromHex('79138cccfb1a030000000000000300000000000000');
    expect(read(compact, undefined, memory)).toMatchObject({ data: { records: [{}, {}, {}, {}] } });
    compact[10] = 1;
    expect(codeOf(read(compact, undefined, memory))).toBe('mbus.compact.crc');
    expect(codeOf(read(fromHex('7900000000'), undefined, memory))).toBe('mbus.compact.unknown');
  });

  it('what a stranger taught in plain does not read what came encrypted', () => {
    const memory = radioMemory();
    read(Uint8Array.of(0x78, ...VOLUME), undefined, memory);
    const { signature } = layoutOf(VOLUME, decodeRecords(VOLUME).records);
    expect(memory.layouts.find(signature, false)?.headers).toHaveLength(1);
    expect(memory.layouts.find(signature, true)).toBeUndefined();
    read(ellTelegram(REQUEST, KEY, 5), KEY, memory);
    expect(memory.layouts.find(signature, true)?.headers).toHaveLength(1);
  });

  it('finds a key by number and maker', () => {
    const ring = keyring();
    ring.set(METER, KEY);
    expect(ring.find(METER)).toBe(KEY);
    expect(ring.find({ ...METER, manufacturer: 'DME' })).toBeUndefined();
    expect(ring.size).toBe(1);
  });
});

it('answers any bytes in any format without throwing', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 280 }), fc.constantFrom('A', 'B', 'bare' as const), (bytes, format) => {
      const frame = decodeLink(bytes, format);
      if (frame.kind === 'value') decodeTelegram(frame.value, () => KEY, radioMemory());
      if (frame.kind === 'garbage') expect(frame.used).toBeGreaterThan(0);
      for (const layer of [0x72, 0x78, 0x79, 0x7a, 0x8d, 0x90, 0xa2])
        read(Uint8Array.of(layer, ...bytes.subarray(0, 200)), KEY);
    }),
  );
});

import { BAUDS, baudRowOf } from '@contor/elster/codec/iec62056/baud.js';
import { addParity, stripParity } from '@contor/elster/codec/iec62056/parity.js';
import { encodePassword, PASSWORD_SCHEMES, passwordSchemeNamed } from '@contor/elster/codec/iec62056/password.js';
import {
  decodeIdentification,
  decodeOptionSelect,
  decodeRequest,
  encodeIdentification,
  encodeOptionSelect,
  encodeRequest,
} from '@contor/elster/codec/iec62056/sign-on.js';
import { toBytes, toText } from '@contor/elster/codec/iec62056/text.js';
import { toHex, WireError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

describe('sign-on (IEC 62056-21, 6.3)', () => {
  it.each([
    ['', '/?!\r\n'],
    ['12345678', '/?12345678!\r\n'],
    ['ELS-99 (old)', '/?ELS-99 (old)!\r\n'],
  ])('asks %j and back', (address, text) => {
    const bytes = encodeRequest({ address });
    expect(toText(bytes)).toBe(text);
    expect(decodeRequest(bytes)).toEqual({ kind: 'value', value: { address }, used: bytes.length });
    for (let length = 0; length < bytes.length; length += 1)
      expect(decodeRequest(bytes.subarray(0, length))).toEqual({ kind: 'pending' });
  });

  it.each(['a!b', 'a/b', 'a\r\n', 'x'.repeat(65)])('refuses to ask for %j', (address) => {
    expect(() => encodeRequest({ address })).toThrow(WireError);
  });

  it.each([
    [
      '/ELS5\\@V9.30',
      { manufacturer: 'ELS', baudCharacter: '5', baud: 9600, enhancements: ['@'], identification: 'V9.30' },
    ],
    ['/LGZ4\\2ZMD3104100', { manufacturer: 'LGZ', baudCharacter: '4', baud: 4800, enhancements: ['2'] }],
    [
      '/GEC5012345678901@000',
      { manufacturer: 'GEC', baud: 9600, identification: '012345678901@000', enhancements: [] },
    ],
    ['/KAM MC', { manufacturer: 'KAM', baudCharacter: ' ', identification: 'MC' }],
    ['/ABCBx', { baud: 1200, identification: 'x' }],
  ])('reads the identification %j', (line, expected) => {
    const bytes = toBytes(`${line}\r\n`);
    const decoded = decodeIdentification(bytes);
    expect(decoded).toMatchObject({ kind: 'value', value: { line, ...expected }, used: bytes.length });
    expect(toHex(encodeIdentification({ line }))).toBe(toHex(bytes));
  });

  it.each(['/?!\r\n', '/EL\r\n', '/1235x\r\n', '/ELS\r\n'])('refuses %j as an identification', (text) => {
    expect(decodeIdentification(toBytes(text))).toMatchObject({ kind: 'garbage', used: text.length });
  });

  it('does not wait for ever for the end of a line, and always moves on', () => {
    expect(decodeIdentification(toBytes(`/ELS5${'x'.repeat(1000)}`))).toMatchObject({
      kind: 'garbage',
      error: { code: 'iec62056.line-too-long' },
    });
    expect(decodeIdentification(toBytes('xx/ELS5V\r\n'))).toMatchObject({ kind: 'garbage', used: 2 });
  });

  it('selects an option and back', () => {
    const option = { protocolControl: '0', baudCharacter: '5', modeControl: '1' };
    expect(toText(encodeOptionSelect(option))).toBe('\x06051\r\n');
    expect(decodeOptionSelect(toBytes('\x06051\r\n'))).toEqual({ kind: 'value', value: option, used: 6 });
    expect(() => encodeOptionSelect({ ...option, modeControl: '' })).toThrow(WireError);
  });
});

describe('baud characters (6.3.14)', () => {
  it.each(BAUDS)('$character is $baud', ({ character, baud }) => expect(baudRowOf(character)?.baud).toBe(baud));
  it('knows none twice and none that is reserved', () => {
    expect(new Set(BAUDS.map(({ character }) => character)).size).toBe(BAUDS.length);
    for (const reserved of ['7', '8', '9', 'G', 'H', 'I', ' ']) expect(baudRowOf(reserved)).toBeUndefined();
  });
});

describe('parity on eight-bit streams (5.2)', () => {
  it('is what a line at 7E1 carries', () => {
    expect(toHex(addParity(toBytes('/?!\r\n'), 'even'))).toBe('af3f218d0a');
    expect(toHex(addParity(toBytes('/?!\r\n'), 'odd'))).toBe('2fbfa10d8a');
  });

  it('comes back for every text, and names the place of every single flipped bit', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 1, maxLength: 64, max: 0x7f }),
        fc.nat(),
        fc.nat({ max: 7 }),
        fc.constantFrom('even' as const, 'odd' as const),
        (bytes, place, bit, parity) => {
          const sent = addParity(bytes, parity);
          expect(stripParity(sent, parity)).toEqual(bytes);
          const offset = place % bytes.length;
          sent[offset] = (sent[offset] ?? 0) ^ (1 << bit);
          expect(stripParity(sent, parity)).toMatchObject({ code: 'iec62056.parity', context: { offset } });
        },
      ),
    );
  });

  it('refuses eight bits', () => expect(() => addParity(Uint8Array.of(0x80), 'even')).toThrow(WireError));
});

describe('passwords', () => {
  it('answers the published seed of an A1700 (gurux.fi/node/5415)', () => {
    const scheme = passwordSchemeNamed('a1700');
    expect(scheme && toHex(encodePassword(scheme, 'FEDC0003', 'FD2BA0E29731D230'))).toBe(
      '015032022842453243313042313538353933423345290360',
    );
  });

  it('has a source for every scheme', () => {
    for (const { name, source } of PASSWORD_SCHEMES) expect([name, source.length > 0]).toEqual([name, true]);
  });

  it.each([
    ['FEDC0003', 'FD2B'],
    ['FEDC0003', 'no hex digits..'],
    ['short', 'FD2BA0E29731D230'],
  ])('refuses %j with seed %j', (password, seed) => {
    const scheme = passwordSchemeNamed('a1700');
    expect(() => scheme?.answer(password, seed)).toThrow(WireError);
  });
});

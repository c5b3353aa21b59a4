import {
  decodeSenmlCbor,
  decodeSenmlJson,
  encodeSenmlCbor,
  encodeSenmlJson,
  readSenmlJson,
  resolve,
} from '@contor/coap';
import { fromHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decoderOf } from './vectors.js';

const NOW = 1_700_000_000;
const senml = decoderOf('senml');

describe('resolved as RFC 8428 says', () => {
  it.each([
    {
      clause: '5.1.2: base name, time and unit',
      json: [
        { bn: 'urn:dev:ow:10e2073a0108006:', bt: 1.276020076001e9, bu: 'A', bver: 5, n: 'voltage', u: 'V', v: 120.1 },
        { n: 'current', t: -5, v: 1.2 },
        { n: 'current', v: 1.7 },
      ],
      resolved: [
        { bver: 5, n: 'urn:dev:ow:10e2073a0108006:current', u: 'A', t: 1.276020071001e9, v: 1.2 },
        { bver: 5, n: 'urn:dev:ow:10e2073a0108006:voltage', u: 'V', t: 1.276020076001e9, v: 120.1 },
        { bver: 5, n: 'urn:dev:ow:10e2073a0108006:current', u: 'A', t: 1.276020076001e9, v: 1.7 },
      ],
    },
    {
      clause: '4.5.3: relative to now',
      json: [
        { n: 'a', t: -10, v: 1 },
        { n: 'b', v: 2 },
        { n: 'c', t: 2 ** 28, v: 3 },
      ],
      resolved: [
        { n: 'c', t: 2 ** 28, v: 3 },
        { n: 'a', t: NOW - 10, v: 1 },
        { n: 'b', t: NOW, v: 2 },
      ],
    },
    {
      clause: '4.5.4: base value and base sum, exact in decimals',
      json: [{ bn: 'm', bv: 0.1, bs: 1000, n: '1', v: 0.2, s: 0.5 }, { n: '2' }, { n: '3', vs: 'x' }],
      resolved: [
        { n: 'm1', t: NOW, v: 0.3, s: 1000.5 },
        { n: 'm2', t: NOW, v: 0.1, s: 1000 },
        { n: 'm3', t: NOW, vs: 'x', s: 1000 },
      ],
    },
    {
      clause: '5.1.6: several types of values',
      json: [
        { bn: 'urn:dev:ow:10e2073a01080063:', n: 'temp', u: 'Cel', v: 23.1 },
        { n: 'label', vs: 'Machine Room' },
        { n: 'open', vb: false },
        { n: 'nfc-reader', vd: 'aGkgCg' },
      ],
      resolved: [
        { n: 'urn:dev:ow:10e2073a01080063:temp', u: 'Cel', t: NOW, v: 23.1 },
        { n: 'urn:dev:ow:10e2073a01080063:label', t: NOW, vs: 'Machine Room' },
        { n: 'urn:dev:ow:10e2073a01080063:open', t: NOW, vb: false },
        { n: 'urn:dev:ow:10e2073a01080063:nfc-reader', t: NOW, vd: 'aGkgCg' },
      ],
    },
  ])('$clause', ({ json, resolved }) => {
    expect(senml.decode({ input: { json, now: NOW } })).toEqual({ ok: true, resolved });
    const cborHex = Buffer.from(encodeSenmlCbor(readSenmlJson(json))).toString('hex');
    expect(senml.decode({ input: { cborHex, now: NOW } })).toEqual({ ok: true, resolved });
    const hex = Buffer.from(encodeSenmlJson(readSenmlJson(json))).toString('hex');
    expect(senml.decode({ input: { hex, now: NOW } })).toEqual({ ok: true, resolved });
  });

  it('without a now, relative times stay and none is left out', () => {
    const { resolved } = senml.decode({
      input: {
        json: [
          { n: 'a', t: -10, v: 1 },
          { n: 'b', v: 2 },
        ],
      },
    });
    expect(resolved).toEqual([
      { n: 'a', t: -10, v: 1 },
      { n: 'b', v: 2 },
    ]);
  });

  it('decimal fractions of CBOR are numbers (RFC 8428, 6)', () => {
    // [{"n": "a", "v": 273.15, "t": 1320078429}]
    const hex = '81a3006161 02c48221196ab3 061a4eaecc5d'.replaceAll(' ', '');
    expect(senml.decode({ input: { hex } })).toMatchObject({ resolved: [{ n: 'a', v: 273.15, t: 1320078429 }] });
  });
});

describe('what RFC 8428 forbids is refused', () => {
  it.each([
    { json: {}, code: 'senml.pack' },
    { json: [], code: 'senml.pack' },
    { json: [1], code: 'senml.record' },
    { json: [null], code: 'senml.record' },
    { json: [{ n: 'a' }], code: 'senml.value' },
    { json: [{ n: 'a', v: 1, vs: 'b' }], code: 'senml.value' },
    { json: [{ v: 1 }], code: 'senml.name' },
    { json: [{ n: '-a', v: 1 }], code: 'senml.name' },
    { json: [{ n: 'a b', v: 1 }], code: 'senml.name' },
    { json: [{ n: 'a', v: '1' }], code: 'senml.type' },
    { json: [{ n: 'a', v: null }], code: 'senml.type' },
    { json: [{ n: 1, v: 1 }], code: 'senml.type' },
    { json: [{ n: 'a', vb: 1 }], code: 'senml.type' },
    { json: [{ n: 'a', vd: 'a+b' }], code: 'senml.data' },
    { json: [{ n: 'a', v: 1, foo_: 1 }], code: 'senml.must-understand' },
    { json: [{ n: 'a', v: 1, bver: 11 }], code: 'senml.version' },
    {
      json: [
        { n: 'a', v: 1, bver: 10 },
        { n: 'a', v: 1, bver: 5 },
      ],
      code: 'senml.version',
    },
    { json: [{ bv: 1e308, n: 'a', v: 1e308 }], code: 'senml.number' },
    { json: [{ bn: 'a'.repeat(300), n: 'a', v: 1 }], code: 'senml.too-long' },
    { json: '{', code: 'senml.json' },
  ])('$code: $json', ({ json, code }) => expect(senml.decode({ input: { json } })).toMatchObject({ ok: false, code }));

  it.each([
    { hex: '80', code: 'senml.pack' },
    { hex: 'a0', code: 'senml.pack' },
    { hex: '8101', code: 'senml.record' },
    { hex: '81a10a01', code: 'senml.label' },
    { hex: '81a2006161006162', code: 'senml.repeated' },
    { hex: '81a20061610244', code: 'senml.short' },
    { hex: '81a2006161024401020304', code: 'senml.type' },
    { hex: '81a200616102f97e00', code: 'senml.number' },
    { hex: '81a2006161020100', code: 'senml.trailing' },
  ])('$code: $hex', ({ hex, code }) => expect(senml.decode({ input: { hex } })).toMatchObject({ ok: false, code }));

  it('members of the prototype are neither labels nor values', () => {
    const json = JSON.parse('[{"n":"a","v":1,"constructor":2,"toString":"x"}]');
    const { resolved } = senml.decode({ input: { json, now: NOW } });
    expect(JSON.stringify(resolved)).toBe(`[{"constructor":2,"toString":"x","n":"a","t":${NOW},"v":1}]`);
  });
});

const RECORDS = fc.array(
  fc.record(
    {
      bn: fc.constantFrom('urn:dev:mac:0024befffe804ff1/', 'm:'),
      bt: fc.integer({ min: 1_500_000_000, max: 1_900_000_000 }),
      u: fc.constantFrom('Wh', 'V', 'Cel'),
      n: fc.constantFrom('energy', 'voltage'),
      v: fc.double({ noDefaultInfinity: true, noNaN: true }).map((value) => value + 0),
      t: fc.integer({ min: -1000, max: 1000 }),
    },
    { requiredKeys: ['bn', 'v'] },
  ),
  { minLength: 1, maxLength: 10 },
);

it('there and back in both forms', () => {
  fc.assert(
    fc.property(RECORDS, (records) => {
      const cbor = decodeSenmlCbor(encodeSenmlCbor(records));
      const json = decodeSenmlJson(Buffer.from(encodeSenmlJson(records)));
      expect(cbor).toMatchObject({ kind: 'value', value: records });
      expect(json).toMatchObject({ kind: 'value', value: records });
      if (json.kind === 'value') expect(resolve(json.value, NOW)).toHaveLength(records.length);
    }),
  );
});

it('what is resolved stays as it is', () => {
  fc.assert(
    fc.property(RECORDS, (records) => {
      const once = resolve(records, NOW);
      expect(resolve(once, NOW + 1)).toEqual(once);
    }),
  );
});

it('a cut in CBOR is pending', () => {
  expect(decodeSenmlCbor(fromHex('81a2006161'))).toEqual({ kind: 'pending' });
});

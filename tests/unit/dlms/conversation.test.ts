/** Client and meter in whole conversations: every mechanism, both links, blocks of every kind, bad lines, liars. */

import { decodeAcse, encodeAcse } from '@contor/dlms/codec/acse/apdu.js';
import type { Data } from '@contor/dlms/codec/axdr/data.js';
import { decodeWrapper, encodeWrapper } from '@contor/dlms/codec/wrapper.js';
import type { ClientEffect } from '@contor/dlms/session/client.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { data as arbitraryData } from './arbitrary-data.js';
import { attribute, get, METER_TITLE, Rig, type RigOptions } from './rig.js';

const VALUES: ReadonlyMap<number, Data> = new Map<number, Data>([
  [1, { type: 'double-long-unsigned', value: 5009 }],
  [2, { type: 'octet-string', value: new Uint8Array(1500).fill(0x7e) }],
  [3, { type: 'array', value: Array.from({ length: 300 }, (_, value) => ({ type: 'long-unsigned' as const, value })) }],
]);
const RUNS = process.env.CONTOR_LONG === '1' ? 2000 : 20;

const results = (effects: readonly ClientEffect[]) =>
  effects.flatMap((effect) =>
    effect.kind === 'outcome' && effect.outcome.kind === 'get' ? effect.outcome.results : [],
  );
const failure = (effects: readonly ClientEffect[]) =>
  effects.flatMap((effect) => (effect.kind === 'fail' || effect.kind === 'refused' ? [effect.error.code] : []));

interface Case extends Omit<RigOptions, 'link'> {
  readonly name: string;
}

const CASES: readonly Case[] = [
  { name: 'no security', mechanism: 0 },
  { name: 'low level security', mechanism: 1 },
  { name: 'HLS 3, allowed', mechanism: 3, isOldHlsAllowed: true },
  { name: 'HLS 4, allowed', mechanism: 4, isOldHlsAllowed: true },
  { name: 'GMAC, in plain', mechanism: 5 },
  { name: 'SHA-256, in plain', mechanism: 6 },
  { name: 'GMAC, ciphered', mechanism: 5, isCiphered: true },
  { name: 'SHA-256, ciphered', mechanism: 6, isCiphered: true },
  { name: 'low level security, ciphered', mechanism: 1, isCiphered: true },
  { name: 'GMAC, ciphered in the general form', mechanism: 5, isCiphered: true, form: 'general' },
  { name: 'GMAC, with a dedicated key', mechanism: 5, isCiphered: true, hasDedicatedKey: true },
  {
    name: 'GMAC, dedicated in the general form',
    mechanism: 5,
    isCiphered: true,
    hasDedicatedKey: true,
    form: 'general',
  },
  { name: 'general blocks', mechanism: 0, prefersGeneralBlocks: true },
  { name: 'general blocks, ciphered', mechanism: 5, isCiphered: true, prefersGeneralBlocks: true },
];

describe.each(['hdlc', 'wrapper'] as const)('over %s', (link) => {
  it.each(CASES)('$name: associates, reads, writes, acts, releases', (options) => {
    const rig = new Rig({ ...options, link, values: VALUES });
    expect(rig.open()).toMatchObject([{ kind: 'associated' }]);
    expect(results(rig.ask(get(1)))).toEqual([{ is: 'data', value: VALUES.get(1) }]);
    // Longer than one APDU: in blocks.
    expect(results(rig.ask(get(2)))).toEqual([{ is: 'data', value: VALUES.get(2) }]);
    expect(results(rig.ask(get(1, 9, 3)))).toEqual([
      { is: 'data', value: VALUES.get(1) },
      { is: 'data-access-result', value: 'object-undefined' },
      { is: 'data', value: VALUES.get(3) },
    ]);
    const long: Data = { type: 'octet-string', value: new Uint8Array(1000).fill(1) };
    const short: Data = { type: 'unsigned', value: 4 };
    const item = (index: number, value: Data) => ({ attribute: attribute(index), value });
    expect(rig.ask({ kind: 'set', items: [item(7, short)] })).toMatchObject([{ outcome: { results: ['success'] } }]);
    expect(rig.ask({ kind: 'set', items: [item(8, long)] })).toMatchObject([{ outcome: { results: ['success'] } }]);
    expect(rig.ask({ kind: 'set', items: [item(5, long), item(6, short)] })).toMatchObject([
      { outcome: { results: ['success', 'success'] } },
    ]);
    expect([rig.values.get(5), rig.values.get(6), rig.values.get(7), rig.values.get(8)]).toEqual([
      long,
      short,
      short,
      long,
    ]);
    const method = { classId: 9, instanceId: attribute(1).instanceId, methodId: 1 };
    for (const parameters of [short, long])
      expect(rig.ask({ kind: 'action', method, parameters })).toMatchObject([
        { outcome: { kind: 'action', result: 'success', returned: { is: 'data', value: parameters } } },
      ]);
    expect(rig.release()).toEqual([{ kind: 'closed' }]);
  });

  it('brings any value over blocks of any size', () => {
    fc.assert(
      fc.property(arbitraryData, fc.integer({ min: 120, max: 300 }), fc.boolean(), (value, clientPdu, isGeneral) => {
        const rig = new Rig({
          link,
          mechanism: 0,
          clientPdu,
          values: new Map([[1, value]]),
          prefersGeneralBlocks: isGeneral,
        });
        rig.open();
        expect(results(rig.ask(get(1)))).toEqual([{ is: 'data', value }]);
      }),
      { numRuns: RUNS },
    );
  });
});

describe('over a bad line', () => {
  it('brings the right values, or says that the line is bad; never others', () => {
    let isWhole = 0;
    fc.assert(
      fc.property(
        fc.integer({ min: 1 }),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 7 }),
        (seed, up, down) => {
          const rig = new Rig({
            link: 'hdlc',
            mechanism: 5,
            isCiphered: true,
            values: VALUES,
            faults: { seed, chance: 0.1 },
            parameters: {
              maxInformationTransmit: 128,
              maxInformationReceive: 128,
              windowTransmit: up,
              windowReceive: down,
            },
          });
          const opened = rig.open();
          if (failure(opened).length > 0) return;
          const asked = results(rig.ask(get(1, 3)));
          if (asked.length === 0) return;
          isWhole += 1;
          expect(asked).toEqual([1, 3].map((index) => ({ is: 'data', value: VALUES.get(index) })));
        },
      ),
      { numRuns: RUNS },
    );
    // Three repetitions of each frame carry most of them over a line that spoils one in ten.
    expect(isWhole).toBeGreaterThan(RUNS / 2);
  });

  it('gives up on a line that is silent, after the repetitions of the standard', () => {
    const rig = new Rig({ link: 'hdlc', mechanism: 0, tamper: () => undefined });
    expect(failure(rig.open())).toEqual(['hdlc.silence']);
  });
});

describe('whatever comes', () => {
  it.each(['hdlc', 'wrapper'] as const)('over %s, changed bytes are told, never thrown, on either side', (link) => {
    fc.assert(
      fc.property(fc.integer({ min: 1 }), fc.constantFrom(...CASES), (seed, options) => {
        const rig = new Rig({ ...options, link, values: VALUES, faults: { seed, chance: 0.3 } });
        rig.open();
        for (const request of [get(1), get(2), get(1, 3)]) if (rig.client.isAssociated) rig.ask(request);
        rig.release();
      }),
      { numRuns: RUNS },
    );
  });

  it('any bytes at all leave client and meter standing', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 80 }), { maxLength: 5 }), fc.boolean(), (chunks, isFramed) => {
        const heads = isFramed ? chunks.map((payload) => framed(payload)) : chunks;
        let turn = 0;
        const rig = new Rig({ link: 'wrapper', mechanism: 0, tamper: () => heads[turn++] });
        rig.open();
        for (const chunk of heads) rig.client.hear(chunk, 0);
      }),
      { numRuns: RUNS * 5 },
    );
  });
});

/** As the meter would send it, so that what is inside is looked at. */
function framed(payload: Uint8Array): Uint8Array {
  return encodeWrapper({ version: 1, source: 1, destination: 1, payload });
}

describe('security', () => {
  const GMAC = { link: 'wrapper', mechanism: 5, isCiphered: true, values: VALUES } as const;

  it.each([
    ['HLS 2', { link: 'wrapper', mechanism: 2 }, 'dlms.mechanism'],
    ['MD5 without leave', { link: 'wrapper', mechanism: 3 }, 'dlms.mechanism'],
    ['SHA-1 without leave', { link: 'wrapper', mechanism: 4 }, 'dlms.mechanism'],
    ['ECDSA', { link: 'wrapper', mechanism: 7 }, 'dlms.mechanism'],
    ['a wrong password', { link: 'wrapper', mechanism: 1, clientSecret: Buffer.from('wrong-canary') }, 'dlms.rejected'],
    [
      'a wrong secret',
      { link: 'wrapper', mechanism: 6, clientSecret: Buffer.from('wrong-canary') },
      'dlms.authentication',
    ],
    ['another meter', { ...GMAC, expectedTitle: Buffer.from('OTHERcan') }, 'security.title'],
    ['counters that are used up', { ...GMAC, clientProtection: { nextCounter: () => undefined } }, 'security.counter'],
  ] as const satisfies readonly (readonly [string, RigOptions, string])[])('refuses %s', (_name, options, code) => {
    expect(failure(new Rig(options).open())).toEqual([code]);
  });

  it.each([
    ['another context', { applicationContext: 1 }, 'dlms.downgrade'],
    ['another mechanism', { mechanism: 1 }, 'dlms.downgrade'],
    ['no challenge', { diagnostic: { source: 'acse-service-user', code: 0 } as const }, 'dlms.downgrade'],
    ['a short challenge', { authenticationValue: Uint8Array.of(1, 2, 3) }, 'dlms.challenge'],
    ['its own title', { systemTitle: Buffer.from('CTRcanry') }, 'dlms.reflection'],
    [
      'what it can do in plain',
      { userInformation: Buffer.from('0800065f1f0400007e1f04b00007', 'hex') },
      'security.plain',
    ],
  ])('refuses a meter that answers with %s', (_name, fields, code) => {
    const rig = new Rig({
      ...GMAC,
      tamper: (bytes, index) => (index === 1 ? withAare(bytes, fields) : bytes),
    });
    expect(failure(rig.open())).toEqual([code]);
  });

  it('refuses its own challenge come back', () => {
    let challenge: Uint8Array | undefined;
    const rig = new Rig({
      ...GMAC,
      client: { challenge: new Uint8Array(16).fill(9) },
      tamper: (bytes, index) => {
        challenge = new Uint8Array(16).fill(9);
        return index === 1 ? withAare(bytes, { authenticationValue: challenge }) : bytes;
      },
    });
    expect(failure(rig.open())).toEqual(['dlms.reflection']);
  });

  it('refuses the answer that came before, and a changed one', () => {
    const heard: Uint8Array[] = [];
    let isReplaying = false;
    const rig = new Rig({
      ...GMAC,
      tamper: (bytes) => {
        heard.push(bytes);
        return isReplaying ? heard[2] : bytes;
      },
    });
    rig.open();
    expect(results(rig.ask(get(1)))).toHaveLength(1);
    isReplaying = true;
    expect(failure(rig.ask(get(1)))).toEqual(['security.replay']);
  });

  it('takes no plain answer to a ciphered request', () => {
    const plain = Buffer.from('c40141000600001391', 'hex');
    const rig = new Rig({
      ...GMAC,
      tamper: (bytes, index) =>
        index === 3 ? encodeWrapper({ version: 1, source: 1, destination: 1, payload: plain }) : bytes,
    });
    rig.open();
    expect(failure(rig.ask(get(1)))).toEqual(['security.plain']);
  });

  it('never uses a counter twice', () => {
    const rig = new Rig(GMAC);
    rig.open();
    for (let time = 0; time < 5; time += 1) rig.ask(get(2));
    expect(new Set(rig.clientCounters).size).toBe(rig.clientCounters.length);
    expect(rig.received.get(Buffer.from('CTRcanry').toString('hex'))).toBe(Math.max(...rig.clientCounters));
  });

  it('keeps the meter of a stranger: a replayed association is refused by the meter', () => {
    const rig = new Rig(GMAC);
    rig.open();
    rig.received.set(Buffer.from('CTRcanry').toString('hex'), 1000);
    expect(METER_TITLE).toHaveLength(8);
    const again = new Rig(GMAC);
    again.received.set(Buffer.from('CTRcanry').toString('hex'), 1000);
    expect(failure(again.open())).toEqual(['dlms.rejected']);
  });
});

it('goes on after a request that the meter refuses', () => {
  const rig = new Rig({ link: 'wrapper', mechanism: 0, values: VALUES });
  rig.open();
  expect(results(rig.ask(get(9)))).toEqual([{ is: 'data-access-result', value: 'object-undefined' }]);
  expect(results(rig.ask(get(1)))).toHaveLength(1);
});

function withAare(bytes: Uint8Array, fields: object): Uint8Array {
  const unit = decodeWrapper(bytes);
  if (unit.kind !== 'value') return bytes;
  const aare = decodeAcse(unit.value.payload);
  if (aare.kind !== 'value') return bytes;
  const payload = encodeAcse({ apdu: 'AARE', fields: { ...aare.value.fields, ...fields } });
  return encodeWrapper({ ...unit.value, payload });
}

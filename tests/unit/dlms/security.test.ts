/** Protection of messages: the examples of the Green Book, and everything that must be refused. */

import { generateKeyPairSync } from 'node:crypto';
import { agreeKey, signBytes, verifyBytes } from '@contor/dlms/codec/security/agreement.js';
import { cipherKeys, openService, sealService } from '@contor/dlms/codec/security/gcm.js';
import { answerChallenge, isAnswer } from '@contor/dlms/codec/security/hls.js';
import { unwrapKey, wrapKey } from '@contor/dlms/codec/security/key-wrap.js';
import { SUITES } from '@contor/dlms/codec/security/suite.js';
import { DECODERS } from '@contor/dlms/decode.js';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const EK = fromHex('000102030405060708090a0b0c0d0e0f');
const AK = fromHex('d0d1d2d3d4d5d6d7d8d9dadbdcdddedf');
const CLIENT = fromHex('4d4d4d0000bc614e');
const PLAIN = 'c0010000080000010000ff0200';
const COUNTER = 0x01234567;

/** DLMS UA 1000-2 (Green Book), examples of glo-get-request; suite 2 by the same rules with keys of 32 bytes. */
const EXAMPLES = [
  { control: 0x10, service: '1001234567c0010000080000010000ff020006725d910f9221d263877516' },
  { control: 0x20, service: '2001234567411312ff935a47566827c467bc' },
  { control: 0x30, service: '3001234567411312ff935a47566827c467bc7d825c3be4a77c3fcc056b6b' },
] as const;

describe('protected messages', () => {
  const keys = cipherKeys(EK, AK);

  it.each(EXAMPLES)('are sealed and opened as in the examples: $control', ({ control, service }) => {
    const sealed = sealService(fromHex(PLAIN), { securityControl: control, invocationCounter: COUNTER }, CLIENT, keys);
    expect(toHex(sealed)).toBe(service);
    const opened = openService(fromHex(service), CLIENT, keys);
    expect(opened).toMatchObject({
      kind: 'value',
      value: { isAuthentic: control !== 0x20, invocationCounter: COUNTER },
    });
    expect(opened.kind === 'value' && toHex(opened.value.plain)).toBe(PLAIN);
  });

  it('are opened as the Green Book opens its InitiateRequest', () => {
    // DLMS UA 1000-2, example of a ciphered xDLMS InitiateRequest, with a dedicated key inside.
    const hex = '21303001234567801302ff8a7874133d414ced25b42534d28db0047720606b175bd52211be6841db204d39ee6fdb8e356855';
    const secrets = { encryptionKey: toHex(EK), authenticationKey: toHex(AK), systemTitle: toHex(CLIENT) };
    const opened = DECODERS[0]?.decode({ input: { hex, ...secrets } });
    expect(opened).toMatchObject({ ok: true, apdu: 'glo-initiate-request', isAuthentic: true, maxPduSize: 1200 });
    expect(opened?.plain).toEqual(fromHex('01011000112233445566778899aabbccddeeff0000065f1f0400007e1f04b0'));
  });

  it('go there and back in every suite', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...SUITES),
        fc.constantFrom(0x00, 0x10, 0x20, 0x30),
        fc.uint8Array({ maxLength: 200 }),
        fc.uint8Array({ maxLength: 20 }),
        ({ suite, keySize }, protection, plain, associated) => {
          const own = cipherKeys(new Uint8Array(keySize).fill(7), new Uint8Array(keySize).fill(9));
          const header = { securityControl: protection | suite, invocationCounter: 1 };
          const opened = openService(sealService(plain, header, CLIENT, own, associated), CLIENT, own, associated);
          expect(opened).toMatchObject({ kind: 'value', value: { plain, isAuthentic: (protection & 0x10) !== 0 } });
        },
      ),
    );
  });

  it.each([0x10, 0x30] as const)('are refused with any bit turned: %i', (securityControl) => {
    const sealed = sealService(fromHex(PLAIN), { securityControl, invocationCounter: COUNTER }, CLIENT, keys);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const turned = sealed.slice();
      turned[bit >>> 3] = (turned[bit >>> 3] ?? 0) ^ (1 << (bit & 7));
      const opened = openService(turned, CLIENT, keys);
      expect(opened.kind === 'value' && opened.value.isAuthentic).toBe(false);
    }
  });

  it.each([
    ['another encryption key', cipherKeys(AK, AK), CLIENT, 'security.tag'],
    ['another authentication key', cipherKeys(EK, EK), CLIENT, 'security.tag'],
    ['another sender', keys, fromHex('4d4d4d0000bc614f'), 'security.tag'],
    ['half a title', keys, fromHex('4d4d'), 'security.title'],
    ['a key of another suite', cipherKeys(new Uint8Array(32)), CLIENT, 'security.key-size'],
  ])('are refused with %s', (_name, wrong, title, code) => {
    expect(openService(fromHex(EXAMPLES[2].service), title, wrong)).toMatchObject({ kind: 'garbage', error: { code } });
  });

  it('are marked when nothing could be verified', () => {
    const opened = openService(fromHex(EXAMPLES[2].service), CLIENT, cipherKeys(EK));
    expect(opened).toMatchObject({ kind: 'value', value: { isAuthentic: false } });
    expect(opened.kind === 'value' && toHex(opened.value.plain)).toBe(PLAIN);
  });

  it('of a wrong key are no reading on the line', () => {
    const hex = `db084d4d4d0000bc614e1e${EXAMPLES[2].service}`;
    const answer = (key: string) => DECODERS[0]?.decode({ input: { hex }, key });
    expect(answer(toHex(EK))).toMatchObject({ ok: true, plainApdu: 'GetRequestNormal' });
    expect(answer(toHex(AK))).toEqual({ ok: false, code: 'security.plain' });
  });
});

describe('answers to a challenge', () => {
  it('are not known of the maker’s own mechanism', () => {
    expect(() => answerChallenge(2, { challenge: CLIENT })).toThrow(
      expect.objectContaining({ code: 'security.mechanism' }),
    );
  });

  it('need their secrets', () => {
    for (const mechanism of [3, 4, 5, 6])
      expect(() => answerChallenge(mechanism, { challenge: CLIENT })).toThrow(
        expect.objectContaining({ code: 'security.no-key' }),
      );
  });

  it('are compared whole', () => {
    expect(isAnswer(EK, EK.slice())).toBe(true);
    expect(isAnswer(EK, AK)).toBe(false);
    expect(isAnswer(EK, EK.subarray(1))).toBe(false);
  });
});

describe('keys', () => {
  it.each([
    // RFC 3394, 4.1 and 4.6.
    [
      '000102030405060708090a0b0c0d0e0f',
      '00112233445566778899aabbccddeeff',
      '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5',
    ],
    [
      '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f',
      '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f',
      '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21',
    ],
  ])('are wrapped and unwrapped: %s', (master, key, wrapped) => {
    expect(toHex(wrapKey(fromHex(master), fromHex(key)))).toBe(wrapped);
    expect(unwrapKey(fromHex(master), fromHex(wrapped))).toMatchObject({ kind: 'value', value: fromHex(key) });
    expect(unwrapKey(AK, fromHex(wrapped))).toMatchObject({ error: { code: 'security.unwrap' } });
  });

  it.each(SUITES.filter((suite) => 'curve' in suite))('are agreed on and sign in suite $suite', (suite) => {
    const namedCurve = suite.suite === 1 ? 'P-256' : 'P-384';
    const [one, other] = [generateKeyPairSync('ec', { namedCurve }), generateKeyPairSync('ec', { namedCurve })];
    const purpose = suite.suite === 1 ? 'aes-gcm-128' : 'aes-gcm-256';
    const key = agreeKey(suite, purpose, one.privateKey, other.publicKey, CLIENT, AK);
    expect(key).toHaveLength(suite.keySize);
    expect(agreeKey(suite, purpose, other.privateKey, one.publicKey, CLIENT, AK)).toEqual(key);
    const signature = signBytes(suite, one.privateKey, EK);
    expect(verifyBytes(suite, one.publicKey, EK, signature)).toBe(true);
    expect(verifyBytes(suite, one.publicKey, AK, signature)).toBe(false);
  });
});

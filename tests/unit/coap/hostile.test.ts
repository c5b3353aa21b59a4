import { DECODERS } from '@contor/coap';
import { toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { SAMPLES } from './samples.js';
import { decoderOf } from './vectors.js';

const BESIDE = {
  linkSource: '1234',
  linkDestination: '00124b0001020304',
  contexts: { 0: '2001:db8::/64' },
  now: 1_780_000_000,
};
/** Most CPU time an input may take: 1 ms a KiB, and three times that for code that is not warm yet. */
const MS_PER_KIB = 3;

describe('large and strange inputs take their time and no more', () => {
  it.each([
    { protocol: 'coap', about: 'a datagram of options', hex: `40010001${'00'.repeat(65_531)}` },
    { protocol: 'coap', about: 'more than a datagram', hex: `40010001${'00'.repeat(2 ** 19)}` },
    { protocol: 'coap', about: 'options of strings', hex: `40010001b161${'0161'.repeat(30_000)}` },
    { protocol: 'cbor', about: 'nothing but arrays', hex: '81'.repeat(2 ** 19) },
    { protocol: 'cbor', about: 'many items', hex: `9a00080000${'00'.repeat(2 ** 19)}` },
    { protocol: 'cbor', about: 'many pieces', hex: `7f${'60'.repeat(2 ** 19)}ff` },
    { protocol: 'cbor', about: 'an array of 2^32 nulls', hex: '9affffffff'.padEnd(2000, 'f6') },
    { protocol: 'cbor', about: 'tags of tags', hex: 'c1'.repeat(2 ** 19) },
    { protocol: 'cbor', about: 'a bignum', hex: `c25a00080000${'ff'.repeat(2 ** 19)}` },
    { protocol: 'senml', about: 'records in CBOR', hex: `9a00002000${'a20061610201'.repeat(8192)}` },
    { protocol: 'senml', about: 'arrays in JSON', hex: '5b'.repeat(2 ** 19) },
    { protocol: '6lowpan', about: 'packets in packets', hex: `7e33${'ee7e33'.repeat(20_000)}` },
    { protocol: '6lowpan', about: 'empty extension headers', hex: `7e33${'e100'.repeat(20_000)}` },
    { protocol: '6lowpan', about: 'a plain header and much behind it', hex: `7a333b${'00'.repeat(2 ** 17)}` },
  ])('$protocol: $about', ({ protocol, hex }) => {
    const decoder = decoderOf(protocol);
    const before = process.cpuUsage();
    expect(typeof decoder.decode({ input: { hex, ...BESIDE } }).ok).toBe('boolean');
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1000).toBeLessThan((MS_PER_KIB * hex.length) / 2048 + 50);
  });

  it('a long name is not repeated ten thousand times', () => {
    const json = [{ bn: 'a'.repeat(254) }, ...Array.from({ length: 10_000 }, () => ({ n: 'b', v: 1 }))];
    expect(decoderOf('senml').decode({ input: { json } })).toMatchObject({ ok: false, code: 'senml.too-long' });
  });
});

it.each(SAMPLES.map((bytes) => toHex(bytes)))('a sample of the fuzz is good: %s', (hex) => {
  const answers = DECODERS.map((decoder) => decoder.decode({ input: { hex, ...BESIDE } }));
  const isFragment = answers.some(({ code }) => code === 'sixlowpan.incomplete');
  expect(isFragment || answers.some(({ ok }) => ok)).toBe(true);
});

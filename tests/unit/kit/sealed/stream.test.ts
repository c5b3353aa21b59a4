/** What is long is wrapped in chunks: there and back for any lengths and any pieces, and no change of any kind goes unnoticed. */

import { keyringOf, newMasterKey, openStream, sealStream } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { times } from '../../../support/long.js';

const keyring = keyringOf(newMasterKey(), 'a test');
const CHUNK = 64 * 1024;
const SEALED_CHUNK = CHUNK + 16;

async function* pieces(bytes: Uint8Array, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
const gather = async (stream: AsyncIterable<Uint8Array>): Promise<Buffer> => {
  const parts: Uint8Array[] = [];
  for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
};
const seal = (bytes: Uint8Array, name = 'file', size?: number) =>
  gather(sealStream(keyring, name, pieces(bytes, size)));
const open = (sealed: Uint8Array, name = 'file', size?: number) =>
  gather(openStream(keyring, name, pieces(sealed, size)));
const PATTERN = Buffer.from(Array.from({ length: 251 }, (_, at) => (at * 31) % 251));
const some = (length: number) => Buffer.alloc(length, PATTERN);
const DAMAGED = { code: 'sealed.damaged' };

describe('a sealed stream', () => {
  it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 5])('gives %i bytes back', async (length) => {
    const bytes = some(length);
    const sealed = await seal(bytes);
    expect((await open(sealed)).equals(bytes)).toBe(true);
    expect(sealed.includes(bytes.subarray(0, 40)) && length > 40).toBe(false);
  });
  it('does not mind in which pieces it comes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 200_000 }),
        fc.integer({ min: 1, max: 90_000 }),
        fc.integer({ min: 1, max: 90_000 }),
        async (length, written, read) => {
          const bytes = some(length);
          expect((await open(await seal(bytes, 'file', written), 'file', read)).equals(bytes)).toBe(true);
        },
      ),
      { numRuns: times(8, 30) },
    ));
  it('opens under its own name only, and with a key that is at hand', async () => {
    const sealed = await seal(some(100));
    await expect(open(sealed, 'other')).rejects.toMatchObject(DAMAGED);
    const stranger = keyringOf(newMasterKey(), 'another test');
    await expect(gather(openStream(stranger, 'file', pieces(sealed)))).rejects.toMatchObject({
      code: 'config.master-key-missing',
    });
  });

  describe('notices', () => {
    const bytes = some(3 * CHUNK + 100);
    const start = (sealed: Buffer) => sealed.length - (3 * SEALED_CHUNK + 100 + 16);
    it.each([
      ['a flipped bit', (sealed: Buffer, at: number) => sealed.fill((sealed[at + 5] ?? 0) ^ 1, at + 5, at + 6)],
      [
        'a missing chunk',
        (sealed: Buffer, at: number) => Buffer.concat([sealed.subarray(0, at), sealed.subarray(at + SEALED_CHUNK)]),
      ],
      [
        'chunks turned round',
        (sealed: Buffer, at: number) =>
          Buffer.concat([
            sealed.subarray(0, at),
            sealed.subarray(at + SEALED_CHUNK, at + 2 * SEALED_CHUNK),
            sealed.subarray(at, at + SEALED_CHUNK),
            sealed.subarray(at + 2 * SEALED_CHUNK),
          ]),
      ],
      [
        'a chunk twice',
        (sealed: Buffer, at: number) => Buffer.concat([sealed.subarray(0, at + SEALED_CHUNK), sealed.subarray(at)]),
      ],
      ['an end cut off between chunks', (sealed: Buffer, at: number) => sealed.subarray(0, at + 2 * SEALED_CHUNK)],
      ['an end cut off in a chunk', (sealed: Buffer) => sealed.subarray(0, -7)],
      ['something behind the end', (sealed: Buffer) => Buffer.concat([sealed, Buffer.alloc(3)])],
      ['nothing at all', () => Buffer.alloc(0)],
      ['no more than the head', (sealed: Buffer, at: number) => sealed.subarray(0, at)],
    ])('%s', async (_, change) => {
      const sealed = await seal(bytes);
      await expect(open(change(sealed, start(sealed)))).rejects.toMatchObject(DAMAGED);
    });
    it('any byte of the head', async () => {
      const sealed = await seal(Buffer.from('x'));
      for (let at = 0; at < sealed.length; at += 1) {
        const changed = Buffer.from(sealed);
        changed[at] = (changed[at] ?? 0) ^ 0x01;
        await expect(open(changed)).rejects.toBeDefined();
      }
    });
    it('a chunk of another stream with the same key and name', async () => {
      const [one, two] = [await seal(bytes), await seal(bytes)];
      const mixed = Buffer.concat([
        one.subarray(0, start(one) + SEALED_CHUNK),
        two.subarray(start(two) + SEALED_CHUNK),
      ]);
      await expect(open(mixed)).rejects.toMatchObject(DAMAGED);
    });
  });

  it('refuses a newer format with words', async () => {
    const sealed = await seal(some(10));
    sealed.writeUInt16BE(2, 8);
    await expect(open(sealed)).rejects.toMatchObject({ code: 'config.newer-format' });
  });
});

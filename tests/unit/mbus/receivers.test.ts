/** Framings of radio receivers: published messages, there and back, any chunking, and bytes that are none. */

import { fromHex, toHex, WireError } from '@contor/kit';
import { IM871A } from '@contor/mbus/receiver/imst.js';
import type { HeardTelegram, ReceiverRow } from '@contor/mbus/receiver/receiver.js';
import { RECEIVERS, receiverNamed, streamOf } from '@contor/mbus/receiver/table.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const TELEGRAM = '2e4493157856341233037a2a0020255923c95aaa26d1b2e7493b013ec4a6f6d3529b520edff0ea6defc99d6d69ebf3';
const telegram = (hex: string, rssiDbm?: number): HeardTelegram => ({ bytes: fromHex(hex), format: 'bare', rssiDbm });
const named = (name: string): ReceiverRow => {
  const row = receiverNamed(name);
  if (row === undefined) throw new RangeError(name);
  return row;
};
const hexes = (heard: readonly (HeardTelegram | WireError)[]) =>
  heard.map((one) => (one instanceof WireError ? one.code : toHex(one.bytes)));
const feed = (name: string, bytes: Uint8Array) => hexes(streamOf(named(name)).feed(bytes));
const line = (text: string) => new TextEncoder().encode(`${text}\n`);

describe('lines', () => {
  it.each([
    ['hex', TELEGRAM, TELEGRAM],
    ['hex, capitals', TELEGRAM.toUpperCase(), TELEGRAM],
    ['rtl_wmbus', `T1;1;1;2019-04-03 19:00:42.000;97;148;88888888;0x${TELEGRAM}`, TELEGRAM],
    // Elvaco CMeX50, user manual, "Info + Tgm".
    ['Elvaco CMeX50', `00028954; ELV;20;1B;00; -83; T;${TELEGRAM};\r`, TELEGRAM],
    [
      'a checksum that the receiver found wrong',
      `T1;0;0;2024-03-26 21:22:31.000;63;69;FFFF8569;0x${TELEGRAM}`,
      'wmbus.crc',
    ],
    ['words', 'detached kernel driver', 'receiver.line.hex'],
  ])('%s', (_name, text, expected) => expect(feed('hex', line(text))).toEqual([expected]));

  it('an Elvaco line tells the level', () => {
    const [heard] = streamOf(named('hex')).feed(line(`00028954; ELV;20;1B;00; -83; T;${TELEGRAM};`));
    expect(heard).toMatchObject({ rssiDbm: -83 });
  });

  it('a line without an end is let go', () => {
    const stream = streamOf(named('hex'));
    for (let time = 0; time < 100; time += 1) stream.feed(new Uint8Array(1_000).fill(0x61));
    expect(hexes(stream.feed(line(`x;${TELEGRAM}`)))).toHaveLength(1);
  });
});

describe('sticks', () => {
  it('a ping of an iM871A has the checksum that its makers print', () =>
    // A5 81 0F 00 34 13: device management, ping, with a checksum.
    expect(feed('im871a', fromHex('a5810f003413'))).toEqual([]));

  it('an answer to a command is no telegram', () => expect(feed('amber', fromHex('ff8b040102030474'))).toEqual([]));

  it.each([
    ['im871a', 'a5020301'],
    ['iu891a', 'c009'],
    ['amber', 'ff0304'],
  ])('%s waits for the rest', (name, hex) => expect(feed(name, fromHex(hex))).toEqual([]));

  it('an iM871A message without level or checksum', () => {
    const bare = fromHex(`a50203${(TELEGRAM.length / 2 - 1).toString(16)}${TELEGRAM.slice(2)}`);
    expect(feed('im871a', bare)).toEqual([TELEGRAM]);
    expect(toHex(IM871A.encode(telegram(TELEGRAM)).subarray(0, 2))).toBe('a5c2');
  });
});

describe.each(RECEIVERS.map((row) => [row.name, row] as const))('%s', (name, row) => {
  const some = fc.uint8Array({ minLength: 11, maxLength: 200 }).map((body) => Uint8Array.of(body.length, ...body));

  it('there and back in any chunking', () => {
    fc.assert(
      fc.property(
        fc.array(some, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 90 }),
        (telegrams, size) => {
          const bytes = Buffer.concat(telegrams.map((one) => row.encode({ bytes: one, format: 'bare', rssiDbm: -71 })));
          const stream = streamOf(row);
          const heard: (HeardTelegram | WireError)[] = [];
          for (let at = 0; at < bytes.length; at += size) heard.push(...stream.feed(bytes.subarray(at, at + size)));
          expect(hexes(heard)).toEqual(telegrams.map(toHex));
        },
      ),
      { numRuns: 20 },
    );
  });

  it('goes on behind what is none, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        for (const heard of streamOf(row).feed(bytes))
          expect(heard instanceof WireError || heard.bytes.length > 0).toBe(true);
      }),
      { numRuns: 50 },
    );
    const stream = streamOf(row);
    stream.feed(name === 'iu891a' ? Uint8Array.of(0x0a, 0x01) : Uint8Array.of(0x0a));
    expect(hexes(stream.feed(row.encode(telegram(TELEGRAM)))).at(-1)).toBe(TELEGRAM);
  });

  it.each([0, 5, 9])('a turned bit %i from the end is a wrong checksum where there is one', (fromEnd) => {
    const bytes = row.encode(telegram(TELEGRAM)).slice();
    const at = bytes.length - 1 - fromEnd;
    bytes[at] = (bytes[at] ?? 0) ^ 0x02;
    if (['im871a', 'iu891a', 'amber', 'amber-rssi'].includes(name)) expect(feed(name, bytes)).not.toContain(TELEGRAM);
  });
});

import { decodePacket } from '@contor/elster/codec/c12/packet.js';
import { decodeBlock } from '@contor/elster/codec/iec62056/block.js';
import { parseDataSets } from '@contor/elster/codec/iec62056/data-set.js';
import { decodeTelegram } from '@contor/elster/codec/iec62056/telegram.js';
import { toBytes } from '@contor/elster/codec/iec62056/text.js';
import { type Decoded, fromHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const KIB = 256;
const SIZE = KIB * 1024;

/** Streams that would be read again and again by a reader that skips a byte and looks anew. */
const STREAMS: readonly (readonly [string, (bytes: Uint8Array) => Decoded<unknown>, Uint8Array])[] = [
  ['slashes and an end', decodeTelegram, filled('/', '!\r\n')],
  ['beginnings and an end', decodeTelegram, filled('/ABC5\r\n', '!\r\n')],
  ['ends', decodeTelegram, filled('!\r\n', '')],
  ['brackets that open', decodeTelegram, filled('(', '!\r\n', '/ABC5\r\n')],
  ['STX and an end', decodeBlock, filled('\x02', '\x03\x00')],
  ['commands of no use', decodeBlock, filled('\x01xx', '\x03\x00')],
  ['packets that overlap', decodePacket, fill(fromHex('ee0000001f00'))],
  ['starts', decodePacket, fill(fromHex('ee'))],
];

describe('hostile streams', () => {
  it.each(STREAMS)('%s: one millisecond a KiB, and no byte stays in place', (_name, decode, bytes) => {
    const before = process.cpuUsage();
    let [at, answers] = [0, 0];
    while (at < bytes.length) {
      const decoded = decode(bytes.subarray(at));
      if (decoded.kind === 'pending') break;
      if (decoded.used < 1) break;
      at += decoded.used;
      answers += 1;
    }
    const { user, system } = process.cpuUsage(before);
    const decoded = decode(bytes.subarray(at));
    expect(at === bytes.length || decoded.kind === 'pending').toBe(true);
    expect(answers).toBeLessThanOrEqual(SIZE / 4);
    // Five times what is allowed, as the code is cold and the machine may be busy.
    expect((user + system) / 1000).toBeLessThan(KIB * 5);
  });

  it.each(['(', '1(', 'x', '1.8.0(1)', '()', '\r\n', '*'])('%j a million bytes long is answered at once', (text) => {
    const before = process.cpuUsage();
    parseDataSets(text.repeat(Math.ceil(2 ** 20 / text.length)));
    expect(process.cpuUsage(before).user / 1000).toBeLessThan(1024);
  });
});

function filled(text: string, end: string, begin = ''): Uint8Array {
  return toBytes(begin + text.repeat(Math.floor(SIZE / text.length)) + end);
}

function fill(bytes: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: SIZE }, (_, at) => bytes[at % bytes.length] ?? 0);
}

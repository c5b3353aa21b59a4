/** Good inputs of every layer, made by our own encoders. */

import {
  type Contexts,
  decodePacket,
  encodeFrames,
  encodeItem,
  encodeMessage,
  encodeOption,
  encodePacket,
  encodeSenmlCbor,
  encodeSenmlJson,
  type Link,
  parseAddress,
  parsePrefix,
  udpChecksum,
} from '@contor/coap';
import { fromHex } from '@contor/kit';

export const LINK: Link = { source: fromHex('1234'), destination: fromHex('00124b0001020304') };
export const CONTEXTS: Contexts = new Map([[0, parsePrefix('2001:db8::/64')]]);

const PACK = [
  { bn: 'urn:dev:mac:00124b0001020304:', bt: 1_780_000_000, bu: 'Wh', bv: 0.1 },
  { n: 'energy', v: 123456.7, s: 12, ut: 10 },
  { n: 'label', vs: 'Feeder 7' },
  { n: 'open', vb: true, t: -10, extensions: { l: 'x' } },
  { n: 'raw', vd: Uint8Array.of(1, 2, 3) },
];

const MESSAGE = encodeMessage({
  type: 'CON',
  code: 2,
  messageId: 0x1234,
  token: fromHex('aabbccdd'),
  options: [
    encodeOption('Uri-Path', 'm'),
    encodeOption('Content-Format', 112),
    encodeOption('Block1', Uint8Array.of(0x1e)),
    encodeOption('Request-Tag', Uint8Array.of(1)),
    { number: 65000, value: new Uint8Array(300) },
  ],
  payload: encodeSenmlCbor(PACK),
});

const HOP_BY_HOP = { protocol: 0, bytes: fromHex('2b00050200000100') };
const ROUTING = { protocol: 43, bytes: fromHex('110203010000000020010db8000000000000000000000099') };

export const SAMPLES: readonly Uint8Array[] = [
  MESSAGE,
  fromHex('60441234'),
  ...encodeFrames(packet([]), LINK, CONTEXTS, { maxFrame: 90, tag: 7, isChecksumElided: true }),
  ...encodeFrames(packet([HOP_BY_HOP, ROUTING]), LINK, CONTEXTS, { maxFrame: 1200, tag: 8 }),
  fromHex('7e22aaaabbbbee7a333b616263'),
  fromHex('42fbe0402312346869'),
  Uint8Array.of(0x41, ...packet([HOP_BY_HOP])),
  encodeItem({ type: 'tag', tag: 2, item: { type: 'bytes', value: new Uint8Array(20).fill(255) } }),
  fromHex('bf61610161629f0203fb3ff199999999999a5f42010243030405ffffff'),
  encodeSenmlCbor(PACK),
  new TextEncoder().encode(encodeSenmlJson(PACK)),
];

function packet(extensionHeaders: readonly { readonly protocol: number; readonly bytes: Uint8Array }[]): Uint8Array {
  const header = new DataView(new ArrayBuffer(8));
  for (const [at, value] of [5683, 5683, 8 + MESSAGE.length].entries()) header.setUint16(at * 2, value);
  const bytes = encodePacket({
    trafficClass: 5,
    flowLabel: 77,
    nextHeader: extensionHeaders[0]?.protocol ?? 17,
    hopLimit: 64,
    source: parseAddress('2001:db8::ff:fe00:1234'),
    destination: parseAddress('2001:db8::1'),
    extensionHeaders: extensionHeaders.map((own, index) => ({
      protocol: own.protocol,
      bytes: Uint8Array.of(extensionHeaders[index + 1]?.protocol ?? 17, ...own.bytes.subarray(1)),
    })),
    payload: Buffer.concat([new Uint8Array(header.buffer), MESSAGE]),
  });
  const decoded = decodePacket(bytes);
  if (decoded.kind !== 'value') throw new Error('The sample is no packet.');
  const checksum = udpChecksum(decoded.value);
  bytes.set([checksum >> 8, checksum & 0xff], decoded.value.payloadAt + 6);
  return bytes;
}

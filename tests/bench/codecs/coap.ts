/** Rows of `npm run bench -- codecs`: CoAP messages, IPHC frames, and IPv6 packets put together of three fragments. */

import {
  type CoapMessage,
  decodeItem,
  decodeMessage,
  decodePacket,
  decodeSenmlCbor,
  decodeUdp,
  encodeFrames,
  encodeItem,
  encodeMessage,
  encodeOption,
  encodePacket,
  encodeSenmlCbor,
  type Link,
  parseAddress,
  parsePrefix,
  Reassembler,
  resolve,
  udpChecksum,
} from '@contor/coap';
import { fromHex, toHex } from '@contor/kit';
import type { CodecRow } from '../codecs.js';

const LINK: Link = { source: fromHex('00124b0001020304'), destination: fromHex('0001') };
const CONTEXTS = new Map([[0, parsePrefix('2001:db8::/64')]]);
const MAX_FRAME = 100;

export function coapCodecs(): readonly CodecRow[] {
  const reassembler = new Reassembler(CONTEXTS);
  const post = encodeMessage(message('CON', 2, senml(3)));
  const answer = encodeMessage({ ...message('ACK', 0x44, new Uint8Array(0)), options: [] });
  const short = framesOf(message('NON', 2, new Uint8Array(30)));
  const long = framesOf(message('CON', 2, senml(8)));
  const item = encodeItem({ type: 'array', items: [{ type: 'text', value: 'energy' }], isIndefinite: false });
  return [
    { name: 'coap', frames: [toHex(post), toHex(answer)], decode: (bytes) => decodedOf(decodeMessage(bytes)) },
    {
      name: '6lowpan frames of one packet each',
      frames: short.map(toHex),
      decode: (bytes) => received(reassembler, bytes),
    },
    {
      name: `6lowpan packets of ${long.length} fragments, to UDP`,
      frames: [toHex(Buffer.concat(long.map((frame) => Buffer.concat([Uint8Array.of(frame.length), frame]))))],
      decode: (bytes) => {
        const packet = decodedOf(decodePacket(reassembled(reassembler, bytes)));
        return decodedOf(decodeUdp(packet));
      },
    },
    { name: 'cbor', frames: [toHex(item)], decode: (bytes) => decodedOf(decodeItem(bytes)) },
    {
      name: 'senml+cbor, 3 records resolved',
      frames: [toHex(senml(3))],
      decode: (bytes) => resolve(decodedOf(decodeSenmlCbor(bytes))),
    },
  ];
}

function message(type: CoapMessage['type'], code: number, payload: Uint8Array): CoapMessage {
  const options = [
    encodeOption('Uri-Path', 'm'),
    encodeOption('Uri-Path', 'e350'),
    encodeOption('Content-Format', 112),
  ];
  return { type, code, messageId: 0x1234, token: fromHex('aabbccdd'), options, payload };
}

function senml(records: number): Uint8Array {
  const names = Array.from({ length: records }, (_, index) => ({ n: `energy${index}`, u: 'Wh', v: 123456.5 + index }));
  return encodeSenmlCbor([{ bn: 'urn:dev:mac:00124b0001020304:', bt: 1_780_000_000 }, ...names]);
}

function framesOf(content: CoapMessage): readonly Uint8Array[] {
  const data = encodeMessage(content);
  const header = new DataView(new ArrayBuffer(8));
  for (const [at, value] of [5683, 5683, 8 + data.length].entries()) header.setUint16(at * 2, value);
  const packet = encodePacket({
    trafficClass: 0,
    flowLabel: 0,
    nextHeader: 17,
    hopLimit: 64,
    source: parseAddress('2001:db8::212:4b00:102:304'),
    destination: parseAddress('2001:db8::ff:fe00:1'),
    extensionHeaders: [],
    payload: Buffer.concat([new Uint8Array(header.buffer), data]),
  });
  new DataView(packet.buffer).setUint16(46, udpChecksum(decodedOf(decodePacket(packet))));
  return encodeFrames(packet, LINK, CONTEXTS, { maxFrame: MAX_FRAME, tag: 1 });
}

function reassembled(reassembler: Reassembler, bytes: Uint8Array): Uint8Array {
  let packet: Uint8Array | undefined;
  for (let at = 0; at < bytes.length; ) {
    const length = bytes[at] ?? 0;
    packet = received(reassembler, bytes.subarray(at + 1, at + 1 + length));
    at += 1 + length;
  }
  if (packet === undefined) throw new Error('The fragments make no packet.');
  return packet;
}

function received(reassembler: Reassembler, bytes: Uint8Array): Uint8Array | undefined {
  const answer = reassembler.receive(bytes, LINK, 0);
  if (answer.kind === 'refused') throw answer.error;
  return answer.kind === 'packet' ? answer.bytes : undefined;
}

function decodedOf<T>(decoded: { readonly kind: string; readonly value?: T }): T {
  if (decoded.value === undefined) throw new Error(`The frame does not decode: ${decoded.kind}.`);
  return decoded.value;
}

import {
  type Contexts,
  decodePacket,
  decodeUdp,
  type ExtensionHeader,
  encodeBroadcast,
  encodeFrames,
  encodeMesh,
  encodePacket,
  formatAddress,
  type Link,
  parseAddress,
  parsePrefix,
  Reassembler,
  udpChecksum,
} from '@contor/coap';
import { fromHex, toHex } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { decoderOf } from './vectors.js';

const LINK: Link = { source: fromHex('1234'), destination: fromHex('00124b0001020304') };
const CONTEXTS: Contexts = new Map([
  [0, parsePrefix('2001:db8::/64')],
  [5, parsePrefix('2001:db8:1::/48')],
  [9, parsePrefix('2001:db8:0:0:ff00::/72')],
]);
const decoder = decoderOf('6lowpan');

describe('IPHC, form by form (RFC 6282, 3.1.1)', () => {
  const beside = {
    linkSource: '1234',
    linkDestination: '00124b0001020304',
    contexts: { 0: '2001:db8::/64', 5: '2001:db8:1::/48', 9: '2001:db8:0:0:ff00::/72' },
  };
  it.each([
    {
      clause: 'both elided by the link',
      hex: '7a33 3b',
      source: 'fe80::ff:fe00:1234',
      destination: 'fe80::212:4b00:102:304',
    },
    {
      clause: 'sixteen bits inline',
      hex: '7a22 3b abcd 0001',
      source: 'fe80::ff:fe00:abcd',
      destination: 'fe80::ff:fe00:1',
    },
    {
      clause: 'interface ids inline',
      hex: '7a11 3b 0102030405060708 1112131415161718',
      source: 'fe80::102:304:506:708',
      destination: 'fe80::1112:1314:1516:1718',
    },
    {
      clause: 'context 0',
      hex: '7a77 3b',
      source: '2001:db8::ff:fe00:1234',
      destination: '2001:db8::212:4b00:102:304',
    },
    {
      clause: 'contexts by number',
      hex: '7af7 59 3b',
      source: '2001:db8:1::ff:fe00:1234',
      destination: '2001:db8::ff12:4b00:102:304',
    },
    { clause: 'unspecified source', hex: '7a43 3b', source: '::', destination: 'fe80::212:4b00:102:304' },
    { clause: 'multicast, 8 bits', hex: '7a3b 3b 01', source: 'fe80::ff:fe00:1234', destination: 'ff02::1' },
    { clause: 'multicast, 32 bits', hex: '7a3a 3b 05010203', source: 'fe80::ff:fe00:1234', destination: 'ff05::1:203' },
    {
      clause: 'multicast, 48 bits',
      hex: '7a39 3b 0e0102030405',
      source: 'fe80::ff:fe00:1234',
      destination: 'ff0e::1:203:405',
    },
    {
      clause: 'multicast by context (RFC 3306)',
      hex: '7a3c 3b 3e01 00000007',
      source: 'fe80::ff:fe00:1234',
      destination: 'ff3e:140:2001:db8::7',
    },
  ])('$clause', ({ hex, source, destination }) =>
    expect(decoder.decode({ input: { hex: hex.replaceAll(' ', ''), ...beside } })).toMatchObject({
      ok: true,
      source,
      destination,
      nextHeader: 59,
      hopLimit: 64,
    }),
  );

  it.each([
    { clause: 'RFC 4944, 5.1: not a LoWPAN frame', hex: '00', code: 'sixlowpan.dispatch' },
    { clause: 'RFC 6282, 2: escape', hex: '4000', code: 'sixlowpan.dispatch' },
    { clause: 'RFC 8025: page switch', hex: 'f161', code: 'sixlowpan.dispatch' },
    { clause: 'nothing at all', hex: '', code: 'sixlowpan.short' },
    { clause: 'a mesh header alone', hex: 'b112341234', code: 'sixlowpan.short' },
    { clause: 'a context that is not known', hex: '7af71f3b', code: 'sixlowpan.context' },
    { clause: 'DAC = 1, DAM = 00 is reserved', hex: '7a343b', code: 'sixlowpan.address' },
    { clause: 'M = 1, DAC = 1, DAM = 01 is reserved', hex: '7a3d3b', code: 'sixlowpan.address' },
    { clause: 'RFC 7400 is not spoken', hex: '7e33b000', code: 'sixlowpan.nhc' },
    { clause: 'EID 5 is reserved', hex: '7e33ea00', code: 'sixlowpan.nhc' },
    { clause: 'a routing header of odd length', hex: '7e33e23b03000000', code: 'sixlowpan.nhc' },
    { clause: 'packets in packets without end', hex: `7e33${'ee7e33'.repeat(20)}`, code: 'sixlowpan.depth' },
    { clause: 'options without end', hex: `7e33${'e10601040000'.repeat(30)}`, code: 'sixlowpan.nhc' },
    { clause: 'a fragment beyond its packet', hex: 'e0100001021122334455667788', code: 'sixlowpan.fragment' },
    { clause: 'a first fragment longer than its packet', hex: 'c02900017a333b0102', code: 'sixlowpan.size' },
    { clause: 'a fragment of a size of zero', hex: 'c000000141', code: 'sixlowpan.fragment' },
    { clause: 'headers longer than the packet', hex: 'c0280001e133', code: 'sixlowpan.dispatch' },
  ])('refused: $clause', ({ hex, code }) =>
    expect(decoder.decode({ input: { hex, ...beside } })).toMatchObject({
      ok: false,
      code: expect.stringMatching(code),
    }),
  );

  it('an address that only the link knows is refused without it', () =>
    expect(decoder.decode({ input: { hex: '7a333b' } })).toMatchObject({ ok: false, code: 'sixlowpan.link-address' }));
});

describe('next headers (RFC 6282, 4)', () => {
  it('puts an elided pad back', () => {
    // Hop-by-hop with a router alert (RFC 2711) of four octets; two octets of PadN were left out.
    const answer = decoder.decode({ input: { hex: '7e22aaaabbbbe10405020000f416331633ff', contexts: {} } });
    expect(answer).toMatchObject({
      ok: true,
      nextHeader: 0,
      protocol: 17,
      payloadLength: 17,
      udp: { checksumOk: true },
    });
    const [header] = answer.extensionHeaders as readonly ExtensionHeader[];
    expect(toHex(header?.bytes ?? new Uint8Array())).toBe('1100050200000100');
  });

  it('reads a packet in a packet, its addresses from the one around', () => {
    const answer = decoder.decode({ input: { hex: '7e22aaaabbbbee7a333b616263' } });
    expect(answer).toMatchObject({ ok: true, nextHeader: 41, payloadLength: 43 });
    const inner = decodePacket(answer.payload as Uint8Array);
    if (inner.kind !== 'value') throw inner;
    expect(formatAddress(inner.value.source)).toBe('fe80::ff:fe00:aaaa');
    expect(formatAddress(inner.value.destination)).toBe('fe80::ff:fe00:bbbb');
    expect(Buffer.from(inner.value.payload).toString()).toBe('abc');
  });

  it('reads HC1 with HC_UDP (RFC 4944, 10)', () => {
    // Link-local both, all elided, no traffic class, UDP with both ports in four bits and its length left out.
    const hex = '42fbe0402312346869';
    const link = { linkSource: '1234', linkDestination: '5678' };
    expect(decoder.decode({ input: { hex, ...link } })).toMatchObject({
      ok: true,
      hopLimit: 64,
      source: 'fe80::ff:fe00:1234',
      destination: 'fe80::ff:fe00:5678',
      payloadLength: 10,
      udp: { sourcePort: 61618, destinationPort: 61619, checksum: 0x1234, checksumOk: false },
    });
  });
});

const bytes = (length: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: length, maxLength: length });
const ADDRESSES = fc.oneof(
  fc
    .constantFrom('fe80::ff:fe00:1234', 'fe80::212:4b00:102:304', '2001:db8::ff:fe00:1234', '2001:db8:1::1')
    .map(parseAddress),
  fc
    .constantFrom('2001:db8::ff12:4b00:102:304', 'ff02::1', 'ff05::1:3', 'ff0e::1:2:3', 'ff3e:140:2001:db8::7')
    .map(parseAddress),
  bytes(16),
);
const EXTENSIONS: fc.Arbitrary<readonly { readonly protocol: number; readonly body: Uint8Array }[]> = fc.array(
  fc.record({ protocol: fc.constantFrom(0, 60, 135), body: fc.constantFrom(6, 14, 262).chain(bytes) }),
  { maxLength: 3 },
);

const PACKETS = fc
  .record({
    trafficClass: fc.oneof(fc.constant(0), fc.nat(255)),
    flowLabel: fc.oneof(fc.constant(0), fc.nat(0xf_ffff)),
    hopLimit: fc.oneof(fc.constantFrom(1, 64, 255), fc.nat(255)),
    source: ADDRESSES,
    destination: ADDRESSES,
    extensions: EXTENSIONS,
    ports: fc.tuple(
      fc.oneof(fc.integer({ min: 0xf0b0, max: 0xf0bf }), fc.nat(0xffff)),
      fc.oneof(fc.integer({ min: 0xf000, max: 0xf0ff }), fc.nat(0xffff)),
    ),
    isUdp: fc.boolean(),
    data: fc.uint8Array({ maxLength: 1000 }),
  })
  .map(({ extensions, ports, isUdp, data, ...header }) => {
    const protocol = isUdp ? 17 : 59;
    const extensionHeaders = extensions.map(({ protocol: own, body }, index) => ({
      protocol: own,
      bytes: Uint8Array.of(extensions[index + 1]?.protocol ?? protocol, (body.length - 6) / 8, ...body),
    }));
    const payload = isUdp ? udp(ports, data) : data;
    const packet = encodePacket({
      ...header,
      nextHeader: extensions[0]?.protocol ?? protocol,
      extensionHeaders,
      payload,
    });
    if (isUdp) setChecksum(packet);
    return packet;
  });

describe('there and back', () => {
  it('any packet, its frames in any order and some twice', () => {
    const cases = fc.record({
      packet: PACKETS,
      maxFrame: fc.integer({ min: 80, max: 120 }),
      isChecksumElided: fc.boolean(),
      order: fc.array(fc.nat(1000), { minLength: 40, maxLength: 40 }),
      isMeshed: fc.boolean(),
    });
    fc.assert(
      fc.property(cases, ({ packet, maxFrame, isChecksumElided, order, isMeshed }) => {
        const frames = framesOf(packet, maxFrame, isChecksumElided);
        if (frames === undefined) return;
        const prefix = isMeshed ? Buffer.concat([mesh(), encodeBroadcast(7)]) : new Uint8Array();
        const hop = isMeshed ? { source: fromHex('9999'), destination: fromHex('8888') } : LINK;
        const reassembler = new Reassembler(CONTEXTS);
        const shuffled = [...frames, ...frames.slice(0, 2)]
          .map((frame, index) => ({ frame, at: order[index % order.length] ?? 0 }))
          .toSorted((a, b) => a.at - b.at);
        const packets = shuffled.flatMap(({ frame }) => {
          const received = reassembler.receive(new Uint8Array(Buffer.concat([prefix, frame])), hop, 0);
          if (received.kind === 'refused') throw received.error;
          return received.kind === 'packet' ? [received.bytes] : [];
        });
        expect(packets.length).toBeGreaterThan(0);
        for (const back of packets) expect(toHex(back)).toBe(toHex(packet));
      }),
    );
  });

  it('addresses as text (RFC 5952)', () => {
    fc.assert(fc.property(bytes(16), (address) => expect(parseAddress(formatAddress(address))).toEqual(address)));
    const texts = ['::', '::1', '1::', '2001:db8::1:0:0:1', '2001:0:0:1::1', '1:2:3:4:5:6:7:8', '2001:db8:0:1:1:1:1:1'];
    expect(texts.map((text) => formatAddress(parseAddress(text)))).toEqual(texts);
  });

  it.each(['', ':', ':::', '1', '1::2::3', '12345::', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7::8', 'g::'])(
    '"%s" is no address',
    (text) => expect(() => parseAddress(text)).toThrow(expect.objectContaining({ code: 'ipv6.address' })),
  );
});

describe('reassembly is bounded (RFC 4944, 5.3)', () => {
  const first = (tag: number, size = 1280): Uint8Array =>
    Uint8Array.of(0xe0 | (size >> 8), size & 0xff, tag >> 8, tag & 0xff, 1, ...new Uint8Array(8));
  const limits = { maxEntries: 10, maxBytes: 8000, maxEntriesPerSource: 3, lifetimeMs: 60_000 };
  const from = (node: number): Link => ({ source: Uint8Array.of(node >> 8, node), destination: undefined });

  it('in packets of a sender, in packets and bytes over all', () => {
    const reassembler = new Reassembler(CONTEXTS, limits);
    for (let tag = 0; tag < 100; tag += 1) reassembler.receive(first(tag), from(1), tag);
    expect(reassembler.entries).toBe(3);
    for (let node = 0; node < 1000; node += 1) reassembler.receive(first(1, 100), from(node), 200);
    expect(reassembler.entries).toBe(10);
    for (let node = 0; node < 1000; node += 1) reassembler.receive(first(1, 2000), from(node), 300);
    expect(reassembler.heldBytes).toBeLessThanOrEqual(8000);
  });

  it('in time', () => {
    const reassembler = new Reassembler(CONTEXTS, limits);
    reassembler.receive(first(1), LINK, 1000);
    reassembler.expire(60_999);
    expect(reassembler.entries).toBe(1);
    reassembler.expire(61_000);
    expect([reassembler.entries, reassembler.heldBytes]).toEqual([0, 0]);
  });

  it('what overlaps is dropped, with all it belongs to', () => {
    const reassembler = new Reassembler(CONTEXTS, limits);
    expect(reassembler.receive(first(1), LINK, 0)).toEqual({ kind: 'waiting' });
    expect(reassembler.receive(first(1), LINK, 0)).toEqual({ kind: 'waiting' });
    const other = first(1);
    other[5] = 1;
    expect(reassembler.receive(other, LINK, 0)).toMatchObject({
      kind: 'refused',
      error: { code: 'sixlowpan.overlap' },
    });
    expect([reassembler.entries, reassembler.heldBytes]).toEqual([0, 0]);
  });
});

it('a checksum is made with the last address of a routing header (RFC 8200, 8.1)', () => {
  const final = parseAddress('2001:db8::99');
  const routing = Uint8Array.of(17, 2, 2, 1, 0, 0, 0, 0, ...final);
  const header = { trafficClass: 0, flowLabel: 0, hopLimit: 64, source: parseAddress('2001:db8::1') };
  const payload = udp([5683, 5683], Uint8Array.of(1, 2, 3));
  const routed = { ...header, nextHeader: 43, destination: parseAddress('2001:db8::2') };
  const straight = { ...header, nextHeader: 17, destination: final, extensionHeaders: [], payload };
  const checksums = [
    encodePacket({ ...routed, extensionHeaders: [{ protocol: 43, bytes: routing }], payload }),
    encodePacket(straight),
  ].map((packet) => {
    const decoded = decodePacket(packet);
    return decoded.kind === 'value' ? udpChecksum(decoded.value) : undefined;
  });
  expect(checksums[0]).toBe(checksums[1]);
});

function framesOf(packet: Uint8Array, maxFrame: number, isChecksumElided: boolean): readonly Uint8Array[] | undefined {
  try {
    const frames = encodeFrames(packet, LINK, CONTEXTS, { maxFrame, tag: 77, isChecksumElided });
    for (const frame of frames) expect(frame.length).toBeLessThanOrEqual(maxFrame);
    return frames;
  } catch (error) {
    // Headers longer than a frame do not go into frames, and the encoder says so.
    expect(error).toMatchObject({ code: 'sixlowpan.size' });
    return undefined;
  }
}

function mesh(): Uint8Array {
  const { source = new Uint8Array(), destination = new Uint8Array() } = LINK;
  return encodeMesh({ hopsLeft: 20, originator: source, finalDestination: destination });
}

function udp([source, destination]: readonly [number, number], data: Uint8Array): Uint8Array {
  const header = new DataView(new ArrayBuffer(8));
  header.setUint16(0, source);
  header.setUint16(2, destination);
  header.setUint16(4, 8 + data.length);
  return new Uint8Array(Buffer.concat([new Uint8Array(header.buffer), data]));
}

function setChecksum(packet: Uint8Array): void {
  const decoded = decodePacket(packet);
  if (decoded.kind !== 'value') throw decoded;
  const checksum = udpChecksum(decoded.value);
  packet.set([checksum >> 8, checksum & 0xff], decoded.value.payloadAt + 6);
  const again = decodePacket(packet);
  if (again.kind === 'value') expect(decodeUdp(again.value)).toMatchObject({ value: { isChecksumRight: true } });
}

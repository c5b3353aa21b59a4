/** `contor decode 6lowpan`: one frame as `hex` or several as `frames`, in any order, to the IPv6 packet in them. */

import {
  type DecodeAnswer,
  type DecodeRequest,
  type ExplainedRow,
  fromHex,
  type LineDecoder,
  WireError,
} from '@contor/kit';
import { formatAddress, parsePrefix } from '../codec/ipv6/address.js';
import { decodePacket, decodeUdp, type Ipv6Packet, isFragmented, PROTOCOL } from '../codec/ipv6/packet.js';
import type { Contexts } from '../codec/sixlowpan/addresses.js';
import { decodeFrame } from '../codec/sixlowpan/frame.js';
import type { Link } from '../codec/sixlowpan/link.js';
import { Reassembler } from '../codec/sixlowpan/reassembly.js';
import { answerOr, explainOr, hexMember, inputOf, isMembers, type Members, refusal } from './request.js';
import { explainPayload } from './sixlowpan-explain.js';

export const SIXLOWPAN_LINES: LineDecoder = {
  protocol: '6lowpan',
  about: '6LoWPAN frames (RFC 4944, RFC 6282) to IPv6 and UDP',
  example: '7e2212345678f41633163340010001',
  decode: (request) => answerOr(() => decode(request)),
  explain: (request) => explainOr(() => explain(request)),
};

/** A packet of 2047 bytes in the smallest fragments is below 300 frames; twice that for repeats. */
const MAX_FRAMES = 4096;

function decode(request: DecodeRequest): DecodeAnswer {
  const input = inputOf(request);
  const link = linkOf(input);
  const reassembler = new Reassembler(contextsOf(input));
  let error = new WireError('sixlowpan.incomplete', 'The frames are not all of a packet.');
  for (const bytes of framesOf(input)) {
    const received = reassembler.receive(bytes, link, 0);
    if (received.kind === 'packet') return answer(received.bytes, received.isChecksumElided);
    if (received.kind === 'refused') error = received.error;
  }
  return refusal(error);
}

function answer(bytes: Uint8Array, isChecksumElided: boolean): DecodeAnswer {
  const decoded = decodePacket(bytes);
  if (decoded.kind === 'pending') return { ok: false, code: 'ipv6.short' };
  if (decoded.kind === 'garbage') return refusal(decoded.error);
  const packet = decoded.value;
  const header = {
    ok: true,
    source: formatAddress(packet.source),
    destination: formatAddress(packet.destination),
    hopLimit: packet.hopLimit,
    trafficClass: packet.trafficClass,
    flowLabel: packet.flowLabel,
    nextHeader: packet.nextHeader,
    payloadLength: packet.payloadLength,
    ...extensions(packet),
  };
  if (packet.protocol !== PROTOCOL.udp || isFragmented(packet)) return { ...header, payload: packet.payload };
  const udp = decodeUdp(packet);
  if (udp.kind === 'pending') return { ok: false, code: 'udp.short' };
  if (udp.kind === 'garbage') return refusal(udp.error);
  const { sourcePort, destinationPort, checksum, isChecksumRight, payload } = udp.value;
  const elided = isChecksumElided ? { checksumElided: true } : {};
  return { ...header, udp: { sourcePort, destinationPort, checksum, checksumOk: isChecksumRight, ...elided, payload } };
}

function extensions({ extensionHeaders, protocol }: Ipv6Packet): object {
  return extensionHeaders.length === 0 ? {} : { extensionHeaders, protocol };
}

function framesOf(input: Members): readonly Uint8Array[] {
  if (input.frames === undefined) return [hexMember(input, 'hex')];
  if (!Array.isArray(input.frames) || input.frames.length === 0 || input.frames.length > MAX_FRAMES)
    throw new WireError('decode.input', 'The frames are a list of hex texts.', { most: MAX_FRAMES });
  return input.frames.map((hex) => hexMember({ hex }, 'hex'));
}

function linkOf(input: Members): Link {
  return { source: addressOf(input.linkSource), destination: addressOf(input.linkDestination) };
}

function addressOf(value: unknown): Uint8Array | undefined {
  if (value === undefined || value === null || value === '') return undefined;
  const address = typeof value === 'string' && value.length <= 23 ? fromHex(value.replaceAll(':', '')) : undefined;
  if (address?.length !== 2 && address?.length !== 8)
    throw new WireError('decode.input', 'An address of the link has two or eight bytes.');
  return address;
}

function contextsOf(input: Members): Contexts {
  if (input.contexts === undefined || input.contexts === null) return new Map();
  if (!isMembers(input.contexts)) throw new WireError('decode.input', 'The contexts are prefixes by their number.');
  return new Map(
    Object.entries(input.contexts).map(([id, prefix]) => {
      if (!/^([0-9]|1[0-5])$/.test(id) || typeof prefix !== 'string')
        throw new WireError('decode.input', 'The contexts are prefixes by a number of 0 to 15.');
      return [Number(id), parsePrefix(prefix)];
    }),
  );
}

function explain(request: DecodeRequest): readonly ExplainedRow[] {
  const input = inputOf(request);
  const rows = framesOf(input).flatMap((bytes) => explainFrame(bytes, linkOf(input)));
  const result = decode(request);
  return [...rows, { bytes: new Uint8Array(0), name: 'packet', says: result.ok ? 'whole' : String(result.code) }];
}

function explainFrame(bytes: Uint8Array, link: Link): readonly ExplainedRow[] {
  const decoded = decodeFrame(bytes, link);
  if (decoded.kind !== 'value')
    return [{ bytes, name: 'frame', says: decoded.kind === 'garbage' ? decoded.error.message : 'not all there' }];
  const { mesh, broadcastSequence, fragment, payload } = decoded.value;
  const says = [
    mesh === undefined ? [] : [`mesh, ${mesh.hopsLeft} hops left`],
    broadcastSequence === undefined ? [] : [`broadcast ${broadcastSequence}`],
    fragment === undefined ? [] : [`fragment at ${fragment.offset} of ${fragment.size}, tag ${fragment.tag}`],
  ].flat();
  const headers = bytes.subarray(0, bytes.length - payload.length);
  const rows = headers.length > 0 ? [{ bytes: headers, name: 'headers', says: says.join('; ') }] : [];
  if (fragment?.isFirst !== false) return [...rows, ...explainPayload(payload)];
  return [...rows, { bytes: payload, name: 'share of the packet', says: `${payload.length} bytes` }];
}

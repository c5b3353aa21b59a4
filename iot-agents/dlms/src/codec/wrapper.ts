/** The wrapper that carries APDUs over TCP and UDP: IEC 62056-47, 5.3 (version 1, source, destination, length). */

import { ByteWriter, type Decoded, WireError } from '@contor/kit';

export interface WrapperUnit {
  readonly version: 1;
  readonly source: number;
  readonly destination: number;
  readonly payload: Uint8Array;
}

const VERSION = 1;
const HEADER_SIZE = 8;
const MAX_PAYLOAD = 0xffff;

/** Of a TCP stream; a UDP datagram is one unit, so anything but `used` of its whole length is garbage there. */
export function decodeWrapper(bytes: Uint8Array): Decoded<WrapperUnit> {
  if ((bytes[0] ?? 0) !== 0 || (bytes[1] ?? VERSION) !== VERSION) {
    const error = new WireError('wrapper.version', 'The wrapper is not of version 1.', {});
    return { kind: 'garbage', error, used: bytes.length };
  }
  if (bytes.length < HEADER_SIZE) return { kind: 'pending' };
  const at = (offset: number) => ((bytes[offset] ?? 0) << 8) | (bytes[offset + 1] ?? 0);
  const length = at(6);
  if (length === 0) {
    const error = new WireError('wrapper.length', 'The wrapper carries nothing.', {});
    return { kind: 'garbage', error, used: HEADER_SIZE };
  }
  const end = HEADER_SIZE + length;
  if (bytes.length < end) return { kind: 'pending' };
  const payload = bytes.subarray(HEADER_SIZE, end);
  return { kind: 'value', value: { version: VERSION, source: at(2), destination: at(4), payload }, used: end };
}

export function encodeWrapper({ source, destination, payload }: WrapperUnit): Uint8Array {
  const to = new ByteWriter(HEADER_SIZE + MAX_PAYLOAD);
  return to.u16(VERSION).u16(source).u16(destination).u16(payload.length).bytes(payload).finish();
}

/** The LLC sublayer over HDLC: IEC 62056-46, 6.3.2 — three bytes that say whether a command or a response follows. */

import { type Decoded, WireError } from '@contor/kit';

export interface LlcUnit {
  readonly direction: 'command' | 'response';
  readonly payload: Uint8Array;
}

const DESTINATION = 0xe6;
const SOURCES = { command: 0xe6, response: 0xe7 } as const;

export function hasLlc(bytes: Uint8Array): boolean {
  return bytes[0] === DESTINATION && (bytes[1] === SOURCES.command || bytes[1] === SOURCES.response) && bytes[2] === 0;
}

export function decodeLlc(bytes: Uint8Array): Decoded<LlcUnit> {
  if (bytes.length < 3) return { kind: 'pending' };
  if (!hasLlc(bytes)) {
    const error = new WireError('llc.header', 'The LLC header is not E6 E6 00 or E6 E7 00.', {});
    return { kind: 'garbage', error, used: bytes.length };
  }
  const direction = bytes[1] === SOURCES.command ? 'command' : 'response';
  return { kind: 'value', value: { direction, payload: bytes.subarray(3) }, used: bytes.length };
}

export function encodeLlc({ direction, payload }: LlcUnit): Uint8Array {
  const bytes = new Uint8Array(3 + payload.length);
  bytes.set([DESTINATION, SOURCES[direction], 0]);
  bytes.set(payload, 3);
  return bytes;
}

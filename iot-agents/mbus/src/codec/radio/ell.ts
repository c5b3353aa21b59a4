/** Extended link layer (EN 13757-4, 13.2): I to IV, with or without the address of the meter and encryption. */

import { WireError } from '@contor/kit';
import { addressOfLink, type MeterAddress } from '../header/address.js';

export interface ExtendedLink {
  readonly ci: number;
  readonly communicationControl: number;
  readonly accessNumber: number;
  /** ELL III and IV. */
  readonly destination: MeterAddress | undefined;
  /** ELL II and IV: the session number, whose three highest bits say how the rest is encrypted. */
  readonly session: number | undefined;
  /** Checksum and all that follows it, encrypted or not; without a session what follows. */
  readonly payload: Uint8Array;
}

interface EllRow {
  readonly ci: number;
  readonly hasDestination: boolean;
  readonly hasSession: boolean;
}

const KINDS = [
  { ci: 0x8c, hasDestination: false, hasSession: false },
  { ci: 0x8d, hasDestination: false, hasSession: true },
  { ci: 0x8e, hasDestination: true, hasSession: false },
  { ci: 0x8f, hasDestination: true, hasSession: true },
] as const satisfies readonly EllRow[];

const CONTROL = 3;
const DESTINATION = 8;
const SESSION = 4;
export const ELL_CRC = 2;

/** Undefined when the data begin with another layer. */
export function decodeEll(data: Uint8Array): ExtendedLink | WireError | undefined {
  const kind = KINDS.find(({ ci }) => ci === data[0]);
  if (kind === undefined) return undefined;
  const sessionAt = CONTROL + (kind.hasDestination ? DESTINATION : 0);
  const payloadAt = sessionAt + (kind.hasSession ? SESSION : 0);
  if (data.length < payloadAt + (kind.hasSession ? ELL_CRC : 1))
    return new WireError('wmbus.ell.short', 'The bytes end within the extended link layer.', { actual: data.length });
  return {
    ci: kind.ci,
    communicationControl: data[1] ?? 0,
    accessNumber: data[2] ?? 0,
    destination: kind.hasDestination ? addressOfLink(data, CONTROL) : undefined,
    session: kind.hasSession ? u32(data, sessionAt) : undefined,
    payload: data.subarray(payloadAt),
  };
}

/** 13.2.7: 0 plain, 1 AES-128-CTR; the others are reserved. */
export function ellEncryption(session: number): number {
  return session >>> 29;
}

export function u32(bytes: Uint8Array, at: number): number {
  const high = (bytes[at + 3] ?? 0) * 2 ** 24;
  return high + ((bytes[at] ?? 0) | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16));
}

/** Authentication and fragmentation layer, CI 90 (EN 13757-7, 6; OMS volume 2, 6). */

import { WireError } from '@contor/kit';
import { u32 } from './ell.js';

export interface AuthenticationLayer {
  readonly length: number;
  readonly fragmentId: number;
  readonly hasMoreFragments: boolean;
  /** Message control: what the code covers, and which code it is. */
  readonly control: number | undefined;
  readonly keyInformation: number | undefined;
  readonly counter: number | undefined;
  readonly mac: Uint8Array | undefined;
  readonly messageLength: number | undefined;
  readonly payload: Uint8Array;
}

export const AFL_CI = 0x90;

/** Fragmentation control (table 8): which fields are there, in this order. */
const MORE_FRAGMENTS = 0x4000;
const HAS_CONTROL = 0x2000;
const HAS_LENGTH = 0x1000;
const HAS_COUNTER = 0x0800;
const HAS_MAC = 0x0400;
const HAS_KEY = 0x0200;

/** Low four bits of the message control: authentication type, and how long its code is. */
const MAC_LENGTHS: Readonly<Record<number, number>> = { 3: 2, 4: 4, 5: 8, 6: 12, 7: 16, 8: 12 };

export function decodeAfl(data: Uint8Array): AuthenticationLayer | WireError | undefined {
  if (data[0] !== AFL_CI) return undefined;
  const length = data[1] ?? 0;
  const end = 2 + length;
  if (length < 2 || end > data.length) return shortAfl(data.length);
  const flags = (data[2] ?? 0) | ((data[3] ?? 0) << 8);
  let at = 4;
  const take = (isThere: number, size: number) => {
    if ((flags & isThere) === 0) return -1;
    at += size;
    return at - size;
  };
  const controlAt = take(HAS_CONTROL, 1);
  const control = controlAt < 0 ? undefined : data[controlAt];
  const keyAt = take(HAS_KEY, 2);
  const counterAt = take(HAS_COUNTER, 4);
  const macLength = control === undefined ? 8 : (MAC_LENGTHS[control & 0x0f] ?? 0);
  const macAt = take(HAS_MAC, macLength);
  const lengthAt = take(HAS_LENGTH, 2);
  if (at > end) return shortAfl(length);
  const u16At = (offset: number) => (offset < 0 ? undefined : (data[offset] ?? 0) | ((data[offset + 1] ?? 0) << 8));
  return {
    length,
    fragmentId: flags & 0xff,
    hasMoreFragments: (flags & MORE_FRAGMENTS) !== 0,
    control,
    keyInformation: u16At(keyAt),
    counter: counterAt < 0 ? undefined : u32(data, counterAt),
    mac: macAt < 0 ? undefined : data.subarray(macAt, macAt + macLength),
    messageLength: u16At(lengthAt),
    payload: data.subarray(end),
  };
}

function shortAfl(actual: number): WireError {
  return new WireError('wmbus.afl.short', 'The bytes end within the authentication layer.', { actual });
}

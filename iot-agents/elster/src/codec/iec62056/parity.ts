/**
 * Seven data bits with even parity, one start and one stop bit (IEC 62056-21, 5.2), carried in bytes of eight bits: what a
 * converter to TCP gives when it was set to 8N1, and what a line to a meter at 7E1 needs.
 */

import { WireError } from '@contor/kit';

export type Parity = 'even' | 'odd' | 'none';

/** Seven bits a byte; the first byte with wrong parity is an error that names its place. */
export function stripParity(bytes: Uint8Array, parity: Parity): Uint8Array | WireError {
  if (parity === 'none') return bytes;
  const wanted = parity === 'odd' ? 1 : 0;
  const stripped = new Uint8Array(bytes.length);
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    if (ONES[byte] !== wanted) return new WireError('iec62056.parity', 'A byte has wrong parity.', { offset: at });
    stripped[at] = byte & 0x7f;
  }
  return stripped;
}

/** The eighth bit is made so that the ones are even (or odd); a byte that already uses it cannot travel. */
export function addParity(bytes: Uint8Array, parity: Parity): Uint8Array {
  if (parity === 'none') return bytes;
  const wanted = parity === 'odd' ? 1 : 0;
  return bytes.map((byte, at) => {
    if (byte > 0x7f) throw new WireError('iec62056.character', 'Eight bits do not fit into seven.', { at });
    return ONES[byte] === wanted ? byte : byte | 0x80;
  });
}

/** Whether the ones of a byte are odd in number. */
const ONES = Uint8Array.from({ length: 256 }, (_, byte) => {
  let ones = 0;
  for (let rest = byte; rest > 0; rest >>= 1) ones ^= rest & 1;
  return ones;
});

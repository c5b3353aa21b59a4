/** Characters as IEC 62056-21 has them: one byte each (ISO/IEC 646), and meters that send eighth bits are kept as they are. */

import { WireError } from '@contor/kit';

export const SOH = 0x01;
export const STX = 0x02;
export const ETX = 0x03;
export const EOT = 0x04;
export const ACK = 0x06;
export const NAK = 0x15;
export const CR = 0x0d;
export const LF = 0x0a;
export const SLASH = 0x2f;
export const EXCLAMATION = 0x21;

/** The longest message we keep while its end is awaited: a year of a wide load profile fits, an endless line does not. */
export const MAX_MESSAGE = 2 ** 20;

export function toText(bytes: Uint8Array, from = 0, to = bytes.length): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1', from, to);
}

/** What has no place in eight bits is refused, not cut. */
export function toBytes(text: string): Uint8Array {
  for (let at = 0; at < text.length; at += 1) {
    if (text.charCodeAt(at) > 0xff) throw new WireError('iec62056.character', 'No character of the line.', { at });
  }
  return new Uint8Array(Buffer.from(text, 'latin1'));
}

/** Bytes as lower-case hexadecimal text and back. */

import { WireError } from './errors.js';

export function toHex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
}

/** White space between bytes is allowed; anything else that is not a hex digit is a WireError. */
export function fromHex(text: string): Uint8Array {
  const digits = text.replace(/\s+/g, '');
  if (digits.length % 2 !== 0) throw new WireError('hex.length', 'Hexadecimal text has an odd number of digits.');
  const wrong = digits.search(/[^0-9a-fA-F]/);
  if (wrong >= 0) throw new WireError('hex.digit', 'Hexadecimal text has a character that is no digit.', { at: wrong });
  return new Uint8Array(Buffer.from(digits, 'hex'));
}

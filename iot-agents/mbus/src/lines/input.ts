/** The input of a line: hexadecimal text, or nothing that we can read. */

import type { DecodeRequest } from '@contor/kit';

const HEX = /^(?:[0-9a-fA-F]{2})*$/;
/** Longer than any frame with its fragments; a line beyond it is no telegram. */
const MAX_DIGITS = 65_536;

export function hexBytes(text: unknown): Uint8Array | undefined {
  if (typeof text !== 'string' || text.length > MAX_DIGITS || !HEX.test(text)) return undefined;
  return new Uint8Array(Buffer.from(text, 'hex'));
}

export function inputOf(request: DecodeRequest): Readonly<Record<string, unknown>> {
  const { input } = request;
  return typeof input === 'object' && input !== null ? (input as Readonly<Record<string, unknown>>) : {};
}

export function bytesOf(request: DecodeRequest): Uint8Array | undefined {
  return hexBytes(inputOf(request).hex);
}

/** JSON text (RFC 8259) as bytes, read under limits. Whatever arrives, the answer is a value or a WireError. */

import { WireError } from '@contor/kit';

export type Parsed<T> =
  | { readonly kind: 'value'; readonly value: T }
  | { readonly kind: 'garbage'; readonly error: WireError };

/** A day of quarter-hours of four registers is 8 kB; a batch of a hub is some tens of kB. */
export const LONGEST_PAYLOAD = 256 * 1024;

const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: false });

export function parseJson(bytes: Uint8Array): Parsed<unknown> {
  if (bytes.length > LONGEST_PAYLOAD) {
    return garbage('json.long', 'The payload is longer than we read.', {
      length: bytes.length,
      limit: LONGEST_PAYLOAD,
    });
  }
  try {
    return { kind: 'value', value: JSON.parse(UTF8.decode(bytes)) as unknown };
  } catch (error) {
    // TypeError: not UTF-8. SyntaxError: not JSON. Neither message repeats the payload in full.
    const isText = error instanceof SyntaxError;
    return garbage(
      isText ? 'json.syntax' : 'json.utf8',
      isText ? 'The payload is not JSON.' : 'The payload is not UTF-8.',
      {
        length: bytes.length,
      },
    );
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function garbage(
  code: string,
  message: string,
  context: Record<string, unknown> = {},
): { kind: 'garbage'; error: WireError } {
  return { kind: 'garbage', error: new WireError(code, message, context) };
}

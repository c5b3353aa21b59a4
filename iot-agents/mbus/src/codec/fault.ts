/** The two answers of a decoder that are no value, in one line each. */

import { type Decoded, type ErrorContext, WireError } from '@contor/kit';

export const PENDING = { kind: 'pending' } as const;

export function garbage(code: string, message: string, context: ErrorContext = {}, used = 1): Decoded<never> {
  return { kind: 'garbage', error: new WireError(code, message, context), used };
}

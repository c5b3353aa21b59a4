/** The refusals of this package: a WireError with a stable code, as a value. */

import { type ErrorContext, WireError } from '@contor/kit';

export interface Garbage {
  readonly kind: 'garbage';
  readonly error: WireError;
  readonly used: number;
}

/** Of a datagram nothing can be read after a fault, so `used` is all of it; never zero, so that a reader moves on. */
export function garbage(code: string, message: string, used: number, context: ErrorContext = {}): Garbage {
  return { kind: 'garbage', error: new WireError(code, message, context), used: Math.max(1, used) };
}

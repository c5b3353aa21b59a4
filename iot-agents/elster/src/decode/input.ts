/** The parts of a line of input that both protocols of this family share. */

import { type DecodeAnswer, type DecodeRequest, toError, WireError } from '@contor/kit';

export function inputOf({ input }: DecodeRequest): Readonly<Record<string, unknown>> {
  if (typeof input !== 'object' || input === null || Array.isArray(input))
    throw new WireError('decode.input', 'The line has no input.');
  return input as Readonly<Record<string, unknown>>;
}

/** Their bytes are answered; an error of ours goes on. */
export function refusal(error: unknown): DecodeAnswer {
  if (error instanceof WireError) return { ok: false, code: error.code, reason: error.message };
  throw toError(error);
}

/** The members of a line that several decoders read; what is missing or of another type is a typed refusal, never a throw. */

import { type DecodeAnswer, type DecodeRequest, type ExplainedRow, fromHex, WireError } from '@contor/kit';

/** Longest input of one line: sixteen times what a datagram can carry. */
const MAX_BYTES = 2 ** 20;

export type Members = Readonly<Record<string, unknown>>;

export function inputOf(request: DecodeRequest): Members {
  const { input } = request;
  if (!isMembers(input)) throw new WireError('decode.input', 'The line has no input.');
  return input;
}

export function hexMember(members: Members, name: string): Uint8Array {
  const text = members[name];
  if (typeof text !== 'string') throw new WireError('decode.input', 'The input has no hex.', { member: name });
  if (text.length > 2 * MAX_BYTES) throw new WireError('decode.input', 'The input is too long.', { member: name });
  return fromHex(text);
}

export function isMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** A refusal as a line says it. Anything but a WireError is our own fault and goes on. */
export function answerOr(decode: () => DecodeAnswer): DecodeAnswer {
  try {
    return decode();
  } catch (error) {
    if (error instanceof WireError) return refusal(error);
    throw error;
  }
}

export function refusal(error: WireError): DecodeAnswer {
  return {
    ok: false,
    code: error.code,
    reason: error.message,
    ...('offset' in error.context && { offset: error.context.offset }),
  };
}

/** For the eyes: what cannot be laid out at all is laid out as nothing, and the answer says why. */
export function explainOr(explain: () => readonly ExplainedRow[]): readonly ExplainedRow[] {
  try {
    return explain();
  } catch (error) {
    if (error instanceof WireError) return [];
    throw error;
  }
}

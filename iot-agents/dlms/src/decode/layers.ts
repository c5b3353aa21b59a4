/** Where the bytes begin: the layer that the line names, or the first that takes them whole. */

import { type DecodeAnswer, WireError } from '@contor/kit';
import { isAcseTag } from '../codec/acse/apdu.js';
import { toTree } from '../codec/axdr/data.js';
import { readData } from '../codec/axdr/read-data.js';
import { formatLogicalName } from '../codec/cosem/logical-name.js';
import { attemptWhole } from '../codec/cursor.js';
import { FLAG } from '../codec/hdlc/frame.js';
import { decodeLlc, hasLlc } from '../codec/llc.js';
import { decodeWrapper } from '../codec/wrapper.js';
import { isApduTag } from '../codec/xdlms/apdu.js';
import { answerApdu, demand } from './apdu.js';
import { answerFrames } from './frames.js';
import type { DlmsRequest } from './request.js';

interface LayerRow {
  readonly layer: string;
  /** Whether bytes without a layer may begin here. */
  readonly mayBegin: (bytes: Uint8Array) => boolean;
  readonly answer: (bytes: Uint8Array, request: DlmsRequest) => DecodeAnswer;
}

/** In the order in which they are tried. */
export const LAYERS = [
  { layer: 'hdlc', mayBegin: (bytes) => bytes[0] === FLAG, answer: answerFrames },
  { layer: 'llc', mayBegin: hasLlc, answer: answerLlc },
  { layer: 'wrapper', mayBegin: isWrapper, answer: answerWrapper },
  { layer: 'acse', mayBegin: ([tag = 0]) => isAcseTag(tag), answer: answerBare },
  { layer: 'xdlms', mayBegin: ([tag = 0]) => isApduTag(tag), answer: answerBare },
  { layer: 'axdr', mayBegin: () => true, answer: answerData },
  { layer: 'logical-name', mayBegin: ({ length }) => length === 6, answer: answerLogicalName },
] as const satisfies readonly LayerRow[];

/** `other` is the word of a line that does not know. */
const UNKNOWN_LAYERS: readonly (string | undefined)[] = [undefined, 'other'];

export function answerLayer(bytes: Uint8Array, request: DlmsRequest): DecodeAnswer {
  if (!UNKNOWN_LAYERS.includes(request.layer)) {
    const row = LAYERS.find(({ layer }) => layer === request.layer);
    if (row === undefined) throw new WireError('decode.layer', 'There is no such layer.', { layer: request.layer });
    return row.answer(bytes, request);
  }
  let refused: DecodeAnswer | undefined;
  for (const { layer, mayBegin, answer } of LAYERS) {
    if (!mayBegin(bytes)) continue;
    const answered = refusalOf(() => answer(bytes, request));
    if (answered.ok) return { layer, ...answered };
    refused ??= answered;
  }
  return refused ?? { ok: false, code: 'decode.empty' };
}

/** A WireError as an answer; anything else is ours and goes up. */
export function refusalOf(answer: () => DecodeAnswer): DecodeAnswer {
  try {
    return answer();
  } catch (error) {
    if (error instanceof WireError) return { ok: false, code: error.code };
    throw error;
  }
}

function answerLlc(bytes: Uint8Array, request: DlmsRequest): DecodeAnswer {
  const { direction, payload } = demand(decodeLlc(bytes));
  return { ok: true, direction, ...answerApdu(payload, request) };
}

function answerWrapper(bytes: Uint8Array, request: DlmsRequest): DecodeAnswer {
  const decoded = decodeWrapper(bytes);
  const { version, source, destination, payload } = demand(decoded);
  if (decoded.kind === 'value' && decoded.used < bytes.length)
    throw new WireError('wire.trailing', 'Bytes follow the end of the message.', { offset: decoded.used });
  return { ok: true, version, source, destination, length: payload.length, payload, ...answerApdu(payload, request) };
}

function answerBare(bytes: Uint8Array, request: DlmsRequest): DecodeAnswer {
  return { ok: true, ...answerApdu(bytes, request) };
}

function answerData(bytes: Uint8Array): DecodeAnswer {
  return { ok: true, data: toTree(demand(attemptWhole(bytes, readData))) };
}

function answerLogicalName(bytes: Uint8Array): DecodeAnswer {
  if (bytes.length !== 6) throw new WireError('cosem.logical-name', 'A logical name has six bytes.', {});
  return { ok: true, logicalName: formatLogicalName(bytes) };
}

function isWrapper(bytes: Uint8Array): boolean {
  return bytes[0] === 0 && bytes[1] === 1 && bytes.length > 8;
}

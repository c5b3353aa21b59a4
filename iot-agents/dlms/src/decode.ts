/** What `contor decode` can read of this family; see docs/decode.md. */

import type { DecodeAnswer, DecodeRequest, ExplainedRow, LineDecoder } from '@contor/kit';
import { compute } from './decode/computations.js';
import { explainBytes } from './decode/explain.js';
import { answerLayer, refusalOf } from './decode/layers.js';
import { readRequest } from './decode/request.js';

const DLMS: LineDecoder = {
  protocol: 'dlms',
  about: 'DLMS/COSEM: HDLC, wrapper, LLC, ACSE, xDLMS or A-XDR; ciphered with a key',
  example: '7ea01521033049cae6e700c401c100060000139184227e',
  decode: decodeLine,
  explain: explainLine,
};

export const DECODERS: readonly LineDecoder[] = [DLMS];

function decodeLine(line: DecodeRequest): DecodeAnswer {
  return refusalOf(() => {
    const request = readRequest(line);
    return request.bytes === undefined ? compute(request) : answerLayer(request.bytes, request);
  });
}

function explainLine(line: DecodeRequest): readonly ExplainedRow[] {
  const request = readRequest(line);
  return request.bytes === undefined ? [] : explainBytes(request.bytes, request);
}

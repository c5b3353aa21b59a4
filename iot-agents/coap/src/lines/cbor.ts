/** `contor decode cbor`: one data item of RFC 8949 in hex. */

import { type DecodeAnswer, type DecodeRequest, type LineDecoder, toHex, WireError } from '@contor/kit';
import { decodeItem } from '../codec/cbor/decode.js';
import { formatDiagnostic } from '../codec/cbor/diagnostic.js';
import { encodeItem } from '../codec/cbor/encode.js';
import type { CborItem } from '../codec/cbor/item.js';
import { toPlain } from '../codec/cbor/plain.js';
import { explainCbor } from './cbor-explain.js';
import { answerOr, explainOr, hexMember, inputOf } from './request.js';

export const CBOR_LINES: LineDecoder = {
  protocol: 'cbor',
  about: 'CBOR data items (RFC 8949)',
  example: 'a26161016162820203',
  decode: (request) => answerOr(() => decode(request)),
  explain: (request) => explainOr(() => explainCbor(hexMember(inputOf(request), 'hex'))),
};

function decode(request: DecodeRequest): DecodeAnswer {
  const bytes = hexMember(inputOf(request), 'hex');
  const item = onlyItem(bytes);
  const decoded = toPlain(item);
  return {
    ok: true,
    ...(decoded !== undefined && { decoded }),
    diagnostic: formatDiagnostic(item),
    roundtrip: toHex(encodeItem(item)) === toHex(bytes),
  };
}

export function onlyItem(bytes: Uint8Array): CborItem {
  const decoded = decodeItem(bytes);
  if (decoded.kind === 'garbage') throw decoded.error;
  if (decoded.kind === 'pending') throw new WireError('cbor.short', 'The bytes end before the item does.');
  if (decoded.used < bytes.length)
    throw new WireError('cbor.trailing', 'There are bytes behind the item.', { offset: decoded.used });
  return decoded.value;
}

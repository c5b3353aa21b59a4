/**
 * `contor decode senml`: a pack as `json` (as it is, or as text), or as `cborHex`, or as `hex` of either; `now` in seconds of
 * 1970 dates what is only relative.
 */

import {
  type DecodeAnswer,
  type Decoded,
  type DecodeRequest,
  type ExplainedRow,
  type LineDecoder,
  WireError,
} from '@contor/kit';
import type { SenmlRecord } from '../codec/senml/fields.js';
import { decodeSenmlCbor, decodeSenmlJson, readSenmlJson, toJsonRecord } from '../codec/senml/pack.js';
import { resolve } from '../codec/senml/resolve.js';
import { answerOr, explainOr, hexMember, inputOf, type Members } from './request.js';

export const SENML_LINES: LineDecoder = {
  protocol: 'senml',
  about: 'SenML packs in JSON and CBOR (RFC 8428)',
  example: '81a3006a75726e3a6d657465723a016343656c02fb403719999999999a',
  decode: (request) => answerOr(() => decode(request)),
  explain: (request) => explainOr(() => explain(request)),
};

function decode(request: DecodeRequest): DecodeAnswer {
  const input = inputOf(request);
  const { now } = input;
  if (now !== undefined && (typeof now !== 'number' || !Number.isFinite(now)))
    throw new WireError('decode.input', 'The member now is a number of seconds.');
  return { ok: true, resolved: resolve(packOf(input), now).map(toJsonRecord) };
}

function packOf(input: Members): readonly SenmlRecord[] {
  if (typeof input.json === 'string') return whole(decodeSenmlJson(new TextEncoder().encode(input.json)));
  if (input.json !== undefined) return readSenmlJson(input.json);
  const bytes = hexMember(input, input.cborHex === undefined ? 'hex' : 'cborHex');
  // JSON begins with "[" or white space; in CBOR those bytes begin no array.
  const isJson = input.cborHex === undefined && JSON_STARTS.has(bytes[0] ?? 0);
  if (isJson) return whole(decodeSenmlJson(bytes));
  const decoded = decodeSenmlCbor(bytes);
  if (decoded.kind === 'value' && decoded.used < bytes.length)
    throw new WireError('senml.trailing', 'There are bytes behind the pack.', { offset: decoded.used });
  return whole(decoded);
}

const JSON_STARTS: ReadonlySet<number> = new Set([0x5b, 0x20, 0x09, 0x0a, 0x0d]);

function whole(decoded: Decoded<readonly SenmlRecord[]>): readonly SenmlRecord[] {
  if (decoded.kind === 'value') return decoded.value;
  throw decoded.kind === 'garbage'
    ? decoded.error
    : new WireError('senml.short', 'The bytes end before the pack does.');
}

function explain(request: DecodeRequest): readonly ExplainedRow[] {
  const input = inputOf(request);
  const bytes = typeof input.hex === 'string' ? hexMember(input, 'hex') : new Uint8Array(0);
  return packOf(input).map((record, index) => ({
    bytes: index === 0 ? bytes : new Uint8Array(0),
    name: `record ${index + 1}`,
    says: JSON.stringify(toJsonRecord(record)),
  }));
}

/** `contor decode coap`: a message of RFC 7252 in hex. */

import type { DecodeAnswer, DecodeRequest, ExplainedRow, LineDecoder } from '@contor/kit';
import { decodeBlock } from '../codec/coap/block.js';
import { codeName } from '../codec/coap/codes.js';
import { type CoapMessage, decodeMessage, formatCode } from '../codec/coap/message.js';
import { optionRow, type ReadOption, readOptions } from '../codec/coap/options.js';
import { answerOr, explainOr, hexMember, inputOf, refusal } from './request.js';

export const COAP_LINES: LineDecoder = {
  protocol: 'coap',
  about: 'CoAP messages (RFC 7252 and its options)',
  example: '44010001aabbccddb474656d7004726f6f6d',
  decode: (request) => answerOr(() => decode(request)),
  explain: (request) => explainOr(() => explain(request)),
};

function decode(request: DecodeRequest): DecodeAnswer {
  const decoded = decodeMessage(hexMember(inputOf(request), 'hex'));
  if (decoded.kind === 'pending') return { ok: false, code: 'coap.short' };
  if (decoded.kind === 'garbage') return refusal(decoded.error);
  const message = decoded.value;
  const { recognized, unrecognized } = readOptions(message.options);
  return {
    ok: true,
    type: message.type,
    code: formatCode(message.code),
    codeName: codeName(message.code) ?? null,
    messageId: message.messageId,
    token: message.token,
    options: message.options.map(({ number, value }) => [number, value]),
    optionsRead: recognized.map(({ name, number, value, isCritical }) => ({ number, name, value, isCritical })),
    optionsUnrecognized: unrecognized.map(({ option, fault, isCritical }) => ({
      number: option.number,
      fault,
      isCritical,
    })),
    payload: message.payload,
  };
}

function explain(request: DecodeRequest): readonly ExplainedRow[] {
  const bytes = hexMember(inputOf(request), 'hex');
  const decoded = decodeMessage(bytes);
  if (decoded.kind !== 'value')
    return [{ bytes, name: 'message', says: decoded.kind === 'garbage' ? decoded.error.message : 'not all there' }];
  const message = decoded.value;
  const tokenAt = message.token.length === 0 ? 4 : message.token.byteOffset - bytes.byteOffset;
  return [
    {
      bytes: bytes.subarray(0, 1),
      name: 'version, type, token',
      says: `1, ${message.type}, ${message.token.length} bytes`,
    },
    {
      bytes: bytes.subarray(1, 2),
      name: 'code',
      says: `${formatCode(message.code)} ${codeName(message.code) ?? ''}`.trim(),
    },
    { bytes: bytes.subarray(2, 4), name: 'message id', says: String(message.messageId) },
    ...(message.token.length > 0 ? [{ bytes: message.token, name: 'token', says: 'opaque' }] : []),
    ...explainOptions(bytes, tokenAt + message.token.length, message),
    ...(message.payload.length > 0
      ? [
          { bytes: Uint8Array.of(0xff), name: 'payload marker', says: '' },
          { bytes: message.payload, name: 'payload', says: `${message.payload.length} bytes` },
        ]
      : []),
  ];
}

function explainOptions(bytes: Uint8Array, start: number, message: CoapMessage): readonly ExplainedRow[] {
  const faults = new Map(readOptions(message.options).unrecognized.map((row) => [row.option, row]));
  let position = start;
  return message.options.map((option) => {
    const head = bytes[position] ?? 0;
    const end = position + 1 + extensionBytes(head >> 4) + extensionBytes(head & 15) + option.value.length;
    const name = optionRow(option.number)?.name ?? `option ${option.number}`;
    const row = { bytes: bytes.subarray(position, end), name };
    position = end;
    const fault = faults.get(option);
    if (fault !== undefined) return { ...row, says: `${fault.fault}, ${fault.isCritical ? 'critical' : 'elective'}` };
    return { ...row, says: sayOption(readOptions([option]).recognized[0], option.value) };
  });
}

function sayOption(option: ReadOption | undefined, value: Uint8Array): string {
  if (option?.name === 'Block1' || option?.name === 'Block2') {
    const block = decodeBlock(value);
    if (block.kind === 'value')
      return `block ${block.value.number} of ${block.value.size} bytes, ${block.value.hasMore ? 'more follow' : 'the last'}`;
    return 'a reserved size';
  }
  const read = option?.value ?? null;
  return read instanceof Uint8Array ? `${read.length} bytes` : read === null ? 'set' : String(read);
}

function extensionBytes(nibble: number): number {
  return nibble < 13 ? 0 : nibble - 12;
}

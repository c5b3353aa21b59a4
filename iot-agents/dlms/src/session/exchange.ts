/**
 * One request and its answer, in as many blocks as they take: IEC 62056-5-3, 7.3.3 (GET), 7.3.4 (SET), 7.3.5 (ACTION). Pure: an
 * APDU that was heard goes in; what is to be said next, the outcome or a fault comes out.
 */

import { ByteWriter, ProtocolError, type WireError } from '@contor/kit';
import type { Data } from '../codec/axdr/data.js';
import { sequenceOf, type ValueOf } from '../codec/axdr/fields.js';
import { readData } from '../codec/axdr/read-data.js';
import { encodeData, writeData, writeLength } from '../codec/axdr/write-data.js';
import { attemptWhole, type Cursor, MAX_LENGTH } from '../codec/cursor.js';
import type { Apdu } from '../codec/xdlms/apdus.js';
import { type Block, type Blocks, joinBlock, NO_BLOCKS, splitBlocks } from '../codec/xdlms/blocks.js';
import {
  type AttributeDescriptor,
  actionResponse,
  getDataResult,
  type InvokeIdAndPriority,
  type MethodDescriptor,
  type selectiveAccess,
} from '../codec/xdlms/fields.js';

export interface GetItem {
  readonly attribute: AttributeDescriptor;
  readonly access?: ValueOf<typeof selectiveAccess>;
}

export interface SetItem extends GetItem {
  readonly value: Data;
}

export type Request =
  | { readonly kind: 'get'; readonly items: readonly GetItem[] }
  | { readonly kind: 'set'; readonly items: readonly SetItem[] }
  | { readonly kind: 'action'; readonly method: MethodDescriptor; readonly parameters?: Data };

export type GetResult = ValueOf<typeof getDataResult>;
type ActionResponse = ValueOf<typeof actionResponse>;

/** The word of the standard, or the code that it has no word for. */
export type ResultWord = string | number;

/** In the order of the items that were asked for. */
export type Outcome =
  | { readonly kind: 'get'; readonly results: readonly GetResult[] }
  | { readonly kind: 'set'; readonly results: readonly ResultWord[] }
  | { readonly kind: 'action'; readonly result: ResultWord; readonly returned?: GetResult };

export interface Exchange {
  readonly request: Request;
  readonly invoke: InvokeIdAndPriority;
  /** Blocks of the request that the meter has not asked for yet. */
  readonly outgoing: readonly Block[];
  readonly incoming: Blocks;
}

export type ExchangeStep =
  | { readonly kind: 'say'; readonly exchange: Exchange; readonly apdu: Apdu }
  | { readonly kind: 'done'; readonly outcome: Outcome }
  | { readonly kind: 'fail'; readonly error: ProtocolError };

/** A block's own head: tag, choice, invoke id, number, last, length; and the descriptor of the first. */
const BLOCK_HEAD = 32;
const LEAST_BLOCK = 8;

/** `room` is what an APDU of ours may measure before it is ciphered. */
export function beginExchange(
  request: Request,
  invoke: InvokeIdAndPriority,
  room: number,
): { readonly exchange: Exchange; readonly apdu: Apdu } {
  const exchange: Exchange = { request, invoke, outgoing: [], incoming: NO_BLOCKS };
  const body = bodyOf(request);
  if (body === undefined || body.length + headOf(request) <= room) return { exchange, apdu: wholeRequest(exchange) };
  const [first, ...outgoing] = splitBlocks(body, Math.max(LEAST_BLOCK, room - headOf(request)));
  return { exchange: { ...exchange, outgoing }, apdu: firstBlock(exchange, first as Block) };
}

export function hearInExchange(exchange: Exchange, apdu: Apdu): ExchangeStep {
  const { kind } = exchange.request;
  if (kind === 'get') return hearGet(exchange, apdu);
  return kind === 'set' ? hearSet(exchange, apdu) : hearAction(exchange, apdu);
}

function hearGet(exchange: Exchange, apdu: Apdu): ExchangeStep {
  const { request, invoke } = exchange;
  if (request.kind !== 'get') return unfit(apdu);
  if (apdu.apdu === 'GetResponseNormal' && request.items.length === 1)
    return { kind: 'done', outcome: { kind: 'get', results: [apdu.body.result] } };
  if (apdu.apdu === 'GetResponseWithList' && apdu.body.results.length === request.items.length)
    return { kind: 'done', outcome: { kind: 'get', results: apdu.body.results } };
  if (apdu.apdu !== 'GetResponseWithDatablock') return unfit(apdu);
  const { isLastBlock, blockNumber, result } = apdu.body.block;
  if (result.is === 'data-access-result')
    return fail('dlms.block-error', 'The meter broke the transfer off.', { result: result.value });
  const { blocks, joined } = joinBlock(exchange.incoming, { number: blockNumber, isLastBlock, data: result.value });
  if (joined.kind === 'garbage') return broken(joined.error);
  if (joined.kind === 'pending')
    return {
      kind: 'say',
      exchange: { ...exchange, incoming: blocks },
      apdu: { apdu: 'GetRequestNext', body: { invokeIdAndPriority: invoke, blockNumber } },
    };
  const read = (from: Cursor): readonly GetResult[] =>
    request.items.length === 1 ? [{ is: 'data', value: readData(from) }] : sequenceOf(getDataResult).read(from);
  const decoded = attemptWhole(joined.value, read);
  if (decoded.kind === 'value' && decoded.value.length === request.items.length)
    return { kind: 'done', outcome: { kind: 'get', results: decoded.value } };
  return broken(decoded.kind === 'garbage' ? decoded.error : undefined);
}

function hearSet(exchange: Exchange, apdu: Apdu): ExchangeStep {
  const { request } = exchange;
  if (request.kind !== 'set') return unfit(apdu);
  const done = (results: readonly ResultWord[]): ExchangeStep =>
    results.length === request.items.length ? { kind: 'done', outcome: { kind: 'set', results } } : unfit(apdu);
  switch (apdu.apdu) {
    case 'SetResponseNormal':
    case 'SetResponseLastDatablock':
      return done([apdu.body.result]);
    case 'SetResponseWithList':
    case 'SetResponseLastDatablockWithList':
      return done(apdu.body.results);
    case 'SetResponseDatablock':
      return nextBlock(exchange, apdu.body.blockNumber, apdu);
    default:
      return unfit(apdu);
  }
}

function hearAction(exchange: Exchange, apdu: Apdu): ExchangeStep {
  if (apdu.apdu === 'ActionResponseNormal') return { kind: 'done', outcome: acted(apdu.body.response) };
  if (apdu.apdu === 'ActionResponseNextPblock') return nextBlock(exchange, apdu.body.blockNumber, apdu);
  if (apdu.apdu !== 'ActionResponseWithPblock') return unfit(apdu);
  const { isLastBlock, blockNumber, rawData } = apdu.body.block;
  const { blocks, joined } = joinBlock(exchange.incoming, { number: blockNumber, isLastBlock, data: rawData });
  if (joined.kind === 'garbage') return broken(joined.error);
  if (joined.kind === 'pending')
    return {
      kind: 'say',
      exchange: { ...exchange, incoming: blocks },
      apdu: { apdu: 'ActionRequestNextPblock', body: { invokeIdAndPriority: exchange.invoke, blockNumber } },
    };
  const decoded = attemptWhole(joined.value, (from) => actionResponse.read(from));
  if (decoded.kind === 'value') return { kind: 'done', outcome: acted(decoded.value) };
  return broken(decoded.kind === 'garbage' ? decoded.error : undefined);
}

/** The meter has the block of this number; it gets the next. */
function nextBlock(exchange: Exchange, blockNumber: number, heard: Apdu): ExchangeStep {
  const [next, ...outgoing] = exchange.outgoing;
  if (next === undefined || next.number !== blockNumber + 1) return unfit(heard);
  const block = { isLastBlock: next.isLastBlock, blockNumber: next.number, rawData: next.data };
  const body = { invokeIdAndPriority: exchange.invoke, block };
  const apdu: Apdu =
    exchange.request.kind === 'set'
      ? { apdu: 'SetRequestWithDatablock', body }
      : { apdu: 'ActionRequestWithPblock', body };
  return { kind: 'say', exchange: { ...exchange, outgoing }, apdu };
}

function wholeRequest({ request, invoke: invokeIdAndPriority }: Exchange): Apdu {
  if (request.kind === 'action')
    return {
      apdu: 'ActionRequestNormal',
      body: { invokeIdAndPriority, method: request.method, parameters: request.parameters },
    };
  const [only] = request.items;
  const isOne = request.items.length === 1 && only !== undefined;
  if (request.kind === 'get')
    return isOne
      ? { apdu: 'GetRequestNormal', body: { invokeIdAndPriority, attribute: only.attribute, access: only.access } }
      : { apdu: 'GetRequestWithList', body: { invokeIdAndPriority, attributes: selectionsOf(request.items) } };
  const values = request.items.map(({ value }) => value);
  const [value] = values;
  return isOne && value !== undefined
    ? { apdu: 'SetRequestNormal', body: { invokeIdAndPriority, attribute: only.attribute, access: only.access, value } }
    : { apdu: 'SetRequestWithList', body: { invokeIdAndPriority, attributes: selectionsOf(request.items), values } };
}

function firstBlock({ request, invoke: invokeIdAndPriority }: Exchange, first: Block): Apdu {
  const block = { isLastBlock: first.isLastBlock, blockNumber: first.number, rawData: first.data };
  if (request.kind === 'action')
    return { apdu: 'ActionRequestWithFirstPblock', body: { invokeIdAndPriority, method: request.method, block } };
  const [only] = request.items;
  if (request.items.length === 1 && only !== undefined)
    return {
      apdu: 'SetRequestWithFirstDatablock',
      body: { invokeIdAndPriority, attribute: only.attribute, access: only.access, block },
    };
  return {
    apdu: 'SetRequestWithListAndFirstDatablock',
    body: { invokeIdAndPriority, attributes: selectionsOf(request.items), block },
  };
}

/** What may be cut into blocks: the values of a SET, the parameters of an ACTION. */
function bodyOf(request: Request): Uint8Array | undefined {
  if (request.kind === 'get') return undefined;
  if (request.kind === 'action') return request.parameters === undefined ? undefined : encodeData(request.parameters);
  const [only] = request.items;
  if (request.items.length === 1 && only !== undefined) return encodeData(only.value);
  const to = new ByteWriter(MAX_LENGTH);
  writeLength(to, request.items.length);
  for (const { value } of request.items) writeData(to, value);
  return to.finish();
}

function headOf(request: Request): number {
  if (request.kind !== 'set') return BLOCK_HEAD;
  const selections = request.items.reduce(
    (sum, { access }) => sum + (access === undefined ? 10 : 11 + encodeData(access.accessParameters).length),
    0,
  );
  return BLOCK_HEAD + selections;
}

function selectionsOf(items: readonly GetItem[]) {
  return items.map(({ attribute, access }) => ({ attribute, access }));
}

function acted({ result, returnParameters }: ActionResponse): Outcome {
  return { kind: 'action', result, ...(returnParameters !== undefined && { returned: returnParameters }) };
}

function unfit({ apdu }: Apdu): ExchangeStep {
  return fail('dlms.answer', 'The answer does not fit the question.', { apdu });
}

/** The transfer is over, the association is not: the next request begins with fresh blocks. */
function broken(cause: WireError | undefined): ExchangeStep {
  const context = cause === undefined ? {} : { code: cause.code };
  return { kind: 'fail', error: new ProtocolError('dlms.blocks', 'The blocks do not make a value.', context, cause) };
}

function fail(code: string, message: string, context: object): ExchangeStep {
  return { kind: 'fail', error: new ProtocolError(code, message, { ...context }) };
}

/**
 * The meter's answers to GET, SET and ACTION, in as many blocks as they take: IEC 62056-5-3, 7.3.3 to 7.3.5. The mirror of
 * exchange.ts: it knows the objects by three functions, and one transfer at a time.
 */

import { ByteWriter } from '@contor/kit';
import type { Data } from '../codec/axdr/data.js';
import { sequenceOf, type ValueOf } from '../codec/axdr/fields.js';
import { readData } from '../codec/axdr/read-data.js';
import { encodeData } from '../codec/axdr/write-data.js';
import { attemptWhole, MAX_LENGTH } from '../codec/cursor.js';
import { encodeApdu } from '../codec/xdlms/apdu.js';
import type { Apdu, ApduOf } from '../codec/xdlms/apdus.js';
import { type Block, type Blocks, joinBlock, NO_BLOCKS, splitBlocks } from '../codec/xdlms/blocks.js';
import {
  type ACTION_RESULTS,
  type AttributeDescriptor,
  actionResponse,
  type DATA_ACCESS_RESULTS,
  type dataAccessResult,
  getDataResult,
  type InvokeIdAndPriority,
  type MethodDescriptor,
} from '../codec/xdlms/fields.js';
import type { GetItem, GetResult, SetItem } from './exchange.js';

export type DataAccessResult = (typeof DATA_ACCESS_RESULTS)[keyof typeof DATA_ACCESS_RESULTS];
export type ActionResult = (typeof ACTION_RESULTS)[keyof typeof ACTION_RESULTS];
export type SetResult = ValueOf<typeof dataAccessResult>;
export type Acted = ValueOf<typeof actionResponse>;

/** The objects of a meter, as one of its clients may see them. */
export interface ServedObjects {
  get(item: GetItem): GetResult;
  set(item: SetItem): DataAccessResult;
  act(method: MethodDescriptor, parameters: Data | undefined): Acted;
}

/** A transfer in the middle: what is still to be sent, or what of a request has come. */
export type Transfer =
  | { readonly kind: 'get' | 'action'; readonly invokeId: number; readonly blocks: readonly Block[] }
  | { readonly kind: 'setting'; readonly items: readonly GetItem[]; readonly incoming: Blocks }
  | { readonly kind: 'acting'; readonly method: MethodDescriptor; readonly incoming: Blocks };

export interface Served {
  readonly answer: Apdu | undefined;
  readonly transfer: Transfer | undefined;
}

type ServiceRequest = Extract<Apdu, { readonly body: { readonly invokeIdAndPriority: InvokeIdAndPriority } }>;

const BLOCK_HEAD = 24;

/** `room` is what an answer may measure before it is ciphered. */
export function serve(apdu: Apdu, objects: ServedObjects, transfer: Transfer | undefined, room: number): Served {
  switch (apdu.apdu) {
    case 'GetRequestNormal': {
      const { invokeIdAndPriority, attribute, access } = apdu.body;
      const result = objects.get({ attribute, ...(access !== undefined && { access }) });
      const whole: Apdu = { apdu: 'GetResponseNormal', body: { invokeIdAndPriority, result } };
      if (result.is !== 'data') return done(whole);
      return fitted(whole, room, invokeIdAndPriority, () => encodeData(result.value));
    }
    case 'GetRequestWithList': {
      const { invokeIdAndPriority, attributes } = apdu.body;
      const results = attributes.map((item) => objects.get(itemOf(item)));
      const whole: Apdu = { apdu: 'GetResponseWithList', body: { invokeIdAndPriority, results } };
      return fitted(whole, room, invokeIdAndPriority, () =>
        written((to) => sequenceOf(getDataResult).write(to, results)),
      );
    }
    case 'GetRequestNext':
      return nextOfGet(apdu, transfer);
    case 'SetRequestNormal': {
      const { invokeIdAndPriority, attribute, access, value } = apdu.body;
      const result = objects.set({ ...itemOf({ attribute, access }), value });
      return done({ apdu: 'SetResponseNormal', body: { invokeIdAndPriority, result } });
    }
    case 'SetRequestWithList': {
      const { invokeIdAndPriority, attributes, values } = apdu.body;
      return done({
        apdu: 'SetResponseWithList',
        body: { invokeIdAndPriority, results: setAll(objects, attributes.map(itemOf), values) },
      });
    }
    case 'SetRequestWithFirstDatablock':
      return takeBlock(apdu, objects, { kind: 'setting', items: [itemOf(apdu.body)], incoming: NO_BLOCKS }, room);
    case 'SetRequestWithListAndFirstDatablock':
      return takeBlock(
        apdu,
        objects,
        { kind: 'setting', items: apdu.body.attributes.map(itemOf), incoming: NO_BLOCKS },
        room,
      );
    case 'SetRequestWithDatablock':
    case 'ActionRequestWithPblock':
      return takeBlock(apdu, objects, transfer, room);
    case 'ActionRequestNormal':
      return act(apdu.body.invokeIdAndPriority, objects.act(apdu.body.method, apdu.body.parameters), room);
    case 'ActionRequestWithFirstPblock':
      return takeBlock(apdu, objects, { kind: 'acting', method: apdu.body.method, incoming: NO_BLOCKS }, room);
    case 'ActionRequestNextPblock':
      return nextOfAction(apdu, transfer);
    default:
      return done(exception('service-not-supported'));
  }
}

export function exception(
  value: 'operation-not-possible' | 'service-not-supported' | 'deciphering-error' | 'other-reason',
): Apdu {
  const stateError = value === 'service-not-supported' ? 'service-unknown' : 'service-not-allowed';
  return { apdu: 'ExceptionResponse', body: { stateError, serviceError: { is: value, value: null } } };
}

function fitted(whole: Apdu, room: number, invoke: InvokeIdAndPriority, raw: () => Uint8Array): Served {
  if (encodeApdu(whole).length <= room) return done(whole);
  const blocks = splitBlocks(raw(), room - BLOCK_HEAD);
  return getBlock(invoke, blocks);
}

function getBlock(invokeIdAndPriority: InvokeIdAndPriority, blocks: readonly Block[]): Served {
  const [first, ...rest] = blocks;
  if (first === undefined) return done(exception('operation-not-possible'));
  const block = {
    isLastBlock: first.isLastBlock,
    blockNumber: first.number,
    result: { is: 'raw-data', value: first.data },
  } as const;
  return {
    answer: { apdu: 'GetResponseWithDatablock', body: { invokeIdAndPriority, block } },
    transfer: rest.length === 0 ? undefined : { kind: 'get', invokeId: invokeIdAndPriority.invokeId, blocks: rest },
  };
}

function nextOfGet({ body }: ApduOf<'GetRequestNext'>, transfer: Transfer | undefined): Served {
  const { invokeIdAndPriority, blockNumber } = body;
  const refuse = (value: DataAccessResult): Served =>
    done({
      apdu: 'GetResponseWithDatablock',
      body: {
        invokeIdAndPriority,
        block: { isLastBlock: true, blockNumber, result: { is: 'data-access-result', value } },
      },
    });
  if (transfer?.kind !== 'get' || transfer.invokeId !== invokeIdAndPriority.invokeId)
    return refuse('no-long-get-in-progress');
  if (transfer.blocks[0]?.number !== blockNumber + 1) return refuse('data-block-number-invalid');
  return getBlock(invokeIdAndPriority, transfer.blocks);
}

function act(invokeIdAndPriority: InvokeIdAndPriority, response: Acted, room: number): Served {
  const whole: Apdu = { apdu: 'ActionResponseNormal', body: { invokeIdAndPriority, response } };
  if (encodeApdu(whole).length <= room) return done(whole);
  return actionBlock(
    invokeIdAndPriority,
    splitBlocks(
      written((to) => actionResponse.write(to, response)),
      room - BLOCK_HEAD,
    ),
  );
}

function actionBlock(invokeIdAndPriority: InvokeIdAndPriority, blocks: readonly Block[]): Served {
  const [first, ...rest] = blocks;
  if (first === undefined) return done(exception('operation-not-possible'));
  const block = { isLastBlock: first.isLastBlock, blockNumber: first.number, rawData: first.data };
  return {
    answer: { apdu: 'ActionResponseWithPblock', body: { invokeIdAndPriority, block } },
    transfer: rest.length === 0 ? undefined : { kind: 'action', invokeId: invokeIdAndPriority.invokeId, blocks: rest },
  };
}

function nextOfAction({ body }: ApduOf<'ActionRequestNextPblock'>, transfer: Transfer | undefined): Served {
  const isNext = transfer?.kind === 'action' && transfer.blocks[0]?.number === body.blockNumber + 1;
  return isNext ? actionBlock(body.invokeIdAndPriority, transfer.blocks) : done(exception('operation-not-possible'));
}

type BlockRequest = ApduOf<
  | 'SetRequestWithFirstDatablock'
  | 'SetRequestWithListAndFirstDatablock'
  | 'SetRequestWithDatablock'
  | 'ActionRequestWithFirstPblock'
  | 'ActionRequestWithPblock'
>;

/** A block of a request: the next is asked for, or the whole is done. */
function takeBlock(
  { body: { invokeIdAndPriority, block } }: BlockRequest,
  objects: ServedObjects,
  transfer: Transfer | undefined,
  room: number,
): Served {
  const { blockNumber, isLastBlock, rawData } = block;
  if (transfer?.kind !== 'setting' && transfer?.kind !== 'acting') return done(exception('operation-not-possible'));
  const { blocks, joined } = joinBlock(transfer.incoming, { number: blockNumber, isLastBlock, data: rawData });
  const body = { invokeIdAndPriority, blockNumber };
  if (joined.kind === 'pending')
    return {
      answer: { apdu: transfer.kind === 'setting' ? 'SetResponseDatablock' : 'ActionResponseNextPblock', body },
      transfer: { ...transfer, incoming: blocks },
    };
  if (transfer.kind === 'acting') {
    const parameters = joined.kind === 'value' ? attemptWhole(joined.value, readData) : joined;
    if (parameters.kind === 'value')
      return act(invokeIdAndPriority, objects.act(transfer.method, parameters.value), room);
    return act(invokeIdAndPriority, { result: 'long-action-aborted', returnParameters: undefined }, room);
  }
  const { items } = transfer;
  const results = joined.kind === 'value' ? setAll(objects, items, valuesOf(joined.value, items.length)) : undefined;
  if (items.length > 1)
    return done({
      apdu: 'SetResponseLastDatablockWithList',
      body: { invokeIdAndPriority, results: results ?? items.map(() => 'long-set-aborted' as const), blockNumber },
    });
  const [result = 'long-set-aborted'] = results ?? [];
  return done({ apdu: 'SetResponseLastDatablock', body: { invokeIdAndPriority, result, blockNumber } });
}

/** A list has its count before the values, a single one has not. */
function valuesOf(bytes: Uint8Array, count: number): readonly Data[] {
  const decoded = attemptWhole(bytes, (from) => {
    if (count > 1) from.length();
    return Array.from({ length: count }, () => readData(from));
  });
  return decoded.kind === 'value' ? decoded.value : [];
}

function setAll(objects: ServedObjects, items: readonly GetItem[], values: readonly Data[]): DataAccessResult[] {
  return items.map((item, index) => {
    const value = values[index];
    return value === undefined ? 'type-unmatched' : objects.set({ ...item, value });
  });
}

function itemOf({
  attribute,
  access,
}: {
  attribute: AttributeDescriptor;
  access: GetItem['access'] | undefined;
}): GetItem {
  return { attribute, ...(access !== undefined && { access }) };
}

function written(write: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter(MAX_LENGTH);
  write(to);
  return to.finish();
}

function done(answer: Apdu): Served {
  return { answer, transfer: undefined };
}

/** Of a request that carries one. */
export function invokeOf(apdu: Apdu): InvokeIdAndPriority | undefined {
  return (apdu as ServiceRequest).body.invokeIdAndPriority;
}

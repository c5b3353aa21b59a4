/**
 * An association, of either side: a message said or heard and the time go in, the new association and what is to be done come
 * out. It counts no frames and opens no line; what it sends are messages, and the layers below make bytes of them.
 */

import { ProtocolError, WireError } from '@contor/kit';
import type { Data } from '../codec/axdr/data.js';
import { readData } from '../codec/axdr/read-data.js';
import { attemptWhole } from '../codec/cursor.js';
import type { Apdu } from '../codec/xdlms/apdus.js';
import { type Blocks, joinBlock, NO_BLOCKS } from '../codec/xdlms/blocks.js';
import type { DataBlock, InvokeIdAndPriority } from '../codec/xdlms/fields.js';
import { EVENTS, type EventName, eventOf, type Message, nextState, type Role, type State } from './table.js';

export interface Association {
  readonly role: Role;
  readonly state: State;
  readonly blocks: Blocks;
  /** Of the request that is being answered. */
  readonly invokeId?: number;
  /** When the silence of the other side ends the association. */
  readonly deadlineMs?: number;
}

export type Input =
  | { readonly kind: 'say'; readonly message: Message }
  | { readonly kind: 'hear'; readonly message: Message }
  | { readonly kind: 'woken' }
  | { readonly kind: 'lineLost' };

export type Effect =
  | { readonly kind: 'send'; readonly message: Message }
  | { readonly kind: 'wakeAt'; readonly atMs: number }
  /** Something for whoever uses the association: a request at the meter, a response or notification at the client. */
  | { readonly kind: 'deliver'; readonly message: Message }
  /** A value that came in blocks, whole. */
  | { readonly kind: 'deliverData'; readonly data: Data }
  | { readonly kind: 'fail'; readonly error: ProtocolError };

export interface Step {
  readonly association: Association;
  readonly effects: readonly Effect[];
}

/** Meters answer within a second; behind a slow radio in ten. A table of a year may take a meter half a minute to find. */
const ANSWER_TIMEOUT_MS = 30_000;
const ENDED = { blocks: NO_BLOCKS } as const;

/** `connected`: the line is itself the connection, as over TCP. */
export function newAssociation(role: Role, state: 'idle' | 'connected' = 'idle'): Association {
  return { role, state, ...ENDED };
}

export function step(association: Association, input: Input, nowMs: number): Step {
  if (input.kind === 'lineLost') return { association: newAssociation(association.role), effects: [] };
  if (input.kind === 'woken') return wake(association, nowMs);
  const event = eventOf(input.message, association.state);
  const next = event === undefined ? undefined : nextState(association.state, event);
  if (event === undefined || next === undefined || !isSaidByRightSide(association.role, event, input.kind))
    return refuse(association, 'dlms.state', 'The message has no place in this state.', { event });
  const invokeId = invokeIdOf(input.message);
  if (
    isAnswer(event) &&
    association.invokeId !== undefined &&
    invokeId !== undefined &&
    invokeId !== association.invokeId
  )
    return refuse(association, 'dlms.invoke-id', 'The answer is to another request.', { invokeId });
  const deadlineMs = deadlineAfter(association, event, input.kind, nowMs);
  const moved: Association = {
    role: association.role,
    state: next,
    blocks: event === 'request' ? NO_BLOCKS : association.blocks,
    ...keptInvokeId(association, event, invokeId),
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
  const waking: readonly Effect[] = deadlineMs === undefined ? [] : [{ kind: 'wakeAt', atMs: deadlineMs }];
  if (input.kind === 'say')
    return { association: moved, effects: [{ kind: 'send', message: input.message }, ...waking] };
  return hear(moved, input.message, nowMs);
}

function hear(association: Association, message: Message, nowMs: number): Step {
  const apdu = message.kind === 'xdlms' ? message.apdu : undefined;
  if (association.role === 'client' && apdu?.apdu === 'GetResponseWithDatablock')
    return hearBlock(association, apdu.body.invokeIdAndPriority, apdu.body.block, nowMs);
  return { association, effects: [{ kind: 'deliver', message }] };
}

/** IEC 62056-5-3, 7.3.3: each block is asked for by the number of the one before; the last gives the value whole. */
function hearBlock(association: Association, invoke: InvokeIdAndPriority, block: DataBlock, nowMs: number): Step {
  if (block.result.is === 'data-access-result') {
    const failed = { ...association, state: 'associated', blocks: NO_BLOCKS } as const;
    return refuse(failed, 'dlms.block-error', 'The meter broke the transfer off.', { result: block.result.value });
  }
  const { blockNumber, isLastBlock } = block;
  const { blocks, joined } = joinBlock(association.blocks, {
    number: blockNumber,
    isLastBlock,
    data: block.result.value,
  });
  if (joined.kind === 'garbage') return breakOff(association, joined.error);
  if (joined.kind === 'value') {
    const decoded = attemptWhole(joined.value, readData);
    const whole = { ...association, blocks };
    if (decoded.kind === 'value')
      return { association: whole, effects: [{ kind: 'deliverData', data: decoded.value }] };
    const short = new WireError('wire.short', 'The blocks end before the value does.', {});
    return breakOff(whole, decoded.kind === 'garbage' ? decoded.error : short);
  }
  const request: Apdu = { apdu: 'GetRequestNext', body: { invokeIdAndPriority: invoke, blockNumber } };
  const message: Message = { kind: 'xdlms', apdu: request };
  return step({ ...association, blocks }, { kind: 'say', message }, nowMs);
}

/** The transfer is over, the association is not: the next request begins with fresh blocks. */
function breakOff(association: Association, cause: WireError): Step {
  const error = new ProtocolError('dlms.blocks', 'The blocks do not make a value.', { code: cause.code }, cause);
  return {
    association: { ...association, state: 'associated', blocks: NO_BLOCKS },
    effects: [{ kind: 'fail', error }],
  };
}

/** A wake-up that comes early, or after the answer, is none. */
function wake(association: Association, nowMs: number): Step {
  if (association.deadlineMs === undefined || nowMs < association.deadlineMs) return { association, effects: [] };
  const { state } = association;
  return refuse(newAssociation(association.role), 'dlms.silence', 'The other side does not answer.', { state });
}

function refuse(association: Association, code: string, message: string, context: object): Step {
  const error = new ProtocolError(code, message, { state: association.state, ...context });
  return { association, effects: [{ kind: 'fail', error }] };
}

/** A client waits for the answer to whatever it says; a notification in between is no answer. */
function deadlineAfter(
  { role, deadlineMs }: Association,
  event: EventName,
  kind: 'say' | 'hear',
  nowMs: number,
): number | undefined {
  if (role === 'server') return undefined;
  if (event === 'notify') return deadlineMs;
  return kind === 'say' ? nowMs + ANSWER_TIMEOUT_MS : undefined;
}

function isSaidByRightSide(role: Role, event: EventName, kind: 'say' | 'hear'): boolean {
  return (EVENTS[event] === role) === (kind === 'say');
}

function isAnswer(event: EventName): boolean {
  return event === 'response' || event === 'block';
}

function keptInvokeId({ invokeId: before }: Association, event: EventName, invokeId: number | undefined) {
  if (event === 'request') return invokeId === undefined ? {} : { invokeId };
  return before === undefined || event === 'response' ? {} : { invokeId: before };
}

function invokeIdOf(message: Message): number | undefined {
  if (message.kind !== 'xdlms') return undefined;
  const body = message.apdu.body as { readonly invokeIdAndPriority?: InvokeIdAndPriority };
  return body.invokeIdAndPriority?.invokeId;
}

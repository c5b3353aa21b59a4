/**
 * An association, of either side: a message said or heard and the time go in, the new association and what is to be done come
 * out. It counts no frames, joins no blocks and opens no line.
 */

import { ProtocolError } from '@contor/kit';
import type { InvokeIdAndPriority } from '../codec/xdlms/fields.js';
import { EVENTS, type EventName, eventOf, type Message, nextState, type Role, type State } from './table.js';

export interface Association {
  readonly role: Role;
  readonly state: State;
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
  | { readonly kind: 'fail'; readonly error: ProtocolError };

export interface Step {
  readonly association: Association;
  readonly effects: readonly Effect[];
}

/** Meters answer within a second; behind a slow radio in ten. A table of a year may take a meter half a minute to find. */
const ANSWER_TIMEOUT_MS = 30_000;

/** `connected`: the line is itself the connection, as over TCP. */
export function newAssociation(role: Role, state: 'idle' | 'connected' = 'idle'): Association {
  return { role, state };
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
    ...keptInvokeId(association, event, invokeId),
    ...(deadlineMs !== undefined && { deadlineMs }),
  };
  const waking: readonly Effect[] = deadlineMs === undefined ? [] : [{ kind: 'wakeAt', atMs: deadlineMs }];
  if (input.kind === 'say')
    return { association: moved, effects: [{ kind: 'send', message: input.message }, ...waking] };
  return { association: moved, effects: [{ kind: 'deliver', message: input.message }] };
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

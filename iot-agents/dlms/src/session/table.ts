/**
 * Who may say what next on an association: IEC 62056-46, 6.4.4 (the link is opened and closed) and IEC 62056-5-3, 7.2 (the
 * association is opened, used and released). Client and meter follow the same table, since each message is an event for both.
 */

import type { AcseApdu } from '../codec/acse/apdu.js';
import type { Apdu, ApduName } from '../codec/xdlms/apdus.js';

type Transitions = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** An event without a cell is refused and changes nothing. `disconnect` ends any state in which the link stands. */
// biome-ignore format: a table is read by its columns.
export const ASSOCIATION = {
  idle:           { connect: 'connecting', disconnect: 'disconnecting' },
  connecting:     { connected: 'connected', refused: 'idle' },
  connected:      { associate: 'associating', disconnect: 'disconnecting', notify: 'connected' },
  associating:    { accepted: 'associated', challenged: 'authenticating', rejected: 'connected', disconnect: 'disconnecting' },
  authenticating: { request: 'verifying', disconnect: 'disconnecting' },
  verifying:      { authenticated: 'associated', rejected: 'connected', disconnect: 'disconnecting' },
  associated:     { request: 'answering', release: 'releasing', disconnect: 'disconnecting', notify: 'associated' },
  answering:      { response: 'associated', block: 'continuing', disconnect: 'disconnecting', notify: 'answering' },
  continuing:     { next: 'answering', request: 'answering', disconnect: 'disconnecting', notify: 'continuing' },
  releasing:      { released: 'connected', disconnect: 'disconnecting', notify: 'releasing' },
  disconnecting:  { disconnected: 'idle' },
} as const satisfies Transitions;

export type State = keyof typeof ASSOCIATION;

/** Who says it. */
export const EVENTS = {
  connect: 'client',
  connected: 'server',
  refused: 'server',
  associate: 'client',
  accepted: 'server',
  challenged: 'server',
  rejected: 'server',
  authenticated: 'server',
  request: 'client',
  response: 'server',
  block: 'server',
  next: 'client',
  notify: 'server',
  release: 'client',
  released: 'server',
  disconnect: 'client',
  disconnected: 'server',
} as const satisfies Readonly<Record<string, Role>>;

export type Role = 'client' | 'server';
export type EventName = keyof typeof EVENTS;

export type Message =
  | { readonly kind: 'link'; readonly name: 'SNRM' | 'UA' | 'DM' | 'DISC' }
  | { readonly kind: 'acse'; readonly apdu: AcseApdu }
  | { readonly kind: 'xdlms'; readonly apdu: Apdu };

/** The state after an event, or undefined where the table has no cell. */
export function nextState(state: State, event: EventName): State | undefined {
  const cells: Readonly<Partial<Record<EventName, State>>> = ASSOCIATION[state];
  return cells[event];
}

/** What a message means; the state tells apart what the words alone do not. Undefined: it has no place on an association. */
export function eventOf(message: Message, state: State): EventName | undefined {
  if (message.kind === 'link') return linkEvent(message.name, state);
  return message.kind === 'acse' ? acseEvent(message.apdu) : xdlmsEvent(message.apdu, state);
}

function linkEvent(name: 'SNRM' | 'UA' | 'DM' | 'DISC', state: State): EventName {
  if (name === 'SNRM') return 'connect';
  if (name === 'DISC') return 'disconnect';
  // Asked to close what is not open, a meter says DM: closed all the same.
  if (state === 'disconnecting') return 'disconnected';
  return name === 'UA' ? 'connected' : 'refused';
}

const AUTHENTICATION_REQUIRED = 14;

function acseEvent({ apdu, fields }: AcseApdu): EventName {
  if (apdu === 'AARQ') return 'associate';
  if (apdu === 'RLRQ') return 'release';
  if (apdu === 'RLRE') return 'released';
  if (fields.result !== 0) return 'rejected';
  return fields.diagnostic?.code === AUTHENTICATION_REQUIRED ? 'challenged' : 'accepted';
}

/** Services by what they are in a conversation; the forms of a request or response that begin nothing new are named. */
const EVENT_OF_APDU: Readonly<Partial<Record<ApduName, EventName>>> = {
  GetRequestNext: 'next',
  ActionRequestNextPblock: 'next',
  SetRequestWithDatablock: 'next',
  ActionRequestWithPblock: 'next',
  SetResponseDatablock: 'block',
  ActionResponseNextPblock: 'block',
  DataNotification: 'notify',
  EventNotificationRequest: 'notify',
  InformationReportRequest: 'notify',
  ExceptionResponse: 'response',
  ConfirmedServiceError: 'response',
};

function xdlmsEvent(apdu: Apdu, state: State): EventName | undefined {
  if (state === 'verifying') return verdictOf(apdu);
  const named = EVENT_OF_APDU[apdu.apdu];
  if (named !== undefined) return named;
  if (apdu.apdu === 'GetResponseWithDatablock' || apdu.apdu === 'ActionResponseWithPblock')
    return apdu.body.block.isLastBlock ? 'response' : 'block';
  if (/^(Get|Set|Action|Access|Read|Write)Request/.test(apdu.apdu)) return 'request';
  return /^(Get|Set|Action|Access|Read|Write)Response/.test(apdu.apdu) ? 'response' : undefined;
}

/** The last pass of high level security is the answer to an ACTION; only success opens the association. */
function verdictOf(apdu: Apdu): EventName {
  const isGranted = apdu.apdu === 'ActionResponseNormal' && apdu.body.response.result === 'success';
  return isGranted ? 'authenticated' : 'rejected';
}

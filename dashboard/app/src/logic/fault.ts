/** What can go wrong between the page and the platform, in words that have a remedy. The texts are `fault.<code>.*`. */
import { objectOf, textIn } from './json.js';

export type FaultCode =
  | 'offline'
  | 'signed-out'
  | 'sign-in-stale'
  | 'forbidden'
  | 'not-found'
  | 'conflict'
  | 'refused'
  | 'busy'
  | 'unavailable'
  | 'unexpected';

export interface Fault {
  readonly code: FaultCode;
  readonly status?: number;
  /** The gateway's own word for it: `commands.same-person`. */
  readonly error?: string;
  /** `detail` or `title` of the ProblemDetails answer (RFC 9457), for whoever has to look further. */
  readonly detail?: string;
}

const FAULTS_BY_STATUS = [
  { from: 0, to: 0, code: 'offline' },
  { from: 400, to: 400, code: 'refused' },
  { from: 401, to: 401, code: 'signed-out' },
  { from: 403, to: 403, code: 'forbidden' },
  { from: 404, to: 404, code: 'not-found' },
  // 412 is the answer to an If-Match that no longer matches (RFC 9110, 13.1.1).
  { from: 409, to: 409, code: 'conflict' },
  { from: 412, to: 412, code: 'conflict' },
  { from: 413, to: 413, code: 'refused' },
  { from: 422, to: 422, code: 'refused' },
  { from: 429, to: 429, code: 'busy' },
  { from: 502, to: 504, code: 'unavailable' },
] as const satisfies readonly { from: number; to: number; code: FaultCode }[];

/** Where the gateway's word says more than the status. */
const FAULTS_BY_ERROR: Readonly<Record<string, FaultCode>> = {
  'sign-in.stale': 'sign-in-stale',
  'entry.changed': 'conflict',
  'commands.decided': 'conflict',
  'commands.other-request': 'conflict',
  // A clash with what there is already, not with somebody who was quicker.
  'entry.exists': 'refused',
  'entry.limit': 'refused',
  'account.exists': 'refused',
  'client.taken': 'refused',
  'role.built-in': 'refused',
  'role.in-use': 'refused',
  'roles.follow-provider': 'refused',
  'administrator.last': 'refused',
  'rights.higher': 'refused',
  'commands.same-person': 'refused',
  'second-factor.missing': 'refused',
  'commands.too-many': 'refused',
  'account.refused': 'refused',
};

/** Refusals that have a sentence of their own in every language (`refusal.<error>`); others are told by what the gateway says. */
export const REFUSALS = [
  'entry.exists',
  'account.exists',
  'account.refused',
  'role.in-use',
  'roles.follow-provider',
  'administrator.last',
  'rights.higher',
  'commands.same-person',
  'commands.decided',
  'commands.other-request',
  'commands.too-many',
  'second-factor.missing',
  'scope.unknown',
  'audit.full',
] as const;
export type Refusal = (typeof REFUSALS)[number];

export function refusalOf({ error }: Fault): Refusal | undefined {
  return REFUSALS.find((refusal) => refusal === error);
}

/** Status 0 means that no answer came at all. */
export function faultOf(status: number, problem?: unknown): Fault {
  const json = objectOf(problem);
  const error = textIn(json, 'error');
  const detail = (textIn(json, 'detail') ?? textIn(json, 'title'))?.slice(0, 300);
  const byError = error !== undefined && Object.hasOwn(FAULTS_BY_ERROR, error) ? FAULTS_BY_ERROR[error] : undefined;
  const row = FAULTS_BY_STATUS.find(({ from, to }) => status >= from && status <= to);
  return {
    code: byError ?? row?.code ?? 'unexpected',
    ...(status > 0 && { status }),
    ...(error !== undefined && { error }),
    ...(detail !== undefined && { detail }),
  };
}

/** Whether asking again, unchanged, may help. */
export function isWorthRetrying({ code }: Fault): boolean {
  return code === 'offline' || code === 'busy' || code === 'unavailable' || code === 'unexpected';
}

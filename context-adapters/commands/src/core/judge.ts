/** Whether a signed request may become one, and whether a signed decision counts (trust T21): pure, one row for each reason against it. */

import {
  COMMANDS,
  type DecisionStatement,
  FRESH_FOR_MS,
  isCommand,
  MOST_TARGETS,
  parameterFault,
  type RequestStatement,
} from '@contor/policy';
import type { RequestRecord } from './records.js';

/** A request that nobody has decided by then is over: a shift. */
export const REQUEST_LASTS_MS = 8 * 3_600_000;
/** A decision has its effect at once or not at all: one that lay about while we were away would surprise everybody. */
const DECISION_LASTS_MS = 15 * 60_000;
const CLOCK_SKEW_MS = 60_000;
const DEVICE = /^urn:ngsi-ld:Device:[A-Za-z0-9][A-Za-z0-9._:~-]{0,199}$/;

export interface Asked {
  readonly id: string;
  readonly tenant: string;
  readonly nowMs: number;
}

interface Rule<Subject, Facts> {
  readonly reason: string;
  readonly isBroken: (subject: Subject, facts: Facts) => boolean;
}

const REQUEST_RULES: readonly Rule<RequestStatement, Asked>[] = [
  { reason: 'It was signed for another request.', isBroken: (request, { id }) => request.id !== id },
  { reason: 'It was signed for another tenant.', isBroken: (request, { tenant }) => request.tenant !== tenant },
  { reason: 'There is no such command.', isBroken: ({ command }) => !isCommand(command) },
  {
    reason: 'Its parameters are not those of the command.',
    isBroken: ({ command, parameters = {} }) => isCommand(command) && parameterFault(command, parameters) !== undefined,
  },
  {
    reason: 'It does not name meters, each once.',
    isBroken: ({ targets }) =>
      targets.length === 0 ||
      targets.length > MOST_TARGETS ||
      new Set(targets).size !== targets.length ||
      !targets.every((target) => DEVICE.test(target)),
  },
  { reason: 'It comes from the future.', isBroken: ({ atMs }, { nowMs }) => !(atMs <= nowMs + CLOCK_SKEW_MS) },
  { reason: 'It is too old.', isBroken: ({ atMs }, { nowMs }) => !(nowMs - atMs <= REQUEST_LASTS_MS) },
];

export function requestFault(request: RequestStatement, asked: Asked): string | undefined {
  return REQUEST_RULES.find(({ isBroken }) => isBroken(request, asked))?.reason;
}

export interface Deciding {
  readonly request: RequestRecord;
  readonly tenant: string;
  readonly nowMs: number;
}

const DECISION_RULES: readonly Rule<DecisionStatement, Deciding>[] = [
  {
    reason: 'It is about another request.',
    isBroken: ({ id, requestHash, tenant }, deciding) =>
      id !== deciding.request.id || requestHash !== deciding.request.hash || tenant !== deciding.tenant,
  },
  {
    reason: 'Nobody approves what they asked for themselves.',
    isBroken: ({ kind, by }, { request }) => kind === 'approval' && by === request.by,
  },
  {
    reason: 'Only who asked can withdraw it.',
    isBroken: ({ kind, by }, { request }) => kind === 'withdrawal' && by !== request.by,
  },
  {
    reason: 'It came before the request, or from the future.',
    isBroken: ({ atMs }, { request, nowMs }) =>
      !(atMs >= request.requestedAtMs - CLOCK_SKEW_MS && atMs <= nowMs + CLOCK_SKEW_MS),
  },
  {
    reason: 'It came too late to have an effect.',
    isBroken: ({ kind, atMs }, { nowMs }) => kind === 'approval' && !(nowMs - atMs <= DECISION_LASTS_MS),
  },
  {
    reason: 'The sign-in of who approved was older than five minutes.',
    isBroken: ({ kind, atMs, authenticatedAtMs }) => {
      const ageMs = atMs - authenticatedAtMs;
      return kind === 'approval' && !(ageMs <= FRESH_FOR_MS && ageMs >= -CLOCK_SKEW_MS);
    },
  },
  {
    reason: 'Who approved has not shown a password.',
    isBroken: ({ kind, methods }) => kind === 'approval' && !methods.includes('pwd'),
  },
  {
    reason: 'Who approved has not shown a second factor.',
    isBroken: ({ kind, methods }, { request }) =>
      kind === 'approval' && request.needsSecondFactor && !methods.includes('otp'),
  },
];

export function decisionFault(decision: DecisionStatement, deciding: Deciding): string | undefined {
  return DECISION_RULES.find(({ isBroken }) => isBroken(decision, deciding))?.reason;
}

export function isRestricted(request: Pick<RequestRecord, 'command'>): boolean {
  return COMMANDS[request.command].isRestricted;
}

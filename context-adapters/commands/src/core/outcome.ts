/**
 * What became of an order, read back: what the meter shows counts more than what anybody says (trust T22). Pure. `unknown` is never
 * repeated; it ends when the meter shows its state, or when a person has looked.
 */

import type { CommandName } from '@contor/policy';
import type { Status, TargetRecord } from './records.js';

/** What the context shows about the meter of an order. */
export interface Shown {
  /** `<command>_status` and `_info`, when they are about this very order. */
  readonly answer: { readonly state: string; readonly text: string } | undefined;
  readonly breaker: { readonly value: string; readonly observedMs: number } | undefined;
  readonly limit: { readonly value: number; readonly observedMs: number } | undefined;
}

export interface Outcome {
  readonly status: Status;
  readonly text: string;
  readonly result?: Readonly<Record<string, unknown>>;
}

export interface Sent {
  readonly command: CommandName;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly target: TargetRecord;
}

/** A meter speaks every ten seconds or every quarter of an hour; after this we say what we know. */
const SHOWS_WITHIN_MS = 2 * 60_000;
/** The agent gives a meter ten seconds for its answer, and the broker may be slow. */
const ANSWERS_WITHIN_MS = 20_000;

const BREAKER: Readonly<Partial<Record<CommandName, readonly string[]>>> = {
  disconnect: ['disconnected'],
  reconnect: ['connected', 'ready'],
};

/** Undefined: it is not known yet, and the time to know has not run out. */
export function outcomeOf({ command, parameters, target }: Sent, shown: Shown, nowMs: number): Outcome | undefined {
  const { sentAtMs = 0, notAfterMs = 0 } = target;
  const seen = seenState(command, parameters, shown);
  if (seen !== undefined && seen.observedMs >= sentAtMs && seen.isReached)
    return { status: 'done', text: 'The meter shows it.', result: seen.result };
  const { answer } = shown;
  if (answer?.state === 'ERROR') return { status: 'failed', text: `The meter refused: ${answer.text}` };
  const isLookedAt = command === 'disconnect' || command === 'reconnect' || command === 'limit';
  if (answer?.state === 'OK' && !isLookedAt) return answered(answer.text);
  // It can no longer be carried out, and the meter shows that it was not.
  if (seen !== undefined && seen.observedMs > notAfterMs + ANSWERS_WITHIN_MS)
    return { status: 'failed', text: 'The meter shows that it was not done.', result: seen.result };
  if (target.status === 'unknown') return undefined;
  if (nowMs <= notAfterMs + (answer?.state === 'OK' ? SHOWS_WITHIN_MS : ANSWERS_WITHIN_MS)) return undefined;
  if (command === 'read') return { status: 'failed', text: 'The meter did not answer.' };
  return answer?.state === 'OK'
    ? { status: 'unknown', text: 'The meter said that it was done, but does not show it.' }
    : { status: 'unknown', text: 'The meter did not answer. Read it before anything else is tried.' };
}

interface Seen {
  readonly isReached: boolean;
  readonly observedMs: number;
  readonly result: Readonly<Record<string, unknown>>;
}

function seenState(command: CommandName, { watts }: Sent['parameters'], { breaker, limit }: Shown): Seen | undefined {
  const wanted = BREAKER[command];
  if (wanted !== undefined && breaker !== undefined) {
    const { value, observedMs } = breaker;
    return { isReached: wanted.includes(value), observedMs, result: { breakerState: value } };
  }
  if (command === 'limit' && limit !== undefined)
    return {
      isReached: limit.value === watts,
      observedMs: limit.observedMs,
      result: { activePowerLimit: limit.value },
    };
  return undefined;
}

function answered(text: string): Outcome {
  return { status: 'done', text: 'The meter answered.', result: resultOf(text) };
}

/** Agents say values as JSON, in the words of the vocabulary; anything else is a sentence. */
function resultOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value = JSON.parse(text) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch {
    // A sentence.
  }
  return { text };
}

/**
 * The breaker of a simulated E350, and what else it does when told: when it was switched, which limit it has, which orders it has
 * carried out. Memory that survives a power cut, as in the meter; everything shown follows from it and the time.
 */

import type { Answer, Command } from '../codec/command.js';

export interface Switching {
  readonly atMs: number;
  readonly isClosed: boolean;
}

export interface BreakerMemory {
  /** In order of time. */
  readonly switchings: readonly Switching[];
  readonly limitW: number | undefined;
  /** The newest orders it has heard, so that one that is told twice is done once. */
  readonly orders: readonly string[];
}

export const NEW_BREAKER: BreakerMemory = { switchings: [], limitW: undefined, orders: [] };

/** A breaker is made for some ten thousand switchings; a street is looked at for a few hundred. */
const MOST_SWITCHINGS = 400;
const MOST_ORDERS = 50;

export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

export function isClosedAt({ switchings }: BreakerMemory, atMs: number): boolean {
  return switchings.findLast((one) => one.atMs <= atMs)?.isClosed ?? true;
}

/** When the supply was off, up to `untilMs`. */
export function offSpans({ switchings }: BreakerMemory, untilMs: number): readonly Span[] {
  const spans: Span[] = [];
  let openedMs: number | undefined;
  for (const { atMs, isClosed } of switchings) {
    if (atMs >= untilMs) break;
    if (!isClosed) openedMs ??= atMs;
    else if (openedMs !== undefined) {
      spans.push({ fromMs: openedMs, toMs: atMs });
      openedMs = undefined;
    }
  }
  if (openedMs !== undefined) spans.push({ fromMs: openedMs, toMs: untilMs });
  return spans;
}

export interface Told {
  readonly memory: BreakerMemory;
  readonly answer: Answer;
}

export interface TellOptions {
  readonly nowMs: number;
  /** By seed: the drive of the breaker is jammed just now. */
  readonly isStuck: boolean;
  /** What a `read` answers. */
  readonly values: () => Readonly<Record<string, unknown>>;
}

/** Carries out a command: the new memory, and what the meter answers. */
export function tell(memory: BreakerMemory, command: Command, options: TellOptions): Told {
  const { nowMs } = options;
  const answer = (state: Answer['state'], text: string, values?: Answer['values']): Answer => ({
    command: command.command,
    orderId: command.orderId,
    ...{ state, text, values },
  });
  if (memory.orders.includes(command.orderId)) return { memory, answer: answer('ERROR', 'order.repeated') };
  const heard = { ...memory, orders: [...memory.orders, command.orderId].slice(-MOST_ORDERS) };
  if (nowMs > command.notAfterMs) return { memory: heard, answer: answer('ERROR', 'order.expired') };
  switch (command.command) {
    case 'disconnect':
    case 'reconnect': {
      if (options.isStuck) return { memory: heard, answer: answer('ERROR', 'breaker.stuck') };
      const isClosed = command.command === 'reconnect';
      const switchings = [...heard.switchings, { atMs: nowMs, isClosed }].slice(-MOST_SWITCHINGS);
      return { memory: { ...heard, switchings }, answer: answer('OK', isClosed ? 'connected' : 'disconnected') };
    }
    case 'limit': {
      const { watts } = command.parameters;
      if (typeof watts !== 'number' || !(watts > 0)) return { memory: heard, answer: answer('ERROR', 'limit.watts') };
      return { memory: { ...heard, limitW: watts }, answer: answer('OK', `${watts} W`) };
    }
    case 'read':
      return { memory: heard, answer: answer('OK', '', options.values()) };
    case 'setClock':
      return { memory: heard, answer: answer('OK', new Date(nowMs).toISOString()) };
    default:
      return { memory: heard, answer: answer('ERROR', 'command.unknown') };
  }
}

/** A master's conversation against a simulated bus, on a clock that jumps: the same steps as over a socket, in no time. */

import type { Conversation, Progress } from '@contor/mbus/session/conversation.js';
import {
  type Answer,
  type ExchangeInput,
  openExchange,
  type Request,
  stepExchange,
} from '@contor/mbus/session/exchange.js';
import { idleMs, type LineTiming } from '@contor/mbus/session/timing.js';
import type { SimulatedBus } from '@contor/mbus/simulator/bus/bus.js';

export interface Outcome<Result> {
  readonly result: Result;
  readonly tookMs: number;
  readonly requests: number;
  readonly bytesOut: number;
  readonly bytesIn: number;
  readonly progress: readonly Progress[];
}

export interface ConverseOptions {
  readonly timing?: LineTiming;
  readonly startMs?: number;
  /** How an answer comes in pieces: lengths, over and over. */
  readonly pieces?: readonly number[];
  /** The converter sends everything back that it is told. */
  readonly echoes?: boolean;
}

const START_MS = Date.UTC(2026, 0, 15, 8);
/** Any conversation of a test ends long before. */
const MOST_STEPS = 500_000;

export function converse<Result>(
  conversation: Conversation<Result>,
  bus: SimulatedBus,
  { timing = { baud: 2_400, latencyMs: 20 }, startMs = START_MS, pieces, echoes = false }: ConverseOptions = {},
): Outcome<Result> {
  let nowMs = startMs;
  let line = timing;
  const progress: Progress[] = [];
  let [requests, bytesOut, bytesIn, steps] = [0, 0, 0, 0];
  bus.baud = line.baud;

  function exchange(request: Request): Answer {
    let state = openExchange(request, line);
    let arrivals: { atMs: number; bytes: Uint8Array }[] = [];
    let wakeMs = Number.POSITIVE_INFINITY;
    let input: ExchangeInput = { kind: 'start' };
    for (;;) {
      steps += 1;
      if (steps > MOST_STEPS) throw new Error('The conversation does not end.');
      const step = stepExchange(state, input, nowMs);
      state = step.exchange;
      for (const effect of step.effects) {
        if (effect.kind === 'answer') return effect.answer;
        if (effect.kind === 'wakeAt') wakeMs = effect.atMs;
        else {
          requests += 1;
          bytesOut += effect.bytes.length;
          bus.forget();
          if (echoes) arrivals.push({ atMs: nowMs, bytes: effect.bytes });
          arrivals.push(...bus.hear(effect.bytes, nowMs).flatMap((heard) => cut(heard, pieces)));
          arrivals = arrivals.sort((a, b) => a.atMs - b.atMs);
        }
      }
      const [next] = arrivals;
      if (next !== undefined && next.atMs <= wakeMs) {
        arrivals = arrivals.slice(1);
        nowMs = Math.max(nowMs, next.atMs);
        bytesIn += next.bytes.length;
        input = { kind: 'bytes', bytes: next.bytes };
      } else {
        nowMs = Math.max(nowMs, wakeMs);
        input = { kind: 'wake' };
      }
    }
  }

  for (let answer: Answer = { kind: 'ack' }; ; ) {
    const { value, done } = conversation.next(answer);
    if (done === true) return { result: value, tookMs: nowMs - startMs, requests, bytesOut, bytesIn, progress };
    if (value.kind === 'exchange') {
      nowMs += idleMs(line.baud);
      answer = exchange(value);
    } else if (value.kind === 'send') bus.hear(value.bytes, nowMs);
    else if (value.kind === 'report') progress.push(value.progress);
    else {
      line = { ...line, baud: value.baud };
      bus.baud = value.baud;
    }
  }
}

function cut({ atMs, bytes }: { atMs: number; bytes: Uint8Array }, pieces: readonly number[] | undefined) {
  if (pieces === undefined) return [{ atMs, bytes }];
  const parts: { atMs: number; bytes: Uint8Array }[] = [];
  for (let at = 0, turn = 0; at < bytes.length; turn += 1) {
    const length = Math.max(1, pieces[turn % pieces.length] ?? 1);
    parts.push({ atMs: atMs + turn, bytes: bytes.subarray(at, at + length) });
    at += length;
  }
  return parts;
}

/**
 * One request and its answer on the wired bus (EN 13757-2, 5.6 and 5.7), as the master sees it: sent, waited for, sent again.
 * Pure: bytes and time go in, effects come out. What comes back damaged may be noise or two meters speaking at once; both end
 * when the line is quiet.
 */

import { ACK, decodeFrame, type WiredFrame } from '../codec/link/frame.js';
import { type LineTiming, patienceMs, quietMs } from './timing.js';

export type LongFrame = Extract<WiredFrame, { kind: 'long' }>;

export type Answer =
  | { readonly kind: 'ack' }
  | { readonly kind: 'frame'; readonly frame: LongFrame; readonly bytes: Uint8Array }
  | { readonly kind: 'silence' }
  /** Something came, and no frame of it was whole. */
  | { readonly kind: 'damaged' };

export interface Request {
  readonly bytes: Uint8Array;
  /** `either`: data, or an acknowledgement that there are none. */
  readonly awaits: 'ack' | 'data' | 'either';
  /** How often it is sent at most. */
  readonly tries: number;
  /** What is damaged is an answer too: somebody is there. */
  readonly takesDamage?: boolean;
  /** Others are late answers of somebody else, and passed over. */
  accepts?(frame: LongFrame): boolean;
}

/** EN 13757-2, 5.7.1: a master asks three times before it gives up. */
export const USUAL_TRIES = 3;

export type ExchangeEffect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** A timeout is an input that comes back; a later one takes the place of an earlier. */
  | { readonly kind: 'wakeAt'; readonly atMs: number }
  | { readonly kind: 'answer'; readonly answer: Answer };

export type ExchangeInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'wake' };

export interface Exchange {
  readonly request: Request;
  readonly timing: LineTiming;
  readonly triesLeft: number;
  readonly buffer: Uint8Array;
  /** Of what was passed over since the request was sent. */
  readonly isDamaged: boolean;
  /** The answer must have begun by then. */
  readonly answerByMs: number;
  /** A line that never falls quiet is not listened to for ever. */
  readonly endMs: number;
  readonly isOver: boolean;
}

export interface ExchangeStep {
  readonly exchange: Exchange;
  readonly effects: readonly ExchangeEffect[];
}

const NOTHING = new Uint8Array(0);
/** A frame has 261 bytes, and a few may stand before it: an echo, a late answer, noise. */
const MAX_BUFFER = 1_024;
/** Three of the longest frames at 300 baud and what a slow way adds; nobody answers for longer. */
const LONGEST_TRY_MS = 30_000;
/** EN 13757-2, 5.4: bit 6 of C says that a frame comes from a master. */
const FROM_MASTER = 0x40;

export function openExchange(request: Request, timing: LineTiming): Exchange {
  const triesLeft = request.tries;
  return { request, timing, triesLeft, buffer: NOTHING, isDamaged: false, answerByMs: 0, endMs: 0, isOver: false };
}

export function stepExchange(exchange: Exchange, input: ExchangeInput, nowMs: number): ExchangeStep {
  if (exchange.isOver) return { exchange, effects: [] };
  if (input.kind === 'start') return send(exchange, nowMs);
  if (input.kind === 'wake') return quiet(exchange, nowMs);
  if (nowMs >= exchange.endMs) return quiet({ ...exchange, isDamaged: true }, nowMs);
  const bytes = joined(exchange.buffer, input.bytes);
  const isLong = bytes.length > MAX_BUFFER;
  const buffer = isLong ? bytes.subarray(-MAX_BUFFER) : bytes;
  return read({ ...exchange, buffer, isDamaged: exchange.isDamaged || isLong }, nowMs);
}

function send(exchange: Exchange, nowMs: number): ExchangeStep {
  const { request, timing } = exchange;
  const { bytes, awaits } = request;
  const answerByMs = nowMs + patienceMs(bytes.length, awaits, timing);
  const sent = { ...exchange, triesLeft: exchange.triesLeft - 1, buffer: NOTHING, isDamaged: false, answerByMs };
  return {
    exchange: { ...sent, endMs: nowMs + LONGEST_TRY_MS },
    effects: [
      { kind: 'send', bytes },
      { kind: 'wakeAt', atMs: answerByMs },
    ],
  };
}

function read(exchange: Exchange, nowMs: number): ExchangeStep {
  let { buffer, isDamaged } = exchange;
  while (buffer.length > 0) {
    const decoded = decodeFrame(buffer);
    if (decoded.kind === 'pending') break;
    const bytes = buffer.slice(0, decoded.used);
    buffer = buffer.subarray(decoded.used);
    if (decoded.kind === 'garbage') {
      isDamaged = true;
      continue;
    }
    const answer = answerOf(exchange.request, decoded.value, bytes);
    if (answer !== undefined) return finish({ ...exchange, buffer }, answer);
  }
  // An echo or a stray is no beginning of the answer: it is still waited for.
  const isBegun = buffer.length > 0 || isDamaged;
  const atMs = isBegun ? nowMs + quietMs(exchange.timing) : Math.max(exchange.answerByMs, nowMs);
  return { exchange: { ...exchange, buffer: buffer.slice(), isDamaged }, effects: [{ kind: 'wakeAt', atMs }] };
}

/** Undefined for an echo of our own request, for what another meter says late, and for a stray acknowledgement. */
function answerOf({ awaits, accepts }: Request, frame: WiredFrame, bytes: Uint8Array): Answer | undefined {
  if (frame.kind === 'ack') return awaits === 'data' ? undefined : { kind: 'ack' };
  if (frame.kind === 'short' || (frame.control & FROM_MASTER) !== 0) return undefined;
  if (awaits === 'ack' || accepts?.(frame) === false) return undefined;
  return { kind: 'frame', frame, bytes };
}

/** Patience is over, or what had begun goes no further. */
function quiet(exchange: Exchange, nowMs: number): ExchangeStep {
  const { request, triesLeft } = exchange;
  const isDamaged = exchange.isDamaged || exchange.buffer.length > 0;
  if (isDamaged && request.takesDamage) return finish(exchange, { kind: 'damaged' });
  if (triesLeft > 0) return send(exchange, nowMs);
  return finish(exchange, { kind: isDamaged ? 'damaged' : 'silence' });
}

function finish(exchange: Exchange, answer: Answer): ExchangeStep {
  return { exchange: { ...exchange, isOver: true }, effects: [{ kind: 'answer', answer }] };
}

export function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  if (left.length === 0) return right;
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

/** The single character, as a meter sends it. */
export const ACK_BYTES = Uint8Array.of(ACK);

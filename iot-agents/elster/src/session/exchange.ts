/**
 * One request and its answer in mode C (IEC 62056-21, 6.4.3 and 6.5) as the reader sees it: sent, waited for, and asked for again when it
 * came damaged. Pure: bytes and time go in, effects come out. What may be said next is `conversation.ts`.
 */

import { type Block, decodeBlock } from '../codec/iec62056/block.js';
import { decodeIdentification, type Identification } from '../codec/iec62056/sign-on.js';
import { ACK, MAX_MESSAGE, NAK } from '../codec/iec62056/text.js';
import { durationMs, joined, MAX_REPEATS, SILENCE_MS } from './table.js';

export type Answer =
  | { readonly kind: 'identification'; readonly identification: Identification }
  /** The bytes are those of the block as it came, seven bits each. */
  | { readonly kind: 'block'; readonly block: Block; readonly bytes: Uint8Array }
  | { readonly kind: 'ack' }
  | { readonly kind: 'nak' }
  | { readonly kind: 'silence' }
  /** Something came, also when it was repeated, and nothing of it was whole. */
  | { readonly kind: 'damaged' }
  | { readonly kind: 'endless' };

export interface Request {
  readonly bytes: Uint8Array;
  /** `reply`: a block, or a single ACK or NAK, as after a password. */
  readonly awaits: 'identification' | 'block' | 'reply';
  /** What is sent once more into silence; without it nothing is: a password is not said twice, meters lock themselves. */
  readonly again?: Uint8Array;
}

export interface Timing {
  readonly baud: number;
  /** What the converter and the way to it add to every answer. */
  readonly latencyMs: number;
}

export interface Exchange {
  readonly request: Request;
  readonly timing: Timing;
  readonly buffer: Uint8Array;
  readonly repeatsLeft: number;
  /** A byte of what is in the buffer had wrong parity. */
  readonly isDamaged: boolean;
  /** From here on it is given up, whatever still trickles in. */
  readonly endMs: number;
  readonly isOver: boolean;
  /** Silence was taken for a lost request: both answers may come, and one to `R5` does not say to which register (6.5). */
  readonly isDoubtful: boolean;
  /** The answer, kept until the line is quiet. */
  readonly held?: Answer;
}

export type ExchangeInput =
  | { readonly kind: 'start' }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array; readonly isDamaged?: boolean }
  | { readonly kind: 'wake' };

export type ExchangeEffect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  /** A timeout is an input that comes back; a later one takes the place of an earlier. */
  | { readonly kind: 'wakeAt'; readonly atMs: number }
  | { readonly kind: 'answer'; readonly answer: Answer };

export interface ExchangeStep {
  readonly exchange: Exchange;
  readonly effects: readonly ExchangeEffect[];
}

/** A readout of 5 kB takes three minutes at 300 baud, and a block may be repeated. A line that feeds a byte a second is not waited for. */
const LONGEST_MS = 10 * 60_000;
const NOTHING = new Uint8Array(0);
/** Who asks for a block sees its own commands only as an echo; these come from a meter (6.5). */
const FROM_METER: readonly (string | undefined)[] = [undefined, 'P0', 'B0'];

export function openExchange(request: Request, timing: Timing): Exchange {
  const fresh = { buffer: NOTHING, repeatsLeft: MAX_REPEATS, isDamaged: false, endMs: 0, isOver: false };
  return { request, timing, ...fresh, isDoubtful: false };
}

export function stepExchange(exchange: Exchange, input: ExchangeInput, nowMs: number): ExchangeStep {
  if (exchange.isOver) return { exchange, effects: [] };
  if (input.kind === 'start') return say({ ...exchange, endMs: nowMs + LONGEST_MS }, exchange.request.bytes, nowMs);
  if (nowMs >= exchange.endMs) return finish(exchange, { kind: 'endless' });
  if (exchange.held !== undefined)
    return input.kind === 'wake' ? finish(exchange, exchange.held) : waiting(exchange, nowMs);
  if (input.kind === 'wake') return wake({ ...exchange, isDoubtful: true }, nowMs);
  const buffer = joined(exchange.buffer, input.bytes);
  if (buffer.length > MAX_MESSAGE) return finish(exchange, { kind: 'endless' });
  return read({ ...exchange, buffer, isDamaged: exchange.isDamaged || input.isDamaged === true }, nowMs);
}

function read(exchange: Exchange, nowMs: number): ExchangeStep {
  const { request, buffer } = exchange;
  if (buffer.length === 0) return waiting(exchange, nowMs);
  if (request.awaits === 'reply' && (buffer[0] === ACK || buffer[0] === NAK))
    return finish(exchange, { kind: buffer[0] === ACK ? 'ack' : 'nak' });
  if (request.awaits !== 'identification' && buffer[0] === NAK && buffer.length === 1) return again(exchange, nowMs);
  return request.awaits === 'identification' ? identify(exchange, nowMs) : take(exchange, nowMs);
}

function identify(exchange: Exchange, nowMs: number): ExchangeStep {
  const decoded = decodeIdentification(exchange.buffer);
  if (decoded.kind === 'pending') return waiting(exchange, nowMs);
  const rest = { ...exchange, buffer: exchange.buffer.slice(decoded.used) };
  // Noise, or our own request as an optical head echoes it.
  if (decoded.kind === 'garbage') return read(rest, nowMs);
  if (exchange.isDamaged) return again(rest, nowMs);
  return settle(rest, { kind: 'identification', identification: decoded.value }, nowMs);
}

function take(exchange: Exchange, nowMs: number): ExchangeStep {
  const decoded = decodeBlock(exchange.buffer);
  if (decoded.kind === 'pending') return waiting(exchange, nowMs);
  const bytes = exchange.buffer.slice(0, decoded.used);
  const rest = { ...exchange, buffer: exchange.buffer.slice(decoded.used) };
  if (decoded.kind === 'garbage') {
    return decoded.error.code === 'wire.checksum' ? askAgain(rest, nowMs) : read(rest, nowMs);
  }
  if (!FROM_METER.includes(decoded.value.command)) return read({ ...rest, isDamaged: false }, nowMs);
  // The check character has eight bits; two bytes whose parity was wrong can agree with it.
  if (exchange.isDamaged) return askAgain(rest, nowMs);
  return settle(rest, { kind: 'block', block: decoded.value, bytes }, nowMs);
}

/** What comes late to an answered question would be taken for the answer to the next one. */
function settle(exchange: Exchange, answer: Answer, nowMs: number): ExchangeStep {
  if (!exchange.isDoubtful) return finish(exchange, answer);
  return waiting({ ...exchange, buffer: NOTHING, held: answer }, nowMs);
}

/** Half a block and then silence is a damaged block; silence alone is nobody, or a request that got lost. */
function wake(exchange: Exchange, nowMs: number): ExchangeStep {
  const isBegun = exchange.buffer.length > 0 || exchange.isDamaged;
  return isBegun && exchange.request.awaits !== 'identification' ? askAgain(exchange, nowMs) : again(exchange, nowMs);
}

/** 6.3.10: a NAK asks for the same block once more. */
function askAgain(exchange: Exchange, nowMs: number): ExchangeStep {
  if (exchange.repeatsLeft === 0) return finish(exchange, { kind: 'damaged' });
  const session = { ...exchange, buffer: NOTHING, isDamaged: false, repeatsLeft: exchange.repeatsLeft - 1 };
  return say(session, Uint8Array.of(NAK), nowMs);
}

function again(exchange: Exchange, nowMs: number): ExchangeStep {
  const { request, repeatsLeft } = exchange;
  const isBegun = exchange.isDamaged || exchange.buffer.length > 0;
  if (request.again === undefined || repeatsLeft === 0)
    return finish(exchange, { kind: isBegun ? 'damaged' : 'silence' });
  const session = { ...exchange, buffer: NOTHING, isDamaged: false, repeatsLeft: repeatsLeft - 1 };
  return say(session, request.again, nowMs);
}

function say(exchange: Exchange, bytes: Uint8Array, nowMs: number): ExchangeStep {
  const { effects } = waiting(exchange, nowMs + durationMs(bytes.length, exchange.timing.baud));
  return { exchange, effects: [{ kind: 'send', bytes }, ...effects] };
}

function waiting(exchange: Exchange, nowMs: number): ExchangeStep {
  const atMs = Math.min(exchange.endMs, nowMs + SILENCE_MS + exchange.timing.latencyMs);
  return { exchange, effects: [{ kind: 'wakeAt', atMs }] };
}

function finish(exchange: Exchange, answer: Answer): ExchangeStep {
  return { exchange: { ...exchange, buffer: NOTHING, isOver: true }, effects: [{ kind: 'answer', answer }] };
}

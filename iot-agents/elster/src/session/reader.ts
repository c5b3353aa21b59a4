/** The reader's side of a readout (IEC 62056-21, 6.4, modes A to C): pure; bytes and time go in, state and effects come out. */

import { ProtocolError } from '@contor/kit';
import { baudRowOf, OPENING_BAUD } from '../codec/iec62056/baud.js';
import { decodeBlock } from '../codec/iec62056/block.js';
import { parseDataSets } from '../codec/iec62056/data-set.js';
import {
  decodeIdentification,
  encodeOptionSelect,
  encodeRequest,
  type Identification,
} from '../codec/iec62056/sign-on.js';
import { MAX_MESSAGE } from '../codec/iec62056/text.js';
import {
  durationMs,
  type Effect,
  type Input,
  joined,
  MAX_REPEATS,
  next,
  type ReadoutInput,
  type ReadoutState,
  SILENCE_MS,
  type Step,
} from './table.js';

export interface ReaderSettings {
  readonly address: string;
  /** What the way to the meter adds to every answer: a converter, a mobile network. */
  readonly latencyMs: number;
  /** Some optical heads lose characters above a rate; the meter is then asked to stay at the opening one. */
  readonly maxBaud: number;
}

export interface Reader {
  readonly settings: ReaderSettings;
  readonly state: ReadoutState;
  readonly baud: number;
  readonly buffer: Uint8Array;
  readonly repeatsLeft: number;
  /** From here on the whole is given up, whatever still trickles in. */
  readonly endMs: number;
  readonly identification?: Identification;
  /** Of partial blocks that came already. */
  readonly data: string;
}

/** An A1500 at 300 baud takes minutes (its readout is some 5 kB); a line that feeds a character a second is not waited for. */
const MAX_READOUT_MS = 10 * 60_000;

export function createReader(settings: ReaderSettings): Reader {
  return {
    settings,
    state: 'dormant',
    baud: OPENING_BAUD,
    buffer: new Uint8Array(),
    repeatsLeft: MAX_REPEATS,
    endMs: Number.POSITIVE_INFINITY,
    data: '',
  };
}

export function stepReader(reader: Reader, input: Input, nowMs: number): Step<Reader> {
  if (input.kind === 'start') return start(reader, nowMs);
  if (reader.state === 'dormant' || reader.state === 'finished') return { session: reader, effects: [] };
  if (input.kind === 'wake') return wake(reader, nowMs);
  if (nowMs >= reader.endMs) return fail(reader, 'elster.endless', 'The readout does not end.');
  const session = { ...reader, buffer: joined(reader.buffer, input.bytes) };
  return reader.state === 'identifying' ? identify(session, nowMs) : read(session, nowMs);
}

function start(reader: Reader, nowMs: number): Step<Reader> {
  const bytes = encodeRequest({ address: reader.settings.address });
  const session = advance({ ...reader, endMs: nowMs + MAX_READOUT_MS }, 'request');
  if (session === undefined) return { session: reader, effects: [] };
  return {
    session,
    effects: [{ kind: 'setBaud', baud: OPENING_BAUD }, { kind: 'send', bytes }, patience(session, nowMs, bytes.length)],
  };
}

function identify(reader: Reader, nowMs: number): Step<Reader> {
  const decoded = decodeIdentification(reader.buffer);
  if (decoded.kind === 'pending') return waiting(reader, nowMs);
  const session = { ...reader, buffer: reader.buffer.slice(decoded.used) };
  // Noise, or our own request as an optical head echoes it.
  if (decoded.kind === 'garbage') return session.buffer.length > 0 ? identify(session, nowMs) : waiting(session, nowMs);
  const identified = advance({ ...session, identification: decoded.value }, 'identification');
  return identified === undefined ? waiting(session, nowMs) : choose(identified, decoded.value, nowMs);
}

/** Mode C and E are told what is wanted and at which rate; mode B changes by itself; mode A stays (6.4). */
function choose(reader: Reader, { baudCharacter }: Identification, nowMs: number): Step<Reader> {
  const row = baudRowOf(baudCharacter);
  if (row === undefined) return read(reader, nowMs);
  if (row.modes.includes('B'))
    return withEffects({ ...reader, baud: row.baud }, [{ kind: 'setBaud', baud: row.baud }], nowMs);
  const isFit = row.baud <= reader.settings.maxBaud;
  const baud = isFit ? row.baud : OPENING_BAUD;
  const chosen = isFit ? baudCharacter : '0';
  const bytes = encodeOptionSelect({ protocolControl: '0', baudCharacter: chosen, modeControl: '0' });
  const session = advance({ ...reader, baud }, 'acknowledge');
  if (session === undefined) return waiting(reader, nowMs);
  return withEffects(
    session,
    [
      { kind: 'send', bytes },
      { kind: 'setBaud', baud },
    ],
    nowMs,
    durationMs(bytes.length, OPENING_BAUD),
  );
}

function withEffects(reader: Reader, effects: readonly Effect[], nowMs: number, sendingMs = 0): Step<Reader> {
  const step = read(reader, nowMs + sendingMs);
  return { session: step.session, effects: [...effects, ...step.effects] };
}

function read(reader: Reader, nowMs: number): Step<Reader> {
  const decoded = decodeBlock(reader.buffer);
  if (decoded.kind === 'pending') {
    return reader.buffer.length < MAX_MESSAGE
      ? waiting(reader, nowMs)
      : fail(reader, 'elster.endless', 'The block does not end.');
  }
  const session = { ...reader, buffer: reader.buffer.slice(decoded.used) };
  if (decoded.kind === 'garbage') {
    if (decoded.error.code === 'wire.checksum') return repeat(session, nowMs);
    return session.buffer.length > 0 ? read(session, nowMs) : waiting(session, nowMs);
  }
  const { data, isLast } = decoded.value;
  const collected = { ...session, data: session.data + data };
  if (collected.data.length > MAX_MESSAGE) return fail(session, 'elster.endless', 'The blocks do not end.');
  return isLast ? deliver(collected) : more(collected, nowMs);
}

/** A partial block is acknowledged, and the next comes (Annex A.2). */
function more(reader: Reader, nowMs: number): Step<Reader> {
  const session = advance({ ...reader, repeatsLeft: MAX_REPEATS }, 'partialBlock');
  if (session === undefined) return fail(reader, 'elster.refused', 'A partial block has no place now.');
  return { session, effects: [{ kind: 'send', bytes: Uint8Array.of(0x06) }, patience(session, nowMs, 1)] };
}

function deliver(reader: Reader): Step<Reader> {
  const parsed = parseDataSets(reader.data);
  const session = advance(reader, 'block');
  const { identification } = reader;
  if (!('sets' in parsed) || session === undefined || identification === undefined)
    return fail(reader, 'elster.data', 'The block holds no data sets.');
  return { session, effects: [{ kind: 'deliver', readout: { identification, sets: parsed.sets } }] };
}

function repeat(reader: Reader, nowMs: number): Step<Reader> {
  const session = advance({ ...reader, repeatsLeft: reader.repeatsLeft - 1 }, 'nak');
  // Modes A and B have no repeat.
  if (session === undefined || session.repeatsLeft < 0)
    return fail(reader, 'elster.damaged', 'Every repeat came damaged.');
  const emptied = { ...session, buffer: new Uint8Array() };
  return { session: emptied, effects: [{ kind: 'send', bytes: Uint8Array.of(0x15) }, patience(emptied, nowMs, 1)] };
}

/** Half a block and then silence is a damaged block; silence alone is nobody. */
function wake(reader: Reader, nowMs: number): Step<Reader> {
  if (nowMs < reader.endMs && reader.buffer.length > 0 && reader.state === 'reading') return repeat(reader, nowMs);
  return fail(reader, 'elster.silence', 'The meter does not answer.');
}

function waiting(reader: Reader, nowMs: number): Step<Reader> {
  return { session: reader, effects: [patience(reader, nowMs, 0)] };
}

function patience({ baud, settings }: Reader, nowMs: number, sent: number): Effect {
  return { kind: 'wakeAt', atMs: nowMs + durationMs(sent, baud) + SILENCE_MS + settings.latencyMs };
}

function advance(reader: Reader, input: ReadoutInput): Reader | undefined {
  const state = next(reader.state, input);
  return state === undefined ? undefined : { ...reader, state };
}

function fail(reader: Reader, code: string, message: string): Step<Reader> {
  const error = new ProtocolError(code, message, { state: reader.state });
  return { session: { ...reader, state: 'finished', buffer: new Uint8Array() }, effects: [{ kind: 'fail', error }] };
}

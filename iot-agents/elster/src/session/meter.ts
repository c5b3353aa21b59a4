/** The meter's side of a readout, on the same table: what a simulator and a test need. Modes A to C. */

import { ProtocolError } from '@contor/kit';
import { baudRowOf, OPENING_BAUD } from '../codec/iec62056/baud.js';
import { encodeBlock } from '../codec/iec62056/block.js';
import type { DataSet } from '../codec/iec62056/data-set.js';
import {
  decodeOptionSelect,
  decodeRequest,
  encodeIdentification,
  parseIdentification,
} from '../codec/iec62056/sign-on.js';
import { readoutBlock } from '../codec/iec62056/telegram.js';
import { NAK } from '../codec/iec62056/text.js';
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

export interface MeterSettings {
  readonly address: string;
  /** The line without CR LF, as `/ELS5\@V9.30`. */
  readonly line: string;
  readonly sets: readonly DataSet[];
}

export interface Meter {
  readonly settings: MeterSettings;
  readonly state: ReadoutState;
  readonly baud: number;
  readonly buffer: Uint8Array;
  readonly repeatsLeft: number;
}

/** More than a request that nobody would send; what is older than that is noise. */
const MAX_BUFFER = 256;

export function createMeter(settings: MeterSettings): Meter {
  return { settings, state: 'dormant', baud: OPENING_BAUD, buffer: new Uint8Array(), repeatsLeft: MAX_REPEATS };
}

export function stepMeter(meter: Meter, input: Input, nowMs: number): Step<Meter> {
  if (input.kind === 'start') return { session: createMeter(meter.settings), effects: [] };
  if (input.kind === 'wake') return wake(meter);
  const session = { ...meter, buffer: joined(meter.buffer, input.bytes).slice(-MAX_BUFFER) };
  if (session.state === 'dormant') return hear(session, nowMs);
  if (session.state === 'choosing') return listen(session, nowMs);
  if (session.state !== 'reading') return { session, effects: [] };
  const emptied = { ...session, buffer: new Uint8Array() };
  return input.bytes.includes(NAK) ? repeat(emptied, nowMs) : { session: emptied, effects: [] };
}

function hear(meter: Meter, nowMs: number): Step<Meter> {
  const decoded = decodeRequest(meter.buffer);
  if (decoded.kind === 'pending') return { session: meter, effects: [] };
  const session = { ...meter, buffer: meter.buffer.slice(decoded.used) };
  if (decoded.kind === 'garbage') return session.buffer.length > 0 ? hear(session, nowMs) : { session, effects: [] };
  if (!isMeant(decoded.value.address, meter.settings.address)) return { session, effects: [] };
  const identified = advance(advance(session, 'request'), 'identification');
  const bytes = encodeIdentification({ line: meter.settings.line });
  const effects: readonly Effect[] = [{ kind: 'send', bytes }];
  const row = baudRowOf(parseIdentification(meter.settings.line)?.baudCharacter ?? '');
  if (row?.modes.includes('C'))
    return { session: identified, effects: [...effects, patience(nowMs, bytes.length, OPENING_BAUD)] };
  const baud = row?.baud ?? OPENING_BAUD;
  return {
    session: advance({ ...identified, baud }, 'block'),
    effects: [...effects, { kind: 'setBaud', baud }, block(meter)],
  };
}

/** 6.3.2: leading zeros do not count, and no address means whoever is there. */
function isMeant(asked: string, own: string): boolean {
  return asked === '' || asked.replace(/^0+/, '') === own.replace(/^0+/, '');
}

function listen(meter: Meter, nowMs: number): Step<Meter> {
  const decoded = decodeOptionSelect(meter.buffer);
  if (decoded.kind === 'pending') return { session: meter, effects: [] };
  const session = { ...meter, buffer: meter.buffer.slice(decoded.used) };
  if (decoded.kind === 'garbage') return session.buffer.length > 0 ? listen(session, nowMs) : { session, effects: [] };
  const { modeControl, baudCharacter } = decoded.value;
  const baud = baudRowOf(baudCharacter)?.baud;
  if (modeControl !== '0' || baud === undefined) return { session, effects: [refused()] };
  const reading = advance({ ...session, baud }, 'acknowledge');
  const sent = block(meter);
  return { session: reading, effects: [{ kind: 'setBaud', baud }, sent, patience(nowMs, sent.bytes.length, baud)] };
}

function repeat(meter: Meter, nowMs: number): Step<Meter> {
  if (meter.repeatsLeft === 0) return wake(meter);
  const sent = block(meter);
  const session = advance({ ...meter, repeatsLeft: meter.repeatsLeft - 1 }, 'nak');
  return { session, effects: [sent, patience(nowMs, sent.bytes.length, meter.baud)] };
}

/** Nobody chose: the data follow at the opening rate (6.4.3.1). Nobody asked for a repeat: the data have arrived. */
function wake(meter: Meter): Step<Meter> {
  if (meter.state === 'choosing') return { session: advance(meter, 'block'), effects: [block(meter)] };
  return { session: createMeter(meter.settings), effects: [{ kind: 'setBaud', baud: OPENING_BAUD }] };
}

function block({ settings }: Meter): Effect & { readonly kind: 'send' } {
  return { kind: 'send', bytes: encodeBlock(readoutBlock(settings.sets)) };
}

function patience(nowMs: number, sent: number, baud: number): Effect {
  return { kind: 'wakeAt', atMs: nowMs + durationMs(sent, baud) + SILENCE_MS };
}

function refused(): Effect {
  return { kind: 'fail', error: new ProtocolError('elster.option', 'The meter knows no such option.') };
}

function advance(meter: Meter, input: ReadoutInput): Meter {
  return { ...meter, state: next(meter.state, input) ?? meter.state };
}

/**
 * One end of an HDLC link, client or meter: IEC 62056-46, 6.4.4. Frames are numbered modulo eight, up to a window of them goes
 * unacknowledged, a message longer than a frame goes in segments. The client asks (poll) and may ask again after a silence; the
 * meter speaks only when asked (final). Pure: a frame and the time go in, the station and what is to be done come out.
 */

import { ProtocolError } from '@contor/kit';
import type { HdlcAddress } from '../../codec/hdlc/address.js';
import type { HdlcControl } from '../../codec/hdlc/control.js';
import { encodeFrame, type HdlcFrame } from '../../codec/hdlc/frame.js';
import {
  DEFAULT_PARAMETERS,
  decodeParameters,
  encodeParameters,
  type HdlcParameters,
} from '../../codec/hdlc/parameters.js';
import { joinSegment, NO_SEGMENTS, type Segments, splitInformation } from '../../codec/hdlc/segments.js';
import { decodeLlc, encodeLlc } from '../../codec/llc.js';
import type { Role } from '../table.js';

export interface StationSettings {
  readonly role: Role;
  readonly own: HdlcAddress;
  readonly peer: HdlcAddress;
  /** What is proposed, or granted at most. */
  readonly parameters: HdlcParameters;
  /** How long the client waits for a frame before it asks again. */
  readonly patienceMs: number;
}

export interface Station {
  readonly settings: StationSettings;
  readonly state: 'closed' | 'opening' | 'open' | 'closing';
  readonly granted: HdlcParameters;
  /** V(S): the number of the next frame. */
  readonly sendNumber: number;
  /** V(R): the number that is awaited. */
  readonly receiveNumber: number;
  /** Sent, from the oldest that is not acknowledged. */
  readonly unacknowledged: readonly Piece[];
  readonly waiting: readonly Piece[];
  readonly segments: Segments;
  readonly notifications: Segments;
  readonly repeatsLeft: number;
  /** When the client asks again; undefined while it awaits nothing. */
  readonly deadlineMs: number | undefined;
}

interface Piece {
  readonly information: Uint8Array;
  readonly isSegmented: boolean;
}

export type LinkEffect =
  | { readonly kind: 'send'; readonly bytes: Uint8Array }
  | { readonly kind: 'opened' }
  | { readonly kind: 'closed' }
  /** The meter speaks unasked in UI frames, and answers in I frames. */
  | { readonly kind: 'message'; readonly payload: Uint8Array; readonly isUnasked: boolean }
  | { readonly kind: 'fail'; readonly error: ProtocolError };

export interface LinkStep {
  readonly station: Station;
  readonly effects: readonly LinkEffect[];
}

/** IEC 62056-46, 6.4.4.2: three repetitions are the default of the standard; a line worse than that is no line. */
const MAX_REPEATS = 3;
const NOTHING: Uint8Array = new Uint8Array(0);
const MODULUS_MASK = 7;

export function newStation(settings: StationSettings): Station {
  return { settings, state: 'closed', ...afresh() };
}

/** The client calls. */
export function openStation(station: Station, nowMs: number): LinkStep {
  return demand({ ...station, ...afresh(), state: 'opening' }, nowMs);
}

export function closeStation(station: Station, nowMs: number): LinkStep {
  return demand({ ...station, ...afresh(), granted: station.granted, state: 'closing' }, nowMs);
}

/** A message is put in the queue; the client sends at once, the meter with its next answer. */
export function sayOn(station: Station, payload: Uint8Array, nowMs: number): LinkStep {
  const { role } = station.settings;
  const direction = role === 'client' ? 'command' : 'response';
  const parts = splitInformation(encodeLlc({ direction, payload }), station.granted.maxInformationTransmit);
  const waiting = parts.map((information, index) => ({ information, isSegmented: index < parts.length - 1 }));
  const queued: Station = { ...station, waiting: [...station.waiting, ...waiting], repeatsLeft: MAX_REPEATS };
  return role === 'client' ? sendWindow(queued, nowMs) : { station: queued, effects: [] };
}

/** A client whose patience ends asks once more what it asked last. */
export function wakeStation(station: Station, nowMs: number): LinkStep {
  if (station.deadlineMs === undefined || nowMs < station.deadlineMs) return { station, effects: [] };
  if (station.repeatsLeft === 0) return fail(station, 'hdlc.silence', 'Nobody answers on the line.');
  const again: Station = { ...station, repeatsLeft: station.repeatsLeft - 1 };
  return station.state === 'open' ? repeat(again, nowMs) : demand(again, nowMs);
}

export function hearAtClient(station: Station, frame: HdlcFrame, nowMs: number): LinkStep {
  const { control } = frame;
  if (station.state === 'closed' && control.name !== 'UI') return { station, effects: [] };
  switch (control.name) {
    case 'UI':
      return hearUnnumbered(station, frame);
    case 'UA':
      return station.state === 'opening' ? begin(station, frame.information) : acknowledged(station);
    case 'DM':
      return station.state === 'closing'
        ? acknowledged(station)
        : fail(station, 'hdlc.disconnected', 'The meter says that the link is not open.');
    case 'FRMR':
      return fail(station, 'hdlc.rejected', 'The meter rejects our frame.');
    case 'I':
    case 'RR':
    case 'RNR':
      return station.state === 'open' ? hearAnswer(station, frame, control, nowMs) : { station, effects: [] };
    default:
      return { station, effects: [] };
  }
}

/** `answer` is the meter itself: what it says to a whole message, if anything. */
export function hearAtServer(
  station: Station,
  frame: HdlcFrame,
  answer: (payload: Uint8Array) => Uint8Array | undefined,
): LinkStep {
  const { control } = frame;
  if (control.name === 'SNRM') return grant(station, frame.information);
  if (control.name === 'DISC') {
    const closed: Station = { ...station, ...afresh(), state: 'closed' };
    const reply = unnumbered(station, station.state === 'open' ? 'UA' : 'DM');
    return { station: closed, effects: station.state === 'open' ? [reply, { kind: 'closed' }] : [reply] };
  }
  if (control.name !== 'I' && control.name !== 'RR' && control.name !== 'RNR') return { station, effects: [] };
  if (station.state !== 'open') return { station, effects: control.isPollFinal ? [unnumbered(station, 'DM')] : [] };
  const heard = takeNumbered(station, frame, control);
  if (heard === undefined) return { station, effects: [] };
  let now = heard.station;
  const said = heard.payload === undefined ? undefined : answer(heard.payload);
  if (said !== undefined) now = sayOn(now, said, 0).station;
  if (!control.isPollFinal) return { station: now, effects: [] };
  // What was sent and is not acknowledged now was lost, or lies on the line in front of a question that is a repetition.
  if (now.unacknowledged.length > 0) return { station: now, effects: framesOf(now, now.unacknowledged) };
  if (now.waiting.length > 0) return sendWindow(now, 0);
  return { station: now, effects: [supervisory(now)] };
}

/** What a meter says without being asked: UI frames, which nobody acknowledges. */
export function unaskedFrames(
  { own, peer, parameters }: Pick<StationSettings, 'own' | 'peer' | 'parameters'>,
  payload: Uint8Array,
): readonly Uint8Array[] {
  const parts = splitInformation(encodeLlc({ direction: 'response', payload }), parameters.maxInformationTransmit);
  return parts.map((information, index) =>
    encodeFrame({
      destination: peer,
      source: own,
      control: { name: 'UI', isPollFinal: true },
      isSegmented: index < parts.length - 1,
      information,
    }),
  );
}

function hearAnswer(station: Station, frame: HdlcFrame, control: Numbered, nowMs: number): LinkStep {
  const heard = takeNumbered(station, frame, control);
  if (heard === undefined || station.deadlineMs === undefined) return { station, effects: [] };
  const { station: now, payload, isStale, hasProgress } = heard;
  if (heard.error !== undefined) return { station: now, effects: [{ kind: 'fail', error: heard.error }] };
  if (payload !== undefined) {
    const effects: readonly LinkEffect[] = [{ kind: 'message', payload, isUnasked: false }];
    const resting = { unacknowledged: [], waiting: [], repeatsLeft: MAX_REPEATS, deadlineMs: undefined };
    return { station: { ...now, ...resting }, effects };
  }
  const patient = hasProgress ? { ...now, repeatsLeft: MAX_REPEATS, deadlineMs: nowMs + now.settings.patienceMs } : now;
  // An answer that came twice is no question: to ask again for it would double every question from here on.
  if (!control.isPollFinal || isStale || control.name === 'RNR') return { station: patient, effects: [] };
  if (patient.unacknowledged.length > 0) return hasProgress ? repeat(patient, nowMs) : { station: now, effects: [] };
  if (patient.waiting.length > 0) return sendWindow(patient, nowMs);
  // Ready, and nothing to say yet: the meter is asked again when the patience ends.
  if (control.name === 'RR' && !hasProgress) return { station: now, effects: [] };
  return repeat(patient, nowMs);
}

type Numbered = Extract<HdlcControl, { readonly receiveNumber: number }>;

interface Heard {
  readonly station: Station;
  readonly payload?: Uint8Array;
  readonly error?: ProtocolError;
  /** A frame that had been taken before. */
  readonly isStale: boolean;
  readonly hasProgress: boolean;
}

/** The numbers of a frame, and its segment when it is the one that is awaited. Undefined: it acknowledges what was never sent. */
function takeNumbered(station: Station, frame: HdlcFrame, control: Numbered): Heard | undefined {
  const oldest = station.sendNumber - station.unacknowledged.length;
  const acknowledged = (control.receiveNumber - oldest) & MODULUS_MASK;
  if (acknowledged > station.unacknowledged.length) return undefined;
  const now: Station = { ...station, unacknowledged: station.unacknowledged.slice(acknowledged) };
  if (control.name !== 'I') return { station: now, isStale: false, hasProgress: acknowledged > 0 };
  if (control.sendNumber !== station.receiveNumber) {
    const isStale = ((station.receiveNumber - control.sendNumber - 1) & MODULUS_MASK) < station.granted.windowReceive;
    return { station: now, isStale, hasProgress: acknowledged > 0 };
  }
  const { segments, joined } = joinSegment(station.segments, frame);
  const taken: Station = { ...now, segments, receiveNumber: (station.receiveNumber + 1) & MODULUS_MASK };
  const base = { station: taken, isStale: false, hasProgress: true };
  if (joined.kind === 'pending') return base;
  const unit = joined.kind === 'value' ? decodeLlc(joined.value) : joined;
  if (unit.kind === 'value') return { ...base, payload: unit.value.payload };
  const cause = unit.kind === 'garbage' ? unit.error : undefined;
  return { ...base, error: new ProtocolError('hdlc.message', 'The frames do not make a message.', {}, cause) };
}

function hearUnnumbered(station: Station, frame: HdlcFrame): LinkStep {
  const { segments, joined } = joinSegment(station.notifications, frame);
  const heard: Station = { ...station, notifications: segments };
  const unit = joined.kind === 'value' ? decodeLlc(joined.value) : joined;
  if (unit.kind !== 'value') return { station: heard, effects: [] };
  return { station: heard, effects: [{ kind: 'message', payload: unit.value.payload, isUnasked: true }] };
}

/** Up to a window of what waits, the last with the poll or final bit. */
function sendWindow(station: Station, nowMs: number): LinkStep {
  const room = station.granted.windowTransmit - station.unacknowledged.length;
  const pieces = station.waiting.slice(0, Math.max(0, room));
  const sent: Station = {
    ...station,
    waiting: station.waiting.slice(pieces.length),
    unacknowledged: [...station.unacknowledged, ...pieces],
    sendNumber: (station.sendNumber + pieces.length) & MODULUS_MASK,
    deadlineMs: deadlineOf(station, nowMs),
  };
  return { station: sent, effects: framesOf(sent, pieces) };
}

/** What is not acknowledged, or, if the meter has it all, the question whether there is more. */
function repeat(station: Station, nowMs: number): LinkStep {
  const now: Station = { ...station, deadlineMs: deadlineOf(station, nowMs) };
  if (now.unacknowledged.length > 0) return { station: now, effects: framesOf(now, now.unacknowledged) };
  return { station: now, effects: [supervisory(now)] };
}

function framesOf(station: Station, pieces: readonly Piece[]): readonly LinkEffect[] {
  const first = station.sendNumber - pieces.length;
  return pieces.map(({ information, isSegmented }, index) =>
    frameEffect(
      station,
      {
        name: 'I',
        sendNumber: (first + index) & MODULUS_MASK,
        receiveNumber: station.receiveNumber,
        isPollFinal: index === pieces.length - 1,
      },
      information,
      isSegmented,
    ),
  );
}

function supervisory(station: Station): LinkEffect {
  return frameEffect(station, { name: 'RR', receiveNumber: station.receiveNumber, isPollFinal: true });
}

function unnumbered(station: Station, name: 'SNRM' | 'DISC' | 'UA' | 'DM', information = NOTHING): LinkEffect {
  return frameEffect(station, { name, isPollFinal: true }, information);
}

function frameEffect(
  { settings: { own, peer } }: Station,
  control: HdlcControl,
  information = NOTHING,
  isSegmented = false,
): LinkEffect {
  return { kind: 'send', bytes: encodeFrame({ destination: peer, source: own, control, isSegmented, information }) };
}

/** SNRM or DISC, by what the client is about. */
function demand(station: Station, nowMs: number): LinkStep {
  const now: Station = { ...station, deadlineMs: deadlineOf(station, nowMs) };
  const isOpening = station.state === 'opening';
  const information = isOpening ? encodeParameters(station.settings.parameters) : NOTHING;
  return { station: now, effects: [unnumbered(now, isOpening ? 'SNRM' : 'DISC', information)] };
}

function begin(station: Station, information: Uint8Array): LinkStep {
  const decoded = decodeParameters(information);
  if (decoded.kind !== 'value') return fail(station, 'hdlc.parameters', 'What the meter grants cannot be read.');
  const granted = agreed(station.settings.parameters, decoded.value);
  return { station: { ...station, ...afresh(), granted, state: 'open' }, effects: [{ kind: 'opened' }] };
}

function grant(station: Station, information: Uint8Array): LinkStep {
  const decoded = decodeParameters(information);
  const granted = agreed(station.settings.parameters, decoded.kind === 'value' ? decoded.value : DEFAULT_PARAMETERS);
  const open: Station = { ...station, ...afresh(), granted, state: 'open' };
  return { station: open, effects: [unnumbered(open, 'UA', encodeParameters(granted)), { kind: 'opened' }] };
}

/** IEC 62056-46, 6.4.4.4.3.2: what one side transmits is what the other receives; the smaller holds. */
function agreed(own: HdlcParameters, peer: HdlcParameters): HdlcParameters {
  return {
    maxInformationTransmit: Math.min(own.maxInformationTransmit, peer.maxInformationReceive),
    maxInformationReceive: Math.min(own.maxInformationReceive, peer.maxInformationTransmit),
    windowTransmit: Math.min(own.windowTransmit, peer.windowReceive),
    windowReceive: Math.min(own.windowReceive, peer.windowTransmit),
  };
}

function acknowledged(station: Station): LinkStep {
  if (station.state !== 'closing') return { station, effects: [] };
  return { station: { ...station, ...afresh(), state: 'closed' }, effects: [{ kind: 'closed' }] };
}

function fail(station: Station, code: string, message: string): LinkStep {
  const error = new ProtocolError(code, message, { state: station.state });
  const effects: readonly LinkEffect[] = [{ kind: 'fail', error }];
  return { station: { settings: station.settings, state: 'closed', ...afresh() }, effects };
}

function deadlineOf({ settings: { role, patienceMs } }: Station, nowMs: number): number | undefined {
  return role === 'client' ? nowMs + patienceMs : undefined;
}

function afresh() {
  return {
    granted: DEFAULT_PARAMETERS,
    sendNumber: 0,
    receiveNumber: 0,
    unacknowledged: [],
    waiting: [],
    segments: NO_SEGMENTS,
    notifications: NO_SEGMENTS,
    repeatsLeft: MAX_REPEATS,
    deadlineMs: undefined,
  } as const;
}

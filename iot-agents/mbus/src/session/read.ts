/** Reading a meter: reach it, ask for class 2 data, and again with the frame count turned while it has another telegram. */

import { ProtocolError } from '@contor/kit';
import { CI, decodeWired, type WiredTelegram } from '../codec/wired.js';
import { type AskOptions, type Conversation, request } from './conversation.js';
import { accepts, faultOf, reach, type Target } from './select.js';

export interface ReadTelegram {
  /** The frame as it came. */
  readonly bytes: Uint8Array;
  /** Undefined when its records break the standard; the bytes are kept for whoever wants to know. */
  readonly telegram: WiredTelegram | undefined;
}

export interface ReadOutcome {
  /** Also what came before a failure. */
  readonly telegrams: readonly ReadTelegram[];
  readonly error: ProtocolError | undefined;
}

/** The longest readouts of meters that store months have some ten; a meter that ignores the frame count never ends. */
export const MAX_TELEGRAMS = 32;

export function* readMeter(target: Target, options: AskOptions = {}): Conversation<ReadOutcome> {
  const address = yield* reach(target, options);
  if (address instanceof ProtocolError) return { telegrams: [], error: address };
  const telegrams: ReadTelegram[] = [];
  // EN 13757-2, 5.7.2: the first request after SND_NKE or a selection has the frame count bit set.
  for (let frameCount = true; telegrams.length < MAX_TELEGRAMS; frameCount = !frameCount) {
    const answer = yield* request(address, { ...options, frameCount, accepts: (frame) => accepts(target, frame) });
    if (answer.kind !== 'frame') return { telegrams, error: faultOf(answer) };
    if (answer.frame.ci === CI.applicationError) return { telegrams, error: refused(answer.frame.data[0]) };
    const telegram = telegramOf(answer.bytes);
    telegrams.push({ bytes: answer.bytes, telegram });
    if (telegram?.body.kind !== 'variable' || !telegram.body.data.hasMore) return { telegrams, error: undefined };
  }
  return { telegrams, error: new ProtocolError('mbus.endless', 'The telegrams of the meter do not end.') };
}

/** Alarms (EN 13757-2, 5.4.3.4): a meter without one acknowledges. */
export function* readAlarms(target: Target, options: AskOptions = {}): Conversation<ReadOutcome> {
  const address = yield* reach(target, options);
  if (address instanceof ProtocolError) return { telegrams: [], error: address };
  const answer = yield* request(address, {
    ...options,
    frameCount: true,
    dataClass: 1,
    accepts: (frame) => accepts(target, frame),
  });
  if (answer.kind === 'ack') return { telegrams: [], error: undefined };
  if (answer.kind !== 'frame') return { telegrams: [], error: faultOf(answer) };
  return { telegrams: [{ bytes: answer.bytes, telegram: telegramOf(answer.bytes) }], error: undefined };
}

function telegramOf(bytes: Uint8Array): WiredTelegram | undefined {
  const decoded = decodeWired(bytes);
  return decoded.kind === 'value' ? decoded.value : undefined;
}

export function refused(error: number | undefined): ProtocolError {
  return new ProtocolError('mbus.application-error', 'The meter answers with an application error.', { error });
}

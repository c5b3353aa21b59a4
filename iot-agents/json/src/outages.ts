/**
 * Every message on its way to the ingest log passes here. Nearly all go straight on; one that holds a last word, or comes from a device whose
 * outage lasts, is looked at first (agent-kit, outages). A message without anything but such words becomes the record of the event and nothing else.
 */

import {
  DEFAULT_TIME_WINDOW,
  deviceKey,
  judgeTime,
  type KnownDevices,
  type Message,
  type OutageDesk,
  PAIRS,
  type Sign,
} from '@contor/agent-kit';
import type { Clock } from '@contor/kit';
import { decodeAttrs, type Measure } from './codec/attrs.js';
import { parseChannel } from './codec/channel.js';

export type Take = (message: Message) => Promise<void>;

/** Said of an event with two ends; these words become no alert of their own. */
export const PAIRED_WORDS: readonly string[] = PAIRS.flatMap(({ opens, closes }) => [...opens, ...closes]).filter(
  // A meter that starts says so also when nobody had noticed that it was gone.
  (word) => word !== 'powerUp',
);

const OPENING = PAIRS.flatMap(({ opens }) => opens).map((word) => Buffer.from(`"${word}"`));

export interface OutageIntakeOptions {
  readonly desk: OutageDesk;
  readonly registry: KnownDevices;
  readonly clock: Clock;
  readonly store: Take;
}

export function outageIntake({ desk, registry, clock, store }: OutageIntakeOptions): Take {
  return async (message) => {
    const device = deviceKey(message.apiKey, message.deviceId);
    if (!isOfInterest(message, device, desk) || registry.find(device) === undefined) return store(message);
    const measures = measuresOf(message);
    const signs = measures.map((measure) => signOf(measure, message, clock.nowMs()));
    await desk.settle(device, signs, (channel) => store({ ...message, channel, lane: 'live' }));
    if (measures.length === 0 || measures.some(saysMore)) await store(message);
  };
}

/** A look at the bytes costs a fraction of decoding them. */
function isOfInterest({ channel, bytes }: Message, device: string, desk: OutageDesk): boolean {
  if (!channel.startsWith('attrs')) return false;
  if (desk.isOpen(device)) return true;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return OPENING.some((word) => text.includes(word));
}

/** Nothing when it holds a fault: then it goes on as it is, and the fault finds its shelf. */
function measuresOf({ bytes }: Message): readonly Measure[] {
  const decoded = decodeAttrs(bytes);
  if (decoded.kind === 'garbage') return [];
  const measures = decoded.value.flatMap((item) => (item.kind === 'measure' ? [item.measure] : []));
  return measures.length < decoded.value.length ? [] : measures;
}

function signOf({ events, values, observedMs }: Measure, { channel }: Message, receivedMs: number): Sign {
  const saidMs = observedMs ?? parseChannel(channel)?.observedMs ?? receivedMs;
  // The supply is gone whatever the clock of the meter says.
  const atMs = judgeTime(saidMs, receivedMs, DEFAULT_TIME_WINDOW) === 'in window' ? saidMs : receivedMs;
  return { words: events, hasReadings: values.size > 0, atMs, receivedMs };
}

function saysMore({ values, events }: Measure): boolean {
  return values.size > 0 || events.length === 0 || events.some((word) => !PAIRED_WORDS.includes(word));
}

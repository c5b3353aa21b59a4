/** The agent's translator: a record of the ingest log → states, intervals, alerts, or the reason why there are none. */

import {
  alertState,
  type Device,
  type DeviceRegistry,
  type IngestRecord,
  judgeTime,
  type Refusal,
  type TimeWindow,
  type Translation,
  type Translator,
  toIntervals,
  toLiveReading,
  type ValueFault,
} from '@contor/agent-kit';
import { type Decoded, offsetAt, toIso } from '@contor/kit';
import { type DlmsModel, deviceModel } from './models.js';
import { readEvents, readNotification, readProfile } from './readings.js';
import { decodeNotification, decodeProfile } from './records.js';

const NO_WORDS: Readonly<Record<number, string>> = {};

export function dlmsTranslator(registry: Pick<DeviceRegistry, 'find'>, window: TimeWindow): Translator {
  const known = (record: IngestRecord, translate: (device: Device, model: DlmsModel) => Translation): Translation => {
    const device = registry.find(record.device);
    if (device === undefined) return dead('device.gone', 'no longer provisioned');
    const model = deviceModel(device.model);
    return model === undefined ? dead('device.model', `no model ${device.model}`) : translate(device, model);
  };
  const live = (record: IngestRecord): Translation =>
    known(record, (device, model) => translateLive(record, device, model, window));
  return {
    live,
    late: (record) => {
      if (record.channel === 'profile')
        return known(record, (device, model) => translateProfile(record, device, model, window));
      if (record.channel === 'events')
        return known(record, (device, model) => translateEvents(record, device, model, window));
      return live(record);
    },
  };
}

function translateLive(record: IngestRecord, device: Device, model: DlmsModel, window: TimeWindow): Translation {
  if (record.channel === 'events') return translateEvents(record, device, model, window);
  const decoded = decodeNotification(record.bytes);
  if (decoded.kind !== 'value') return unread(decoded);
  const { receivedAtMs } = record;
  const readings = readNotification(decoded.value, model, offsetOf(device));
  const verdict = judgeTime(readings.observedMs ?? receivedAtMs, receivedAtMs, window);
  if (verdict !== 'in window') return late(verdict, readings.observedMs ?? receivedAtMs);
  const { state, faults } = toLiveReading(device, model, readings, receivedAtMs);
  return { states: state === undefined ? [] : [state], acquired: [], refusals: asRefusals(faults) };
}

function translateProfile(record: IngestRecord, device: Device, model: DlmsModel, window: TimeWindow): Translation {
  const decoded = decodeProfile(record.bytes);
  if (decoded.kind !== 'value') return unread(decoded);
  if (model.profile === undefined) return dead('profile.unknown', 'the model stores no profile');
  const { receivedAtMs } = record;
  const reading = readProfile(decoded.value, offsetOf(device));
  for (const series of reading.points.values())
    for (const edge of [series[0], series.at(-1)]) {
      const verdict = edge === undefined ? 'in window' : judgeTime(edge.atMs, receivedAtMs, window);
      if (edge !== undefined && verdict !== 'in window') return late(verdict, edge.atMs);
    }
  const { rows, acquired, faults } = toIntervals(device, model.profile, reading, receivedAtMs);
  return { states: rows, acquired: acquired === undefined ? [] : [acquired], refusals: asRefusals(faults) };
}

function translateEvents(record: IngestRecord, device: Device, model: DlmsModel, window: TimeWindow): Translation {
  const decoded = decodeProfile(record.bytes);
  if (decoded.kind !== 'value') return unread(decoded);
  const { receivedAtMs } = record;
  const words = model.events?.words ?? NO_WORDS;
  const events = readEvents(decoded.value, offsetOf(device));
  const told = events.filter(({ atMs }) => judgeTime(atMs, receivedAtMs, window) === 'in window');
  return {
    states: told.map(({ atMs, code }) => alertState(device, words[code] ?? `event-${code}`, atMs, receivedAtMs)),
    acquired: [],
    refusals: [],
  };
}

/** What a reading says in the words and units of the vocabulary, for a person who asked. */
export function shownValues(device: Device, bytes: Uint8Array, nowMs: number): Readonly<Record<string, unknown>> {
  const model = deviceModel(device.model);
  const decoded = decodeNotification(bytes);
  if (model === undefined || decoded.kind !== 'value') return {};
  const { state } = toLiveReading(device, model, readNotification(decoded.value, model, offsetOf(device)), nowMs);
  const shown = Object.entries(state?.entity ?? {}).flatMap(([name, attribute]): [string, unknown][] =>
    typeof attribute === 'object' && attribute !== null && 'value' in attribute && 'observedAt' in attribute
      ? [[name, attribute.value]]
      : [],
  );
  return Object.fromEntries(shown);
}

/** A clock without a deviation runs by the local time of its device; what it is at that wall time is near enough for both sides of a change. */
function offsetOf(device: Device): (localMs: number) => number {
  return (localMs) => offsetAt(localMs - offsetAt(localMs, device.timeZone), device.timeZone);
}

/** One of each reason: a shelf keeps the whole payload with each. */
function asRefusals(faults: readonly ValueFault[]): Refusal[] {
  const reasons = new Map(faults.map((fault) => [fault.reason, fault]));
  return [...reasons.values()].map(({ reason, detail }) => ({ shelf: 'dead-letters', reason, detail }));
}

function unread(decoded: Exclude<Decoded<unknown>, { kind: 'value' }>): Translation {
  if (decoded.kind === 'pending') return dead('wire.short', 'the bytes end before the message does');
  return dead(decoded.error.code, decoded.error.message);
}

function late(reason: string, atMs: number): Translation {
  return { states: [], acquired: [], refusals: [{ shelf: 'quarantine', reason, detail: toIso(atMs) }] };
}

function dead(reason: string, detail: string): Translation {
  return { states: [], acquired: [], refusals: [{ shelf: 'dead-letters', reason, detail }] };
}

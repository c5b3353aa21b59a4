/** A record of the ingest log → states and intervals, or the reason why there are none. */

import {
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
import { type Decoded, toIso, WireError } from '@contor/kit';
import { clockIn } from './local-time.js';
import { deviceModel, type ElsterModel } from './models.js';
import { decodeRecord, readProfile, readReadout } from './readings.js';

export const CHANNELS = { readout: 'readout', profile: 'profile' } as const;

export function elsterTranslator(registry: Pick<DeviceRegistry, 'find'>, window: TimeWindow): Translator {
  const translate = (record: IngestRecord): Translation => {
    const device = registry.find(record.device);
    if (device === undefined) return dead('device.gone', 'no longer provisioned');
    const model = deviceModel(device.model);
    if (model === undefined) return dead('device.model', `no model ${device.model}`);
    return record.channel === CHANNELS.profile
      ? translateProfile(record, device, model, window)
      : translateReadout(record, device, model, window);
  };
  return { live: translate, late: translate };
}

/** Rows of a profile say their time, and a readout does where its meter has a clock. */
export function hasDeviceTime(channel: string, bytes: Uint8Array): boolean {
  if (channel === CHANNELS.profile) return true;
  const decoded = decodeRecord(bytes);
  return decoded.kind === 'value' && clockIn(decoded.value.sets, 'UTC') !== undefined;
}

function translateReadout(record: IngestRecord, device: Device, model: ElsterModel, window: TimeWindow): Translation {
  const decoded = decodeRecord(record.bytes);
  if (decoded.kind !== 'value') return unread(decoded);
  const { receivedAtMs } = record;
  const measured = readReadout(decoded.value, device.timeZone);
  const verdict = judgeTime(measured.observedMs ?? receivedAtMs, receivedAtMs, window);
  if (verdict !== 'in window') return late(verdict, measured.observedMs ?? receivedAtMs);
  const { state, faults } = toLiveReading(device, model, measured, receivedAtMs);
  return { states: state === undefined ? [] : [state], acquired: [], refusals: asRefusals(faults) };
}

function translateProfile(record: IngestRecord, device: Device, model: ElsterModel, window: TimeWindow): Translation {
  const [source] = model.profiles;
  if (source === undefined || model.profile === undefined)
    return dead('elster.unconfirmed', 'no source states the profile of this model');
  const decoded = decodeRecord(record.bytes);
  if (decoded.kind !== 'value') return unread(decoded);
  const { receivedAtMs } = record;
  const reading = readProfile(decoded.value, source, device.timeZone);
  if (reading instanceof WireError) return dead(reading.code, reading.message);
  for (const series of reading.points.values())
    for (const edge of [series[0], series.at(-1)]) {
      const verdict = edge === undefined ? 'in window' : judgeTime(edge.atMs, receivedAtMs, window);
      if (edge !== undefined && verdict !== 'in window') return late(verdict, edge.atMs);
    }
  const { rows, acquired, faults } = toIntervals(device, model.profile, reading, receivedAtMs);
  return { states: rows, acquired: acquired === undefined ? [] : [acquired], refusals: asRefusals(faults) };
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

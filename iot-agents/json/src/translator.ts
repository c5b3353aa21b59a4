/** The agent's translator: a record of the ingest log → states, intervals, alerts, or the reason why there are none. */

import {
  alertState,
  type Device,
  type DeviceModel,
  type IngestRecord,
  judgeTime,
  type KnownDevices,
  outageState,
  parseOutageChannel,
  type Refusal,
  type State,
  type TimeWindow,
  type Translation,
  type Translator,
  toIntervals,
  toLiveReading,
  type ValueFault,
} from '@contor/agent-kit';
import { toIso } from '@contor/kit';
import { decodeAttribute, decodeAttrs } from './codec/attrs.js';
import { parseChannel } from './codec/channel.js';
import { decodeProfile } from './codec/profile.js';
import { deviceModel } from './mapping/models.js';
import { toPoints } from './mapping/profile.js';
import { PAIRED_WORDS } from './outages.js';
import { translateProvisioned } from './provisioned.js';

export function jsonTranslator(registry: KnownDevices, window: TimeWindow): Translator {
  const known = (record: IngestRecord, translate: (device: Device, model: DeviceModel) => Translation): Translation => {
    const device = registry.find(record.device);
    if (device === undefined)
      return nothingBut({ shelf: 'dead-letters', reason: 'device.gone', detail: 'no longer provisioned' });
    const outage = record.channel === 'attrs' ? undefined : parseOutageChannel(record.channel);
    if (outage !== undefined) {
      const state = outageState(device, outage.row, outage.state, record.receivedAtMs);
      return { states: [state], acquired: [], refusals: [] };
    }
    if (device.model === undefined && record.channel !== 'profile') return translateProvisioned(record, device, window);
    const model = deviceModel(device.model);
    if (model === undefined)
      return nothingBut({ shelf: 'dead-letters', reason: 'device.model', detail: `no model ${device.model}` });
    return translate(device, model);
  };
  return {
    live: (record) => known(record, (device, model) => translateAttrs(record, device, model, window)),
    late: (record) =>
      known(record, (device, model) => {
        if (record.channel === 'profile') return translateProfile(record, device, model, window);
        // It was live and came too late: its faults and alerts were dealt with when it was.
        const { states } = translateAttrs(record, device, model, window);
        return { states: states.filter(({ isOneOff }) => !isOneOff), acquired: [], refusals: [] };
      }),
  };
}

function translateAttrs(record: IngestRecord, device: Device, model: DeviceModel, window: TimeWindow): Translation {
  const { receivedAtMs, bytes } = record;
  const { attribute, observedMs: givenMs } = parseChannel(record.channel) ?? {};
  const decoded = attribute === undefined ? decodeAttrs(bytes) : decodeAttribute(attribute, bytes);
  if (decoded.kind === 'garbage')
    return nothingBut({ shelf: 'dead-letters', reason: decoded.error.code, detail: decoded.error.message });
  const states: State[] = [];
  const refusals: Refusal[] = [];
  for (const item of decoded.value) {
    if (item.kind === 'fault') {
      refusals.push({ shelf: 'dead-letters', reason: item.error.code, detail: item.error.message });
      continue;
    }
    const observedMs = item.measure.observedMs ?? givenMs ?? receivedAtMs;
    const verdict = judgeTime(observedMs, receivedAtMs, window);
    if (verdict !== 'in window') {
      refusals.push({ shelf: 'quarantine', reason: verdict, detail: toIso(observedMs) });
      continue;
    }
    const { state, faults } = toLiveReading(device, model, { ...item.measure, observedMs }, receivedAtMs);
    if (state !== undefined) states.push(state);
    refusals.push(...asRefusals(faults));
    for (const word of item.measure.events.filter((each) => !PAIRED_WORDS.includes(each)))
      states.push(alertState(device, word, observedMs, receivedAtMs));
  }
  return { states, acquired: [], refusals };
}

function translateProfile(record: IngestRecord, device: Device, model: DeviceModel, window: TimeWindow): Translation {
  const { receivedAtMs } = record;
  const decoded = decodeProfile(record.bytes);
  if (decoded.kind === 'garbage')
    return nothingBut({ shelf: 'dead-letters', reason: decoded.error.code, detail: decoded.error.message });
  const { startMs, intervalSeconds, registers } = decoded.value;
  const longest = Math.max(...[...registers.values()].map((series) => series.length - 1));
  for (const edgeMs of [startMs, startMs + longest * intervalSeconds * 1_000]) {
    const verdict = judgeTime(edgeMs, receivedAtMs, window);
    if (verdict !== 'in window')
      return nothingBut({ shelf: 'quarantine', reason: verdict, detail: `profile from ${toIso(startMs)}` });
  }
  if (model.profile === undefined)
    return nothingBut({ shelf: 'dead-letters', reason: 'profile.unknown', detail: 'the model stores no profile' });
  const { rows, acquired, faults } = toIntervals(device, model.profile, toPoints(decoded.value), receivedAtMs);
  return { states: rows, acquired: acquired === undefined ? [] : [acquired], refusals: asRefusals(faults) };
}

/** One of each reason: a shelf keeps the whole payload with each, and ten thousand bad registers are one bad payload. */
function asRefusals(faults: readonly ValueFault[]): Refusal[] {
  const reasons = new Map(faults.map((fault) => [fault.reason, fault]));
  return [...reasons.values()].map(({ reason, detail }) => ({ shelf: 'dead-letters', reason, detail }));
}

function nothingBut(refusal: Refusal): Translation {
  return { states: [], acquired: [], refusals: [refusal] };
}

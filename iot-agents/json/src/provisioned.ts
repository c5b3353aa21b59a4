/** A device without a model: what it says is read by the attributes it was provisioned with. `TimeInstant` (or a `timestamp` in ISO 8601) is its time. */

import {
  type Device,
  type IngestRecord,
  judgeTime,
  planOf,
  type RawMeasure,
  type Refusal,
  type State,
  type TimeWindow,
  type Translation,
} from '@contor/agent-kit';
import { parseIso, toIso } from '@contor/kit';
import { decodeAttribute } from './codec/attrs.js';
import { isObject, parseJson } from './codec/bounded-json.js';
import { parseChannel } from './codec/channel.js';

type MeasureOrFault = RawMeasure | { readonly reason: string; readonly detail: string };

const MOST_MEASURES = 1_000;
const MOST_VALUES = 200;

export function translateProvisioned(record: IngestRecord, device: Device, window: TimeWindow): Translation {
  const { receivedAtMs } = record;
  const plan = planOf(device);
  const { attribute, observedMs: givenMs } = parseChannel(record.channel) ?? {};
  const states: State[] = [];
  const refusals = new Map<string, Refusal>();
  const refuse = (shelf: Refusal['shelf'], reason: string, detail: string): void => {
    refusals.set(reason, { shelf, reason, detail });
  };
  for (const measure of attribute === undefined ? measuresOf(record.bytes) : oneOf(attribute, record.bytes)) {
    if ('reason' in measure) {
      refuse('dead-letters', measure.reason, measure.detail);
      continue;
    }
    const observedMs = measure.observedMs ?? givenMs;
    const verdict = judgeTime(observedMs ?? receivedAtMs, receivedAtMs, window);
    if (verdict !== 'in window') {
      refuse('quarantine', verdict, toIso(observedMs ?? receivedAtMs));
      continue;
    }
    const planned = plan({ values: measure.values, observedMs }, receivedAtMs);
    states.push(...planned.states);
    for (const { reason, detail } of planned.faults) refuse('dead-letters', reason, detail);
  }
  return { states, acquired: [], refusals: [...refusals.values()] };
}

function measuresOf(bytes: Uint8Array): readonly MeasureOrFault[] {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'garbage') return [{ reason: parsed.error.code, detail: parsed.error.message }];
  const all: readonly unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  if (all.length > MOST_MEASURES)
    return [{ reason: 'attrs.too-many', detail: 'the payload holds more measures than we read at once' }];
  return all.map(measureOf);
}

function measureOf(value: unknown): MeasureOrFault {
  if (!isObject(value)) return { reason: 'attrs.shape', detail: 'a measure is not an object' };
  const members = Object.entries(value);
  if (members.length > MOST_VALUES)
    return { reason: 'attrs.too-many', detail: 'a measure has more values than we read' };
  const { TimeInstant, timestamp } = value;
  const ours = typeof timestamp === 'string' ? parseIso(timestamp) : undefined;
  const theirs = typeof TimeInstant === 'string' ? parseIso(TimeInstant) : undefined;
  if (TimeInstant !== undefined && theirs === undefined)
    return { reason: 'attrs.time', detail: 'the time of a measure is not RFC 3339 with a zone' };
  // A `timestamp` that is no time is a value like any other.
  const isTime = (name: string): boolean => name === 'TimeInstant' || (name === 'timestamp' && ours !== undefined);
  return { observedMs: theirs ?? ours, values: new Map(members.filter(([name]) => !isTime(name))) };
}

function oneOf(attribute: string, bytes: Uint8Array): readonly MeasureOrFault[] {
  const decoded = decodeAttribute(attribute, bytes);
  if (decoded.kind === 'garbage') return [{ reason: decoded.error.code, detail: decoded.error.message }];
  return decoded.value.map((item) =>
    item.kind === 'fault' ? { reason: item.error.code, detail: item.error.message } : item.measure,
  );
}

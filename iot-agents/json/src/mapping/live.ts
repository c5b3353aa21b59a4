/** A measure → the live entity of its meter, by the table of its model. Units and decimals are the vocabulary's. */

import type { Device, State } from '@contor/agent-kit';
import { toIso } from '@contor/kit';
import { entity, roundToWire, toInteger, toWire, urn, VocabularyError } from '@contor/orion-config';
import type { Measure } from '../codec/attrs.js';
import type { DeviceModel, LiveAttribute, StateRow, ValueRow } from './models.js';

type StateAttribute = StateRow['attribute'];

/** A value that may not go on, and why. */
export interface ValueFault {
  readonly reason: string;
  readonly detail: string;
}

export interface LiveReading {
  /** Undefined when the measure holds no value that the model knows. */
  readonly state: State | undefined;
  readonly faults: readonly ValueFault[];
}

export function toLiveReading(device: Device, model: DeviceModel, measure: Measure, receivedAtMs: number): LiveReading {
  const observedMs = measure.observedMs ?? receivedAtMs;
  const faults: ValueFault[] = [];
  const integers = new Map<LiveAttribute, bigint>();
  for (const row of model.values) {
    const value = measure.values.get(row.objectId);
    if (value === undefined) continue;
    const exact = exactValue(row, value);
    if (typeof exact === 'bigint') integers.set(row.attribute, exact);
    else faults.push(exact);
  }
  for (const { attribute, addends } of model.sums) {
    const parts = addends.map((addend) => integers.get(addend));
    const sum = parts.reduce(
      (total, part) => (total === undefined || part === undefined ? undefined : total + part),
      0n,
    );
    if (sum !== undefined) integers.set(attribute, sum);
  }
  const words = wordsOf(model, measure, faults);
  if (integers.size === 0 && words.size === 0) return { state: undefined, faults };
  return { state: toState(device, { integers, words }, observedMs, receivedAtMs), faults };
}

function wordsOf(model: DeviceModel, { values }: Measure, faults: ValueFault[]): ReadonlyMap<StateAttribute, string> {
  const words = new Map<StateAttribute, string>();
  for (const { objectId, attribute, words: known } of model.states) {
    const value = values.get(objectId);
    if (value === undefined) continue;
    if (typeof value === 'string' && Object.hasOwn(known, value)) words.set(attribute, known[value] ?? value);
    else faults.push({ reason: 'value.word', detail: `${objectId} is not a word we know` });
  }
  return words;
}

interface LiveValues {
  readonly integers: ReadonlyMap<LiveAttribute, bigint>;
  readonly words: ReadonlyMap<StateAttribute, string>;
}

function toState(device: Device, { integers, words }: LiveValues, observedMs: number, receivedAtMs: number): State {
  const observedAt = toIso(observedMs);
  const live = entity('ACMeasurement', urn('ACMeasurement', device.name));
  for (const [attribute, integer] of integers) live.property(attribute, toWire(attribute, integer), { observedAt });
  for (const [attribute, word] of words) live.property(attribute, word, { observedAt });
  live
    .relationship('refDevice', device.refDevice)
    .property('source', 'live')
    .property('recordedAt', toIso(receivedAtMs))
    .property('dateObserved', observedAt);
  if (device.refPoint !== undefined) live.relationship('refPoint', device.refPoint);
  return { entity: live.build(), timeMs: observedMs, isOneOff: false };
}

function exactValue(row: ValueRow, value: number | string | boolean): bigint | ValueFault {
  if (typeof value !== 'number') return { reason: 'value.type', detail: `${row.objectId} is not a number` };
  try {
    return toInteger(row.attribute, row.kind === 'gauge' ? roundToWire(row.attribute, value) : value);
  } catch (error) {
    if (!(error instanceof VocabularyError)) throw error;
    return { reason: error.code, detail: `${row.objectId}: ${error.message}` };
  }
}

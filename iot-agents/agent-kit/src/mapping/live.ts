/** What a meter said at one moment → its live entity, by the map of its model. Units and decimals are the vocabulary's. */

import { toIso } from '@contor/kit';
import {
  type Amount,
  amountOf,
  amountToInteger,
  entity,
  roundToWire,
  toInteger,
  toWire,
  urn,
  VocabularyError,
} from '@contor/orion-config';
import type { State } from '../forward/state.js';
import type { Device } from '../registry/device.js';
import type { DeviceModel, LiveFlag, LiveNumber, LiveWord, MeasuredValue, ValueFault, ValueRow } from './model.js';

/** One moment of one meter, by object id. */
export interface Measured {
  /** Undefined when the device has no clock: then it is the moment of arrival. */
  readonly observedMs: number | undefined;
  readonly values: ReadonlyMap<string, MeasuredValue>;
}

export interface LiveReading {
  /** Undefined when the measure holds no value that the model knows. */
  readonly state: State | undefined;
  readonly faults: readonly ValueFault[];
}

export function toLiveReading(
  device: Device,
  model: DeviceModel,
  measured: Measured,
  receivedAtMs: number,
): LiveReading {
  const faults: ValueFault[] = [];
  const values: LiveValues = {
    integers: integersOf(model, measured, faults),
    words: wordsOf(model, measured, faults),
    flags: flagsOf(model, measured, faults),
  };
  if (values.integers.size + values.words.size + values.flags.size === 0) return { state: undefined, faults };
  const observedMs = measured.observedMs ?? receivedAtMs;
  return { state: toState(device, model, values, observedMs, receivedAtMs), faults };
}

interface LiveValues {
  readonly integers: ReadonlyMap<LiveNumber, bigint>;
  readonly words: ReadonlyMap<LiveWord, string>;
  readonly flags: ReadonlyMap<LiveFlag, boolean>;
}

function integersOf(model: DeviceModel, { values }: Measured, faults: ValueFault[]): ReadonlyMap<LiveNumber, bigint> {
  const integers = new Map<LiveNumber, bigint>();
  for (const row of model.values) {
    const value = values.get(row.objectId);
    if (value === undefined) continue;
    const exact = exactValue(row, value);
    if (typeof exact === 'bigint') integers.set(row.attribute, exact);
    else faults.push(exact);
  }
  for (const { attribute, addends, subtrahends = [] } of model.sums ?? []) {
    const plus = sumOf(addends, integers);
    const minus = sumOf(subtrahends, integers);
    if (plus !== undefined && minus !== undefined) integers.set(attribute, plus - minus);
  }
  return integers;
}

function sumOf(names: readonly LiveNumber[], integers: ReadonlyMap<LiveNumber, bigint>): bigint | undefined {
  let sum = 0n;
  for (const name of names) {
    const part = integers.get(name);
    if (part === undefined) return undefined;
    sum += part;
  }
  return sum;
}

function wordsOf(model: DeviceModel, { values }: Measured, faults: ValueFault[]): ReadonlyMap<LiveWord, string> {
  const words = new Map<LiveWord, string>();
  for (const { objectId, attribute, words: known } of model.states ?? []) {
    const value = values.get(objectId);
    if (value === undefined) continue;
    if (typeof value === 'string' && Object.hasOwn(known, value)) words.set(attribute, known[value] ?? value);
    else faults.push({ reason: 'value.word', detail: `${objectId} is not a word we know` });
  }
  return words;
}

function flagsOf(model: DeviceModel, { values }: Measured, faults: ValueFault[]): ReadonlyMap<LiveFlag, boolean> {
  const flags = new Map<LiveFlag, boolean>();
  for (const { objectId, attribute } of model.flags ?? []) {
    const value = values.get(objectId);
    if (value === undefined) continue;
    if (typeof value === 'boolean') flags.set(attribute, value);
    else faults.push({ reason: 'value.type', detail: `${objectId} is neither true nor false` });
  }
  return flags;
}

function toState(
  device: Device,
  { type }: DeviceModel,
  { integers, words, flags }: LiveValues,
  observedMs: number,
  receivedAtMs: number,
): State {
  const observedAt = toIso(observedMs);
  const live = entity(type, urn(type, device.name));
  for (const [attribute, integer] of integers) live.property(attribute, toWire(attribute, integer), { observedAt });
  for (const [attribute, word] of words) live.property(attribute, word, { observedAt });
  for (const [attribute, flag] of flags) live.property(attribute, flag, { observedAt });
  live
    .relationship('refDevice', device.refDevice)
    .property('source', 'live')
    .property('recordedAt', toIso(receivedAtMs))
    .property('dateObserved', observedAt);
  if (device.refPoint !== undefined) live.relationship('refPoint', device.refPoint);
  return { entity: live.build(), timeMs: observedMs, isOneOff: false };
}

function exactValue(row: ValueRow, value: MeasuredValue): bigint | ValueFault {
  if (typeof value === 'string' || typeof value === 'boolean') {
    return { reason: 'value.type', detail: `${row.objectId} is not a number` };
  }
  try {
    return typeof value === 'number' && row.unitCode === undefined ? exactNumber(row, value) : exactAmount(row, value);
  } catch (error) {
    if (!(error instanceof VocabularyError)) throw error;
    return { reason: error.code, detail: `${row.objectId}: ${error.message}` };
  }
}

function exactNumber({ attribute, kind }: ValueRow, value: number): bigint {
  return toInteger(attribute, kind === 'gauge' ? roundToWire(attribute, value) : value);
}

function exactAmount({ attribute, kind, unitCode }: ValueRow, value: Amount | number): bigint {
  const amount = typeof value === 'number' ? amountOf(value, unitCode) : value;
  return amountToInteger(attribute, amount, kind === 'gauge' ? 'rounded' : 'exact');
}

/**
 * The agent's translator: frames of the ingest log → states, alerts, or the reason why there are none. Frames of one reading stand one
 * behind the other in a record; each says its own length.
 */

import {
  alertState,
  DEFAULT_TIME_WINDOW,
  type Device,
  type DeviceModel,
  type IngestRecord,
  judgeTime,
  type KnownDevices,
  type Refusal,
  type State,
  type Translation,
  type Translator,
  toLiveReading,
} from '@contor/agent-kit';
import { toIso, WireError } from '@contor/kit';
import type { MeterAddress } from './codec/header/address.js';
import type { FindKey } from './codec/radio/keyring.js';
import { decodeLink } from './codec/radio/link.js';
import { decodeTelegram, type RadioMemory } from './codec/radio/telegram.js';
import type { MeterRecord } from './codec/record/record.js';
import { decodeWired } from './codec/wired.js';
import { alarmsOf, flagsOf } from './mapping/alarms.js';
import { observedMs } from './mapping/meter-clock.js';
import { deviceModel } from './mapping/models.js';
import { othersState } from './mapping/others.js';
import { nameRecords } from './mapping/records.js';

export const CHANNELS = { wired: 'mbus', radio: 'wmbus', stored: 'wmbus-stored', replayed: 'wmbus-replayed' } as const;

export interface TranslatorParts {
  readonly registry: KnownDevices;
  readonly findKey: FindKey;
  readonly memory: RadioMemory;
}

/** What the frames of one reading say together. */
interface Heard {
  readonly meter: MeterAddress | undefined;
  readonly status: number | undefined;
  readonly records: readonly MeterRecord[];
  readonly refusals: readonly Refusal[];
  /** Words about the telegram itself. */
  readonly words: readonly string[];
}

const DAY_MS = 86_400_000;

export function mbusTranslator(parts: TranslatorParts): Translator {
  const translate = (record: IngestRecord, isLate: boolean): Translation => {
    const device = parts.registry.find(record.device);
    if (device === undefined) return nothingBut('device.gone', 'no longer provisioned');
    const model = deviceModel(device.model ?? '');
    if (model === undefined) return nothingBut('device.model', `no model ${device.model}`);
    const heard = hear(record, device, parts);
    const { states, refusals } = toStates(heard, device, model, record);
    // It was live and came too late: its faults and alerts were dealt with when it was.
    if (isLate) return { states: states.filter(({ isOneOff }) => !isOneOff), acquired: [], refusals: [] };
    return { states, acquired: [], refusals };
  };
  return { live: (record) => translate(record, false), late: (record) => translate(record, true) };
}

function hear(record: IngestRecord, device: Device, parts: TranslatorParts): Heard {
  if (record.channel === CHANNELS.wired) return hearWired(record.bytes);
  if (record.channel === CHANNELS.replayed)
    return { ...NOTHING, refusals: [refusal('wmbus.replayed', 'heard before')], words: ['replayedTelegram'] };
  return hearRadio(record.bytes, device, parts);
}

const NOTHING: Heard = { meter: undefined, status: undefined, records: [], refusals: [], words: [] };

function hearWired(bytes: Uint8Array): Heard {
  const records: MeterRecord[] = [];
  const refusals: Refusal[] = [];
  let meter: MeterAddress | undefined;
  let status: number | undefined;
  for (let at = 0; at < bytes.length; ) {
    const decoded = decodeWired(bytes.subarray(at));
    if (decoded.kind === 'pending') {
      refusals.push(refusal('mbus.short', 'the bytes end within a frame'));
      break;
    }
    at += decoded.used;
    if (decoded.kind === 'garbage') {
      refusals.push(refusal(decoded.error.code, decoded.error.message));
      continue;
    }
    const { body } = decoded.value;
    if (body.kind === 'variable') {
      records.push(...body.data.records);
      meter ??= body.header?.meter;
      status = (status ?? 0) | (body.header?.status ?? 0);
    } else if (body.kind === 'fixed') records.push(...body.data.records);
    else refusals.push(refusal('mbus.body', `a frame of kind ${body.kind} holds no readings`));
  }
  return { meter, status, records, refusals, words: [] };
}

/** Words that a refused telegram is worth: somebody should hear of it. */
const WORDS_OF_CODES: Readonly<Record<string, string>> = {
  'wmbus.downgrade': 'plainFromKeyedMeter',
  'wmbus.key.wrong': 'wrongKey',
  'wmbus.mac': 'forgedTelegram',
};

function hearRadio(bytes: Uint8Array, device: Device, { findKey, memory }: TranslatorParts): Heard {
  let heard: Heard = NOTHING;
  for (let at = 0; at < bytes.length; ) {
    const link = decodeLink(bytes.subarray(at), 'bare');
    if (link.kind !== 'value')
      return { ...NOTHING, refusals: [refusal('wmbus.short', 'the bytes end within a frame')] };
    at += link.used;
    // A meter whose key is provisioned and not there is no meter without a key.
    if (device.keyReference !== undefined && findKey(link.value.sender) === undefined)
      return { ...NOTHING, refusals: [refusal('wmbus.key.missing', 'the key of this meter is not in the store')] };
    const telegram = decodeTelegram(link.value, findKey, memory);
    if (telegram instanceof WireError) {
      const word = WORDS_OF_CODES[telegram.code];
      return {
        ...NOTHING,
        refusals: [refusal(telegram.code, telegram.message)],
        words: word === undefined ? [] : [word],
      };
    }
    if (telegram.isSealed)
      return { ...NOTHING, refusals: [refusal('wmbus.key.missing', 'encrypted, and without a key')] };
    const fault = telegram.data?.fault;
    heard = {
      meter: telegram.meter,
      status: telegram.transport?.header?.status,
      records: telegram.data?.records ?? [],
      refusals: fault === undefined ? [] : [refusal(fault.code, fault.message)],
      words: [],
    };
  }
  return heard;
}

function toStates(
  { meter, status, records, refusals, words }: Heard,
  device: Device,
  model: DeviceModel,
  { receivedAtMs, deviceTimeMs, channel }: IngestRecord,
): { readonly states: readonly State[]; readonly refusals: readonly Refusal[] } {
  const states: State[] = [];
  const { values, others } = nameRecords(records, wantedOf(model));
  const all = new Map(values);
  const alarms = meter === undefined ? [] : alarmsOf(meter, status, records);
  if (meter !== undefined && records.length > 0)
    for (const [name, isSet] of flagsOf(meter, status, alarms)) all.set(name, isSet);
  const [outputs, valve] = [values.get('digitalOutput'), values.get('valvePosition')];
  const isPumpOn = typeof outputs === 'object' && (outputs.integer & 1n) === 1n;
  if (typeof outputs === 'object') all.set('pump', isPumpOn ? 'on' : 'off');
  if (typeof outputs === 'object' && typeof valve === 'object')
    all.set('supply', isPumpOn || valve.integer > 0n ? 'connected' : 'disconnected');
  // A concentrator that kept a telegram says when it heard it.
  const isStored = channel === CHANNELS.stored && deviceTimeMs !== undefined;
  const atMs = isStored ? deviceTimeMs : observedMs(deviceTimeMs, receivedAtMs);
  if (isStored && judgeTime(atMs, receivedAtMs, DEFAULT_TIME_WINDOW) !== 'in window')
    return { states: [], refusals: [{ shelf: 'quarantine', reason: 'time.concentrator', detail: toIso(atMs) }] };
  const { state, faults } = toLiveReading(device, model, { observedMs: atMs, values: all }, receivedAtMs);
  if (state !== undefined) states.push(state);
  const rest = othersState(device, others, atMs);
  if (rest !== undefined) states.push(rest);
  const sinceMs = atMs - (atMs % DAY_MS);
  for (const word of [...words, ...alarms]) states.push(alertState(device, word, atMs, receivedAtMs, 'meter', sinceMs));
  const reasons = new Map(
    [...refusals, ...faults.map(({ reason, detail }) => refusal(reason, detail))].map((one) => [one.reason, one]),
  );
  return { states, refusals: [...reasons.values()] };
}

const WANTED = new WeakMap<DeviceModel, ReadonlySet<string>>();

function wantedOf(model: DeviceModel): ReadonlySet<string> {
  const known = WANTED.get(model);
  if (known !== undefined) return known;
  const pump = (model.states ?? []).some(({ objectId }) => objectId === 'pump') ? ['digitalOutput'] : [];
  const wanted = new Set([...model.values.map(({ objectId }) => objectId), ...pump]);
  WANTED.set(model, wanted);
  return wanted;
}

function refusal(reason: string, detail: string): Refusal {
  return { shelf: 'dead-letters', reason, detail };
}

function nothingBut(reason: string, detail: string): Translation {
  return { states: [], acquired: [], refusals: [refusal(reason, detail)] };
}

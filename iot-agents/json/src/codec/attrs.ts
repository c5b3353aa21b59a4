/**
 * The measures of topic `/json/{apikey}/{deviceId}/attrs` as iotagent-json words them: an object of object ids and
 * values, or an array of such objects. Reserved names: `timestamp` (or `TimeInstant`), `seq`, `events` and `alarms`.
 * On `…/attrs/{name}` stands one attribute alone: its value, `{"value", "timestamp"}`, or an array of these.
 *
 * A measure with a fault is refused alone; its neighbours in the array are good.
 */

import { parseIso, toHex, WireError } from '@contor/kit';
import { garbage, isObject, type Parsed, parseJson } from './bounded-json.js';

export type Scalar = number | string | boolean;

export interface Measure {
  /** When the device says it was; undefined when it has no clock. */
  readonly observedMs: number | undefined;
  readonly sequence: number | undefined;
  readonly values: ReadonlyMap<string, Scalar>;
  readonly events: readonly string[];
}

export type MeasureOrFault =
  | { readonly kind: 'measure'; readonly measure: Measure }
  | { readonly kind: 'fault'; readonly error: WireError };

const MOST_MEASURES = 1_000;
const MOST_VALUES = 100;
const MOST_EVENTS = 50;
const LONGEST_NAME = 100;
const LONGEST_TEXT = 1_000;
/** An event word becomes part of an entity's identifier. */
const EVENT = /^[A-Za-z][A-Za-z0-9_-]{0,63}$/;
const TIME_NAMES = ['timestamp', 'TimeInstant'] as const;
const RESERVED: readonly string[] = [...TIME_NAMES, 'seq', 'events', 'alarms'];

export function decodeAttrs(bytes: Uint8Array): Parsed<readonly MeasureOrFault[]> {
  const parsed = parseJson(bytes);
  return parsed.kind === 'garbage' ? parsed : toMeasures(parsed.value);
}

/** One attribute alone. What is no JSON is taken as bytes, in hexadecimal, as iotagent-json takes it. */
export function decodeAttribute(name: string, bytes: Uint8Array): Parsed<readonly MeasureOrFault[]> {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'garbage' && parsed.error.code !== 'json.syntax' && parsed.error.code !== 'json.utf8')
    return parsed;
  if (parsed.kind === 'garbage') return toMeasures({ [name]: toHex(bytes) });
  const given: readonly unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  return toMeasures(
    given.map((one) => {
      if (!isObject(one)) return { [name]: one };
      const { value, ...beside } = one;
      return { ...beside, [name]: value ?? null };
    }),
  );
}

function toMeasures(value: unknown): Parsed<readonly MeasureOrFault[]> {
  const measures: readonly unknown[] = Array.isArray(value) ? value : [value];
  if (measures.length === 0) return garbage('attrs.empty', 'The array of measures is empty.');
  if (measures.length > MOST_MEASURES) {
    return garbage('attrs.too-many', 'The payload holds more measures than we read at once.', {
      measures: measures.length,
      limit: MOST_MEASURES,
    });
  }
  return { kind: 'value', value: measures.map(toMeasure) };
}

/** The payload a device sends; one measure as an object, several as an array. */
export function encodeAttrs(measures: readonly Measure[]): Uint8Array {
  const objects = measures.map(({ observedMs, sequence, values, events }) => ({
    ...(observedMs !== undefined && { timestamp: new Date(observedMs).toISOString() }),
    ...(sequence !== undefined && { seq: sequence }),
    ...Object.fromEntries(values),
    ...(events.length > 0 && { events }),
  }));
  return new TextEncoder().encode(JSON.stringify(objects.length === 1 ? objects[0] : objects));
}

/** A cheap look, before anything is decoded: can this payload say when it was measured? */
export function mentionsTime(bytes: Uint8Array): boolean {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return TIME_NAMES.some((name) => text.includes(`"${name}"`));
}

function toMeasure(value: unknown, index: number): MeasureOrFault {
  const fault = (code: string, message: string, context: Record<string, unknown> = {}): MeasureOrFault => ({
    kind: 'fault',
    error: new WireError(code, message, { index, ...context }),
  });
  if (!isObject(value)) return fault('attrs.shape', 'A measure is not an object.');
  const names = Object.keys(value);
  if (names.length > MOST_VALUES)
    return fault('attrs.too-many', 'A measure has more values than we read.', { values: names.length });

  const time = timeOf(value);
  if (time === 'malformed') return fault('attrs.time', 'The time of a measure is not RFC 3339 with a zone.');
  const { seq, events = [], alarms = [] } = value;
  if (seq !== undefined && !(Number.isSafeInteger(seq) && Number(seq) >= 0))
    return fault('attrs.seq', 'A sequence number is not a counter.');
  if (!isEvents(events) || !isEvents(alarms)) return fault('attrs.events', 'Events are not a short list of words.');

  const values = new Map<string, Scalar>();
  for (const name of names) {
    if (RESERVED.includes(name)) continue;
    const scalar = value[name];
    // `null` is how a device says that it has no such value just now; nested objects have no meaning to us yet.
    if (scalar === null || typeof scalar === 'object') continue;
    if (name.length > LONGEST_NAME)
      return fault('attrs.name', 'The name of a value is too long.', { length: name.length });
    if (typeof scalar === 'number' && !Number.isFinite(scalar))
      return fault('attrs.number', 'A number is larger than numbers are.', { name });
    if (typeof scalar === 'string' && scalar.length > LONGEST_TEXT)
      return fault('attrs.text', 'A text is too long.', { name });
    values.set(name, scalar as Scalar);
  }
  const words = alarms.length === 0 ? events : [...new Set([...events, ...alarms])];
  return { kind: 'measure', measure: { observedMs: time, sequence: seq as number | undefined, values, events: words } };
}

function timeOf(value: Readonly<Record<string, unknown>>): number | undefined | 'malformed' {
  const text = TIME_NAMES.map((name) => value[name]).find((found) => found !== undefined);
  if (text === undefined) return undefined;
  return (typeof text === 'string' ? parseIso(text) : undefined) ?? 'malformed';
}

function isEvents(events: unknown): events is readonly string[] {
  return (
    Array.isArray(events) &&
    events.length <= MOST_EVENTS &&
    events.every((event) => typeof event === 'string' && EVENT.test(event))
  );
}

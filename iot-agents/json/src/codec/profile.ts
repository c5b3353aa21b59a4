/**
 * The load profile of topic `/json/{apikey}/{deviceId}/profile`: registers at the start of an interval and at the end of
 * each of N intervals after it, so N + 1 values a channel. `null` stands for a register the meter did not store.
 *
 *     {"intervalSeconds": 900, "start": "2026-11-20T07:00:00.000Z", "registers": {"energyImport": [12.3, 12.4, 12.6]}}
 */

import { parseIso } from '@contor/kit';
import { garbage, isObject, type Parsed, parseJson } from './bounded-json.js';

export interface Profile {
  readonly intervalSeconds: number;
  readonly startMs: number;
  readonly registers: ReadonlyMap<string, readonly (number | null)[]>;
}

/** A week of minutes; a meter that has more sends it in parts. */
const MOST_INTERVALS = 10_080;
const MOST_CHANNELS = 32;
const SHORTEST_SECONDS = 60;
const LONGEST_SECONDS = 86_400;

export function decodeProfile(bytes: Uint8Array): Parsed<Profile> {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'garbage') return parsed;
  if (!isObject(parsed.value)) return garbage('profile.shape', 'A profile is an object.');
  const { intervalSeconds, start, registers } = parsed.value;
  if (
    typeof intervalSeconds !== 'number' ||
    !Number.isInteger(intervalSeconds) ||
    intervalSeconds < SHORTEST_SECONDS ||
    intervalSeconds > LONGEST_SECONDS
  ) {
    return garbage('profile.interval', 'The interval is not a whole number of seconds between a minute and a day.');
  }
  const startMs = typeof start === 'string' ? parseIso(start) : undefined;
  if (startMs === undefined) return garbage('profile.start', 'The start is not RFC 3339 with a zone.');
  if (!isObject(registers)) return garbage('profile.registers', 'The registers are not an object.');
  const channels = Object.entries(registers);
  if (channels.length === 0 || channels.length > MOST_CHANNELS) {
    return garbage('profile.channels', 'There are no registers, or too many.', { channels: channels.length });
  }
  const found = new Map<string, readonly (number | null)[]>();
  for (const [name, values] of channels) {
    if (!isSeries(values))
      return garbage('profile.series', 'A register is not a list of two or more numbers.', { name });
    found.set(name, values);
  }
  return { kind: 'value', value: { intervalSeconds, startMs, registers: found } };
}

export function encodeProfile({ intervalSeconds, startMs, registers }: Profile): Uint8Array {
  const start = new Date(startMs).toISOString();
  return new TextEncoder().encode(JSON.stringify({ intervalSeconds, start, registers: Object.fromEntries(registers) }));
}

function isSeries(values: unknown): values is readonly (number | null)[] {
  if (!Array.isArray(values) || values.length < 2 || values.length > MOST_INTERVALS + 1) return false;
  return values.every((value) => value === null || (typeof value === 'number' && Number.isFinite(value)));
}

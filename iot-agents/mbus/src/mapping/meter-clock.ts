/** The clock of a meter as UTC. It shows local time; whether it follows summer time is told by a bit that few meters set. */

import { zonedInstant } from '@contor/kit';
import { formatTime, type MeterTime } from '../codec/record/date.js';
import type { MeterRecord } from '../codec/record/record.js';

export function clockOf(records: readonly MeterRecord[], zone: string): number | undefined {
  for (const { value, storage, function: kind, modifiers, quantity } of records) {
    if (value.kind !== 'time' || value.value.type !== 'dateTime' || storage !== 0 || kind !== 'instantaneous') continue;
    if (modifiers.length === 0 && quantity === 'Time point (date & time)') return utcOf(value.value, zone);
  }
  return undefined;
}

function utcOf(time: MeterTime, zone: string): number {
  const day = formatTime({ ...time, type: 'date' });
  return zonedInstant(day, time.hour * 60 + time.minute, zone) + (time.second ?? 0) * 1_000;
}

/** A clock that is right to a quarter of an hour says when it measured; one that is not says nothing about it. */
const PLAUSIBLE_MS = 15 * 60_000;

export function observedMs(deviceTimeMs: number | undefined, receivedAtMs: number): number {
  const isPlausible = deviceTimeMs !== undefined && Math.abs(deviceTimeMs - receivedAtMs) <= PLAUSIBLE_MS;
  return isPlausible ? Math.min(deviceTimeMs, receivedAtMs) : receivedAtMs;
}

/**
 * What a meter owes at an instant: pure, so that days of a street replay in a moment. Each ten-second slot is one message,
 * each finished quarter of an hour is one interval of a profile message; what is missing since last time is caught up.
 */

import type { MeterMemory } from './memory.js';
import { INTERVAL_MS, LIVE_MS } from './meter.js';

/** An E350's module keeps an hour of messages; what it cannot keep is still in the profile. */
export const MOST_KEPT_SLOTS = 360;
/** The meter stores a day of intervals. */
export const STORED_INTERVALS = 96;

export type Owed =
  | { readonly kind: 'live'; readonly slotMs: number }
  | { readonly kind: 'profile'; readonly startMs: number; readonly count: number };

/** A meter that was just put up: it begins to speak now, and has stored its profile for a day. */
export function freshMemory(nowMs: number): MeterMemory {
  const slotMs = Math.floor(nowMs / LIVE_MS) * LIVE_MS;
  const intervalMs = Math.floor(nowMs / INTERVAL_MS) * INTERVAL_MS - STORED_INTERVALS * INTERVAL_MS;
  return { nextSlotMs: slotMs, unackedSlots: new Set(), nextIntervalMs: intervalMs, unackedProfiles: new Map() };
}

/** Enters into memory what has come due until `nowMs`. */
export function comeDue(memory: MeterMemory, nowMs: number): void {
  const lastSlotMs = Math.floor(nowMs / LIVE_MS) * LIVE_MS;
  const firstKeptMs = lastSlotMs - (MOST_KEPT_SLOTS - 1) * LIVE_MS;
  for (let slotMs = Math.max(memory.nextSlotMs, firstKeptMs); slotMs <= lastSlotMs; slotMs += LIVE_MS)
    memory.unackedSlots.add(slotMs);
  memory.nextSlotMs = Math.max(memory.nextSlotMs, lastSlotMs + LIVE_MS);
  for (const slotMs of memory.unackedSlots) if (slotMs < firstKeptMs) memory.unackedSlots.delete(slotMs);

  const endMs = Math.floor(nowMs / INTERVAL_MS) * INTERVAL_MS;
  const startMs = Math.max(memory.nextIntervalMs, endMs - STORED_INTERVALS * INTERVAL_MS);
  if (endMs > startMs) memory.unackedProfiles.set(startMs, (endMs - startMs) / INTERVAL_MS);
  memory.nextIntervalMs = Math.max(memory.nextIntervalMs, endMs);
}

/** The newest value first, then the profile, then the messages that could not be sent: present before past. */
export function owed(memory: MeterMemory, isInFlight: (owed: Owed) => boolean): Owed[] {
  const slots = [...memory.unackedSlots].sort((a, b) => a - b).map((slotMs): Owed => ({ kind: 'live', slotMs }));
  const newest = slots.pop();
  const profiles = [...memory.unackedProfiles].map(([startMs, count]): Owed => ({ kind: 'profile', startMs, count }));
  return [...(newest === undefined ? [] : [newest]), ...profiles, ...slots].filter((one) => !isInFlight(one));
}

export function acked(memory: MeterMemory, one: Owed): void {
  if (one.kind === 'live') memory.unackedSlots.delete(one.slotMs);
  else memory.unackedProfiles.delete(one.startMs);
}

export function keyOf(one: Owed): string {
  return one.kind === 'live' ? `live ${one.slotMs}` : `profile ${one.startMs}`;
}

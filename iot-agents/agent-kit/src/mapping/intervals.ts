/**
 * A load profile → IntervalReading rows. The time index of an interval is its start, and the register beside it is the
 * one at the start (DESIGN 2.3). Energy of an interval is the exact difference of two registers as integers; a register
 * that rolled over at its digits goes on counting. A profile of amounts is taken as it is.
 */

import { toIso } from '@contor/kit';
import {
  type Amount,
  ATTRIBUTES,
  amountOf,
  amountToInteger,
  entity,
  toWire,
  urn,
  VocabularyError,
} from '@contor/orion-config';
import type { AcquiredIntervals, State } from '../forward/state.js';
import type { Device } from '../registry/device.js';
import type { ChannelRow, ProfileRow, ValueFault } from './model.js';

/** A register at an instant, or the amount of the interval that begins there. `null`: the meter stored none. */
export interface ProfilePoint {
  readonly atMs: number;
  readonly value: Amount | number | null;
}

export interface ProfileReading {
  readonly intervalSeconds: number;
  /** By object id, ascending in time; holes are allowed. */
  readonly points: ReadonlyMap<string, readonly ProfilePoint[]>;
}

export interface IntervalReadings {
  readonly rows: readonly State[];
  readonly acquired: AcquiredIntervals | undefined;
  readonly faults: readonly ValueFault[];
}

/**
 * More than this share of the whole register in one interval did not flow through a meter: the register ran backwards,
 * because it was reset or the meter was exchanged. Such a difference is not energy.
 */
const LARGEST_SHARE = 100n;

interface Slot {
  readonly channel: ChannelRow;
  readonly amount: bigint;
  /** At the start of the interval, where the profile has registers. */
  readonly register: bigint | undefined;
}

export function toIntervals(
  device: Device,
  profile: ProfileRow,
  { intervalSeconds, points }: ProfileReading,
  receivedAtMs: number,
): IntervalReadings {
  const slots = new Map<number, Slot[]>();
  const faults: ValueFault[] = [];
  for (const channel of profile.channels) {
    const series = points.get(channel.objectId);
    if (series === undefined) continue;
    for (const [startMs, slot] of slotsOf(channel, series, intervalSeconds * 1_000, device, faults)) {
      const known = slots.get(startMs);
      if (known === undefined) slots.set(startMs, [slot]);
      else known.push(slot);
    }
  }
  const stored = [...slots].sort(([a], [b]) => a - b);
  const rows = stored.map(([startMs, values]) => toRow(device, values, startMs, intervalSeconds, receivedAtMs));
  if (rows.length === 0) return { rows, acquired: undefined, faults };
  const startsMs = rows.map(({ timeMs }) => timeMs);
  const { name, refDevice, timeZone: zone } = device;
  return { rows, acquired: { name, refDevice, profile: profile.name, zone, intervalSeconds, startsMs }, faults };
}

function* slotsOf(
  channel: ChannelRow,
  series: readonly ProfilePoint[],
  stepMs: number,
  device: Device,
  faults: ValueFault[],
): Iterable<readonly [startMs: number, slot: Slot]> {
  const { register } = channel;
  if (register === undefined) {
    for (const { atMs, value } of series) {
      const amount = exact(channel, channel.interval, value, faults);
      if (amount !== undefined) yield [atMs, { channel, amount, register: undefined }];
    }
    return;
  }
  let before: { readonly atMs: number; readonly value: bigint } | undefined;
  for (const { atMs, value } of series) {
    const now = withinDigits(channel, exact(channel, register, value, faults), device, faults);
    if (now !== undefined && before !== undefined && atMs - before.atMs === stepMs) {
      const amount = difference(channel, before.value, now, device, faults);
      if (amount !== undefined) yield [before.atMs, { channel, amount, register: before.value }];
    }
    before = now === undefined ? undefined : { atMs, value: now };
  }
}

/** Undefined: the meter has no such value, or not one that can be right. */
function exact(
  { objectId, unitCode }: ChannelRow,
  attribute: ChannelRow['interval'],
  value: ProfilePoint['value'],
  faults: ValueFault[],
): bigint | undefined {
  if (value === null) return undefined;
  try {
    return amountToInteger(attribute, typeof value === 'number' ? amountOf(value, unitCode) : value, 'exact');
  } catch (error) {
    if (!(error instanceof VocabularyError)) throw error;
    faults.push({ reason: error.code, detail: `${objectId}: ${error.message}` });
    return undefined;
  }
}

function withinDigits(
  channel: ChannelRow,
  integer: bigint | undefined,
  device: Device,
  faults: ValueFault[],
): bigint | undefined {
  if (integer === undefined || (integer >= 0n && integer < rangeOf(channel, device))) return integer;
  faults.push({
    reason: 'register.digits',
    detail: `${channel.objectId} does not fit ${device.registerDigits} digits`,
  });
  return undefined;
}

function difference(
  channel: ChannelRow,
  register: bigint,
  next: bigint,
  device: Device,
  faults: ValueFault[],
): bigint | undefined {
  const range = rangeOf(channel, device);
  const amount = next >= register ? next - register : next - register + range;
  if (next >= register || amount <= range / LARGEST_SHARE) return amount;
  faults.push({ reason: 'register.backwards', detail: `${channel.objectId} fell, and not by rolling over` });
  return undefined;
}

/** Where the register rolls over, as an integer of its last digit. */
function rangeOf({ register, interval }: ChannelRow, device: Device): bigint {
  return 10n ** BigInt(device.registerDigits + ATTRIBUTES[register ?? interval].decimals);
}

function toRow(
  device: Device,
  slots: readonly Slot[],
  startMs: number,
  intervalSeconds: number,
  receivedAtMs: number,
): State {
  const observedAt = toIso(startMs);
  const row = entity('IntervalReading', urn('IntervalReading', device.name));
  for (const { channel, register, amount } of slots) {
    row.property(channel.interval, toWire(channel.interval, amount), { observedAt });
    if (channel.register !== undefined && register !== undefined)
      row.property(channel.register, toWire(channel.register, register), { observedAt });
  }
  row
    .property('intervalSeconds', intervalSeconds)
    .property('source', 'profile')
    .property('recordedAt', toIso(receivedAtMs))
    .relationship('refDevice', device.refDevice);
  return { entity: row.build(), timeMs: startMs, isOneOff: false };
}

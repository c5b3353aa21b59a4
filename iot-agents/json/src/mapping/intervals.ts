/**
 * A load profile → IntervalReading rows. The time index of an interval is its start, and the register beside it is the
 * one at the start (DESIGN 2.3). Energy of an interval is the exact difference of two registers as integers; a register
 * that rolled over at its digits goes on counting.
 */

import type { AcquiredIntervals, Device, State } from '@contor/agent-kit';
import { toIso } from '@contor/kit';
import { ATTRIBUTES, entity, toInteger, toWire, urn, VocabularyError } from '@contor/orion-config';
import type { Profile } from '../codec/profile.js';
import type { ValueFault } from './live.js';
import type { ChannelRow, DeviceModel } from './models.js';

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
  readonly register: bigint;
  readonly energy: bigint;
}

export function toIntervals(
  device: Device,
  model: DeviceModel,
  profile: Profile,
  receivedAtMs: number,
): IntervalReadings {
  const slots = new Map<number, Slot[]>();
  const faults: ValueFault[] = [];
  for (const channel of model.profile.channels) {
    const series = profile.registers.get(channel.objectId);
    if (series === undefined) continue;
    const registers = series.map((value) => exactRegister(channel, value, device, faults));
    for (let index = 0; index + 1 < registers.length; index += 1) {
      const slot = toSlot(channel, registers[index], registers[index + 1], device, faults);
      if (slot !== undefined) slots.set(index, [...(slots.get(index) ?? []), slot]);
    }
  }
  const { intervalSeconds, startMs } = profile;
  const stored = [...slots].sort(([a], [b]) => a - b);
  const rows = stored.map(([index, values]) =>
    toRow(device, values, startMs + index * intervalSeconds * 1_000, intervalSeconds, receivedAtMs),
  );
  if (rows.length === 0) return { rows, acquired: undefined, faults };
  const startsMs = rows.map(({ timeMs }) => timeMs);
  const { name, refDevice, timeZone: zone } = device;
  return { rows, acquired: { name, refDevice, profile: model.profile.name, zone, intervalSeconds, startsMs }, faults };
}

/** Undefined: the meter has no such register, or not one that can be right. */
function exactRegister(
  channel: ChannelRow,
  value: number | null,
  device: Device,
  faults: ValueFault[],
): bigint | undefined {
  if (value === null) return undefined;
  try {
    const integer = toInteger(channel.register, value);
    if (integer >= 0n && integer < rangeOf(channel, device)) return integer;
    faults.push({
      reason: 'register.digits',
      detail: `${channel.objectId} does not fit ${device.registerDigits} digits`,
    });
  } catch (error) {
    if (!(error instanceof VocabularyError)) throw error;
    faults.push({ reason: error.code, detail: `${channel.objectId}: ${error.message}` });
  }
  return undefined;
}

function toSlot(
  channel: ChannelRow,
  register: bigint | undefined,
  next: bigint | undefined,
  device: Device,
  faults: ValueFault[],
): Slot | undefined {
  if (register === undefined || next === undefined) return undefined;
  const range = rangeOf(channel, device);
  const energy = next >= register ? next - register : next - register + range;
  if (next < register && energy > range / LARGEST_SHARE) {
    faults.push({ reason: 'register.backwards', detail: `${channel.objectId} fell, and not by rolling over` });
    return undefined;
  }
  return { channel, register, energy };
}

/** Where the register rolls over, as an integer of its last digit. */
function rangeOf(channel: ChannelRow, device: Device): bigint {
  return 10n ** BigInt(device.registerDigits + ATTRIBUTES[channel.register].decimals);
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
  for (const { channel, register, energy } of slots) {
    row.property(channel.interval, toWire(channel.interval, energy), { observedAt });
    row.property(channel.register, toWire(channel.register, register), { observedAt });
  }
  row
    .property('intervalSeconds', intervalSeconds)
    .property('source', 'profile')
    .property('recordedAt', toIso(receivedAtMs))
    .relationship('refDevice', device.refDevice);
  return { entity: row.build(), timeMs: startMs, isOneOff: false };
}

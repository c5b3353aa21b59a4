/** What a meter said in a conversation → amounts by code, of now or by interval. */

import type { Measured, MeasuredValue, ProfilePoint, ProfileReading } from '@contor/agent-kit';
import { type Decoded, WireError } from '@contor/kit';
import { decodeBlock } from '../codec/iec62056/block.js';
import { type DataSet, parseDataSets } from '../codec/iec62056/data-set.js';
import { isProfileAddress, parseProfile } from '../codec/iec62056/profile.js';
import { decodeIdentification, type Identification } from '../codec/iec62056/sign-on.js';
import { clockIn, stampInstant } from './local-time.js';
import type { ProfileSource } from './models.js';
import { amountIn, codeOf } from './registers.js';

export interface Said {
  readonly identification: Identification;
  readonly sets: readonly DataSet[];
}

/**
 * Bits of the status of a row after which its values are none: fatal error of the device, incomplete or disturbed measuring period
 * (VDEW 2.0, 5.4.6; the same bits in the manual of the LEM EM4TII, table 4.5).
 */
const NO_VALUE = 0x05;

/** Identification line and blocks, as the reader keeps them. */
export function decodeRecord(bytes: Uint8Array): Decoded<Said> {
  const opening = decodeIdentification(bytes);
  if (opening.kind !== 'value') return opening;
  let text = '';
  for (let at = opening.used; at < bytes.length; ) {
    const decoded = decodeBlock(bytes.subarray(at));
    if (decoded.kind !== 'value') return decoded;
    text += decoded.value.data;
    at += decoded.used;
  }
  const parsed = parseDataSets(text);
  if (!('sets' in parsed)) return { kind: 'garbage', error: parsed, used: bytes.length };
  return { kind: 'value', value: { identification: opening.value, sets: parsed.sets }, used: bytes.length };
}

/** The first row of a code speaks. */
export function readReadout({ sets }: Said, zone: string): Measured {
  const values = new Map<string, MeasuredValue>();
  for (const { address, values: cells } of sets) {
    const [cell] = cells;
    const code = codeOf(address);
    const amount = code === undefined || cell === undefined ? undefined : amountIn(code, cell);
    if (code !== undefined && amount !== undefined && !values.has(code)) values.set(code, amount);
  }
  return { observedMs: clockIn(sets, zone), values };
}

/** Blocks of a profile → points by code, at the beginning of their intervals. A block whose time no clock shows is an error. */
export function readProfile({ sets }: Said, { stamp }: ProfileSource, zone: string): ProfileReading | WireError {
  const points = new Map<string, ProfilePoint[]>();
  let intervalSeconds = 0;
  for (const set of sets) {
    if (!isProfileAddress(set.address) || isEmpty(set)) continue;
    const block = parseProfile(set);
    if (block instanceof WireError) return block;
    const firstMs = stampInstant(block.start, block.season, zone);
    if (firstMs === undefined) return new WireError('elster.profile-time', 'No clock shows the time of the profile.');
    if (intervalSeconds !== 0 && intervalSeconds !== block.intervalMinutes * 60)
      return new WireError('elster.profile-interval', 'The interval of the profile changes.');
    intervalSeconds = block.intervalMinutes * 60;
    const stepMs = intervalSeconds * 1_000;
    const startMs = stamp === 'end' ? firstMs - stepMs : firstMs;
    const isValue = (Number.parseInt(block.status.slice(-2), 16) & NO_VALUE) === 0;
    for (const [column, channel] of block.channels.entries()) {
      const code = codeOf(channel.address) ?? channel.address;
      const series = points.get(code) ?? [];
      points.set(code, series);
      for (const [index, row] of block.rows.entries()) {
        const amount = amountIn(code, { value: row[column] ?? '', unit: channel.unit });
        series.push({ atMs: startMs + index * stepMs, value: isValue && amount !== undefined ? amount : null });
      }
    }
  }
  return { intervalSeconds, points };
}

/** `P.01()`: nothing is stored in the range that was asked for. */
function isEmpty({ values }: DataSet): boolean {
  return values.length === 1 && values[0]?.value === '';
}

/** What is read from a device, when and over which line. Data: where it comes from (registry, model, ReadSchedule) is the agent's affair. */

import { crc32 } from '@contor/kit';
import { type Device, keyOfDevice } from '../registry/device.js';
import type { ReadTask } from './reader.js';
import { nextRunMs, type Rule } from './schedule.js';

export interface PlannedRead {
  readonly rule: Rule;
  readonly what:
    | { readonly kind: 'live' }
    | { readonly kind: 'clock' }
    /** So far back from the moment of reading: what was read before is read again, to no effect. */
    | { readonly kind: 'events'; readonly backSeconds: number }
    | { readonly kind: 'profile'; readonly profile: string; readonly backSeconds: number };
}

export interface ReadPlan {
  /** What it shares with others, e.g. `serial:/dev/ttyUSB0`; a device with a connection of its own is its own line. */
  readonly line: string;
  readonly reads: readonly PlannedRead[];
  /** Known, and left alone by schedule (S0-13). A person may still ask. */
  readonly isSuspended?: boolean | undefined;
  /** Seconds behind the moment over which a fleet's reads are spread. */
  readonly spreadSeconds?: number | undefined;
  readonly timeoutMs?: number | undefined;
  readonly attempts?: number | undefined;
}

export const READING = {
  /** A meter on a slow bus (300 Bd) tells its registers in half a minute. */
  timeoutMs: 60_000,
  /** One lost answer is noise; the third time it is a fact. */
  attempts: 3,
  spreadSeconds: 0,
} as const;

const DAY_SECONDS = 86_400;
const LARGEST_CRC = 2 ** 32;

/** What a device shares with others; one with a connection of its own is its own line. */
export function lineOf(device: Device): string {
  return device.connection?.line ?? device.connection?.address ?? keyOfDevice(device);
}

export function taskAt({ what }: PlannedRead, runMs: number): ReadTask {
  if (what.kind === 'live' || what.kind === 'clock') return { kind: what.kind };
  const window = { fromMs: runMs - what.backSeconds * 1_000, toMs: runMs };
  return what.kind === 'events' ? { kind: 'events', ...window } : { kind: 'profile', profile: what.profile, ...window };
}

export function nextReadMs({ rule }: PlannedRead, plan: ReadPlan, zone: string, key: string, afterMs: number): number {
  const spreadSeconds = plan.spreadSeconds ?? READING.spreadSeconds;
  return nextRunMs({ rule, zone, spreadSeconds }, afterMs, placeOf(key));
}

/** Where in a spread this device stands, 0 to 1: always the same place, whoever else comes or goes. */
function placeOf(key: string): number {
  return (crc32(new TextEncoder().encode(key)) >>> 0) / LARGEST_CRC;
}

/** How often something comes of a plan: the longest wait of its most frequent read. Undefined: it reads nothing by itself. */
export function everySecondsOf({ reads }: ReadPlan): number | undefined {
  const waits = reads.map(({ rule }) => (rule.kind === 'period' ? rule.seconds : longestWait(rule.minutes)));
  return waits.length === 0 ? undefined : Math.min(...waits);
}

function longestWait(minutes: readonly number[]): number {
  const first = minutes[0] ?? 0;
  const waits = minutes.map((minute, at) => ((minutes[at + 1] ?? first + DAY_SECONDS / 60) - minute) * 60);
  return Math.max(...waits);
}

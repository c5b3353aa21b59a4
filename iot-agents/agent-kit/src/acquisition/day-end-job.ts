/**
 * Day-end recovery (S0-17, P4): after midnight of its own zone each meter's last days are held against history; what is missing is read
 * from its stored profile, and what it does not have either is marked missing with the reason. Everything it needs to know it asks
 * history, so it may be ended at any moment, and a second run finds nothing to do.
 */

import { type Clock, type Logger, localDay, localDayBounds, toIso } from '@contor/kit';
import { entity, type NgsiEntity, urn } from '@contor/orion-config';
import type { DeviceModel } from '../mapping/model.js';
import { type Device, keyOfDevice } from '../registry/device.js';
import { outcomeOf } from './communication.js';
import { expectedStarts, gapsIn, READ_LIMITS, readsFor, type Stretch } from './day-end.js';
import type { Acquisition } from './open.js';

export interface StoredProfile {
  readonly name: string;
  /** Where nobody knows, the meter's rows in history say it. */
  readonly intervalSeconds?: number | undefined;
  /** Attributes of `IntervalReading` that it may fill; an interval is there when it has all that the meter ever fills. */
  readonly channels: readonly string[];
}

type TimedProfile = StoredProfile & { readonly intervalSeconds: number };

/** What history has of a device's intervals. */
export interface Presence {
  /** Starts, for each channel. */
  readonly starts: ReadonlyMap<string, ReadonlySet<number>>;
  /** Of the newest row. */
  readonly intervalSeconds: number | undefined;
}

export type Present = (device: Device, channels: readonly string[], window: Stretch) => Promise<Presence>;

export interface DayEndOptions {
  readonly acquisition: Pick<Acquisition, 'ask'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly present: Present;
  /** Resolves when what was stored is in history, or gives up. */
  readonly settled: () => Promise<void>;
  readonly profilesOf: (device: Device) => readonly StoredProfile[];
  /** The state of a day, for the broker. */
  readonly tell: (tenant: string, acquisition: NgsiEntity) => void;
}

export interface DayResult {
  readonly profile: string;
  readonly day: string;
  readonly expected: number;
  /** In history before, and after. */
  readonly before: number;
  readonly after: number;
  readonly missing: readonly Missing[];
}

interface Missing extends Stretch {
  readonly reason: string;
}

/** A meter that was away for a week comes back with it. */
const DAYS_BACK = 7;
/** Where neither its model nor history says it. */
export const USUAL_INTERVAL_SECONDS = 900;
/** Gaps are named one by one up to here; more of them are one sentence. */
const MOST_NAMED = 50;

/** As the map of a model has it. */
export function storedProfilesOf(model: Pick<DeviceModel, 'profile'> | undefined): readonly StoredProfile[] {
  if (model?.profile === undefined) return [];
  const { name, channels } = model.profile;
  return [{ name, channels: channels.map(({ interval }) => interval) }];
}

/** One result for each day of which something was or is missing. */
export async function recoverDays(device: Device, options: DayEndOptions): Promise<readonly DayResult[]> {
  const results: DayResult[] = [];
  for (const profile of options.profilesOf(device)) results.push(...(await recoverProfile(device, profile, options)));
  return results;
}

async function recoverProfile(
  device: Device,
  stored: StoredProfile,
  options: DayEndOptions,
): Promise<readonly DayResult[]> {
  const { acquisition, clock, log, present, settled, tell } = options;
  const days = daysBefore(clock.nowMs(), device.timeZone);
  const found = await present(device, stored.channels, windowOf(device, days));
  const intervalSeconds = stored.intervalSeconds ?? found.intervalSeconds ?? USUAL_INTERVAL_SECONDS;
  const profile: TimedProfile = { ...stored, intervalSeconds, channels: filledOf(stored, found) };
  const before = compare(device, profile, days, found);
  const gappy = before.filter(({ gaps }) => gaps.length > 0);
  if (gappy.length === 0) return [];
  const { name } = profile;
  const failures: Missing[] = [];
  for (const stretch of readsFor(
    gappy.flatMap(({ gaps }) => gaps),
    intervalSeconds,
    READ_LIMITS,
  )) {
    const report = await acquisition.ask({
      ...{ key: keyOfDevice(device), task: { kind: 'profile', profile: name, ...stretch }, priority: 'recovery' },
      asked: { by: 'recovery' },
    });
    if (report.result.kind !== 'stored') failures.push({ ...stretch, reason: outcomeOf(report.result) });
  }
  await settled();
  const gappyDays = gappy.map(({ day }) => day);
  const after = compare(
    device,
    profile,
    gappyDays,
    await present(device, profile.channels, windowOf(device, gappyDays)),
  );
  return after.map(({ day, expected, gaps }, at) => {
    const missing = gaps.map((gap) => ({ ...gap, reason: reasonOf(gap, failures) }));
    const had = gappy[at]?.gaps ?? [];
    const count = (holes: readonly Stretch[]): number => expected.length - intervalsIn(holes, intervalSeconds);
    const result = { profile: name, day, expected: expected.length, before: count(had), after: count(gaps), missing };
    log.info({ device: keyOfDevice(device), ...result, missing: missing.length }, 'A day was held against history.');
    tell(device.tenant, toAcquisition(device, profile, result));
    return result;
  });
}

interface DayInHistory {
  readonly day: string;
  readonly expected: readonly number[];
  readonly gaps: readonly Stretch[];
}

function windowOf({ timeZone }: Device, days: readonly string[]): Stretch {
  const bounds = days.map((day) => localDayBounds(day, timeZone));
  return {
    fromMs: Math.min(...bounds.map(({ startMs }) => startMs)),
    toMs: Math.max(...bounds.map(({ endMs }) => endMs)),
  };
}

/** A meter that never exports has no such channel; of one that told nothing at all every channel is missed. */
function filledOf({ channels }: StoredProfile, { starts }: Presence): readonly string[] {
  const filled = channels.filter((channel) => (starts.get(channel)?.size ?? 0) > 0);
  return filled.length === 0 ? channels : filled;
}

function compare(
  { timeZone }: Device,
  { channels, intervalSeconds }: TimedProfile,
  days: readonly string[],
  { starts }: Presence,
): readonly DayInHistory[] {
  return days.map((day) => {
    const expected = expectedStarts(day, timeZone, intervalSeconds);
    const whole = new Set(expected.filter((at) => channels.every((channel) => starts.get(channel)?.has(at))));
    return { day, expected, gaps: gapsIn(expected, whole, intervalSeconds) };
  });
}

/** Local days that are over, oldest first. */
function daysBefore(nowMs: number, zone: string): readonly string[] {
  const days: string[] = [];
  let { startMs } = localDayBounds(localDay(nowMs, zone), zone);
  for (let back = 0; back < DAYS_BACK; back += 1) {
    const day = localDay(startMs - 1, zone);
    days.unshift(day);
    startMs = localDayBounds(day, zone).startMs;
  }
  return days;
}

function reasonOf(gap: Stretch, failures: readonly Missing[]): string {
  const failure = failures.find(({ fromMs, toMs }) => gap.fromMs < toMs && fromMs < gap.toMs);
  return failure?.reason ?? 'not stored by the meter';
}

function intervalsIn(stretches: readonly Stretch[], intervalSeconds: number): number {
  return stretches.reduce((sum, { fromMs, toMs }) => sum + (toMs - fromMs) / (intervalSeconds * 1_000), 0);
}

/**
 * What the book of stored intervals (forward/acquisition-book.ts) cannot know: how the day ended. Of a day of which nothing came at all
 * there is no page in that book, and the whole entity is said here.
 */
function toAcquisition(device: Device, { intervalSeconds }: TimedProfile, result: DayResult): NgsiEntity {
  const { profile, day, expected, after, missing } = result;
  const { startMs, endMs } = localDayBounds(day, device.timeZone);
  const gaps = missing
    .slice(0, MOST_NAMED)
    .map(({ fromMs, toMs, reason }) => ({ start: toIso(fromMs), end: toIso(toMs), reason }));
  const told = entity('Acquisition', urn('Acquisition', `${device.name}:${profile}:${day}`))
    .property('status', missing.length === 0 ? 'complete' : 'incomplete')
    .property('details', { missing: gaps, missingStretches: missing.length });
  if (after > 0) return told.build();
  return told
    .relationship('refDevice', device.refDevice)
    .property('profile', profile)
    .property('localDay', day)
    .property('timeZone', device.timeZone)
    .property('windowStart', toIso(startMs))
    .property('windowEnd', toIso(endMs))
    .property('intervalSeconds', intervalSeconds)
    .property('expectedCount', expected)
    .property('storedCount', 0)
    .build();
}

/**
 * Who minds the clocks of the meters (S0-18): every read that tells one is judged, what is off is set on its day and within its limits,
 * and what is too far off is told to a person.
 */

import { type Clock, type Logger, localDay } from '@contor/kit';
import type { Device } from '../registry/device.js';
import { CLOCK_POLICY, type ClockPolicy, type ClockVerdict, judgeClock } from './meter-clock.js';
import type { Acquisition } from './open.js';
import type { RecordKeeper } from './record-keeper.js';
import type { Listener, ReadReport } from './report.js';

export interface ClockKeeperOptions {
  readonly acquisition: () => Pick<Acquisition, 'ask'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly records: Pick<RecordKeeper, 'alert'>;
  /** Our own clock is known to be right. */
  readonly isHostSure: () => boolean;
  /** Undefined: this device's clock is somebody else's. */
  readonly policyOf?: (device: Device) => ClockPolicy | undefined;
  /** Length of the intervals it stores, so that no setting crosses an edge. */
  readonly intervalSecondsOf?: (device: Device) => number | undefined;
}

export interface ClockFigures {
  readonly clocksSet: number;
  readonly clocksOff: number;
}

export interface ClockKeeper {
  readonly listener: Listener;
  readonly figures: ClockFigures;
}

/** A meter that does not take it is not set at every read. */
const AGAIN_AFTER_MS = 3_600_000;
/** What was judged holds for a moment: a setting that has to wait longer is for the next read. */
const BEGUN_WITHIN_MS = 2_000;
const MOST_REMEMBERED = 300_000;

export function keepClocks(options: ClockKeeperOptions): ClockKeeper {
  const {
    clock,
    log,
    records,
    isHostSure,
    policyOf = () => CLOCK_POLICY,
    intervalSecondsOf = () => undefined,
  } = options;
  const lastSet = new Map<string, number>();
  const off = new Set<string>();
  let set = 0;

  function judge({ device, clockReading, key }: ReadReport): ClockVerdict | undefined {
    const policy = device && policyOf(device);
    if (device === undefined || policy === undefined || clockReading === undefined) return undefined;
    const weekday = weekdayOf(clock.nowMs(), device.timeZone);
    const verdict = judgeClock(clockReading, policy, {
      ...{ weekday, isHostSure: isHostSure(), intervalSeconds: intervalSecondsOf(device) },
    });
    if (verdict.kind === 'right') off.delete(key);
    else if (verdict.kind !== 'leave' || verdict.why === 'not-its-day') off.add(key);
    return verdict;
  }

  async function setClock(key: string, byMs: number): Promise<void> {
    const nowMs = clock.monotonicMs();
    if (nowMs - (lastSet.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) return;
    if (lastSet.size >= MOST_REMEMBERED) lastSet.clear();
    lastSet.set(key, nowMs);
    const late = new AbortController();
    const timer = clock.after(BEGUN_WITHIN_MS, () => late.abort(new Error('the line is busy')));
    const report = await options.acquisition().ask({
      ...{ key, task: { kind: 'setClock', byMs: Math.round(byMs) }, asked: { by: 'clock' }, signal: late.signal },
      tell: ({ name }) => {
        if (name === 'begun') timer.cancel();
      },
    });
    timer.cancel();
    const isSet = report.result.kind === 'stored';
    if (isSet) set += 1;
    log.info({ device: key, byMs: Math.round(byMs), isSet }, 'The clock of a meter was to be set.');
  }

  return {
    listener(report) {
      if (report.task.kind === 'setClock') return;
      const verdict = judge(report);
      if (verdict?.kind === 'set') void setClock(report.key, verdict.byMs);
      if (verdict?.kind !== 'alarm' || report.device === undefined) return;
      log.warn(
        { device: report.key, byMs: Math.round(verdict.byMs) },
        'The clock of a meter is off by more than drift.',
      );
      records.alert(report.device, 'clockOff', report.endedMs);
    },
    get figures() {
      return { clocksSet: set, clocksOff: off.size };
    },
  };
}

/** 0 Sunday to 6 Saturday. */
function weekdayOf(atMs: number, zone: string): number {
  return new Date(`${localDay(atMs, zone)}T00:00:00.000Z`).getUTCDay();
}

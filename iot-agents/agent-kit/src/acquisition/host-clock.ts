/**
 * Whether our own clock is known to be right. A host says so by the file that systemd-timesyncd keeps while it is synchronised
 * (systemd-timesyncd.service(8)); where another program does it, the operator says so. A clock that was just set is not believed for a while.
 */

import { type Clock, type Disk, errnoOf, type Timer } from '@contor/kit';

export type HostClockSetting = 'auto' | 'right' | 'unsure';

export interface HostClock {
  isSure(): boolean;
  stop(): void;
}

const SYNCHRONISED_FILE = '/run/systemd/timesync/synchronized';
const LOOK_EVERY_MS = 60_000;
/** Between two looks wall and monotonic clock walk together; more than this apart, somebody set the wall clock. */
const STEP_MS = 2_000;
/** Whoever set it may be setting it again. */
const DOUBT_MS = 15 * 60_000;

export async function watchHostClock(disk: Disk, clock: Clock, setting: HostClockSetting): Promise<HostClock> {
  let isSynchronised = setting === 'right' || (setting === 'auto' && (await exists(disk, SYNCHRONISED_FILE)));
  let aheadMs = clock.nowMs() - clock.monotonicMs();
  let doubtUntilMs = 0;
  let timer: Timer | undefined;

  const look = (): void => {
    const nowAheadMs = clock.nowMs() - clock.monotonicMs();
    if (Math.abs(nowAheadMs - aheadMs) > STEP_MS) doubtUntilMs = clock.monotonicMs() + DOUBT_MS;
    aheadMs = nowAheadMs;
  };
  const again = (): void => {
    timer = clock.after(LOOK_EVERY_MS, () => {
      look();
      again();
      if (setting !== 'auto') return;
      void exists(disk, SYNCHRONISED_FILE).then((isThere) => {
        isSynchronised = isThere;
      });
    });
  };
  again();
  return {
    isSure() {
      look();
      return isSynchronised && clock.monotonicMs() >= doubtUntilMs;
    },
    stop: () => timer?.cancel(),
  };
}

async function exists(disk: Disk, path: string): Promise<boolean> {
  try {
    await (await disk.open(path, 'read')).close();
    return true;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return false;
  }
}

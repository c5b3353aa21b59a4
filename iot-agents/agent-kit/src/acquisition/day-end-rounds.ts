/** When days are held against history: some minutes after each device's own midnight, a fleet spread over the hours of the night, a few at a time. */

import { ContorError } from '@contor/kit';
import type { Device } from '../registry/device.js';
import type { DeviceRegistry } from '../registry/registry.js';
import { type DayEndOptions, recoverDays } from './day-end-job.js';
import { Timetable } from './timetable.js';

export interface DayEndRoundsOptions extends DayEndOptions {
  readonly registry: Pick<DeviceRegistry, 'find' | 'all' | 'onChange'>;
  /** Of the local day. */
  readonly minute?: number;
  readonly spreadSeconds?: number;
}

export interface DayEndFigures {
  readonly daysRecovered: number;
  readonly daysIncomplete: number;
  readonly dayEndWaiting: number;
}

export interface DayEndRounds {
  readonly figures: DayEndFigures;
  start(): void;
  stop(): Promise<void>;
}

/** Meters close their last interval, and what was on its way arrives. */
const MINUTE = 20;
/** A fleet's questions to history, and its reads, over three hours. */
const SPREAD_SECONDS = 3 * 3_600;
/** Questions to history at once; the reads themselves wait in the dispatcher. */
const SIDE_BY_SIDE = 8;

export function openDayEndRounds(options: DayEndRoundsOptions): DayEndRounds {
  const { registry, clock, log, minute = MINUTE, spreadSeconds = SPREAD_SECONDS } = options;
  /** Each device once, however long the round takes. */
  const waiting = new Set<string>();
  const running = new Set<Promise<void>>();
  const figures = { recovered: 0, incomplete: 0 };
  let isStopped = false;

  const timetable = new Timetable({
    ...{ registry, clock },
    planOf: (device) =>
      options.profilesOf(device).length === 0
        ? undefined
        : { line: '', spreadSeconds, reads: [{ rule: { kind: 'times', minutes: [minute] }, what: { kind: 'live' } }] },
    begin: ({ key }) => {
      waiting.add(key);
      pump();
    },
  });

  function pump(): void {
    for (const key of waiting) {
      if (isStopped || running.size >= SIDE_BY_SIDE) return;
      waiting.delete(key);
      const device = registry.find(key);
      if (device === undefined) continue;
      const run = recover(device).finally(() => {
        running.delete(run);
        pump();
      });
      running.add(run);
    }
  }

  async function recover(device: Device): Promise<void> {
    try {
      for (const { missing } of await recoverDays(device, options)) {
        if (missing.length > 0) figures.incomplete += 1;
        else figures.recovered += 1;
      }
    } catch (error) {
      // History is away: the next night looks at this day again.
      if (!(error instanceof ContorError)) throw error;
      log.warn({ device: device.refDevice, error }, 'A day could not be held against history.');
    }
  }

  return {
    get figures() {
      const { recovered, incomplete } = figures;
      return { daysRecovered: recovered, daysIncomplete: incomplete, dayEndWaiting: waiting.size + running.size };
    },
    start: () => timetable.start(),
    async stop() {
      isStopped = true;
      timetable.stop();
      await Promise.all(running);
    },
  };
}

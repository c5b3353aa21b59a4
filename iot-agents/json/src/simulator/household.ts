/**
 * What a household draws in each minute of a day: a base load, a refrigerator, and appliances that run when people are at
 * home; with panels on the roof some houses deliver. Only the shape is made here, as whole watts per minute; how much
 * energy the day has is decided by the register (`register.ts`).
 */

import { noise } from './noise.js';

export const MINUTES = 1_440;

export interface DayShape {
  /** Watts from the grid, by minute of the UTC day. */
  readonly importW: Int32Array;
  /** Watts into the grid. */
  readonly exportW: Int32Array;
}

export interface Household {
  readonly key: number;
  readonly solarPeakW: number;
}

interface ApplianceRow {
  readonly name: string;
  readonly watts: number;
  readonly minutes: number;
  /** Local minutes of the day between which it is switched on. */
  readonly from: number;
  readonly to: number;
  /** How likely it runs on a day. */
  readonly chance: number;
}

const APPLIANCES = [
  { name: 'kettle, morning', watts: 2_000, minutes: 3, from: 380, to: 510, chance: 0.8 },
  { name: 'shower heater', watts: 2_400, minutes: 12, from: 370, to: 500, chance: 0.4 },
  { name: 'lights, morning', watts: 120, minutes: 70, from: 360, to: 430, chance: 0.9 },
  { name: 'hob, noon', watts: 1_600, minutes: 25, from: 700, to: 780, chance: 0.35 },
  { name: 'oven, evening', watts: 2_200, minutes: 40, from: 1_050, to: 1_150, chance: 0.3 },
  { name: 'hob, evening', watts: 1_800, minutes: 30, from: 1_060, to: 1_180, chance: 0.75 },
  { name: 'lights, evening', watts: 220, minutes: 260, from: 1_020, to: 1_080, chance: 0.95 },
  { name: 'television', watts: 140, minutes: 180, from: 1_120, to: 1_220, chance: 0.85 },
  { name: 'dishwasher, heating', watts: 1_900, minutes: 18, from: 1_180, to: 1_290, chance: 0.5 },
  { name: 'washing, heating', watts: 2_000, minutes: 15, from: 540, to: 1_000, chance: 0.4 },
  { name: 'washing, turning', watts: 350, minutes: 80, from: 555, to: 1_015, chance: 0.4 },
  { name: 'vacuum cleaner', watts: 900, minutes: 20, from: 600, to: 960, chance: 0.25 },
] as const satisfies readonly ApplianceRow[];

const FRIDGE_W = 95;
const SUNRISE = 400;
const SUNSET = 1_120;

/** `day` counts UTC days; `offsetMinutes` is how far local time is ahead of UTC on it. */
export function dayShape({ key, solarPeakW }: Household, day: number, offsetMinutes: number): DayShape {
  const loadW = new Int32Array(MINUTES);
  const local = (minute: number): number => (((minute - offsetMinutes) % MINUTES) + MINUTES) % MINUTES;
  const baseW = 50 + Math.floor(noise(key, 1) * 90);
  const fridgePeriod = 42 + Math.floor(noise(key, 2) * 20);
  const fridgeOn = Math.floor(fridgePeriod / 3);
  const fridgePhase = Math.floor(noise(key, 3) * fridgePeriod);
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const isCooling = (day * MINUTES + minute + fridgePhase) % fridgePeriod < fridgeOn;
    loadW[minute] = baseW + Math.floor(noise(key, 4, day, minute) * 25) + (isCooling ? FRIDGE_W : 0);
  }
  APPLIANCES.forEach(({ watts, minutes, from, to, chance }, index) => {
    if (noise(key, 5, day, index) >= chance) return;
    const start = from + Math.floor(noise(key, 6, day, index) * (to - from));
    for (let minute = start; minute < start + minutes; minute += 1) {
      const at = local(minute);
      loadW[at] = (loadW[at] ?? 0) + Math.floor(watts * (0.95 + noise(key, 7, day, minute) * 0.1));
    }
  });
  return solarPeakW > 0
    ? withPanels(loadW, solarPeakW, (minute) => local(minute), key, day)
    : { importW: loadW, exportW: new Int32Array(MINUTES) };
}

/** A clear-sky arc under the clouds of the day; what the house does not use is delivered. */
function withPanels(
  loadW: Int32Array,
  peakW: number,
  utcMinute: (local: number) => number,
  key: number,
  day: number,
): DayShape {
  const importW = new Int32Array(loadW);
  const exportW = new Int32Array(MINUTES);
  const daySky = 0.4 + noise(key, 8, day) * 0.6;
  for (let minute = SUNRISE; minute < SUNSET; minute += 1) {
    const height = Math.sin((Math.PI * (minute - SUNRISE)) / (SUNSET - SUNRISE));
    const cloud = 0.75 + noise(key, 9, day, Math.floor(minute / 7)) * 0.25;
    const at = utcMinute(minute);
    const surplusW = Math.floor(peakW * height * daySky * cloud) - (loadW[at] ?? 0);
    importW[at] = Math.max(0, -surplusW);
    exportW[at] = Math.max(0, surplusW);
  }
  return { importW, exportW };
}

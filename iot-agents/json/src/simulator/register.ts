/**
 * The registers of a simulated meter, as a pure function of (seed, meter, time): a pause of the simulator leaves no hole,
 * and a test can predict every value. Whole watt hours; the register rolls over at its digits.
 *
 * A day begins at `opening + days × average`, moved by up to a quarter of an average day by noise; so every day has its
 * own energy, never a negative one, and no past needs to be summed up. Within the day energy follows the shape of the
 * household.
 */

import { offsetAt } from '@contor/kit';
import { dayShape, MINUTES } from './household.js';
import { noise } from './noise.js';

export interface MeterModel {
  /** From seed and number: everything about the meter follows from it. */
  readonly key: number;
  readonly zone: string;
  readonly openingWh: number;
  readonly solarPeakW: number;
  /** Digits of whole kilowatt hours. */
  readonly registerDigits: number;
  /** The import register rolls over at this instant, when set. */
  readonly rollsOverAtMs: number | undefined;
}

export interface Registers {
  readonly importWh: number;
  readonly exportWh: number;
}

export interface Powers {
  readonly l1W: number;
  readonly l2W: number;
  readonly l3W: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** Registers stood at their opening value at the beginning of 2026. */
const OPENING_DAY = Date.UTC(2026, 0, 1) / DAY_MS;
/** Days kept as computed: today, yesterday and the one before, which a profile still needs. */
const DAYS_KEPT = 3;
const WH_IN_KWH = 1_000;

interface Channel {
  readonly dayStartWh: number;
  readonly dayWh: number;
  /** Watt-minutes of the shape before each minute; one more than there are minutes. */
  readonly before: Float64Array;
}

interface Day {
  readonly imported: Channel;
  readonly exported: Channel;
}

export class MeterRegisters {
  readonly #model: MeterModel;
  readonly #days = new Map<number, Day>();
  /** What the import register is ahead, so that it rolls over when it shall. */
  readonly #shiftWh: number;

  constructor(model: MeterModel) {
    this.#model = model;
    this.#shiftWh = model.rollsOverAtMs === undefined ? 0 : -this.#countedWh('imported', model.rollsOverAtMs);
  }

  at(timeMs: number): Registers {
    const rangeWh = 10 ** this.#model.registerDigits * WH_IN_KWH;
    const roll = (countedWh: number): number => ((countedWh % rangeWh) + rangeWh) % rangeWh;
    return {
      importWh: roll(this.#countedWh('imported', timeMs) + this.#shiftWh),
      exportWh: roll(this.#countedWh('exported', timeMs)),
    };
  }

  /** What flows just now: the slope of the registers with a little flicker. Export is negative. */
  powersAt(timeMs: number): Powers {
    const { key } = this.#model;
    const slopeW = this.#slopeW('imported', timeMs) - this.#slopeW('exported', timeMs);
    const minute = Math.floor(timeMs / MINUTE_MS);
    const totalW = slopeW * (0.98 + noise(key, 20, timeMs) * 0.04);
    // Panels feed three phases evenly; a household loads the phase its appliances hang on.
    const lean = slopeW < 0 ? 0.05 : 0.6;
    const share1 = 1 / 3 + lean * (noise(key, 21) - 0.4) * 0.5 + (noise(key, 22, minute) - 0.5) * 0.08;
    const share2 = (1 - share1) * (0.5 + lean * (noise(key, 23) - 0.5) * 0.5 + (noise(key, 24, minute) - 0.5) * 0.08);
    const l1W = Math.round(totalW * share1);
    const l2W = Math.round(totalW * share2);
    return { l1W, l2W, l3W: Math.round(totalW) - l1W - l2W };
  }

  #countedWh(channel: keyof Day, timeMs: number): number {
    const day = Math.floor(timeMs / DAY_MS);
    const { dayStartWh, dayWh, before } = this.#dayOf(day)[channel];
    const minutes = (timeMs - day * DAY_MS) / MINUTE_MS;
    const minute = Math.floor(minutes);
    const from = before[minute] ?? 0;
    const to = before[minute + 1] ?? from;
    const whole = before[MINUTES] ?? 1;
    // Ten-second steps of a minute keep the product a whole number far below 2^53.
    const sixths = Math.floor((minutes - minute) * 6);
    return dayStartWh + Math.floor((dayWh * (from * 6 + (to - from) * sixths)) / (whole * 6));
  }

  #slopeW(channel: keyof Day, timeMs: number): number {
    const day = Math.floor(timeMs / DAY_MS);
    const { dayWh, before } = this.#dayOf(day)[channel];
    const minute = Math.floor((timeMs - day * DAY_MS) / MINUTE_MS);
    const inMinute = (before[minute + 1] ?? 0) - (before[minute] ?? 0);
    return (dayWh * 60 * inMinute) / (before[MINUTES] ?? 1);
  }

  #dayOf(day: number): Day {
    const known = this.#days.get(day);
    if (known !== undefined) return known;
    const { key, zone, openingWh, solarPeakW } = this.#model;
    const shape = dayShape({ key, solarPeakW }, day, offsetAt(day * DAY_MS, zone) / MINUTE_MS);
    const averageWh = 7_000 + Math.floor(noise(key, 10) * 7_000);
    const made: Day = {
      imported: channelOf(shape.importW, day, openingWh, averageWh, (at) => noise(key, 11, at)),
      exported: channelOf(shape.exportW, day, 0, Math.floor(solarPeakW * 2.2), (at) => noise(key, 12, at)),
    };
    this.#days.set(day, made);
    for (const oldest of this.#days.keys()) {
      if (this.#days.size <= DAYS_KEPT) break;
      this.#days.delete(oldest);
    }
    return made;
  }
}

function channelOf(
  shapeW: Int32Array,
  day: number,
  openingWh: number,
  averageWh: number,
  wobble: (day: number) => number,
): Channel {
  const startOf = (at: number): number => {
    const moved = at === OPENING_DAY ? 0 : Math.floor((wobble(at) * averageWh) / 4);
    return openingWh + (at - OPENING_DAY) * averageWh + moved;
  };
  const before = new Float64Array(MINUTES + 1);
  for (let minute = 0; minute < MINUTES; minute += 1)
    before[minute + 1] = (before[minute] ?? 0) + (shapeW[minute] ?? 0);
  // A day without any flow in its shape must still have an end to be divided by.
  if (before[MINUTES] === 0)
    before.forEach((_, minute) => {
      before[minute] = minute;
    });
  const dayStartWh = startOf(day);
  return { dayStartWh, dayWh: startOf(day + 1) - dayStartWh, before };
}

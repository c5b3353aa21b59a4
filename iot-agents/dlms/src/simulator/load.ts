/**
 * What flows through a simulated meter: a closed form of the time and a seed, so that a year of registers costs nothing to keep
 * and any of them can be asked for, twice with the same answer. Registers rise, and the power fits the registers.
 */

const HOUR_MS = 3_600_000;
const QUARTER_MS = HOUR_MS / 4;
const DAY_HOURS = 24;
/** Registers stood at their seeds then. */
const ORIGIN_MS = Date.UTC(2024, 0, 1);
/** The day goes up and down by so much of its mean, and each quarter hour by so much more; below 1 the register still rises. */
const SWING = 0.6;
const JITTER = 0.08;
const NOMINAL_V = 230;

export interface Load {
  /** In Wh or varh, whole. */
  register(atMs: number): number;
  powerW(atMs: number): number;
}

/** `phaseHours` is when the day turns upwards. */
export function load(seed: number, meanW: number, phaseHours: number): Load {
  const startWh = Math.floor(uniform(seed, 0) * 9_000_000);
  const energyWh = (quarter: number): number => {
    const hours = quarter / 4;
    const turn = (2 * Math.PI) / DAY_HOURS;
    const wave = (SWING / turn) * (1 - Math.cos(turn * (hours - phaseHours)));
    return startWh + meanW * (hours + wave + JITTER * uniform(seed, quarter));
  };
  const quarterOf = (atMs: number) => Math.floor((atMs - ORIGIN_MS) / QUARTER_MS);
  return {
    register(atMs) {
      const quarter = quarterOf(atMs);
      const part = (atMs - ORIGIN_MS) / QUARTER_MS - quarter;
      const [before, after] = [energyWh(quarter), energyWh(quarter + 1)];
      return Math.floor(before + (after - before) * part);
    },
    powerW(atMs) {
      const quarter = quarterOf(atMs);
      return Math.round((energyWh(quarter + 1) - energyWh(quarter)) * 4);
    },
  };
}

/** In tenths of a volt. */
export function voltage(seed: number, phase: number, atMs: number): number {
  return Math.round((NOMINAL_V + 8 * (uniform(seed + phase, Math.floor(atMs / 10_000)) - 0.5)) * 10);
}

/** Uniform in [0, 1), by seed and place: the same whenever it is asked. */
export function uniform(seed: number, place: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place | 0, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

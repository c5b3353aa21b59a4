/** What flows through a simulated meter: a closed form of time and seed, so that a year of profile costs nothing to keep. */

const QUARTER_MS = 900_000;
/** Registers stood at their seeds then. */
const ORIGIN_MS = Date.UTC(2024, 0, 1);
const QUARTERS_A_DAY = 96;
const MOST_START_WH = 5_000_000;

export interface Load {
  /** Whole Wh or varh since the meter was built. */
  register(atMs: number): number;
  powerW(atMs: number): number;
}

/** `meanW` is the mean of a day; the day swings, each quarter of an hour has its own luck, and the register never falls. */
export function load(seed: number, meanW: number): Load {
  const startWh = Math.floor(uniform(seed, -1) * MOST_START_WH);
  const quarterWh = meanW / 4;
  const turn = (2 * Math.PI) / QUARTERS_A_DAY;
  /** Energy up to the beginning of a quarter. Luck of at most 0.3 and a swing of 0.6 leave every quarter above zero. */
  const energyAt = (quarter: number): number =>
    startWh + quarterWh * (quarter - (0.6 / turn) * Math.sin(turn * quarter) + 0.3 * uniform(seed, quarter));
  const whole = (quarter: number): number => Math.floor(energyAt(quarter));
  return {
    register(atMs) {
      const quarters = (atMs - ORIGIN_MS) / QUARTER_MS;
      const quarter = Math.floor(quarters);
      const [before, after] = [whole(quarter), whole(quarter + 1)];
      return before + Math.floor((after - before) * (quarters - quarter));
    },
    powerW(atMs) {
      const quarter = Math.floor((atMs - ORIGIN_MS) / QUARTER_MS);
      return (whole(quarter + 1) - whole(quarter)) * 4;
    },
  };
}

/** Uniform in [0, 1), by seed and place: the same whenever it is asked. */
export function uniform(seed: number, place: number): number {
  let hash = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(place | 0, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  hash = Math.imul(hash ^ (hash >>> 12), 0x297a2d39);
  return ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32;
}

/**
 * What simulated meters measure, as functions of time without memory: a load that swings with the day has a closed integral,
 * so a register is right at any moment, also years back. Heat keeps its balance: energy is volume times the temperatures.
 */

import { type Random, seededRandom } from '@contor/kit';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Registers stand at their opening values here. */
const EPOCH_MS = Date.UTC(2024, 0, 1);
/** kWh that a cubic metre of water carries a kelvin (at some 60 °C). */
const HEAT_OF_WATER = 1.143;

/** A flow in m³/h, and its integral. */
interface Swing {
  readonly mean: number;
  readonly share: number;
  readonly phase: number;
}

export function swingOf(random: Random, least: number, most: number): Swing {
  return {
    mean: least + random.next() * (most - least),
    share: 0.3 + 0.4 * random.next(),
    phase: random.next() * 2 * Math.PI,
  };
}

export function rateAt({ mean, share, phase }: Swing, atMs: number): number {
  return mean * (1 + share * Math.sin(angle(atMs) + phase));
}

export function sumAt({ mean, share, phase }: Swing, atMs: number): number {
  const hours = (atMs - EPOCH_MS) / HOUR_MS;
  const swing =
    (Math.cos(angle(EPOCH_MS) + phase) - Math.cos(angle(atMs) + phase)) * (DAY_MS / HOUR_MS / (2 * Math.PI));
  return mean * (hours + share * swing);
}

function angle(atMs: number): number {
  return ((atMs % DAY_MS) / DAY_MS) * 2 * Math.PI;
}

export interface HeatValues {
  readonly energyKwh: number;
  readonly volumeM3: number;
  readonly powerW: number;
  readonly peakPowerW: number;
  readonly flowM3h: number;
  readonly forwardC: number;
  readonly returnC: number;
}

/** A substation of a building: 50 to 400 kW. */
export function heatPlant(seed: string): (atMs: number) => HeatValues {
  const random = seededRandom(seed);
  const flow = swingOf(random, 0.8, 5);
  const difference = 25 + 15 * random.next();
  const forward = 78 + 10 * random.next();
  const openingM3 = Math.floor(2_000 + 20_000 * random.next());
  const carried = HEAT_OF_WATER * difference;
  return (atMs) => {
    const volumeM3 = openingM3 + sumAt(flow, atMs);
    const flowM3h = rateAt(flow, atMs);
    const forwardC = forward + Math.sin(atMs / 7_200_000);
    return {
      volumeM3,
      flowM3h,
      forwardC,
      energyKwh: volumeM3 * carried,
      powerW: flowM3h * carried * 1_000,
      peakPowerW: flow.mean * (1 + flow.share) * carried * 1_000,
      returnC: forwardC - difference,
    };
  };
}

/** Water or gas: a volume that grows. */
export function volumePlant(
  seed: string,
  leastM3h: number,
  mostM3h: number,
): (atMs: number) => { volumeM3: number; flowM3h: number } {
  const random = seededRandom(seed);
  const flow = swingOf(random, leastM3h, mostM3h);
  const openingM3 = Math.floor(100 + 900 * random.next());
  return (atMs) => ({ volumeM3: openingM3 + sumAt(flow, atMs), flowM3h: rateAt(flow, atMs) });
}

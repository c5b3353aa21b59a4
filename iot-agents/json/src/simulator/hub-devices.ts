/**
 * What a hub has behind it: a substation of a heat network, a water meter, a sensor of the air, a CT meter of an electric substation. Each value is a
 * pure function of seed, device and time; registers never run backwards.
 */

import { noise, seedKey } from './noise.js';

export type Said = Readonly<Record<string, number | boolean | string>>;

export interface HubDevice {
  readonly deviceId: string;
  /** Row of the table of device models. */
  readonly model: 'district-heat-json' | 'water-json' | 'environment-dcu' | 'echelon-ct-json';
  at(atMs: number): Said;
}

interface KindRow {
  readonly prefix: string;
  readonly model: HubDevice['model'];
  readonly at: (key: number, atMs: number) => Said;
}

const HOUR_MS = 3_600_000;
/** Registers stood at zero then. */
const FIRST_MS = Date.UTC(2026, 0, 1);
const PHASES = [1, 2, 3] as const;

export const HUB_KINDS = [
  { prefix: 'heat', model: 'district-heat-json', at: heat },
  { prefix: 'water', model: 'water-json', at: water },
  { prefix: 'air', model: 'environment-dcu', at: air },
  { prefix: 'substation', model: 'echelon-ct-json', at: substation },
] as const satisfies readonly KindRow[];

/** `count` of each kind. */
export function hubDevices(seed: string, count: number): readonly HubDevice[] {
  return HUB_KINDS.flatMap(({ prefix, model, at }, kind) =>
    Array.from({ length: count }, (_, index): HubDevice => {
      const key = Math.floor(noise(seedKey(seed), 100 + kind, index) * 2 ** 32) | 0;
      return { deviceId: `${prefix}-${String(index + 1).padStart(4, '0')}`, model, at: (atMs) => at(key, atMs) };
    }),
  );
}

/** Between -1 and 1, slowly, with a flicker of a tenth. */
function swing(key: number, channel: number, atMs: number, periodMs: number): number {
  const phase = noise(key, channel) * 2 * Math.PI;
  return 0.9 * Math.sin((2 * Math.PI * atMs) / periodMs + phase) + 0.2 * (noise(key, channel, atMs) - 0.5);
}

/** The integral of a mean and a swing that is smaller: it only grows. */
function grown(key: number, atMs: number, meanAnHour: number): number {
  const hours = (atMs - FIRST_MS) / HOUR_MS;
  const phase = noise(key, 7) * 2 * Math.PI;
  return meanAnHour * (hours + 2 * (1 - Math.cos((2 * Math.PI * hours) / 24 + phase)));
}

function heat(key: number, atMs: number): Said {
  const energyMwh = grown(key, atMs, 0.05);
  const forward = 82 + 6 * swing(key, 1, atMs, 24 * HOUR_MS);
  const returned = 46 + 4 * swing(key, 2, atMs, 24 * HOUR_MS);
  const flow = 1.2 + 0.6 * swing(key, 3, atMs, 6 * HOUR_MS);
  // 1.163 kWh warm a cubic metre of water by one kelvin.
  const power = flow * (forward - returned) * 1.163;
  return {
    forwardTemperature: rounded(forward, 2),
    returnTemperature: rounded(returned, 2),
    flow: rounded(flow, 3),
    volume: Math.floor(energyMwh * 24_000),
    power: rounded(power, 1),
    peakPower: 94.5,
    energy: rounded(Math.floor(energyMwh * 1_000) / 1_000, 3),
  };
}

function water(key: number, atMs: number): Said {
  const flow = Math.max(0, 90 + 200 * swing(key, 1, atMs, 5 * HOUR_MS));
  return {
    volume: Math.floor(grown(key, atMs, 18)),
    reverseVolume: 0,
    flow: Math.round(flow),
    temperature: rounded(11 + 2 * swing(key, 2, atMs, 24 * HOUR_MS), 1),
    // One meter in five has a dripping tap in one hour of the week.
    leak: noise(key, 3) < 0.2 && noise(key, 4, Math.floor(atMs / HOUR_MS)) < 1 / 168,
    backflow: false,
  };
}

function air(key: number, atMs: number): Said {
  const people = Math.max(0, swing(key, 1, atMs, 24 * HOUR_MS));
  return {
    temperature: rounded(21 + 1.5 * swing(key, 2, atMs, 24 * HOUR_MS), 1),
    humidity: rounded(46 + 8 * swing(key, 3, atMs, 30 * HOUR_MS), 1),
    tvoc: Math.round(60 + 240 * people),
    eco2: Math.round(420 + 700 * people),
  };
}

function substation(key: number, atMs: number): Said {
  const active = 180_000 + 60_000 * swing(key, 1, atMs, 24 * HOUR_MS);
  const forwardKwh = Math.floor(grown(key, atMs, 180) * 10) / 10;
  // Three fifths are counted by day.
  const dayKwh = Math.floor(forwardKwh * 6) / 10;
  const phases = PHASES.flatMap((phase) => {
    const volts = 231 + 2 * swing(key, 10 + phase, atMs, 3 * HOUR_MS);
    return [
      [`voltageL${phase}`, rounded(volts, 1)],
      [`currentL${phase}`, rounded(active / 3 / volts / 0.97, 2)],
      [`powerFactorL${phase}`, 0.97],
      [`sineL${phase}`, 0.2431],
      [`outagesL${phase}`, 2],
    ] as const;
  });
  return {
    activePowerForward: rounded(active, 0),
    activePowerReverse: 0,
    activeEnergyForward: forwardKwh,
    activeEnergyReverse: 0,
    activeEnergySum: forwardKwh,
    activeEnergyDifference: forwardKwh,
    reactivePowerImport: rounded(active * 0.25, 0),
    reactivePowerExport: 0,
    reactiveEnergyImport: Math.floor(forwardKwh / 4),
    reactiveEnergyExport: 0,
    apparentPower: rounded(active * 1.0308, 0),
    frequency: rounded(50 + 0.02 * swing(9, 1, atMs, HOUR_MS), 3),
    pulses: Math.floor(forwardKwh),
    activeEnergyForwardT1: dayKwh,
    activeEnergyForwardT2: rounded(forwardKwh - dayKwh, 1),
    ...Object.fromEntries(phases),
  };
}

function rounded(value: number, decimals: number): number {
  return Number(value.toFixed(decimals));
}

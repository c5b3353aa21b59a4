/**
 * A simulated meter: registers, clock, a year of load profile, a password that locks after three wrong ones. What it says is a function
 * of its seed and the time; how it is asked is `station.ts`.
 */

import { offsetAt } from '@contor/kit';
import type { DataSet } from '../codec/iec62056/data-set.js';
import { formatProfile } from '../codec/iec62056/profile.js';
import { type Load, load, uniform } from './load.js';

export interface SimulatedMeterOptions {
  readonly serial: string;
  readonly seed: number;
  readonly zone: string;
  readonly password: string;
  /** How far its clock is off. */
  readonly driftMs?: number;
}

interface Quantity {
  readonly code: string;
  readonly unit: string;
  /** Before and behind the decimal point. */
  readonly digits: readonly [whole: number, fraction: number];
  /** In the last digit. */
  value(meter: SimulatedMeter, atMs: number): number;
}

const PERIOD_MINUTES = 15;
const PERIOD_MS = PERIOD_MINUTES * 60_000;
/** A year of quarter hours is what an A1500 with two channels holds and more. */
const DEPTH_MS = 365 * 86_400_000;
const MOST_WRONG = 3;
const LOCKED_MS = 5 * 60_000;

const QUANTITIES: readonly Quantity[] = [
  { code: '1-1:1.8.0', unit: 'kWh', digits: [6, 3], value: (meter, atMs) => meter.import.register(atMs) },
  { code: '1-1:2.8.0', unit: 'kWh', digits: [6, 3], value: (meter, atMs) => meter.export.register(atMs) },
  { code: '1-1:3.8.0', unit: 'kvarh', digits: [6, 3], value: (meter, atMs) => meter.reactive.register(atMs) },
  { code: '1-1:1.7.0', unit: 'kW', digits: [2, 3], value: (meter, atMs) => meter.import.powerW(atMs) },
  { code: '1-1:2.7.0', unit: 'kW', digits: [2, 3], value: (meter, atMs) => meter.export.powerW(atMs) },
  { code: '1-1:32.7.0', unit: 'V', digits: [3, 1], value: (meter, atMs) => 2_300 + meter.luck(1, atMs, 80) },
  { code: '1-1:52.7.0', unit: 'V', digits: [3, 1], value: (meter, atMs) => 2_300 + meter.luck(2, atMs, 80) },
  { code: '1-1:72.7.0', unit: 'V', digits: [3, 1], value: (meter, atMs) => 2_300 + meter.luck(3, atMs, 80) },
  { code: '1-1:14.7.0', unit: 'Hz', digits: [2, 2], value: (meter, atMs) => 5_000 + meter.luck(4, atMs, 6) },
];

const CHANNELS = [
  { address: '1-1:1.29.0', unit: 'kWh', of: 'import' },
  { address: '1-1:2.29.0', unit: 'kWh', of: 'export' },
  { address: '1-1:3.29.0', unit: 'kvarh', of: 'reactive' },
] as const;

export class SimulatedMeter {
  readonly serial: string;
  readonly import: Load;
  readonly export: Load;
  readonly reactive: Load;
  readonly #options: SimulatedMeterOptions;
  #wrong = 0;
  #lockedUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: SimulatedMeterOptions) {
    const { serial, seed } = options;
    this.serial = serial;
    this.#options = options;
    this.import = load(seed, 450);
    this.export = load(seed + 1, 60);
    this.reactive = load(seed + 2, 110);
  }

  /** The line without CR LF; `\@` says that it knows R5 and R6. */
  readonly line = '/ELS5\\@V9.30';

  readout(atMs: number): readonly DataSet[] {
    const { date, time, season } = this.#wall(atMs);
    return [
      one('F.F', '00000000'),
      one('0.0.0', this.serial),
      one('0.9.1', `${season}${time}`),
      one('0.9.2', `${season}${date}`),
      ...QUANTITIES.map((quantity) => this.#setOf(quantity, atMs)),
    ];
  }

  /** One set by its code, with or without channel; undefined: it has none. */
  register(code: string, atMs: number): DataSet | undefined {
    const bare = (address: string): string => address.replace(/^1-1:/, '');
    return this.readout(atMs).find(({ address }) => bare(address) === bare(code));
  }

  /** The rows whose stamps, the ends of their intervals, are within; a header wherever the season changes. */
  profile(fromMs: number, toMs: number, nowMs: number): readonly DataSet[] {
    const first = Math.ceil(Math.max(fromMs, nowMs - DEPTH_MS) / PERIOD_MS) * PERIOD_MS;
    const sets: DataSet[] = [];
    let rows: string[][] = [];
    let startMs = first;
    const close = (): void => {
      if (rows.length > 0) sets.push(this.#block(startMs, rows));
      rows = [];
    };
    for (let endMs = first; endMs <= Math.min(toMs, nowMs); endMs += PERIOD_MS) {
      if (rows.length > 0 && this.#season(endMs) !== this.#season(startMs)) close();
      if (rows.length === 0) startMs = endMs;
      rows.push(CHANNELS.map(({ of }) => fixed(this[of].register(endMs) - this[of].register(endMs - PERIOD_MS), 3, 3)));
    }
    close();
    return sets;
  }

  /** `locked`: not even the right one is heard for a while. */
  prove(password: string, nowMs: number): 'open' | 'refused' | 'locked' {
    if (nowMs < this.#lockedUntilMs) return 'locked';
    if (password === this.#options.password) {
      this.#wrong = 0;
      return 'open';
    }
    this.#wrong += 1;
    if (this.#wrong < MOST_WRONG) return 'refused';
    this.#wrong = 0;
    this.#lockedUntilMs = nowMs + LOCKED_MS;
    return 'locked';
  }

  /** `season YYMMDD hhmm` as a range is written → instant, by the wall of this meter. */
  instantOf(stamp: string): number | undefined {
    const [, digit, year, month, day, hour, minute] = /^([01])(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(stamp) ?? [];
    if (digit === undefined) return undefined;
    const localMs = Date.UTC(2000 + Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute));
    const { standardMs, daylightMs } = this.#offsets(localMs);
    return localMs - (digit === '1' ? daylightMs : standardMs);
  }

  luck(place: number, atMs: number, spread: number): number {
    return Math.round((uniform(this.#options.seed + place, Math.floor(atMs / 10_000)) - 0.5) * 2 * spread);
  }

  #setOf({ code, unit, digits: [whole, fraction], value }: Quantity, atMs: number): DataSet {
    return { address: code, values: [{ value: fixed(value(this, atMs), whole, fraction), unit }] };
  }

  #block(startMs: number, rows: readonly (readonly string[])[]): DataSet {
    const { date, time, season } = this.#wall(startMs, 0);
    const channels = CHANNELS.map(({ address, unit }) => ({ address, unit }));
    const start = `${date}${time.slice(0, 4)}`;
    return formatProfile({
      address: 'P.01',
      season,
      start,
      status: '00',
      intervalMinutes: PERIOD_MINUTES,
      channels,
      rows,
    });
  }

  #season(atMs: number): 0 | 1 {
    const { standardMs } = this.#offsets(atMs);
    return offsetAt(atMs, this.#options.zone) > standardMs ? 1 : 0;
  }

  #wall(atMs: number, driftMs = this.#options.driftMs ?? 0) {
    const text = new Date(atMs + driftMs + offsetAt(atMs, this.#options.zone)).toISOString();
    const [date, time] = [text.slice(2, 10).replaceAll('-', ''), text.slice(11, 19).replaceAll(':', '')];
    return { date, time, season: this.#season(atMs) };
  }

  #offsets(atMs: number) {
    const year = new Date(atMs).getUTCFullYear();
    const { zone } = this.#options;
    const [january, july] = [offsetAt(Date.UTC(year, 0, 1), zone), offsetAt(Date.UTC(year, 6, 1), zone)];
    return { standardMs: Math.min(january, july), daylightMs: Math.max(january, july) };
  }
}

function one(address: string, value: string): DataSet {
  return { address, values: [{ value }] };
}

/** An integer of the last digit, with leading zeros to the width of the field. */
function fixed(integer: number, whole: number, fraction: number): string {
  const text = String(integer).padStart(whole + fraction, '0');
  return `${text.slice(0, -fraction)}.${text.slice(-fraction)}`;
}

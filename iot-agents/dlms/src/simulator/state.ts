/** What a simulated meter is and remembers; its registers and profiles are computed, not kept. */

import { type Load, load, uniform, voltage } from './load.js';

export interface MeterOptions {
  readonly seed: number;
  readonly serial: string;
  /** Added to the true time, and what the clock gains a day. */
  readonly clockOffsetMs?: number;
  readonly driftMsPerDay?: number;
  readonly deviationMinutes?: number;
}

export interface LoggedEvent {
  readonly atMs: number;
  readonly code: number;
}

/** Standard event codes as IDIS numbers them (package 2, event table). */
export const EVENT_CODES = {
  powerDown: 1,
  powerUp: 2,
  clockAdjusted: 5,
  disconnected: 62,
  reconnected: 63,
} as const;

const DAY_MS = 86_400_000;
const YEAR_DAYS = 366;
/** A tenth of the days of a meter on a bad line; real logs hold some hundreds of entries. */
const OUTAGE_CHANCE = 0.02;
const MOST_EVENTS = 200;
/** What the log of a meter says after it was erased. */
const NO_EVENT = 255;
const HOUSEHOLD_W = 420;
const SOLAR_W = 260;
const MEAN_OUTAGE_MS = 20 * 60_000;

export class MeterState {
  readonly seed: number;
  readonly serial: string;
  readonly deviationMinutes: number;
  readonly importLoad: Load;
  readonly exportLoad: Load;
  readonly hasSolar: boolean;
  isConnected = true;
  controlState = 1;
  limitW = 11_000;
  calendarName = 'STANDARD';
  pushDestination = '';
  readonly #events: LoggedEvent[] = [];
  readonly #driftMsPerDay: number;
  #clockOffsetMs: number;
  #clockSetMs = 0;

  constructor(options: MeterOptions) {
    this.seed = options.seed;
    this.serial = options.serial;
    this.deviationMinutes = options.deviationMinutes ?? -60;
    this.#driftMsPerDay = options.driftMsPerDay ?? 0;
    this.#clockOffsetMs = options.clockOffsetMs ?? 0;
    this.importLoad = load(options.seed, HOUSEHOLD_W * (0.5 + uniform(options.seed, 1)), 6);
    this.exportLoad = load(options.seed + 1, SOLAR_W, 5);
    this.hasSolar = uniform(options.seed, 2) < 0.3;
  }

  /** What the meter believes the time is. */
  clockMs(nowMs: number): number {
    const drift = this.#clockSetMs === 0 ? 0 : (this.#driftMsPerDay * (nowMs - this.#clockSetMs)) / DAY_MS;
    return nowMs + this.#clockOffsetMs + drift;
  }

  setClock(clockMs: number, nowMs: number): void {
    this.#clockOffsetMs = clockMs - nowMs;
    this.#clockSetMs = nowMs;
    this.log(EVENT_CODES.clockAdjusted, clockMs);
  }

  log(code: number, atMs: number): void {
    this.#events.push({ atMs, code });
    if (this.#events.length > MOST_EVENTS) this.#events.shift();
  }

  /** Of the year before: outages by seed, and what happened to this meter since it was started. */
  events(nowMs: number): readonly LoggedEvent[] {
    const today = Math.floor(nowMs / DAY_MS);
    const outages: LoggedEvent[] = [];
    for (let day = today - YEAR_DAYS; day < today; day += 1) {
      if (uniform(this.seed, day) >= OUTAGE_CHANCE) continue;
      const atMs = day * DAY_MS + Math.floor(uniform(this.seed + 3, day) * (DAY_MS / 2));
      const lastedMs = Math.floor(uniform(this.seed + 4, day) * 2 * MEAN_OUTAGE_MS);
      outages.push({ atMs, code: EVENT_CODES.powerDown }, { atMs: atMs + lastedMs, code: EVENT_CODES.powerUp });
    }
    return [...outages, ...this.#events];
  }

  /** Of the event that is logged for this instant. */
  codeAt(atMs: number): number {
    return this.events(atMs + DAY_MS).find((event) => event.atMs === atMs)?.code ?? NO_EVENT;
  }

  importWh(atMs: number): number {
    return this.importLoad.register(atMs);
  }

  exportWh(atMs: number): number {
    return this.hasSolar ? this.exportLoad.register(atMs) : 0;
  }

  importW(atMs: number): number {
    return this.isConnected ? this.importLoad.powerW(atMs) : 0;
  }

  exportW(atMs: number): number {
    return this.hasSolar && this.isConnected ? this.exportLoad.powerW(atMs) : 0;
  }

  /** Of a phase, in tenths of a volt. */
  voltage(phase: number, atMs: number): number {
    return voltage(this.seed, phase, atMs);
  }

  /** Of a phase, a third of the whole, in hundredths of an ampere. */
  current(phase: number, atMs: number): number {
    const share = 0.8 + 0.4 * uniform(this.seed + 10 + phase, Math.floor(atMs / 10_000));
    return Math.round(((this.importW(atMs) / 3) * share * 1000) / this.voltage(phase, atMs));
  }
}

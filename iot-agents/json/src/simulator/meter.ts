/** What one meter of the street says: its ten-second messages and its load profile, from registers that need no memory. */

import { SAMPLE_CITY } from '@contor/orion-config';
import { encodeAttrs, type Scalar } from '../codec/attrs.js';
import type { Command } from '../codec/command.js';
import { encodeProfile } from '../codec/profile.js';
import { type BreakerMemory, isClosedAt, NEW_BREAKER, offSpans, type Span, type Told, tell } from './breaker.js';
import { noise, seedKey } from './noise.js';
import { MeterRegisters, type Registers } from './register.js';

export const LIVE_MS = SAMPLE_CITY.reportingIntervalSeconds * 1_000;
export const INTERVAL_MS = SAMPLE_CITY.profileIntervalSeconds * 1_000;

export interface MeterOptions {
  readonly seed: string;
  /** 1, 2, 3 … */
  readonly number: number;
  readonly rollsOverAtMs?: number | undefined;
  /** Of so many switchings one finds the drive jammed, by seed. */
  readonly breakerFault?: number | undefined;
  /** When the supply is gone. */
  readonly outage?: Span | undefined;
  /** Its clock is so far ahead at an instant. */
  readonly driftMs?: ((atMs: number) => number) | undefined;
}

interface EventRow {
  readonly word: string;
  /** How likely in one message. */
  readonly chance: number;
}

const MESSAGES_A_DAY = 8_640;
const EVENTS = [
  { word: 'voltageSag', chance: 1 / (MESSAGES_A_DAY * 2) },
  { word: 'coverOpened', chance: 1 / (MESSAGES_A_DAY * 30) },
] as const satisfies readonly EventRow[];

const RANGE_WH = 10 ** SAMPLE_CITY.registerDigits * 1_000;
const NO_POWER = { l1W: 0, l2W: 0, l3W: 0 };
const SAG_V = 38;
const NOMINAL_V = 231;
/** Sequence numbers count ten-second slots since then. */
const FIRST_SLOT_MS = Date.UTC(2026, 0, 1);
/** Meters do not speak all at once: each sends this much after its slot begins, at the most. */
const LARGEST_SHIFT_MS = 1_500;

export class SimulatedMeter {
  readonly deviceId: string;
  readonly number: number;
  readonly shiftMs: number;
  readonly registers: MeterRegisters;
  /** What the meter remembers of its breaker; whoever tells it something keeps what comes out. */
  breaker: BreakerMemory = NEW_BREAKER;
  readonly #key: number;
  readonly outage: Span | undefined;
  readonly #breakerFault: number;
  readonly #driftMs: (atMs: number) => number;

  constructor({ seed, number, rollsOverAtMs, breakerFault = 0, outage, driftMs = () => 0 }: MeterOptions) {
    this.outage = outage;
    this.#driftMs = driftMs;
    const house = SAMPLE_CITY.houses[number - 1];
    this.number = number;
    this.deviceId = house?.deviceLocalId ?? `e350-${String(number).padStart(4, '0')}`;
    this.#key = Math.floor(noise(seedKey(seed), number) * 2 ** 32) | 0;
    this.#breakerFault = breakerFault;
    this.shiftMs = Math.floor(noise(this.#key, 30) * LARGEST_SHIFT_MS);
    this.registers = new MeterRegisters({
      key: this.#key,
      zone: SAMPLE_CITY.timeZone,
      openingWh: (house?.openingRegister ?? 2_000 + (number % 1_000) * 611) * 1_000,
      solarPeakW: house?.solarPeakW ?? (number % 5 === 0 ? 4_000 : 0),
      registerDigits: SAMPLE_CITY.registerDigits,
      rollsOverAtMs,
    });
  }

  /** The values and events of the slot that begins at `slotMs`. */
  liveMessage(slotMs: number): Uint8Array {
    const sequence = Math.max(0, Math.floor((slotMs - FIRST_SLOT_MS) / LIVE_MS));
    return encodeAttrs([
      {
        observedMs: slotMs + Math.round(this.#driftMs(slotMs)),
        sequence,
        values: this.#valuesAt(slotMs),
        events: this.eventsAt(slotMs),
      },
    ]);
  }

  /** Nothing is measured any more. The copies differ: a module counts what it sends. */
  lastGasp(atMs: number, copy: number): Uint8Array {
    return encodeAttrs([{ observedMs: atMs, sequence: copy, values: new Map(), events: ['lastGasp'] }]);
  }

  /** Does what it is told, and says what came of it. */
  tell(command: Command, nowMs: number): Told {
    const { breaker } = this;
    const isStuck = noise(this.#key, 70, breaker.orders.length + breaker.switchings.length, nowMs) < this.#breakerFault;
    const values = () => ({ timestamp: new Date(nowMs).toISOString(), ...Object.fromEntries(this.#valuesAt(nowMs)) });
    return tell(breaker, command, { nowMs, isStuck, values });
  }

  /** Nothing flows while the breaker is open. */
  shownAt(timeMs: number): Registers {
    const now = this.registers.at(timeMs);
    let { importWh, exportWh } = now;
    for (const { fromMs, toMs } of this.#offSpans(timeMs)) {
      const [before, after] = [this.registers.at(fromMs), this.registers.at(toMs)];
      importWh -= after.importWh - before.importWh;
      exportWh -= after.exportWh - before.exportWh;
    }
    return { importWh: rolled(importWh), exportWh: rolled(exportWh) };
  }

  /** An open breaker and a lost supply may overlap; what did not flow is taken off once. */
  #offSpans(untilMs: number): readonly Span[] {
    const spans = offSpans(this.breaker, untilMs);
    const { outage } = this;
    if (outage === undefined || outage.fromMs >= untilMs) return spans;
    const all = [...spans, { fromMs: outage.fromMs, toMs: Math.min(outage.toMs, untilMs) }];
    const merged: Span[] = [];
    for (const span of all.sort((a, b) => a.fromMs - b.fromMs)) {
      const last = merged.at(-1);
      if (last !== undefined && span.fromMs <= last.toMs)
        merged.splice(-1, 1, { fromMs: last.fromMs, toMs: Math.max(last.toMs, span.toMs) });
      else merged.push(span);
    }
    return merged;
  }

  #valuesAt(slotMs: number): ReadonlyMap<string, Scalar> {
    const { importWh, exportWh } = this.shownAt(slotMs);
    const isClosed = isClosedAt(this.breaker, slotMs);
    const { l1W, l2W, l3W } = isClosed ? this.registers.powersAt(slotMs) : NO_POWER;
    const isSagging = this.eventsAt(slotMs).includes('voltageSag');
    const { limitW } = this.breaker;
    return new Map<string, Scalar>([
      ['energyImport', importWh / 1_000],
      ['energyExport', exportWh / 1_000],
      ['powerL1', l1W],
      ['powerL2', l2W],
      ['powerL3', l3W],
      ['voltageL1', this.#voltage(1, slotMs, isSagging)],
      ['voltageL2', this.#voltage(2, slotMs, isSagging)],
      ['voltageL3', this.#voltage(3, slotMs, isSagging)],
      ['breaker', isClosed ? 'connected' : 'disconnected'],
      ...(limitW === undefined ? [] : [['powerLimit', limitW] as const]),
    ]);
  }

  /** Words, now and then. */
  eventsAt(slotMs: number): readonly string[] {
    const happening = EVENTS.filter(({ chance }, index) => noise(this.#key, 40 + index, slotMs) < chance);
    const words = happening.map(({ word }) => word);
    const { outage } = this;
    const isBack = outage !== undefined && slotMs >= outage.toMs && slotMs - LIVE_MS < outage.toMs;
    return isBack ? [...words, 'powerRestored'] : words;
  }

  /** The stored registers from `startMs` to the end of the `count`-th interval after it. */
  profileMessage(startMs: number, count: number): Uint8Array {
    const registers = Array.from({ length: count + 1 }, (_, index) => this.shownAt(startMs + index * INTERVAL_MS));
    return encodeProfile({
      intervalSeconds: INTERVAL_MS / 1_000,
      startMs,
      registers: new Map([
        ['energyImport', registers.map(({ importWh }) => importWh / 1_000)],
        ['energyExport', registers.map(({ exportWh }) => exportWh / 1_000)],
      ]),
    });
  }

  /** One decimal, as an E350 shows it: a slow swing of the grid and a flicker of the phase. */
  #voltage(phase: number, slotMs: number, isSagging: boolean): number {
    const swing = 2.5 * Math.sin(slotMs / 5_400_000 + phase);
    const flicker = (noise(this.#key, 50 + phase, slotMs) - 0.5) * 1.6;
    return Math.round((NOMINAL_V + swing + flicker - (isSagging && phase === 1 ? SAG_V : 0)) * 10) / 10;
  }
}

/** A register counts on within its digits, also backwards through what did not flow. */
function rolled(wattHours: number): number {
  return ((wattHours % RANGE_WH) + RANGE_WH) % RANGE_WH;
}

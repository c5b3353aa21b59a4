import { decodeAttrs } from '@contor/agent-json/codec/attrs.js';
import { decodeProfile } from '@contor/agent-json/codec/profile.js';
import { INTERVAL_MS, LIVE_MS, NO_FAULTS, SimulatedMeter } from '@contor/agent-json/simulator';
import { disturb } from '@contor/agent-json/simulator/faults.js';
import { acked, comeDue, freshMemory, MOST_KEPT_SLOTS, owed } from '@contor/agent-json/simulator/schedule.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const NOW_MS = Date.UTC(2026, 10, 20, 8, 0, 3);
const DAY_MS = 86_400_000;
const RANGE_WH = 1_000_000_000;
const meter = (number: number, seed = 'test'): SimulatedMeter => new SimulatedMeter({ seed, number });

describe('a simulated register', () => {
  it('is a function of seed, meter and time, in whatever order it is asked', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 6 * DAY_MS }), { minLength: 2, maxLength: 8 }), (offsets) => {
        const one = meter(3);
        const other = meter(3);
        const forward = offsets.map((offset) => one.registers.at(NOW_MS + offset));
        const backward = [...offsets].reverse().map((offset) => other.registers.at(NOW_MS + offset));
        expect(forward).toEqual(backward.reverse());
      }),
      { numRuns: 20 },
    ));

  it('never falls, and its days are a household’s days', () => {
    for (const number of [1, 5]) {
      const { registers } = meter(number);
      let before = registers.at(NOW_MS);
      let falls = 0;
      for (let at = NOW_MS; at < NOW_MS + 3 * DAY_MS; at += 60_000) {
        const now = registers.at(at);
        if (now.importWh < before.importWh || now.exportWh < before.exportWh) falls += 1;
        before = now;
      }
      expect(falls).toBe(0);
      const dayWh = (before.importWh - registers.at(NOW_MS).importWh) / 3;
      expect(dayWh).toBeGreaterThan(3_000);
      expect(dayWh).toBeLessThan(25_000);
      expect(before.exportWh > 0).toBe(number === 5);
    }
  });

  it('agrees with the power it shows', () => {
    const { registers } = meter(2);
    const startMs = Math.floor(NOW_MS / 60_000) * 60_000;
    let wattHours = 0;
    for (let at = startMs; at < startMs + 3_600_000; at += LIVE_MS) {
      const { l1W, l2W, l3W } = registers.powersAt(at);
      wattHours += ((l1W + l2W + l3W) * LIVE_MS) / 3_600_000;
    }
    const counted = registers.at(startMs + 3_600_000).importWh - registers.at(startMs).importWh;
    expect(Math.abs(wattHours - counted)).toBeLessThan(counted * 0.03 + 3);
  });

  it('delivers at noon and not at night where there are panels', () => {
    const { registers } = meter(5);
    const noon = Date.UTC(2026, 5, 20, 10);
    const night = Date.UTC(2026, 5, 20, 23);
    expect(registers.at(noon + 3_600_000).exportWh).toBeGreaterThan(registers.at(noon).exportWh);
    expect(registers.at(night + 3_600_000).exportWh).toBe(registers.at(night).exportWh);
  });

  it('rolls over when it is told to', () => {
    const { registers } = new SimulatedMeter({ seed: 'test', number: 4, rollsOverAtMs: NOW_MS });
    expect(registers.at(NOW_MS - 3_600_000).importWh).toBeGreaterThan(RANGE_WH - 20_000);
    expect(registers.at(NOW_MS + 3_600_000).importWh).toBeLessThan(20_000);
  });

  it('is another one for another seed or number', () => {
    expect(meter(1, 'a').liveMessage(NOW_MS)).not.toEqual(meter(1, 'b').liveMessage(NOW_MS));
    expect(meter(1).registers.at(NOW_MS)).not.toEqual(meter(2).registers.at(NOW_MS));
  });
});

describe('the messages of a meter', () => {
  it('carry the eight values, the breaker and events of an E350', () => {
    const decoded = decodeAttrs(meter(1).liveMessage(NOW_MS));
    if (decoded.kind !== 'value' || decoded.value[0]?.kind !== 'measure') throw new Error('not a measure');
    const { values } = decoded.value[0].measure;
    expect([...values.keys()]).toEqual([
      'energyImport',
      'energyExport',
      'powerL1',
      'powerL2',
      'powerL3',
      'voltageL1',
      'voltageL2',
      'voltageL3',
      'breaker',
    ]);
    expect(values.get('energyImport')).toBe(meter(1).registers.at(NOW_MS).importWh / 1_000);
    expect(Number(values.get('voltageL1'))).toBeGreaterThan(220);
  });

  it('carry events now and then', () => {
    const one = meter(1);
    let events = 0;
    for (let slot = 0; slot < 15 * 8_640; slot += 1) events += one.eventsAt(NOW_MS + slot * LIVE_MS).length;
    expect(events).toBeGreaterThan(1);
    expect(events).toBeLessThan(40);
  });

  it('carry a profile of registers, one more than intervals', () => {
    const decoded = decodeProfile(meter(1).profileMessage(NOW_MS - DAY_MS, 96));
    expect(decoded.kind === 'value' && decoded.value.registers.get('energyImport')?.length).toBe(97);
  });
});

describe('the schedule of a meter', () => {
  it('begins with the present and a day of profile', () => {
    const memory = freshMemory(NOW_MS);
    comeDue(memory, NOW_MS);
    const slotMs = Math.floor(NOW_MS / LIVE_MS) * LIVE_MS;
    const endMs = Math.floor(NOW_MS / INTERVAL_MS) * INTERVAL_MS;
    expect(owed(memory, () => false)).toEqual([
      { kind: 'live', slotMs },
      { kind: 'profile', startMs: endMs - 96 * INTERVAL_MS, count: 96 },
    ]);
  });

  it('owes every slot and every interval exactly once, whatever the pauses', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 50 * 60_000 }), { maxLength: 30 }), (pauses) => {
        const memory = freshMemory(NOW_MS);
        const slots: number[] = [];
        const intervals: number[] = [];
        let nowMs = NOW_MS;
        for (const pause of [0, ...pauses]) {
          nowMs += pause;
          comeDue(memory, nowMs);
          for (const one of owed(memory, () => false)) {
            if (one.kind === 'live') slots.push(one.slotMs);
            else for (let index = 0; index < one.count; index += 1) intervals.push(one.startMs + index * INTERVAL_MS);
            acked(memory, one);
          }
        }
        const firstSlot = Math.floor(NOW_MS / LIVE_MS) * LIVE_MS;
        const slotCount = Math.floor(nowMs / LIVE_MS) - firstSlot / LIVE_MS + 1;
        expect(slots.sort((a, b) => a - b)).toEqual(
          Array.from({ length: slotCount }, (_, index) => firstSlot + index * LIVE_MS),
        );
        const firstInterval = Math.floor(NOW_MS / INTERVAL_MS) * INTERVAL_MS - 96 * INTERVAL_MS;
        const intervalCount = Math.floor(nowMs / INTERVAL_MS) - firstInterval / INTERVAL_MS;
        expect(intervals).toEqual(
          Array.from({ length: intervalCount }, (_, index) => firstInterval + index * INTERVAL_MS),
        );
      }),
    ));

  it('keeps an hour of messages through a long pause, newest first', () => {
    const memory = freshMemory(NOW_MS);
    comeDue(memory, NOW_MS + DAY_MS);
    const waiting = owed(memory, () => false);
    expect(waiting.filter(({ kind }) => kind === 'live')).toHaveLength(MOST_KEPT_SLOTS);
    expect(waiting[0]).toEqual({ kind: 'live', slotMs: Math.floor((NOW_MS + DAY_MS) / LIVE_MS) * LIVE_MS });
  });
});

describe('faults', () => {
  const payload = new TextEncoder().encode('{"a":1}');
  const many = (rates: Partial<typeof NO_FAULTS>) =>
    Array.from({ length: 2_000 }, (_, slot) => disturb(payload, { ...NO_FAULTS, ...rates }, 'seed', 1, slot * LIVE_MS));

  it('are off by default', () => {
    expect(many({}).every(({ payloads, isKeptBack }) => payloads.length === 1 && !isKeptBack)).toBe(true);
  });

  it.each([
    { rate: 'drop' as const, hit: (one: ReturnType<typeof disturb>) => one.payloads.length === 0 },
    { rate: 'duplicate' as const, hit: (one: ReturnType<typeof disturb>) => one.payloads.length === 2 },
    { rate: 'reorder' as const, hit: (one: ReturnType<typeof disturb>) => one.isKeptBack },
    {
      rate: 'badJson' as const,
      hit: (one: ReturnType<typeof disturb>) => one.payloads[0] !== payload && one.payloads[1] === payload,
    },
  ])('$rate comes at its rate and by seed', ({ rate, hit }) => {
    const hits = many({ [rate]: 0.2 }).filter(hit).length;
    expect(hits).toBeGreaterThan(300);
    expect(hits).toBeLessThan(500);
    expect(many({ [rate]: 0.2 }).filter(hit).length).toBe(hits);
  });
});

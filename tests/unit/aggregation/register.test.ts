/** The register's line: exact across gaps, restarts and roll-overs; nothing lost between hours and nothing invented. */

import { meterHours, siteHours } from '@contor/aggregation/core/hours.js';
import { advance, indexAt, stretchesOf } from '@contor/aggregation/core/register.js';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const HOUR = 3_600_000;
const TRAITS = { modulus: 1_000_000_000_000n, maxPerHour: 100_000_000n };
const always = { fromMs: 0, toMs: Number.MAX_SAFE_INTEGER, traits: TRAITS };
const hoursOf = (count: number) =>
  Array.from({ length: count }, (_, n) => ({ startMs: n * HOUR, endMs: (n + 1) * HOUR }));

describe('advance', () => {
  const from = { atMs: 0, index: 999_999_990_000n };
  it.each([
    ['forwards', { atMs: HOUR, index: 999_999_999_000n }, 9_000n],
    ['over the end of the display', { atMs: HOUR, index: 2_000n }, 12_000n],
    ['not at all', { atMs: HOUR, index: 999_999_990_000n }, 0n],
    ['implausibly: a replaced register', { atMs: HOUR, index: 500_000_000_000n }, undefined],
  ])('counts %s', (_, to, expected) => expect(advance(from, to, TRAITS)).toBe(expected));
});

describe('indexAt', () => {
  const [stretch = []] = stretchesOf(
    [
      { atMs: 0, index: 0n },
      { atMs: 10, index: 7n },
    ],
    { ...TRAITS, maxPerHour: 10n ** 12n },
  );
  it('is the sample where there is one', () => expect(indexAt(stretch, 10)).toEqual({ index: 7n, spanMs: 0 }));
  it('is on the line between two', () => expect(indexAt(stretch, 5)).toEqual({ index: 3n, spanMs: 10 }));
  it('is unknown outside', () => {
    expect(indexAt(stretch, -1)).toBeUndefined();
    expect(indexAt(stretch, 11)).toBeUndefined();
  });
});

/** A meter's true count and the samples that happened to arrive: any gaps, any start index, rolling over at the display's end. */
const history = fc.record({
  start: fc.bigInt({ min: 0n, max: TRAITS.modulus - 1n }),
  steps: fc.array(
    fc.record({ ms: fc.integer({ min: 1, max: 5 * HOUR }), rate: fc.integer({ min: 0, max: 20_000_000 }) }),
    { minLength: 2, maxLength: 60 },
  ),
});
function samplesOf({ start, steps }: { start: bigint; steps: readonly { ms: number; rate: number }[] }) {
  let atMs = 0;
  let total = start;
  const samples = [{ atMs, index: start }];
  for (const { ms, rate } of steps) {
    atMs += ms;
    total += (BigInt(rate) * BigInt(ms)) / BigInt(HOUR);
    samples.push({ atMs, index: total % TRAITS.modulus });
  }
  return { samples, endMs: atMs, advanced: total - start };
}

describe('hours of a register', () => {
  it('add up to exactly what it advanced, whatever arrived and wherever it rolled over', () =>
    fc.assert(
      fc.property(history, (given) => {
        const { samples, endMs, advanced } = samplesOf(given);
        const hours = [
          ...hoursOf(Math.floor(endMs / HOUR)),
          { startMs: Math.floor(endMs / HOUR) * HOUR, endMs },
        ].filter((hour) => hour.endMs > hour.startMs);
        const sum = meterHours({ ...always, samples }, hours).reduce((total, hour) => total + hour.energy, 0n);
        expect(sum).toBe(advanced);
      }),
    ));
  it('are the same in any order and with repeats', () =>
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat()), (given, keys) => {
        const { samples, endMs } = samplesOf(given);
        const hours = hoursOf(Math.floor(endMs / HOUR));
        const shuffled = [...samples, ...samples]
          .map((sample) => ({ sample, key: keys.next().value ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ sample }) => sample);
        expect(meterHours({ ...always, samples: shuffled }, hours)).toEqual(meterHours({ ...always, samples }, hours));
      }),
    ));
  it('are never negative', () =>
    fc.assert(
      fc.property(history, (given) => {
        const { samples, endMs } = samplesOf(given);
        for (const hour of meterHours({ ...always, samples }, hoursOf(Math.ceil(endMs / HOUR))))
          expect(hour.energy >= 0n).toBe(true);
      }),
    ));
  it('say when a gap made an end of them an estimate', () => {
    const samples = [
      { atMs: 0, index: 0n },
      { atMs: 3 * HOUR, index: 3_000n },
    ];
    expect(meterHours({ ...always, samples }, hoursOf(3)).map(({ energy, quality }) => [energy, quality])).toEqual([
      [1_000n, 'estimated'],
      [1_000n, 'estimated'],
      [1_000n, 'estimated'],
    ]);
  });
  it('leave out what a replaced register cannot tell', () => {
    const samples = [
      { atMs: 0, index: 900_000_000_000n },
      { atMs: HOUR, index: 900_000_001_000n },
      { atMs: 2 * HOUR, index: 5_000n },
      { atMs: 3 * HOUR, index: 6_000n },
    ];
    expect(
      meterHours({ ...always, samples }, hoursOf(3)).map(({ startMs, energy }) => [startMs / HOUR, energy]),
    ).toEqual([
      [0, 1_000n],
      [2, 1_000n],
    ]);
  });
});

describe('hours of a site', () => {
  const steady = (rate: bigint, hours: number) =>
    Array.from({ length: hours + 1 }, (_, n) => ({ atMs: n * HOUR, index: rate * BigInt(n) }));
  it('are the sum of the meters', () => {
    const members = [
      { ...always, samples: steady(1_000n, 2) },
      { ...always, samples: steady(500n, 2) },
    ];
    expect(siteHours(members, hoursOf(2)).map(({ energy, quality }) => [energy, quality])).toEqual([
      [1_500n, 'measured'],
      [1_500n, 'measured'],
    ]);
  });
  it('say how many meters are missing', () => {
    const members = [
      { ...always, samples: steady(1_000n, 2) },
      { ...always, samples: steady(500n, 1) },
    ];
    expect(siteHours(members, hoursOf(2)).at(1)).toMatchObject({
      energy: 1_000n,
      quality: 'partial',
      meterCount: 1,
      expectedMeterCount: 2,
    });
  });
  it('take an exchanged meter over without a step: closing and opening registers are samples', () => {
    const exchange = HOUR / 2;
    const old = {
      ...always,
      toMs: exchange,
      samples: [
        { atMs: 0, index: 5_000_000n },
        { atMs: exchange, index: 5_000_400n },
      ],
    };
    const fresh = {
      ...always,
      fromMs: exchange,
      samples: [
        { atMs: exchange, index: 0n },
        { atMs: HOUR, index: 600n },
      ],
    };
    expect(siteHours([old, fresh], hoursOf(1)).at(0)).toMatchObject({
      energy: 1_000n,
      quality: 'measured',
      meterCount: 2,
    });
  });
});

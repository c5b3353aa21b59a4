import { toHourPoints, toIntervalPoints } from '@contor/app/logic/history-table';
import { energyToday, toQuality, withQuality } from '@contor/app/logic/site-hours';
import { averageKw, gapsOf, lastHours, summarise, toSlots } from '@contor/app/logic/slots';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const QUARTER = 900_000;
const FROM = Date.UTC(2026, 10, 20);
const point = (index: number, importKwh: number | undefined = 0.25) => ({
  startMs: FROM + index * QUARTER,
  intervalSeconds: 900,
  importKwh,
  exportKwh: undefined,
});
const window = { fromMs: FROM, toMs: FROM + 8 * QUARTER, intervalSeconds: 900 };

describe('slots', () => {
  it('fills holes with slots that openly have no value', () =>
    expect(toSlots([point(0), point(1), point(4)], window).map(({ importKwh }) => importKwh)).toEqual([
      0.25,
      0.25,
      undefined,
      undefined,
      0.25,
      undefined,
      undefined,
      undefined,
    ]));
  it('does not call the interval that is still on its way a gap', () =>
    expect(
      toSlots(
        [0, 1, 2, 3, 4, 5, 6].map((index) => point(index)),
        window,
      ),
    ).toHaveLength(7));
  it('shows a gap before the first value', () =>
    expect(gapsOf(toSlots([point(6), point(7)], window))).toEqual([{ startMs: FROM, endMs: FROM + 6 * QUARTER }]));
  it('takes the first of two values for the same start', () =>
    expect(
      toSlots([point(0, 1), point(0, 2), ...[1, 2, 3, 4, 5, 6, 7].map((index) => point(index))], window)[0]?.importKwh,
    ).toBe(1));
  it('is not led astray by an interval that never ends', () =>
    expect(toSlots([{ ...point(0), intervalSeconds: 1e12 }], window)).toHaveLength(8));
  it('always covers the window without holes or overlaps', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 7 }), { maxLength: 20 }), (indexes) => {
        const slots = toSlots(
          indexes.map((index) => point(index)),
          window,
        );
        expect(slots[0]?.startMs).toBe(FROM);
        for (const [index, slot] of slots.entries()) if (index > 0) expect(slot.startMs).toBe(slots[index - 1]?.endMs);
        expect(window.toMs - (slots.at(-1)?.endMs ?? 0)).toBeLessThanOrEqual(QUARTER);
      }),
    ));
  it('ends a window at the newest border', () =>
    expect(lastHours(24, FROM + 100_000, 900)).toEqual({ fromMs: FROM - 86_400_000, toMs: FROM }));
  it('turns the energy of a quarter-hour into power', () => {
    const [slot] = toSlots([point(0)], window);
    expect(slot && averageKw(slot, slot.importKwh)).toBe(1);
    expect(slot && averageKw(slot, undefined)).toBeUndefined();
  });
});

describe('the summary', () => {
  it('counts only what is there', () =>
    expect(summarise([1, undefined, 3, 2], [0.5, 1, 0.5, 1])).toEqual({
      total: 4,
      min: { value: 1, index: 0 },
      max: { value: 3, index: 2 },
      trend: 'rising',
      counted: 3,
      missing: 1,
    }));
  it.each([
    [[5, 5, 5, 5], 'steady'],
    [[5, 5, 2, 2], 'falling'],
    [[undefined, undefined, 2, 2], 'unknown'],
    [[], 'unknown'],
    [[0, 0, 0, 0], 'steady'],
  ])('%j is %s', (values, trend) => expect(summarise(values).trend).toBe(trend));
});

describe('hours of a site', () => {
  const table = {
    index: [FROM, FROM + 3_600_000],
    columns: {
      activeEnergyImport: [10, 12.5],
      activeEnergyImportQuality: ['measured', 'guessed'],
      meterCount: [20, 18],
      expectedMeterCount: [20, null],
    },
  };
  const points = toHourPoints(table);

  it('reads columns', () =>
    expect(points[1]).toEqual({
      startMs: FROM + 3_600_000,
      importKwh: 12.5,
      exportKwh: undefined,
      quality: 'partial',
      meterCount: 18,
      expectedMeterCount: undefined,
    }));
  it('does not take an unknown quality for a measurement', () => expect(toQuality('brilliant')).toBe('partial'));
  it('calls an hour without a value missing', () => {
    const slots = toSlots(
      points.map((row) => ({ ...row, intervalSeconds: 3_600 })),
      { fromMs: FROM, toMs: FROM + 4 * 3_600_000, intervalSeconds: 3_600 },
    );
    expect(withQuality(slots, points).map(({ quality }) => quality)).toEqual([
      'measured',
      'partial',
      'missing',
      'missing',
    ]);
  });
  it('adds up today', () => {
    expect(energyToday(points, FROM + 1)).toEqual({ kwh: 12.5, untilMs: FROM + 7_200_000 });
    expect(energyToday(points, FROM + 86_400_000)).toBeUndefined();
  });
  it('takes a quarter-hour where the interval is not told', () =>
    expect(toIntervalPoints({ index: [FROM], columns: { activeEnergyImport: [null] } })).toEqual([
      { startMs: FROM, intervalSeconds: 900, importKwh: undefined, exportKwh: undefined },
    ]));
});

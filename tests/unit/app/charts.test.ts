import { movedCursor, readingAt, spoken } from '@contor/app/logic/chart-reading';
import type { ChartView } from '@contor/app/logic/charts/chart-tokens';
import { energyBarsOption } from '@contor/app/logic/charts/energy-bars-option';
import { loadCurveOption } from '@contor/app/logic/charts/load-curve-option';
import { describe, expect, it } from '@jest/globals';

const HOUR = 3_600_000;
const FROM = Date.UTC(2026, 10, 20, 6);
const tokens = {
  ink: 'ink',
  inkSoft: 'inkSoft',
  line: 'line',
  raised: 'raised',
  series1: 'blue',
  series2: 'green',
  estimated: 'amber',
  partial: 'violet',
  gap: 'grey',
  fontFamily: 'sans',
};
const view: ChartView = {
  tokens,
  zone: 'Europe/Bucharest',
  formatTime: (ms) => new Date(ms).toISOString().slice(11, 16),
  formatDay: () => 'day',
  formatNumber: String,
  unit: 'kW',
  isNarrow: false,
  withMotion: false,
};

interface Series {
  name: string;
  data: readonly (readonly number[])[];
  renderItem: (
    params: unknown,
    api: unknown,
  ) => {
    style?: { fill: string; decal?: object };
    shape?: { width: number };
    children?: { style: { stroke?: string } }[];
  };
}
const seriesOf = (option: Record<string, unknown>): Series[] => option.series as Series[];
/** One pixel an hour, ten pixels a kilowatt, downwards as screens count. */
const api = (row: readonly number[]) => ({
  value: (dimension: number) => row[dimension],
  coord: ([ms, y]: [number, number]) => [(ms - FROM) / (HOUR / 60), 100 - 10 * y],
});

describe('the load curve', () => {
  const slots = [0.25, 0.5, undefined, 0.75].map((importKwh, index) => ({
    startMs: FROM + index * 900_000,
    endMs: FROM + (index + 1) * 900_000,
    importKwh,
    exportKwh: index === 0 ? 0.1 : 0,
  }));
  const names = { drawn: 'drawn', fedIn: 'fed in', gap: 'gap' };
  const option = loadCurveOption(slots, view, names);

  it('draws levels of average power, and none for a gap', () =>
    expect(seriesOf(option)[0]?.data).toEqual([
      [FROM, FROM + 900_000, 1, 1],
      [FROM + 900_000, FROM + 1_800_000, 2, 1],
      [FROM + 2_700_000, FROM + 3_600_000, 3, 3],
    ]));
  it('hatches the gap from top to bottom', () => {
    const gap = seriesOf(option).at(-1);
    expect(gap?.data).toEqual([[FROM + 1_800_000, FROM + 2_700_000]]);
    expect(gap?.renderItem({ coordSys: { y: 0, height: 100 } }, api(gap.data[0] ?? []))).toMatchObject({
      shape: { width: 15, height: 100 },
      style: { fill: 'transparent', decal: { color: 'grey' } },
    });
  });
  it('takes its colours from the tokens', () =>
    expect(seriesOf(option)[0]?.renderItem({}, api([FROM, FROM + 900_000, 1, 1])).children?.[1]?.style.stroke).toBe(
      'blue',
    ));
  it('explains feeding in only where there is some', () => {
    expect(seriesOf(option).map(({ name }) => name)).toEqual(['drawn', 'fed in', 'gap']);
    expect(
      seriesOf(
        loadCurveOption(
          slots.map((slot) => ({ ...slot, exportKwh: 0 })),
          view,
          names,
        ),
      ),
    ).toHaveLength(2);
  });
  it('marks round local hours', () => {
    const { axisTick } = option.xAxis as { axisTick: { customValues: number[] } };
    expect(axisTick.customValues).toEqual([FROM, FROM + HOUR]);
  });
  it('draws nothing without failing when there is nothing', () =>
    expect(seriesOf(loadCurveOption([], view, names))[0]?.data).toEqual([]));
});

describe('the energy bars', () => {
  const qualities = ['measured', 'estimated', 'partial', 'missing'] as const;
  const hours = qualities.map((quality, index) => ({
    startMs: FROM + index * HOUR,
    endMs: FROM + (index + 1) * HOUR,
    importKwh: quality === 'missing' ? undefined : 4,
    exportKwh: undefined,
    quality,
    meterCount: 20,
    expectedMeterCount: 20,
  }));
  const series = seriesOf(energyBarsOption(hours, view, { measured: 'm', estimated: 'e', partial: 'p', missing: 'n' }));
  const drawn = (index: number) =>
    series[index]?.renderItem({ coordSys: { y: 0, height: 100 } }, api(series[index]?.data[0] ?? []));

  it('gives each quality its own bars', () => expect(series.map(({ data }) => data.length)).toEqual([1, 1, 1, 1]));
  it('tells qualities apart without colour', () => {
    const decals = [0, 1, 2].map((index) => JSON.stringify(drawn(index)?.style?.decal));
    expect(decals[0]).toBeUndefined();
    expect(new Set(decals).size).toBe(3);
  });
  it('leaves air between the bars', () => expect(drawn(0)?.shape?.width).toBe(50));
});

describe('the reading cursor', () => {
  const readings = [0, 1, 2].map((index) => ({
    startMs: index * 10,
    endMs: index * 10 + 10,
    title: `${index}`,
    values: [{ name: 'Drawn', text: '1 kW' }],
  }));
  it.each([
    [undefined, 'ArrowLeft', 95],
    [undefined, 'ArrowRight', 95],
    [undefined, 'Home', 0],
    [95, 'ArrowRight', 95],
    [0, 'ArrowLeft', 0],
    [50, 'ArrowLeft', 49],
    [50, 'PageUp', 40],
    [50, 'PageDown', 60],
    [50, 'End', 95],
    [50, 'a', undefined],
  ])('from %s by %s to %s', (cursor, key, expected) => expect(movedCursor(cursor, key, 96)).toBe(expected));
  it('has nowhere to stand on an empty chart', () => expect(movedCursor(undefined, 'Home', 0)).toBeUndefined());
  it.each([
    [-1, undefined],
    [0, 0],
    [9, 0],
    [10, 1],
    [29, 2],
    [30, undefined],
  ])('finds what lies at %i', (ms, expected) => expect(readingAt(readings, ms)).toBe(expected));
  it('says what it stands on', () => expect(readings[0] && spoken(readings[0])).toBe('0. Drawn 1 kW.'));
});

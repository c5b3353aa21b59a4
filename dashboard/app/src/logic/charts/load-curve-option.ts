/** Slots of a load profile → ECharts option: the average power of each interval as steps, gaps hatched and never a line to zero. */
import { averageKw, gapsOf, type Slot } from '../slots.js';
import { type ChartOption, type ChartView, hatch } from './chart-tokens.js';
import { chartFrame, timeAxis, valueAxis } from './time-axis.js';

export interface LoadCurveNames {
  readonly drawn: string;
  readonly fedIn: string;
  readonly gap: string;
}

export function loadCurveOption(slots: readonly Slot[], view: ChartView, names: LoadCurveNames): ChartOption {
  const fromMs = slots[0]?.startMs ?? 0;
  const toMs = slots.at(-1)?.endMs ?? fromMs;
  const { tokens } = view;
  return {
    ...chartFrame(view),
    xAxis: timeAxis(fromMs, toMs, view),
    yAxis: [valueAxis(view), { type: 'value', min: 0, max: 1, show: false }],
    series: [
      steps(slots, names.drawn, tokens.series1, (slot) => averageKw(slot, slot.importKwh)),
      ...(hasFeedIn(slots)
        ? [steps(slots, names.fedIn, tokens.series2, (slot) => averageKw(slot, slot.exportKwh))]
        : []),
      gapBand(slots, view, names.gap),
    ],
  };
}

/** A meter without generation has no second line to explain. */
export function hasFeedIn(slots: readonly Slot[]): boolean {
  return slots.some(({ exportKwh }) => exportKwh !== undefined && exportKwh > 0);
}

interface CoordinateSystem {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): readonly [number, number];
}

/**
 * An average holds over its whole interval, so it is drawn as a level from start to end. (The library's own step line leaves out
 * corners of less than a pixel, and then levels lean.) The fourth value is the level before, where one touches.
 */
function steps(
  slots: readonly Slot[],
  name: string,
  color: string,
  value: (slot: Slot) => number | undefined,
): ChartOption {
  const data = slots.flatMap((slot, index) => {
    const level = value(slot);
    const before = slots[index - 1];
    const levelBefore = before?.endMs === slot.startMs ? value(before) : undefined;
    return level === undefined ? [] : [[slot.startMs, slot.endMs, level, levelBefore ?? level]];
  });
  return {
    type: 'custom',
    name,
    silent: true,
    clip: true,
    itemStyle: { color },
    encode: { x: [0, 1], y: 2 },
    data,
    renderItem: (_params: unknown, api: RenderApi) => {
      const [left, top] = api.coord([api.value(0), api.value(2)]).map(Math.round);
      const [right, bottom] = api.coord([api.value(1), 0]).map(Math.round);
      const [, topBefore] = api.coord([api.value(0), api.value(3)]).map(Math.round);
      return {
        type: 'group',
        children: [
          {
            type: 'polygon',
            shape: {
              points: [
                [left, bottom],
                [left, top],
                [right, top],
                [right, bottom],
              ],
            },
            style: { fill: color, opacity: 0.13 },
          },
          {
            type: 'polyline',
            shape: {
              points: [
                [left, topBefore],
                [left, top],
                [right, top],
              ],
            },
            style: { stroke: color, lineWidth: 2, lineCap: 'round', lineJoin: 'round', fill: 'none' },
          },
        ],
      };
    },
  };
}

/** One hatched rectangle from top to bottom for each stretch without data. */
export function gapBand(slots: readonly Slot[], { tokens }: ChartView, name: string): object {
  return {
    type: 'custom',
    name,
    yAxisIndex: 1,
    silent: true,
    z: 0,
    clip: true,
    itemStyle: { color: tokens.gap },
    encode: { x: [0, 1] },
    data: gapsOf(slots).map(({ startMs, endMs }) => [startMs, endMs]),
    renderItem: ({ coordSys }: { coordSys: CoordinateSystem }, api: RenderApi) => {
      const [left] = api.coord([api.value(0), 0]);
      const [right] = api.coord([api.value(1), 0]);
      return {
        type: 'rect',
        shape: { x: left, y: coordSys.y, width: Math.max(right - left, 1), height: coordSys.height },
        style: { fill: 'transparent', decal: hatch(tokens.gap) },
      };
    },
  };
}

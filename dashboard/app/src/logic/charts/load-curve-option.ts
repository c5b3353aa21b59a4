/** Slots of a load profile → ECharts option: the average power of each interval as steps, gaps hatched and never a line to zero. */
import { averageKw, gapsOf, type Slot } from '../slots.js';
import { type ChartOption, type ChartView, hatch } from './chart-tokens.js';
import { chartFrame, timeAxis, valueAxis } from './time-axis.js';

export interface LoadCurveNames {
  readonly drawn: string;
  readonly fedIn: string;
  readonly gap: string;
}

type Point = readonly [ms: number, kw: number | null];

export function loadCurveOption(slots: readonly Slot[], view: ChartView, names: LoadCurveNames): ChartOption {
  const fromMs = slots[0]?.startMs ?? 0;
  const toMs = slots.at(-1)?.endMs ?? fromMs;
  const { tokens } = view;
  const stepLine = (name: string, color: string, value: (slot: Slot) => number | undefined): object => ({
    type: 'line',
    name,
    step: 'end',
    symbol: 'none',
    silent: true,
    connectNulls: false,
    data: stepPoints(slots, value),
    lineStyle: { color, width: 2 },
    itemStyle: { color },
    areaStyle: { color, opacity: 0.12 },
  });
  return {
    ...chartFrame(view),
    xAxis: timeAxis(fromMs, toMs, view),
    yAxis: [valueAxis(view), { type: 'value', min: 0, max: 1, show: false }],
    series: [
      stepLine(names.drawn, tokens.series1, (slot) => averageKw(slot, slot.importKwh)),
      ...(hasFeedIn(slots) ? [stepLine(names.fedIn, tokens.series2, (slot) => averageKw(slot, slot.exportKwh))] : []),
      gapBand(slots, view, names.gap),
    ],
  };
}

/** A meter without generation has no second line to explain. */
export function hasFeedIn(slots: readonly Slot[]): boolean {
  return slots.some(({ exportKwh }) => exportKwh !== undefined && exportKwh > 0);
}

/** Each run of values ends with its last border, so that the last step is as wide as it lasted; a null then lifts the pen. */
function stepPoints(slots: readonly Slot[], value: (slot: Slot) => number | undefined): readonly Point[] {
  const points: Point[] = [];
  let last: { endMs: number; kw: number } | undefined;
  for (const slot of slots) {
    const kw = value(slot);
    if (kw === undefined) {
      if (last !== undefined) points.push([last.endMs, last.kw], [last.endMs, null]);
      last = undefined;
      continue;
    }
    points.push([slot.startMs, kw]);
    last = { endMs: slot.endMs, kw };
  }
  if (last !== undefined) points.push([last.endMs, last.kw]);
  return points;
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

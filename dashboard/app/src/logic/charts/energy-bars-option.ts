/** Hours of a site → ECharts option: one bar an hour, its quality told by pattern as well as by colour, missing hours hatched. */
import { type Hour, QUALITIES, type Quality } from '../site-hours.js';
import { type ChartOption, type ChartTokens, type ChartView, dots, hatch } from './chart-tokens.js';
import { gapBand } from './load-curve-option.js';
import { chartFrame, timeAxis, valueAxis } from './time-axis.js';

export type QualityNames = Readonly<Record<Quality | 'missing', string>>;

const LOOKS: Readonly<Record<Quality, { color: (tokens: ChartTokens) => string; decal?: (color: string) => object }>> =
  {
    measured: { color: (tokens) => tokens.series1 },
    estimated: { color: (tokens) => tokens.estimated, decal: (color) => hatch(color, { dashes: [2, 4] }) },
    partial: { color: (tokens) => tokens.partial, decal: dots },
  };

interface BarShape {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

interface RenderApi {
  value(dimension: number): number;
  coord(point: readonly [number, number]): readonly [number, number];
}

export function energyBarsOption(hours: readonly Hour[], view: ChartView, names: QualityNames): ChartOption {
  const fromMs = hours[0]?.startMs ?? 0;
  const toMs = hours.at(-1)?.endMs ?? fromMs;
  return {
    ...chartFrame(view),
    xAxis: timeAxis(fromMs, toMs, view),
    yAxis: [valueAxis(view), { type: 'value', min: 0, max: 1, show: false }],
    series: [
      ...QUALITIES.map((quality) => barsOf(hours, quality, view, names[quality])),
      gapBand(hours, view, names.missing),
    ],
  };
}

/** Bars lie between the borders of their hour on the axis of time; a bar series would centre them on a point. */
function barsOf(hours: readonly Hour[], quality: Quality, { tokens }: ChartView, name: string): object {
  const { color: colorOf, decal } = LOOKS[quality];
  const color = colorOf(tokens);
  return {
    type: 'custom',
    name,
    silent: true,
    clip: true,
    itemStyle: { color },
    encode: { x: [0, 1], y: 2 },
    data: hours
      .filter((hour) => hour.quality === quality)
      .map(({ startMs, endMs, importKwh }) => [startMs, endMs, importKwh ?? 0]),
    renderItem: (_params: unknown, api: RenderApi) => {
      const shape = barShape(api);
      return {
        type: 'rect',
        shape: { ...shape, r: [2, 2, 0, 0] },
        style: decal ? { fill: tokens.raised, stroke: color, lineWidth: 1.5, decal: decal(color) } : { fill: color },
      };
    },
  };
}

/** A sixth of the hour is air between the bars, at least one pixel. */
function barShape(api: RenderApi): BarShape {
  const [left, top] = api.coord([api.value(0), api.value(2)]);
  const [right, bottom] = api.coord([api.value(1), 0]);
  const air = Math.max(1, (right - left) / 6);
  return {
    x: left + air / 2,
    y: Math.min(top, bottom),
    width: Math.max(1, right - left - air),
    height: Math.abs(bottom - top),
  };
}

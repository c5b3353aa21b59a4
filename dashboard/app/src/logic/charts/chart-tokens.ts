/** The colours and type of a chart, read from the style sheet; charts know no colour of their own. */

export interface ChartTokens {
  readonly ink: string;
  readonly inkSoft: string;
  readonly line: string;
  readonly raised: string;
  readonly series1: string;
  readonly series2: string;
  readonly estimated: string;
  readonly partial: string;
  readonly gap: string;
  readonly fontFamily: string;
}

/** An ECharts option; its own type is far wider than what we write, and would pull the library into every test. */
export type ChartOption = Record<string, unknown>;

export interface ChartView {
  readonly tokens: ChartTokens;
  /** Local time of the site, for the marks of the axis. */
  readonly zone: string;
  readonly formatTime: (ms: number) => string;
  readonly formatDay: (ms: number) => string;
  readonly formatNumber: (value: number) => string;
  readonly unit: string;
  readonly isNarrow: boolean;
  readonly withMotion: boolean;
}

/** Diagonal lines: the pattern of "no data" and of "estimated", for eyes that do not tell the colours apart. */
export function hatch(color: string, { dashes = [1, 5], rotation = -Math.PI / 4 } = {}): object {
  return { symbol: 'rect', symbolSize: 1, color, dashArrayX: [1, 0], dashArrayY: dashes, rotation };
}

export function dots(color: string): object {
  return {
    symbol: 'circle',
    symbolSize: 0.8,
    color,
    dashArrayX: [
      [5, 5],
      [0, 5, 5, 0],
    ],
    dashArrayY: [5, 0],
    rotation: 0,
  };
}

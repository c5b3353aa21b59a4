/** The horizontal axis of local time: a linear axis whose marks are round local hours, so that the hour of a changed clock is as wide as any other. */
import { localHourMarks, localMidnight } from '../zone-time.js';
import type { ChartView } from './chart-tokens.js';

/** How many labels fit: one per step of the window, coarser on a narrow screen. */
const STEPS = [
  { upToHours: 6, everyHours: 1, narrowEveryHours: 2 },
  { upToHours: 30, everyHours: 3, narrowEveryHours: 6 },
  { upToHours: 54, everyHours: 6, narrowEveryHours: 12 },
  { upToHours: Number.POSITIVE_INFINITY, everyHours: 24, narrowEveryHours: 24 },
] as const;

export function timeAxis(fromMs: number, toMs: number, view: ChartView): object {
  const hours = (toMs - fromMs) / 3_600_000;
  const step = STEPS.find(({ upToHours }) => hours <= upToHours) ?? STEPS[3];
  const marks = [...localHourMarks(fromMs, toMs, view.isNarrow ? step.narrowEveryHours : step.everyHours, view.zone)];
  return {
    type: 'value',
    min: fromMs,
    max: toMs,
    splitLine: { show: false },
    axisLine: { lineStyle: { color: view.tokens.line } },
    axisTick: { show: true, customValues: marks, lineStyle: { color: view.tokens.line }, length: 4 },
    axisLabel: {
      customValues: marks,
      hideOverlap: true,
      color: view.tokens.inkSoft,
      fontFamily: view.tokens.fontFamily,
      formatter: (ms: number) => (ms === localMidnight(ms, view.zone) ? view.formatDay(ms) : view.formatTime(ms)),
    },
  };
}

export function valueAxis(view: ChartView): object {
  return {
    type: 'value',
    name: view.unit,
    nameLocation: 'end',
    nameTextStyle: {
      color: view.tokens.inkSoft,
      fontFamily: view.tokens.fontFamily,
      align: 'right',
      padding: [0, 6, 0, 0],
    },
    axisLine: { show: false },
    axisTick: { show: false },
    splitNumber: 4,
    splitLine: { lineStyle: { color: view.tokens.line, type: [2, 4] } },
    axisLabel: {
      color: view.tokens.inkSoft,
      fontFamily: view.tokens.fontFamily,
      formatter: (value: number) => view.formatNumber(value),
    },
  };
}

export function chartFrame(view: ChartView): object {
  return {
    animation: view.withMotion,
    animationDuration: 300,
    backgroundColor: 'transparent',
    textStyle: { fontFamily: view.tokens.fontFamily, color: view.tokens.ink },
    grid: { left: 14, right: 16, top: 36, bottom: 8, outerBoundsMode: 'same', outerBoundsContain: 'axisLabel' },
  };
}

/** What every chart of a page needs to be drawn: colours, language, zone, width and the wish for calm. */
import { computed } from 'vue';
import type { ChartView } from '../logic/charts/chart-tokens.js';
import { CALM, NARROW, useMedia } from './useMedia.js';
import { useFormats } from './useText.js';
import { useChartTokens } from './useTheme.js';

export function useChartView(zone: () => string, unit: string) {
  const tokens = useChartTokens();
  const isNarrow = useMedia(NARROW);
  const isCalm = useMedia(CALM);
  const formats = useFormats(zone);
  return computed<ChartView>(() => ({
    tokens: tokens.value,
    zone: zone(),
    unit,
    formatTime: formats.value.time,
    formatDay: formats.value.day,
    formatNumber: (value) => formats.value.number(value, Number.isInteger(value) ? 0 : 1),
    isNarrow: isNarrow.value,
    withMotion: !isCalm.value,
  }));
}

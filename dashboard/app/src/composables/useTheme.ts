/** Light, dark, or as the system says; kept in this browser, and told to the charts, which cannot read a style sheet. */
import { type Ref, ref, shallowRef } from 'vue';
import type { ChartTokens } from '../logic/charts/chart-tokens.js';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

const STORED_AS = 'contor.theme';
const stored = localStorage.getItem(STORED_AS);

const theme = ref<Theme>(THEMES.find((name) => name === stored) ?? 'system');
const tokens = shallowRef<ChartTokens>();

export function useTheme(): { theme: Ref<Theme>; chooseTheme(chosen: Theme): void } {
  return { theme, chooseTheme };
}

export function useChartTokens(): Ref<ChartTokens> {
  tokens.value ??= readTokens();
  return tokens as Ref<ChartTokens>;
}

function chooseTheme(chosen: Theme): void {
  theme.value = chosen;
  if (chosen === 'system') {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(STORED_AS);
  } else {
    document.documentElement.dataset.theme = chosen;
    localStorage.setItem(STORED_AS, chosen);
  }
  tokens.value = readTokens();
}

for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)', '(prefers-contrast: more)'])
  window.matchMedia(query).addEventListener('change', () => {
    tokens.value = readTokens();
  });

/** A custom property keeps its formula; only a real colour of a real element is resolved by the browser. */
function readTokens(): ChartTokens {
  const probe = document.createElement('span');
  probe.hidden = true;
  document.body.append(probe);
  const color = (name: string): string => {
    probe.style.setProperty('color', `var(${name})`);
    return getComputedStyle(probe).color;
  };
  const read: ChartTokens = {
    ink: color('--ink'),
    inkSoft: color('--ink-soft'),
    line: color('--line'),
    raised: color('--raised'),
    series1: color('--series-1'),
    series2: color('--series-2'),
    estimated: color('--series-estimated'),
    partial: color('--series-partial'),
    gap: color('--series-gap'),
    fontFamily: getComputedStyle(document.body).fontFamily,
  };
  probe.remove();
  return read;
}

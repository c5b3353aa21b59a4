/** The dense series of a payload → registers at instants, as the kit reads profiles of every protocol. */

import type { ProfilePoint, ProfileReading } from '@contor/agent-kit';
import type { Profile } from '../codec/profile.js';

export function toPoints({ intervalSeconds, startMs, registers }: Profile): ProfileReading {
  const stepMs = intervalSeconds * 1_000;
  const pointsOf = (series: readonly (number | null)[]): readonly ProfilePoint[] =>
    series.map((value, index) => ({ atMs: startMs + index * stepMs, value }));
  return { intervalSeconds, points: new Map([...registers].map(([name, series]) => [name, pointsOf(series)])) };
}

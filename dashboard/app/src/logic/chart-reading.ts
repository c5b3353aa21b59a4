/** What the reading cursor of a chart can stand on, and what it says there. The chart itself knows only pixels. */

export interface ReadingValue {
  readonly name: string;
  readonly text: string;
}

export interface Reading {
  readonly startMs: number;
  readonly endMs: number;
  readonly title: string;
  readonly values: readonly ReadingValue[];
}

/** Said by the live region: `14:00–14:15. Drawn 1.24 kW, fed in 0 kW.` */
export function spoken({ title, values }: Reading): string {
  return `${title}. ${values.map(({ name, text }) => `${name} ${text}`).join(', ')}.`;
}

/** Which reading lies under an instant; readings are in order and touch each other. */
export function readingAt(readings: readonly Reading[], ms: number): number | undefined {
  let low = 0;
  let high = readings.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const reading = readings[middle];
    if (reading === undefined) return undefined;
    if (ms < reading.startMs) high = middle - 1;
    else if (ms >= reading.endMs) low = middle + 1;
    else return middle;
  }
  return undefined;
}

const PAGE = 10;

/** Keys of the cursor: it begins at the newest reading, and never leaves the chart. */
export function movedCursor(cursor: number | undefined, key: string, length: number): number | undefined {
  const last = length - 1;
  if (last < 0) return undefined;
  const from = cursor ?? last;
  const moves: Readonly<Record<string, number>> = {
    ArrowLeft: cursor === undefined ? last : from - 1,
    ArrowRight: cursor === undefined ? last : from + 1,
    PageUp: from - PAGE,
    PageDown: from + PAGE,
    Home: 0,
    End: last,
  };
  const moved = moves[key];
  return moved === undefined ? undefined : Math.min(last, Math.max(0, moved));
}

/**
 * Largest-Triangle-Three-Buckets (S. Steinarsson, Downsampling Time Series for Visual Representation, 2013): of each bucket the
 * point that makes the largest triangle with the one taken before and the mean of the bucket behind, so that peaks stay.
 */

import { atRows, type EntitySeries, type Values } from './series.js';

/** Each attribute takes its own points; they are told together. */
export function downsampled(series: readonly EntitySeries[], points: number): readonly EntitySeries[] {
  return series.map((entity) => {
    if (entity.index.length <= points) {
      return entity;
    }
    const taken = new Set<number>();
    for (const { values } of entity.attributes) {
      for (const row of rowsTaken(entity.index, values, points)) {
        taken.add(row);
      }
    }
    const rows = [...taken].sort((a, b) => a - b);
    return {
      ...entity,
      index: rows.map((row) => entity.index[row] ?? 0),
      attributes: atRows(entity.attributes, rows),
    };
  });
}

function rowsTaken(index: readonly number[], values: EntitySeries['attributes'][number]['values'], points: number) {
  const list: Values = Array.isArray(values) ? values : ((Object.values(values) as Values[])[0] ?? []);
  const rows = list.flatMap((value, row) => (typeof value === 'number' ? [row] : []));
  const x = rows.map((row) => index[row] ?? 0);
  const y = rows.map((row) => Number(list[row]));
  return largestTriangles(x, y, points).map((at) => rows[at] ?? 0);
}

/** Places of the points taken, ascending; the first and the last are always among them. */
export function largestTriangles(x: readonly number[], y: readonly number[], points: number): readonly number[] {
  const count = x.length;
  if (count <= points || points < 3) {
    const all = Array.from({ length: count }, (_, at) => at);
    return count <= points ? all : [0, count - 1].slice(0, points);
  }
  const size = (count - 2) / (points - 2);
  const edge = (bucket: number) => Math.floor(bucket * size) + 1;
  const taken = [0];
  let last = 0;
  for (let bucket = 0; bucket < points - 2; bucket += 1) {
    const [from, to] = [edge(bucket), edge(bucket + 1)];
    const end = Math.min(edge(bucket + 2), count);
    const [meanX, meanY] = [mean(x, to, end), mean(y, to, end)];
    let best = from;
    let largest = -1;
    for (let at = from; at < to; at += 1) {
      const area = Math.abs(
        ((x[last] ?? 0) - meanX) * ((y[at] ?? 0) - (y[last] ?? 0)) -
          ((x[last] ?? 0) - (x[at] ?? 0)) * (meanY - (y[last] ?? 0)),
      );
      if (area > largest) {
        largest = area;
        best = at;
      }
    }
    taken.push(best);
    last = best;
  }
  return [...taken, count - 1];
}

function mean(list: readonly number[], from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) {
    sum += list[at] ?? 0;
  }
  return sum / Math.max(1, to - from);
}

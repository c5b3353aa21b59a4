/** How long each of many questions took, one after the other. */

/** Milliseconds, ascending. */
export async function timed(count: number, ask: (at: number) => Promise<unknown>): Promise<readonly number[]> {
  const took: number[] = [];
  for (let at = 0; at < count; at += 1) {
    const startedAt = performance.now();
    await ask(at);
    took.push(performance.now() - startedAt);
  }
  return took.sort((a, b) => a - b);
}

export function quantile(sorted: readonly number[], share: number): number {
  const found = sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return Math.round(found * 100) / 100;
}

/**
 * A counting register as a line through time: samples in, the index at any instant out. Everything is an integer of the
 * register's last digit, so hours add up to exactly what the register advanced: across a gap, a restart or a roll-over.
 */

export interface RegisterSample {
  readonly atMs: number;
  readonly index: bigint;
}

export interface RegisterTraits {
  /** The index after which the display shows zero again: 10^digits, in units of the last decimal. */
  readonly modulus: bigint;
  /** What the installation can draw at most, in last digits an hour. More is a replaced or reset register, not energy. */
  readonly maxPerHour: bigint;
}

/** A stretch of samples with an unbroken count; the index goes on across roll-overs. */
export type Stretch = readonly RegisterSample[];

export interface IndexAt {
  readonly index: bigint;
  /** Time between the samples it was interpolated from; zero when one lies at that very instant. */
  readonly spanMs: number;
}

const HOUR_MS = 3_600_000n;
/** A register may show a little more than the limit allows when two stamps are close together: one second of grace. */
const STAMP_GRACE_MS = 1_000n;

/** What a register advanced between two samples, or undefined when no plausible count leads from one to the other. */
export function advance(from: RegisterSample, to: RegisterSample, traits: RegisterTraits): bigint | undefined {
  const forward = to.index >= from.index ? to.index - from.index : to.index + traits.modulus - from.index;
  const spanMs = BigInt(to.atMs - from.atMs) + STAMP_GRACE_MS;
  const most = (traits.maxPerHour * spanMs + HOUR_MS - 1n) / HOUR_MS;
  return forward <= most ? forward : undefined;
}

/** Sorts, drops repeated instants (the first wins) and unrolls; a step that no plausible count explains begins a new stretch. */
export function stretchesOf(samples: readonly RegisterSample[], traits: RegisterTraits): readonly Stretch[] {
  const stretches: RegisterSample[][] = [];
  let current: RegisterSample[] = [];
  let shown: RegisterSample | undefined;
  for (const sample of [...samples].sort((a, b) => a.atMs - b.atMs)) {
    if (shown !== undefined && sample.atMs === shown.atMs) continue;
    const last = current.at(-1);
    const step = shown === undefined ? undefined : advance(shown, sample, traits);
    if (last !== undefined && step !== undefined) {
      current.push({ atMs: sample.atMs, index: last.index + step });
    } else {
      current = [sample];
      stretches.push(current);
    }
    shown = sample;
  }
  return stretches;
}

/** The index at an instant inside the stretch: a sample's own, or the straight line between its neighbours, rounded down. */
export function indexAt(stretch: Stretch, atMs: number): IndexAt | undefined {
  let low = 0;
  let high = stretch.length - 1;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((stretch[middle]?.atMs ?? 0) < atMs) low = middle + 1;
    else high = middle;
  }
  const after = stretch[low];
  if (after === undefined || after.atMs < atMs) return undefined;
  if (after.atMs === atMs) return { index: after.index, spanMs: 0 };
  const before = stretch[low - 1];
  if (before === undefined) return undefined;
  const spanMs = after.atMs - before.atMs;
  const share = ((after.index - before.index) * BigInt(atMs - before.atMs)) / BigInt(spanMs);
  return { index: before.index + share, spanMs };
}

/**
 * Two ends of one event: power that goes and comes back, a link that is lost and found. A meter says its last word several times, late or in
 * another order, so one end is told apart from its copies here. Pure: what is known and what is said go in, what it means comes out.
 */

export interface PairRow {
  readonly name: 'powerOutage' | 'linkLost';
  /** Words that begin it. */
  readonly opens: readonly string[];
  /** Words that end it; readings of a later moment do so too. */
  readonly closes: readonly string[];
  readonly category: 'outage' | 'device';
  readonly severity: 'medium' | 'high';
  /** Who says so: a meter speaks of its own supply, the will of a gateway of the link to it. */
  readonly source: 'meter' | 'gateway';
}

// biome-ignore format: a table
export const PAIRS = [
  { name: 'powerOutage', opens: ['lastGasp', 'powerOutage'], closes: ['powerRestored', 'powerUp'], category: 'outage', severity: 'high', source: 'meter' },
  { name: 'linkLost', opens: ['linkLost'], closes: ['linkRestored'], category: 'device', severity: 'medium', source: 'gateway' },
] as const satisfies readonly PairRow[];

export type PairName = (typeof PAIRS)[number]['name'];

/** One event of one device. */
export interface PairState {
  readonly sinceMs: number;
  /** Undefined while it lasts. */
  readonly endMs: number | undefined;
}

/** What one measure says of it. */
export interface Sign {
  readonly words: readonly string[];
  readonly hasReadings: boolean;
  /** When the device says it was, or when it arrived. */
  readonly atMs: number;
  readonly receivedMs: number;
}

export type Meaning =
  | { readonly kind: 'nothing' }
  /** Said before. */
  | { readonly kind: 'copy' }
  | { readonly kind: 'opened' | 'closed'; readonly state: PairState };

/** A supply that comes back for less than this has not come back: one event, not two. */
const FLUTTER_MS = 10_000;
/** Copies of a last word are minutes old at most; what is older is a clock that was set back. */
const COPY_MS = 60_000;
/** A device whose clock is behind speaks of a time before the event, but it speaks. */
const CLOCK_DOUBT_MS = 15 * 60_000;

export function meaningOf(row: PairRow, state: PairState | undefined, sign: Sign): Meaning {
  const { words, hasReadings, atMs, receivedMs } = sign;
  if (row.opens.some((word) => words.includes(word))) return openingOf(state, atMs);
  if (state === undefined || state.endMs !== undefined) return NOTHING;
  if (!hasReadings && !row.closes.some((word) => words.includes(word))) return NOTHING;
  const { sinceMs } = state;
  if (atMs > sinceMs) return { kind: 'closed', state: { sinceMs, endMs: atMs } };
  return receivedMs - sinceMs > CLOCK_DOUBT_MS ? { kind: 'closed', state: { sinceMs, endMs: receivedMs } } : NOTHING;
}

function openingOf(state: PairState | undefined, atMs: number): Meaning {
  if (state === undefined) return { kind: 'opened', state: { sinceMs: atMs, endMs: undefined } };
  const { sinceMs, endMs } = state;
  if (endMs === undefined || (atMs <= endMs && atMs > sinceMs - COPY_MS)) return { kind: 'copy' };
  const isFlutter = atMs > endMs && atMs - endMs <= FLUTTER_MS;
  return { kind: 'opened', state: { sinceMs: isFlutter ? sinceMs : atMs, endMs: undefined } };
}

const NOTHING: Meaning = { kind: 'nothing' };

/** Channel of the ingest record that carries it: everything about the event stands in it, so that a replay tells the same. */
export function outageChannel(name: PairName, { sinceMs, endMs }: PairState): string {
  return `outage/${name}@${sinceMs}${endMs === undefined ? '' : `~${endMs}`}`;
}

const CHANNEL = /^outage\/([A-Za-z]+)@(\d{1,15})(?:~(\d{1,15}))?$/;

export function parseOutageChannel(channel: string): { readonly row: PairRow; readonly state: PairState } | undefined {
  const [, name, since, end] = CHANNEL.exec(channel) ?? [];
  const row = PAIRS.find((candidate) => candidate.name === name);
  if (row === undefined) return undefined;
  return { row, state: { sinceMs: Number(since), endMs: end === undefined ? undefined : Number(end) } };
}

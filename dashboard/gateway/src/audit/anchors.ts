/**
 * The end of each day of the trail, written down where the trail is not: a file of lines that an operator copies away, and whoever else is told. An anchor is
 * the hash of the day's last record and how many there were since the anchor before, signed when the gateway has a key.
 */

import { dirname } from 'node:path';
import { type ChainTip, type Clock, type Disk, errnoOf, readWhole } from '@contor/kit';

export interface Anchor extends ChainTip {
  /** The day, UTC, that this is the end of. */
  readonly day: string;
  /** Records since the anchor before. */
  readonly count: number;
  readonly at: string;
  /** The same as a signed statement, a compact JWS. */
  readonly signature?: string;
}

export type AnchorClaim = Omit<Anchor, 'signature'>;

export interface Anchors {
  /** Oldest first. */
  readonly all: readonly Anchor[];
  /** Told of each record in the order of the chain: a new day closes the one before. */
  follow(tip: ChainTip, atMs: number): void;
  /** Closes the day of the newest record when that day is over. */
  closeDay(): void;
  /** Where the trail stands now, in the form of an anchor. */
  head(): Promise<AnchorClaim & { readonly signature?: string }>;
  /** Resolves when every closed day is written. */
  settled(): Promise<void>;
}

export interface AnchorsParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly path: string;
  readonly sign?: ((claim: AnchorClaim) => Promise<string>) | undefined;
  /** Days are left to be closed by the gateway, which can sign. */
  readonly isPassing?: boolean | undefined;
  /** Told when an anchor is on disk. */
  readonly onAnchor: (anchor: Anchor) => void;
  readonly onFault: (error: unknown) => void;
}

/** A line has some 500 bytes with its signature: 30 years. */
const LARGEST_FILE_BYTES = 8 * 2 ** 20;

export async function openAnchors(parts: AnchorsParts): Promise<Anchors> {
  const { disk, clock, path, sign, isPassing = false, onAnchor, onFault } = parts;
  const all: Anchor[] = [...(await readAnchors(disk, path))];
  let newest: { readonly tip: ChainTip; readonly day: string } | undefined;
  let lastClosed = all.at(-1)?.sequence ?? 0;
  let writing: Promise<void> = Promise.resolve();

  function close({ tip, day }: { readonly tip: ChainTip; readonly day: string }): void {
    if (isPassing || tip.sequence <= lastClosed) return;
    const claim = { day, ...tip, count: tip.sequence - lastClosed, at: new Date(clock.nowMs()).toISOString() };
    lastClosed = tip.sequence;
    writing = writing
      .then(async () => {
        const anchor = await signed(claim);
        await appendLine(disk, path, JSON.stringify(anchor));
        all.push(anchor);
        onAnchor(anchor);
      })
      // The day is closed again at the next start: the file does not have it.
      .catch(onFault);
  }

  async function signed(claim: AnchorClaim): Promise<Anchor> {
    return sign === undefined ? claim : { ...claim, signature: await sign(claim) };
  }

  return {
    all,
    follow({ sequence, hash }, atMs) {
      const day = dayOf(atMs);
      // A clock that was set back does not open a day again.
      const isLater = newest === undefined || day > newest.day;
      if (newest !== undefined && isLater) close(newest);
      newest = { tip: { sequence, hash }, day: isLater ? day : (newest?.day ?? day) };
    },
    closeDay() {
      if (newest !== undefined && newest.day < dayOf(clock.nowMs())) close(newest);
    },
    async head() {
      const at = new Date(clock.nowMs()).toISOString();
      const { tip = { sequence: 0, hash: '0'.repeat(64) }, day = at.slice(0, 10) } = newest ?? {};
      return signed({ day, ...tip, count: tip.sequence - lastClosed, at });
    },
    settled: () => writing,
  };
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

/** Durable when it resolves. A line that a crash tore is finished by a line feed, and is no line. */
async function appendLine(disk: Disk, path: string, line: string): Promise<void> {
  const file = await openForAppend(disk, path);
  try {
    const size = await file.size();
    const last = size === 0 ? undefined : (await file.read(size - 1, 1))[0];
    await file.append([Buffer.from(`${last === undefined || last === 0x0a ? '' : '\n'}${line}\n`, 'utf8')]);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function openForAppend(disk: Disk, path: string): ReturnType<Disk['open']> {
  try {
    return await disk.open(path, 'append');
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
    await disk.makeDirectory(dirname(path));
    const file = await disk.open(path, 'create');
    await disk.syncDirectory(dirname(path));
    return file;
  }
}

export async function readAnchors(disk: Disk, path: string): Promise<readonly Anchor[]> {
  const bytes = (await readWhole(disk, path)) ?? new Uint8Array(0);
  return parseAnchors(Buffer.from(bytes.subarray(0, LARGEST_FILE_BYTES)).toString('utf8'));
}

/** Lines that are no anchors are none: a torn one is written again, and a forged one is not met. */
export function parseAnchors(text: string): readonly Anchor[] {
  return text.split('\n').flatMap((line) => {
    const anchor = parse(line);
    return isAnchor(anchor) ? [anchor] : [];
  });
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isAnchor(value: unknown): value is Anchor {
  if (typeof value !== 'object' || value === null) return false;
  const { day, sequence, hash, count } = value as Partial<Record<keyof Anchor, unknown>>;
  return (
    typeof day === 'string' &&
    Number.isSafeInteger(sequence) &&
    typeof hash === 'string' &&
    /^[0-9a-f]{64}$/.test(hash) &&
    Number.isSafeInteger(count)
  );
}

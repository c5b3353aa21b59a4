/**
 * The ledger outside the system: what was sent, what was acknowledged, and after the storm what is there. Pure, so that its
 * own verdicts are tested: lost = acknowledged but absent, ghost = present but never sent, doubled = counted more than once,
 * wrong = present with another value.
 */

export interface Sent {
  readonly value: number;
  acknowledged: boolean;
}

/** What was sent, by meter and time index. */
export class Ledger {
  readonly #sent = new Map<string, Map<number, Sent>>();

  send(meter: string, atMs: number, value: number): Sent {
    const entry: Sent = { value, acknowledged: false };
    let of = this.#sent.get(meter);
    if (of === undefined) {
      of = new Map();
      this.#sent.set(meter, of);
    }
    of.set(atMs, entry);
    return entry;
  }

  get meters(): readonly string[] {
    return [...this.#sent.keys()];
  }

  of(meter: string): ReadonlyMap<number, Sent> {
    return this.#sent.get(meter) ?? new Map();
  }

  get counts(): { readonly sent: number; readonly acknowledged: number } {
    let sent = 0;
    let acknowledged = 0;
    for (const of of this.#sent.values())
      for (const entry of of.values()) {
        sent += 1;
        if (entry.acknowledged) acknowledged += 1;
      }
    return { sent, acknowledged };
  }
}

/** One row as history tells it. */
export interface Found {
  readonly atMs: number;
  readonly value: number | null;
}

export interface Verdict {
  lost: number;
  ghosts: number;
  doubled: number;
  wrong: number;
}

export function compare(sent: ReadonlyMap<number, Readonly<Sent>>, found: readonly Found[]): Verdict {
  const verdict: Verdict = { lost: 0, ghosts: 0, doubled: 0, wrong: 0 };
  const seen = new Set<number>();
  for (const { atMs, value } of found) {
    const entry = sent.get(atMs);
    if (seen.has(atMs)) verdict.doubled += 1;
    else if (entry === undefined) verdict.ghosts += 1;
    else if (entry.value !== value) verdict.wrong += 1;
    seen.add(atMs);
  }
  for (const [atMs, entry] of sent) if (entry.acknowledged && !seen.has(atMs)) verdict.lost += 1;
  return verdict;
}

export function sum(verdicts: readonly Verdict[]): Verdict {
  const total: Verdict = { lost: 0, ghosts: 0, doubled: 0, wrong: 0 };
  for (const verdict of verdicts) {
    total.lost += verdict.lost;
    total.ghosts += verdict.ghosts;
    total.doubled += verdict.doubled;
    total.wrong += verdict.wrong;
  }
  return total;
}

export const isClean = (verdict: Verdict) => verdict.lost + verdict.ghosts + verdict.doubled + verdict.wrong === 0;

/**
 * What each partner has used today (UTC). Counted in memory and written every few seconds: a kill forgets at most what was used since
 * (`FLUSH_EVERY_MS`), an orderly stop forgets nothing. A day that begins is a new count.
 */

import type { Checkpoint, Clock, Logger, Timer } from '@contor/kit';

export interface Quotas {
  /** Takes the cost from the day's quota, when there is enough left of it. */
  take(partnerId: string, cost: number, quota: number): QuotaTaken;
  usedToday(partnerId: string): number;
  close(): Promise<void>;
}

export interface QuotaTaken {
  readonly isAllowed: boolean;
  readonly remaining: number;
  /** Until the day ends. */
  readonly resetMs: number;
}

interface Stored {
  readonly format: number;
  readonly day: number;
  readonly used: Readonly<Record<string, number>>;
}

const FLUSH_EVERY_MS = 5_000;
const DAY_MS = 86_400_000;
const FORMAT = 1;

export async function openQuotas(checkpoint: Checkpoint, clock: Clock, log: Logger): Promise<Quotas> {
  const today = () => Math.floor(clock.nowMs() / DAY_MS);
  const stored = parse(await checkpoint.read());
  let day = today();
  let used = new Map(stored?.day === day ? Object.entries(stored.used) : []);
  let timer: Timer | undefined;

  const turnPage = () => {
    if (today() === day) return;
    day = today();
    used = new Map();
  };
  const write = () =>
    checkpoint.write(
      new TextEncoder().encode(
        JSON.stringify({ format: FORMAT, day, used: Object.fromEntries(used) } satisfies Stored),
      ),
    );
  const flushLater = () => {
    timer ??= clock.after(FLUSH_EVERY_MS, () => {
      timer = undefined;
      write().catch((error: unknown) => log.warn({ error }, 'What partners have used today could not be saved.'));
    });
  };

  return {
    take(partnerId, cost, quota) {
      turnPage();
      const before = used.get(partnerId) ?? 0;
      const isAllowed = before + cost <= quota;
      if (isAllowed) {
        used.set(partnerId, before + cost);
        flushLater();
      }
      const remaining = Math.max(0, quota - (used.get(partnerId) ?? 0));
      return { isAllowed, remaining, resetMs: (day + 1) * DAY_MS - clock.nowMs() };
    },
    usedToday(partnerId) {
      turnPage();
      return used.get(partnerId) ?? 0;
    },
    async close() {
      if (timer === undefined) return;
      timer.cancel();
      timer = undefined;
      await write();
    },
  };
}

function parse(bytes: Uint8Array | undefined): Stored | undefined {
  if (bytes === undefined) return undefined;
  const stored = JSON.parse(new TextDecoder().decode(bytes)) as Stored;
  return stored.format === FORMAT ? stored : undefined;
}

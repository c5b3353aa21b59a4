/**
 * When each meter of a request is sent its order: after a delay that nobody can foresee where it takes a supply away (trust T21: a mass
 * switching must not be one jolt to the grid), and never two of one person closer together than the pace of the command.
 */

import type { Random } from '@contor/kit';
import type { CommandName } from '@contor/policy';
import { HOUR_MS } from './caps.js';
import type { RequestRecord } from './records.js';

export interface Planned {
  readonly dueAtMs: number;
  readonly expiresAtMs: number;
}

export interface PlanOptions {
  readonly count: number;
  readonly nowMs: number;
  readonly longestDelayMs: number;
  readonly spacingMs: number;
  /** The last moment that is taken by an order of the same person. */
  readonly takenUntilMs: number | undefined;
  readonly random: Random;
}

interface PaceRow {
  readonly spacingMs: number;
  /** Meters an hour for one person; what takes a supply away has caps of its own. */
  readonly perHour: number;
}

/** Giving a supply back is easier than taking it away; a read costs the meter and its line a moment. */
const PACES = {
  disconnect: { spacingMs: 60_000, perHour: 20 },
  limit: { spacingMs: 60_000, perHour: 20 },
  reconnect: { spacingMs: 2_000, perHour: 300 },
  read: { spacingMs: 0, perHour: 3_600 },
  setClock: { spacingMs: 0, perHour: 3_600 },
} as const satisfies Readonly<Record<CommandName, PaceRow>>;

/** An order that could not be sent for so long (a freeze, a broker away) is not sent any more. */
const WAITS_MS = 30 * 60_000;

export function paceOf(command: CommandName): number {
  return PACES[command].spacingMs;
}

export function plan(options: PlanOptions): readonly Planned[] {
  const { count, nowMs, longestDelayMs, spacingMs, takenUntilMs, random } = options;
  const wanted = Array.from({ length: count }, () => nowMs + Math.floor(random.next() * longestDelayMs));
  let earliestMs = takenUntilMs === undefined ? nowMs : takenUntilMs + spacingMs;
  return wanted
    .sort((a, b) => a - b)
    .map((at) => {
      const dueAtMs = Math.max(at, earliestMs);
      earliestMs = dueAtMs + spacingMs;
      return { dueAtMs, expiresAtMs: dueAtMs + WAITS_MS };
    });
}

export interface Rate {
  readonly by: string;
  readonly command: CommandName;
  readonly count: number;
  readonly nowMs: number;
}

/** What one person has asked for in the last hour without anybody's approval. */
export function rateFault(requests: Iterable<RequestRecord>, { by, command, count, nowMs }: Rate): string | undefined {
  const { perHour } = PACES[command];
  let asked = count;
  for (const one of requests)
    if (one.by === by && one.command === command && nowMs - one.requestedAtMs < HOUR_MS && one.status === 'approved')
      asked += one.targetCount;
  return asked > perHour ? `One person may tell ${perHour} meters an hour to ${command}.` : undefined;
}

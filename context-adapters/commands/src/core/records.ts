/** What the command service keeps: requests as they were signed, what became of each meter, and whether commands run at all. */

import type { CommandName } from '@contor/policy';

/** One word for where a request, or one meter of it, is in its life. docs/commands.md says what each means. */
export type Status =
  | 'requested'
  | 'approved'
  | 'rejected'
  | 'withdrawn'
  | 'waiting'
  | 'sending'
  | 'done'
  | 'failed'
  | 'unknown'
  | 'expired'
  | 'refused'
  | 'stopped';

export interface RequestRecord {
  /** URN of the CommandRequest. */
  readonly id: string;
  /** Of the signed request, in its compact form. */
  readonly hash: string;
  readonly command: CommandName;
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly by: string;
  readonly requestedAtMs: number;
  readonly needsApproval: boolean;
  readonly needsSecondFactor: boolean;
  readonly status: Status;
  readonly text: string;
  readonly targetCount: number;
  readonly decidedBy?: string;
  readonly decidedAtMs?: number;
  readonly finishedAtMs?: number;
  /** Its entity is gone from the broker, and results that were only to be shown from here. */
  readonly isTidied?: boolean;
}

export interface TargetRecord {
  readonly request: string;
  /** URN of the Device. */
  readonly device: string;
  readonly status: Status;
  readonly text: string;
  readonly atMs: number;
  readonly name?: string;
  readonly serialNumber?: string;
  /** When it is sent, and when it is too late for that. */
  readonly dueAtMs?: number;
  readonly expiresAtMs?: number;
  readonly orderId?: string;
  readonly sentAtMs?: number;
  readonly notAfterMs?: number;
  readonly result?: Readonly<Record<string, unknown>>;
}

export interface Voice {
  readonly by: string;
  readonly atMs: number;
}

export interface ControlRecord {
  readonly stop?: Voice & { readonly reason: string };
  readonly freeze?: { readonly atMs: number; readonly reason: string };
  /** People who want it to go on, each once. */
  readonly resume: readonly Voice[];
  readonly unfreeze: readonly Voice[];
  /** Statements before this have had their effect: one that is shown again has none. */
  readonly resumedAtMs: number;
  readonly unfrozenAtMs: number;
}

export const RUNNING: ControlRecord = { resume: [], unfreeze: [], resumedAtMs: 0, unfrozenAtMs: 0 };

const SETTLED: readonly Status[] = [
  'rejected',
  'withdrawn',
  'done',
  'failed',
  'unknown',
  'expired',
  'refused',
  'stopped',
];

export function isSettled(status: Status): boolean {
  return SETTLED.includes(status);
}

/** Of several meters the one that most needs a look gives the request its word. */
const WORST_FIRST: readonly Status[] = [
  ...(['sending', 'waiting', 'unknown', 'failed', 'expired', 'stopped', 'withdrawn', 'refused', 'done'] as const),
];

export function statusOf(targets: readonly Pick<TargetRecord, 'status'>[]): Status {
  return WORST_FIRST.find((word) => targets.some(({ status }) => status === word)) ?? 'refused';
}

/**
 * Who may talk to which meter now. A meter has one conversation at a time, a line (a serial bus, a gateway, a modem) as many as it
 * bears, the agent as many as it has hands. What a person asks for comes before the schedule, and the schedule before recovery.
 */

import type { Clock } from '@contor/kit';

/** In the order of service. */
export const PRIORITIES = ['asked', 'scheduled', 'recovery'] as const;
export type Priority = (typeof PRIORITIES)[number];

export interface Job<Result> {
  readonly device: string;
  /** What several meters share; a meter with a connection of its own is its own line. */
  readonly line: string;
  readonly priority: Priority;
  readonly timeoutMs: number;
  /** Must settle soon after the signal aborts: until it has, the meter counts as busy. */
  run(signal: AbortSignal): Promise<Result>;
}

export type Outcome<Result> =
  | { readonly kind: 'value'; readonly value: Result; readonly waitedMs: number; readonly tookMs: number }
  | { readonly kind: 'failed'; readonly error: unknown; readonly waitedMs: number; readonly tookMs: number }
  | { readonly kind: 'timeout'; readonly waitedMs: number; readonly tookMs: number }
  /** Never begun: the queue is full, or we are stopping. */
  | { readonly kind: 'refused'; readonly reason: 'queue.full' | 'stopping' };

export interface DispatcherLimits {
  /** Conversations at once. Each holds a socket and some kilobytes of state. */
  readonly total: number;
  /** On one line. A serial bus bears one. */
  perLine(line: string): number;
  /** Waiting jobs of all lines together; about 500 bytes each. */
  readonly queued: number;
}

export interface Dispatcher {
  submit<Result>(job: Job<Result>): Promise<Outcome<Result>>;
  readonly figures: { readonly running: number; readonly waiting: number; readonly lines: number };
  /** Refuses what waits, aborts what runs, resolves when all have settled. */
  stop(): Promise<void>;
}

interface Waiting {
  readonly job: Job<unknown>;
  readonly sinceMs: number;
  settle(outcome: Outcome<unknown>): void;
}

/** One line: what waits on it by priority, and which of its meters are being talked to. */
interface Line {
  readonly name: string;
  readonly waiting: Readonly<Record<Priority, Waiting[]>>;
  readonly busy: Set<string>;
}

export const TIMED_OUT = 'job.timeout';

export function createDispatcher(clock: Clock, limits: DispatcherLimits): Dispatcher {
  const lines = new Map<string, Line>();
  /** Lines that may have something to start, in the order of service: a line that was served goes to the end. */
  const ready = new Set<Line>();
  const running = new Map<AbortController, Promise<void>>();
  let waiting = 0;
  let isStopping = false;

  function submit(job: Job<unknown>): Promise<Outcome<unknown>> {
    if (isStopping) return Promise.resolve({ kind: 'refused', reason: 'stopping' });
    if (waiting >= limits.queued) return Promise.resolve({ kind: 'refused', reason: 'queue.full' });
    return new Promise((settle) => {
      const line = lineOf(job.line);
      line.waiting[job.priority].push({ job, settle, sinceMs: clock.monotonicMs() });
      waiting += 1;
      ready.add(line);
      pump();
    });
  }

  function lineOf(name: string): Line {
    const known = lines.get(name);
    if (known !== undefined) return known;
    const line: Line = { name, waiting: { asked: [], scheduled: [], recovery: [] }, busy: new Set() };
    lines.set(name, line);
    return line;
  }

  function pump(): void {
    for (const line of ready) {
      if (running.size >= limits.total) return;
      ready.delete(line);
      const next = line.busy.size < limits.perLine(line.name) ? takeFrom(line) : undefined;
      if (next === undefined) continue; // Its next end makes it ready again.
      ready.add(line);
      begin(line, next);
    }
  }

  function begin(line: Line, { job, sinceMs, settle }: Waiting): void {
    waiting -= 1;
    line.busy.add(job.device);
    const startedMs = clock.monotonicMs();
    const waitedMs = startedMs - sinceMs;
    const abort = new AbortController();
    const timer = clock.after(job.timeoutMs, () => {
      abort.abort(new Error(TIMED_OUT));
      settle({ kind: 'timeout', waitedMs, tookMs: clock.monotonicMs() - startedMs });
    });
    const times = () => ({ waitedMs, tookMs: clock.monotonicMs() - startedMs });
    const ended = attempt(job, abort.signal)
      .then(
        (value) => settle({ kind: 'value', value, ...times() }),
        (error: unknown) => settle({ kind: 'failed', error, ...times() }),
      )
      .finally(() => {
        timer.cancel();
        running.delete(abort);
        line.busy.delete(job.device);
        if (isIdle(line)) lines.delete(line.name);
        else ready.add(line);
        pump();
      });
    running.set(abort, ended);
  }

  return {
    submit: submit as Dispatcher['submit'],
    get figures() {
      return { running: running.size, waiting, lines: lines.size };
    },
    async stop() {
      isStopping = true;
      for (const line of lines.values())
        for (const priority of PRIORITIES)
          for (const { settle } of line.waiting[priority].splice(0)) settle({ kind: 'refused', reason: 'stopping' });
      waiting = 0;
      for (const abort of running.keys()) abort.abort(new Error('stopping'));
      await Promise.all(running.values());
    },
  };
}

/** The first by priority, then by arrival, whose meter is not being talked to. */
function takeFrom({ waiting, busy }: Line): Waiting | undefined {
  for (const priority of PRIORITIES) {
    const at = waiting[priority].findIndex(({ job }) => !busy.has(job.device));
    if (at >= 0) return waiting[priority].splice(at, 1)[0];
  }
  return undefined;
}

function isIdle({ waiting, busy }: Line): boolean {
  return busy.size === 0 && PRIORITIES.every((priority) => waiting[priority].length === 0);
}

/** A job that throws before its first await fails like any other. */
async function attempt<Result>(job: Job<Result>, signal: AbortSignal): Promise<Result> {
  return job.run(signal);
}

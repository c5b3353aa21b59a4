/**
 * The Clock port: wall time, monotonic time and timers. Everything that must replay (sessions, logs, outboxes,
 * simulators, adapter cores) is handed a Clock and never asks the process for the time itself.
 */

export interface Timer {
  cancel(): void;
}

export interface Clock {
  /** Wall time, UTC, milliseconds since 1970. May step; never use it to measure a duration. */
  nowMs(): number;
  /** Monotonic milliseconds from an arbitrary origin. */
  monotonicMs(): number;
  /** Runs `task` once after `delayMs`. A pending timer does not keep the process alive. */
  after(delayMs: number, task: () => void): Timer;
  /** Resolves after `delayMs`; rejects with the signal's reason when it aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>;
}

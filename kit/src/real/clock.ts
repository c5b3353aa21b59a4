/** The Clock of the process itself. */

import { performance } from 'node:perf_hooks';
import type { Clock, Timer } from '../clock.js';

/** The longest delay a Node timer keeps (2^31 - 1 ms, 24.8 days); a longer one is waited for in several steps. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

export function realClock(): Clock {
  return { nowMs: () => Date.now(), monotonicMs: () => performance.now(), after, sleep };
}

function after(delayMs: number, task: () => void): Timer {
  let remainingMs = Math.max(0, delayMs);
  let handle: NodeJS.Timeout;
  const arm = (): void => {
    const stepMs = Math.min(remainingMs, LONGEST_TIMEOUT_MS);
    remainingMs -= stepMs;
    handle = setTimeout(() => (remainingMs > 0 ? arm() : task()), stepMs);
    handle.unref();
  };
  arm();
  return { cancel: () => clearTimeout(handle) };
}

function sleep(delayMs: number, signal?: AbortSignal): Promise<void> {
  return sleepOn(after, delayMs, signal);
}

/** The one way to sleep, shared with the simulated clock. */
export function sleepOn(afterDelay: Clock['after'], delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = afterDelay(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

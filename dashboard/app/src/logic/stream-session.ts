/**
 * The one event stream of the page (Server-Sent Events, HTML Living Standard 9.2) as a table and a step: who may happen next, and what follows.
 * The browser reconnects by itself while the answer is a stream; when it gives up, and when a connection hangs without a word, we do.
 */

export const STREAM = {
  closed: { start: 'connecting' },
  connecting: { hello: 'live', drop: 'connecting', fail: 'waiting', silence: 'waiting', hide: 'closed' },
  live: { hello: 'live', drop: 'connecting', fail: 'waiting', silence: 'waiting', hide: 'closed' },
  waiting: { retry: 'connecting', hide: 'closed' },
} as const satisfies Record<string, Partial<Record<string, string>>>;

export type StreamState = keyof typeof STREAM;
export type StreamInput = 'start' | 'hello' | 'drop' | 'fail' | 'silence' | 'retry' | 'hide';

export interface StreamSession {
  readonly state: StreamState;
  /** Failures in a row; a hello forgives them. */
  readonly failures: number;
  /** Since when values may be out of date; undefined while live. */
  readonly brokenSinceMs: number | undefined;
  readonly retryAtMs: number | undefined;
  /** Whether there was a connection before: then what happened meanwhile has to be asked for. */
  readonly wasLive: boolean;
}

export type StreamEffect =
  | { kind: 'open' }
  | { kind: 'close' }
  | { kind: 'wakeAt'; atMs: number }
  | { kind: 'catchUp' };

export const CLOSED_STREAM: StreamSession = {
  state: 'closed',
  failures: 0,
  brokenSinceMs: undefined,
  retryAtMs: undefined,
  wasLive: false,
};

/** The first retry is quick because most breaks are a restart; a minute is the longest anybody should wait for moving values. */
const RETRY_MS = [1_000, 2_000, 5_000, 10_000, 30_000, 60_000] as const;

/** Pings are comments that no script can see, so a healthy stream may look still for as long as nothing changes. */
export const SILENCE_MS = 90_000;

export function stepStream(
  session: StreamSession,
  input: StreamInput,
  nowMs: number,
): { session: StreamSession; effects: readonly StreamEffect[] } {
  const row: Partial<Record<StreamInput, StreamState>> = STREAM[session.state];
  const state = row[input];
  if (state === undefined) return { session, effects: [] };
  const brokenSinceMs = session.brokenSinceMs ?? nowMs;
  switch (input) {
    case 'start':
    case 'retry':
      return { session: { ...session, state, brokenSinceMs, retryAtMs: undefined }, effects: [{ kind: 'open' }] };
    case 'hello':
      return {
        session: { state, failures: 0, brokenSinceMs: undefined, retryAtMs: undefined, wasLive: true },
        effects: session.wasLive ? [{ kind: 'catchUp' }] : [],
      };
    case 'drop':
      return { session: { ...session, state, brokenSinceMs }, effects: [] };
    case 'fail':
    case 'silence': {
      const atMs = nowMs + retryDelayMs(session.failures);
      return {
        session: { ...session, state, brokenSinceMs, failures: session.failures + 1, retryAtMs: atMs },
        effects: [{ kind: 'close' }, { kind: 'wakeAt', atMs }],
      };
    }
    case 'hide':
      return { session: { ...session, state, brokenSinceMs, retryAtMs: undefined }, effects: [{ kind: 'close' }] };
  }
}

export function retryDelayMs(failures: number): number {
  return RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? RETRY_MS[0];
}

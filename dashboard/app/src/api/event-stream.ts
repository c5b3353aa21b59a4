/** Carries out what the stream session decides: opens and closes the one EventSource, keeps the timers, hands entities on. */
import { type Entity, isEntity } from '../logic/ngsi.js';
import {
  CLOSED_STREAM,
  SILENCE_MS,
  type StreamEffect,
  type StreamInput,
  type StreamSession,
  stepStream,
} from '../logic/stream-session.js';

export interface StreamListener {
  session(session: StreamSession): void;
  serverTime(ms: number): void;
  entities(entities: readonly Entity[]): void;
  /** They have left the reader's sight: deleted, or a tie or a grant has ended. */
  gone(ids: readonly string[]): void;
  /** The connection is back after a break: ask for what was missed. */
  catchUp(): void;
  /** The stream was refused for good, which a lost session would explain. */
  refused(): void;
}

/** A tab nobody looks at stops listening after this, and catches up when it is seen again. */
const HIDDEN_MS = 60_000;

export interface EventConnection {
  retryNow(): void;
  close(): void;
}

export function openEventStream(address: string, listener: StreamListener): EventConnection {
  let session: StreamSession = CLOSED_STREAM;
  let source: EventSource | undefined;
  let retryTimer: ReturnType<typeof setTimeout> | undefined;
  let silenceTimer: ReturnType<typeof setTimeout> | undefined;
  let hiddenTimer: ReturnType<typeof setTimeout> | undefined;

  const input = (name: StreamInput): void => {
    const result = stepStream(session, name, Date.now());
    session = result.session;
    listener.session(session);
    for (const effect of result.effects) carryOut(effect);
  };
  const carryOut = (effect: StreamEffect): void => {
    switch (effect.kind) {
      case 'open':
        clearTimeout(retryTimer);
        open();
        break;
      case 'close':
        clearTimeout(silenceTimer);
        source?.close();
        source = undefined;
        break;
      case 'wakeAt':
        clearTimeout(retryTimer);
        retryTimer = setTimeout(() => input('retry'), effect.atMs - Date.now());
        break;
      case 'catchUp':
        listener.catchUp();
        break;
    }
  };
  const heard = (): void => {
    clearTimeout(silenceTimer);
    silenceTimer = setTimeout(() => input('silence'), SILENCE_MS);
  };
  const open = (): void => {
    source?.close();
    const opened = new EventSource(address);
    source = opened;
    heard();
    opened.addEventListener('hello', (event) => {
      heard();
      const { serverTime } = (parse(event) ?? {}) as { serverTime?: unknown };
      const ms = typeof serverTime === 'number' ? serverTime : Date.parse(String(serverTime));
      if (Number.isFinite(ms)) listener.serverTime(ms);
      input('hello');
    });
    opened.addEventListener('entities', (event) => {
      heard();
      const { entities } = (parse(event) ?? {}) as { entities?: unknown };
      if (Array.isArray(entities)) listener.entities(entities.filter(isEntity));
    });
    // What we may see is another part of the world, or has become smaller.
    for (const name of ['reset', 'gone'])
      opened.addEventListener(name, () => {
        heard();
        listener.catchUp();
      });
    opened.addEventListener('gone', (event) => {
      heard();
      const { ids } = (parse(event) ?? {}) as { ids?: unknown };
      if (Array.isArray(ids)) listener.gone(ids.filter((id) => typeof id === 'string'));
    });
    // The reader sees another part of the world from here on.
    opened.addEventListener('reset', () => {
      heard();
      listener.catchUp();
    });
    opened.addEventListener('error', () => {
      // CLOSED: the browser has given up (an answer that is no stream); otherwise it tries again by itself.
      const hasGivenUp = opened.readyState === EventSource.CLOSED;
      input(hasGivenUp ? 'fail' : 'drop');
      if (hasGivenUp) listener.refused();
    });
  };
  const seen = (): void => {
    clearTimeout(hiddenTimer);
    if (document.hidden) hiddenTimer = setTimeout(() => input('hide'), HIDDEN_MS);
    else input('start');
  };
  const online = (): void => input('retry');
  document.addEventListener('visibilitychange', seen);
  window.addEventListener('online', online);
  input('start');

  return {
    retryNow: () => input('retry'),
    close: () => {
      document.removeEventListener('visibilitychange', seen);
      window.removeEventListener('online', online);
      for (const timer of [retryTimer, silenceTimer, hiddenTimer]) clearTimeout(timer);
      input('hide');
    },
  };
}

/** A broken event is dropped and told; the next one carries the state again. */
function parse(event: MessageEvent<unknown>): unknown {
  try {
    return JSON.parse(String(event.data));
  } catch (error) {
    console.warn('contor: an event of the stream is not JSON', error);
    return undefined;
  }
}

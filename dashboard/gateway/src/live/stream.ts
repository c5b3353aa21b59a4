/**
 * One live stream per page (Server-Sent Events, HTML Living Standard 9.2). Nothing is queued per client: a client has a
 * number, and gets the newest state of what changed since. A slow one skips states; one that takes nothing is dropped.
 */

import type { Clock, Timer } from '@contor/kit';
import type { Response } from 'express';
import type { Change, LiveState } from './state.js';

/** Four times a second is as fast as somebody can read. */
const FLUSH_EVERY_MS = 250;
/** After a quiet time: wait for the rest of the notification, not longer. */
const FIRST_FLUSH_MS = 10;
const PING_EVERY_MS = 15_000;
/** Entities in one event, so that a catch-up of a large town is written in bites the line can take. */
const BITE = 500;
/** Unsent bytes a client may have before we wait for it. */
const BACKLOG_BYTES = 1024 * 1024;
/** A client that took nothing for so long has gone without saying so. */
const STUCK_MS = 30_000;
const CLIENTS_LIMIT = 1_000;
const CLIENTS_PER_SESSION = 12;
/** Browsers wait this long before they come back. */
const RECONNECT_MS = 2_000;

export interface StreamHub {
  readonly clients: number;
  /** False when there is no room. */
  open(response: Response, options: StreamOptions): boolean;
  closeSession(sessionKey: string): void;
  close(): void;
}

export interface StreamOptions {
  readonly sessionKey: string;
  /** `Last-Event-ID` of a browser that comes back. */
  readonly lastEventId: string | undefined;
  /** Asked at each ping whether the person may still look. */
  readonly isStillAllowed: () => Promise<boolean>;
}

interface Client {
  readonly response: Response;
  readonly options: StreamOptions;
  sent: number;
  stuckSinceMs: number | undefined;
}

export interface HubParts {
  readonly state: LiveState;
  readonly clock: Clock;
  readonly version: string;
}

export function createStreamHub({ state, clock, version }: HubParts): StreamHub {
  const clients = new Set<Client>();
  let pending = new Map<string, Change>();
  let flushTimer: Timer | undefined;
  let lastFlushMs = Number.NEGATIVE_INFINITY;
  let flushedThrough = state.counter;

  state.onChange((change) => {
    pending.delete(change.entity.id);
    pending.set(change.entity.id, change);
    scheduleFlush();
  });

  function scheduleFlush(): void {
    const sinceMs = clock.monotonicMs() - lastFlushMs;
    flushTimer ??= clock.after(Math.max(FIRST_FLUSH_MS, FLUSH_EVERY_MS - sinceMs), flush);
  }

  /** Those who are up to date share one text; the others catch up on their own, at the pace of their line. */
  function flush(): void {
    flushTimer = undefined;
    lastFlushMs = clock.monotonicMs();
    const changes = [...pending.values()];
    pending = new Map();
    const before = flushedThrough;
    flushedThrough = state.counter;
    const text = changes.length <= BITE ? encodeChanges(changes) : undefined;
    for (const client of clients) {
      if (text !== undefined && client.sent === before && !isBehind(client)) {
        client.response.write(text);
        client.sent = flushedThrough;
      } else {
        catchUp(client);
      }
    }
  }

  function catchUp(client: Client): void {
    while (client.sent < flushedThrough && !isBehind(client)) {
      const changes = state.since(client.sent, BITE);
      const last = changes.at(-1);
      if (last === undefined) {
        client.sent = flushedThrough;
        return;
      }
      client.response.write(encodeChanges(changes));
      client.sent = Math.max(client.sent, last.counter);
    }
  }

  function isBehind(client: Client): boolean {
    if (client.response.writableLength < BACKLOG_BYTES) {
      client.stuckSinceMs = undefined;
      return false;
    }
    client.stuckSinceMs ??= clock.monotonicMs();
    return true;
  }

  function ping(): void {
    for (const client of clients) {
      if (isBehind(client) && clock.monotonicMs() - (client.stuckSinceMs ?? 0) > STUCK_MS) {
        drop(client);
        continue;
      }
      client.response.write(': ping\n\n');
      void recheck(client);
    }
    pingTimer = clock.after(PING_EVERY_MS, ping);
  }
  let pingTimer = clock.after(PING_EVERY_MS, ping);

  async function recheck(client: Client): Promise<void> {
    if (!(await client.options.isStillAllowed())) drop(client);
  }

  function drop(client: Client): void {
    clients.delete(client);
    if (client.response.writableLength > 0) client.response.destroy();
    else client.response.end();
  }

  return {
    get clients() {
      return clients.size;
    },
    open(response, options) {
      const own = [...clients].filter((client) => client.options.sessionKey === options.sessionKey).length;
      if (clients.size >= CLIENTS_LIMIT || own >= CLIENTS_PER_SESSION) return false;
      const client: Client = { response, options, sent: startOf(options.lastEventId, state), stuckSinceMs: undefined };
      response.status(200).set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      response.flushHeaders();
      response.socket?.setNoDelay(true);
      const hello = JSON.stringify({ serverTime: new Date(clock.nowMs()).toISOString(), version });
      response.write(`retry: ${RECONNECT_MS}\nevent: hello\ndata: ${hello}\n\n`);
      clients.add(client);
      response.on('close', () => clients.delete(client));
      response.on('drain', () => catchUp(client));
      if (flushedThrough < state.counter) scheduleFlush();
      catchUp(client);
      return true;
    },
    closeSession(sessionKey) {
      for (const client of clients) if (client.options.sessionKey === sessionKey) drop(client);
    },
    close() {
      flushTimer?.cancel();
      pingTimer.cancel();
      for (const client of clients) drop(client);
    },
  };
}

/** 0 is before everything, and the answer to a number of another process. */
function startOf(lastEventId: string | undefined, state: LiveState): number {
  const counter = lastEventId !== undefined && /^\d{1,16}$/.test(lastEventId) ? Number(lastEventId) : 0;
  return state.hasGiven(counter) ? counter : 0;
}

/** `id` is the number of the newest change in it, which is what the browser sends back when it returns. */
function encodeChanges(changes: readonly Change[]): string {
  const last = changes.at(-1);
  if (last === undefined) return '';
  return `id: ${last.counter}\nevent: entities\ndata: ${JSON.stringify({ entities: changes.map(({ entity }) => entity) })}\n\n`;
}

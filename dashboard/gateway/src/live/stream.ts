/**
 * One live stream per page (Server-Sent Events, HTML Living Standard 9.2). Nothing is queued per client: a client has a
 * number, and gets the newest state of what changed since. A slow one skips states; one that takes nothing is dropped.
 * What a client may see is what its view shows at the moment of sending.
 */

import type { Clock, Timer } from '@contor/kit';
import type { Scope } from '@contor/policy';
import type { Response } from 'express';
import type { Change, LiveState } from './state.js';
import type { Topics, View, ViewParts } from './view.js';
import { createViews } from './views.js';

/** Four times a second is as fast as somebody can read. */
const FLUSH_EVERY_MS = 250;
/** After a quiet time: wait for the rest of the notification, not longer. */
const FIRST_FLUSH_MS = 10;
/** What comes into sight because ties changed is shown after this at the latest; what goes out of it is not sent from that moment on. */
const LOOK_EVERY_MS = 1_000;
const PING_EVERY_MS = 15_000;
/** Entities in one event, so that a catch-up of a large town is written in bites the line can take. */
const BITE = 500;
/** Unsent bytes a client may have before we wait for it. */
const BACKLOG_BYTES = 1024 * 1024;
/** A client that took nothing for so long has gone without saying so. */
const STUCK_MS = 30_000;
const CLIENTS_LIMIT = 1_000;
const CLIENTS_PER_SESSION = 12;
/** What the page shows is no longer what this stream speaks of: it is to begin anew. */
const RESET = 'event: reset\ndata: {}\n\n';
/** Browsers wait this long before they come back. */
const RECONNECT_MS = 2_000;

export interface StreamHub {
  readonly clients: number;
  readonly views: number;
  /** False when there is no room. */
  open(response: Response, options: StreamOptions): boolean;
  closeSession(sessionKey: string): void;
  /** What this subject may see or do has changed: its streams follow at once. */
  recheckSubject(subjectId: string): void;
  close(): void;
}

export interface StreamOptions {
  /** Of the session, or of the partner: they have a number of streams together. */
  readonly sessionKey: string;
  readonly subjectId: string;
  readonly topics: Topics;
  /** `Last-Event-ID` of a browser that comes back. */
  readonly lastEventId: string | undefined;
  /** The scope that holds now; undefined when this subject may not look any more. */
  readonly currentScope: () => Scope | undefined;
  /** Asked at each ping: whether the session behind it still stands. */
  readonly isStillAllowed: () => Promise<boolean>;
}

interface Client {
  readonly response: Response;
  readonly options: StreamOptions;
  view: View;
  sent: number;
  stuckSinceMs: number | undefined;
}

export interface HubParts extends ViewParts {
  readonly state: LiveState;
  readonly clock: Clock;
  readonly version: string;
}

export function createStreamHub(parts: HubParts): StreamHub {
  const { state, clock, version } = parts;
  const clients = new Set<Client>();
  const views = createViews<Client>(parts);
  let pending = new Map<string, Change>();
  let flushTimer: Timer | undefined;
  let lastFlushMs = Number.NEGATIVE_INFINITY;
  let flushedThrough = state.counter;

  state.follow({
    changed(change) {
      pending.delete(change.id);
      pending.set(change.id, change);
      scheduleFlush();
    },
    gone(id, type) {
      pending.delete(id);
      for (const view of views.seeing(id, type)) tellGone(view, [id]);
    },
  });

  function scheduleFlush(): void {
    const sinceMs = clock.monotonicMs() - lastFlushMs;
    flushTimer ??= clock.after(Math.max(FIRST_FLUSH_MS, FLUSH_EVERY_MS - sinceMs), flush);
  }

  /** Those who are up to date share one text; the others catch up on their own, at the pace of their line. */
  function flush(): void {
    flushTimer = undefined;
    lastFlushMs = clock.monotonicMs();
    const nowMs = clock.nowMs();
    lookWhereDue(nowMs, (view) => view.isOver(nowMs));
    const changes = [...pending.values()];
    pending = new Map();
    const before = flushedThrough;
    flushedThrough = state.counter;
    for (const [view, seen] of views.route(changes)) tellChanges(view, seen, before, nowMs);
  }

  function tellChanges(view: View, seen: readonly Change[], before: number, nowMs: number): void {
    const text = seen.length <= BITE ? bytesOf(encode(view, seen, flushedThrough, nowMs)) : undefined;
    for (const client of views.clientsOf(view)) {
      if (text !== undefined && client.sent === before && !isBehind(client)) {
        if (text.byteLength > 0) client.response.write(text);
        client.sent = flushedThrough;
      } else {
        catchUp(client);
      }
    }
  }

  function catchUp(client: Client): void {
    const { view } = client;
    const nowMs = clock.nowMs();
    while (client.sent < flushedThrough && !isBehind(client)) {
      const changes = views.since(view, client.sent, BITE);
      const last = changes.at(-1);
      // It may be ahead of the others: what is about to be flushed is among the newest states already.
      const isAll = changes.length < BITE;
      const through = isAll ? Math.max(flushedThrough, last?.counter ?? 0) : (last?.counter ?? flushedThrough);
      const text = encode(view, changes, through, nowMs);
      if (text !== '') client.response.write(text);
      client.sent = Math.max(client.sent, through);
    }
  }

  /** Views ask the index again: what came into sight is sent although it has not changed, what went out of it is named. */
  function lookWhereDue(nowMs: number, isDue: (view: View) => boolean): void {
    for (const view of views.all()) {
      if (!isDue(view)) continue;
      const { gained, lost } = views.look(view, nowMs);
      const shown = gained.map((id) => state.get(id)).filter((change) => change !== undefined);
      if (lost.length > 0) tellGone(view, lost);
      if (shown.length > 0) tellGained(view, shown, nowMs);
    }
  }

  function tellGained(view: View, shown: readonly Change[], nowMs: number): void {
    const text = shown.length <= BITE ? bytesOf(encode(view, shown, undefined, nowMs)) : undefined;
    for (const client of views.clientsOf(view)) {
      if (text !== undefined && client.sent >= flushedThrough && !isBehind(client)) client.response.write(text);
      else {
        client.sent = 0;
        catchUp(client);
      }
    }
  }

  function tellGone(view: View, ids: readonly string[]): void {
    const text = `event: gone\ndata: ${JSON.stringify({ ids })}\n\n`;
    for (const client of views.clientsOf(view)) client.response.write(text);
  }

  function isBehind(client: Client): boolean {
    if (client.response.writableLength < BACKLOG_BYTES) {
      client.stuckSinceMs = undefined;
      return false;
    }
    client.stuckSinceMs ??= clock.monotonicMs();
    return true;
  }

  function look(): void {
    const nowMs = clock.nowMs();
    lookWhereDue(nowMs, (view) => view.isOver(nowMs) || view.isStale());
    lookTimer = clock.after(LOOK_EVERY_MS, look);
  }
  let lookTimer = clock.after(LOOK_EVERY_MS, look);

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
    else follow(client);
  }

  /** The scope of its subject as it is now. A page that saw more or other things before begins anew. */
  function follow(client: Client): void {
    if (!clients.has(client)) return;
    const scope = client.options.currentScope();
    if (scope === undefined) {
      drop(client);
      return;
    }
    const view = views.viewOf(scope, client.options.topics, clock.nowMs());
    if (view === client.view) return;
    views.leave(client);
    client.view = view;
    client.sent = 0;
    views.join(client);
    client.response.write(RESET);
    catchUp(client);
  }

  function drop(client: Client): void {
    forget(client);
    if (client.response.writableLength > 0) client.response.destroy();
    else client.response.end();
  }

  function forget(client: Client): void {
    if (clients.delete(client)) views.leave(client);
  }

  return {
    get clients() {
      return clients.size;
    },
    get views() {
      return views.size;
    },
    open(response, options) {
      const scope = options.currentScope();
      const own = [...clients].filter((client) => client.options.sessionKey === options.sessionKey).length;
      if (scope === undefined || clients.size >= CLIENTS_LIMIT || own >= CLIENTS_PER_SESSION) return false;
      response.status(200).set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
      response.flushHeaders();
      response.socket?.setNoDelay(true);
      const hello = JSON.stringify({ serverTime: new Date(clock.nowMs()).toISOString(), version });
      response.write(`retry: ${RECONNECT_MS}\nevent: hello\ndata: ${hello}\n\n`);
      const view = views.viewOf(scope, options.topics, clock.nowMs());
      const sent = startOf(options.lastEventId, view, state);
      // What it shows may be of another sight of the world.
      if (sent === 0 && options.lastEventId !== undefined) response.write(RESET);
      const client: Client = { response, options, view, sent, stuckSinceMs: undefined };
      clients.add(client);
      views.join(client);
      response.on('close', () => forget(client));
      response.on('drain', () => catchUp(client));
      if (flushedThrough < state.counter) scheduleFlush();
      catchUp(client);
      return true;
    },
    closeSession(sessionKey) {
      for (const client of clients) if (client.options.sessionKey === sessionKey) drop(client);
    },
    recheckSubject(subjectId) {
      for (const client of clients) if (client.options.subjectId === subjectId) follow(client);
    },
    close() {
      for (const timer of [flushTimer, pingTimer, lookTimer]) timer?.cancel();
      for (const client of clients) drop(client);
    },
  };
}

/** 0 is before everything: the answer to a number of another process, and to one of another sight of the world. */
function startOf(lastEventId: string | undefined, view: View, state: LiveState): number {
  const [, digits = '', stamp = ''] = /^(\d{1,16})(?:\.([\da-z]{1,16}))?$/.exec(lastEventId ?? '') ?? [];
  const counter = Number(digits);
  return stamp === view.stamp && state.hasGiven(counter) ? counter : 0;
}

/** `id` is how far the client has been told, which is what the browser sends back when it returns. Empty when nothing is to be shown. */
function encode(view: View, changes: readonly Change[], through: number | undefined, nowMs: number): string {
  const texts: string[] = [];
  for (const change of changes) if (view.shows(change, nowMs)) texts.push(view.textOf(change));
  if (texts.length === 0) return '';
  const stamp = view.stamp === '' ? '' : `.${view.stamp}`;
  const id = through === undefined ? '' : `id: ${through}${stamp}\n`;
  return `${id}event: entities\ndata: {"entities":[${texts.join(',')}]}\n\n`;
}

/** Made once for all who get it. */
function bytesOf(text: string): Buffer {
  return Buffer.from(text, 'utf8');
}

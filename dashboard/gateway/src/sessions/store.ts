/**
 * Sessions, kept in memory and in one small file that is replaced as a whole, so that a restart signs nobody out.
 * Durable before anybody relies on it: at sign-in, at each renewal (every few minutes of use) and at sign-out.
 */

import type { Checkpoint, Clock } from '@contor/kit';

export interface Person {
  readonly subject: string;
  readonly username: string;
  readonly fullName: string;
}

/** When the person last proved who they are, and by what (RFC 8176: `pwd`, `otp`). */
export interface Authentication {
  readonly authenticatedAtMs: number;
  readonly methods: readonly string[];
}

/** Where a session was begun, for its owner to recognise it. */
export interface Origin {
  readonly address: string;
  readonly agent: string;
}

export interface Session extends Person, Authentication, Origin {
  /** What the provider calls its own session: ended with ours, or it would sign the same browser in again. */
  readonly providerSession?: string | undefined;
  /** Hash of the id. */
  readonly key: string;
  readonly createdAtMs: number;
  readonly lastSeenAtMs: number;
  /** Until then the provider's word is good; afterwards it is asked again. */
  readonly freshUntilMs: number;
  /** Refresh and ID token, sealed with a key only the browser's cookie can make. */
  readonly sealed: string;
}

export interface SessionStore {
  get(key: string): Session | undefined;
  /** Durable when it resolves. */
  put(session: Session): Promise<void>;
  /** In memory only; reaches the disk with the next `put`. A few minutes of idle time are not worth a write. */
  touch(key: string): void;
  /** Gone from memory at once, from disk when it resolves. Listeners hear of it at once. */
  remove(key: string): Promise<void>;
  /** All of a person, when they may no longer be here. */
  removeAllOf(subject: string): Promise<void>;
  /** Those that are not over, in no order. */
  all(): readonly Session[];
  onRemoved(listener: (key: string) => void): void;
  readonly size: number;
  close(): Promise<void>;
}

const IDLE_LIMIT_MS = 8 * 3_600_000;
const ABSOLUTE_LIMIT_MS = 24 * 3_600_000;
/** About 2 kB each on disk. Beyond it the one that was used longest ago goes. */
const SESSIONS_LIMIT = 5_000;
/** One person on many devices; the oldest gives way, so that a stolen password cannot fill the file. */
const SESSIONS_PER_PERSON = 20;
const FORMAT = 1;
export const UNKNOWN_AUTHENTICATION: Authentication = { authenticatedAtMs: 0, methods: [] };
const UNKNOWN_ORIGIN: Origin = { address: '', agent: '' };

export async function openSessions(checkpoint: Checkpoint, clock: Clock): Promise<SessionStore> {
  const sessions = new Map<string, Session>();
  const listeners: ((key: string) => void)[] = [];
  for (const session of parse(await checkpoint.read())) sessions.set(session.key, session);

  const isOver = ({ lastSeenAtMs, createdAtMs }: Session) =>
    clock.nowMs() - lastSeenAtMs > IDLE_LIMIT_MS || clock.nowMs() - createdAtMs > ABSOLUTE_LIMIT_MS;
  const drop = (key: string) => {
    if (sessions.delete(key)) for (const listener of listeners) listener(key);
  };
  const save = createSaver(() => {
    for (const session of sessions.values()) if (isOver(session)) drop(session.key);
    return checkpoint.write(
      new TextEncoder().encode(JSON.stringify({ format: FORMAT, sessions: [...sessions.values()] })),
    );
  });

  return {
    get(key) {
      const session = sessions.get(key);
      if (session === undefined || !isOver(session)) return session;
      drop(key);
      return undefined;
    },
    async put(session) {
      const before = sessions.get(session.key);
      sessions.set(session.key, session);
      if (before === undefined) makeRoom(sessions, session, drop);
      try {
        await save();
      } catch (error) {
        if (before === undefined) drop(session.key); // A new session that is not on disk was never begun.
        throw error;
      }
    },
    touch(key) {
      const session = sessions.get(key);
      if (session !== undefined) sessions.set(key, { ...session, lastSeenAtMs: clock.nowMs() });
    },
    async remove(key) {
      drop(key);
      await save();
    },
    async removeAllOf(subject) {
      const own = [...sessions.values()].filter((session) => session.subject === subject);
      for (const { key } of own) drop(key);
      if (own.length > 0) await save();
    },
    all: () => [...sessions.values()].filter((session) => !isOver(session)),
    onRemoved: (listener) => void listeners.push(listener),
    get size() {
      return sessions.size;
    },
    close: save,
  };
}

function makeRoom(sessions: ReadonlyMap<string, Session>, newest: Session, drop: (key: string) => void): void {
  const others = [...sessions.values()].filter(({ key }) => key !== newest.key);
  const own = others.filter(({ subject }) => subject === newest.subject);
  for (const { key } of byAge(own).slice(0, Math.max(0, own.length - SESSIONS_PER_PERSON + 1))) drop(key);
  for (const { key } of byAge(others).slice(0, Math.max(0, others.length - SESSIONS_LIMIT + 1))) drop(key);
}

function byAge(sessions: readonly Session[]): readonly Session[] {
  return [...sessions].sort((a, b) => a.lastSeenAtMs - b.lastSeenAtMs);
}

/** One write at a time. Whoever asks while one is under way shares the next, which contains everybody's change. */
function createSaver(write: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const begin = (): Promise<void> => {
    running = write().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return begin();
    next ??= running
      .catch(() => undefined) // Its own callers hear of it; we only wait for our turn.
      .then(() => {
        next = undefined;
        return begin();
      });
    return next;
  };
}

function parse(bytes: Uint8Array | undefined): readonly Session[] {
  if (bytes === undefined) return [];
  const { format, sessions } = JSON.parse(new TextDecoder().decode(bytes)) as { format: number; sessions: Session[] };
  if (format !== FORMAT) return [];
  // Older lines do not say when, how and where; then it was long ago and by nothing that counts.
  return sessions.map((session) => ({ ...UNKNOWN_AUTHENTICATION, ...UNKNOWN_ORIGIN, ...session }));
}

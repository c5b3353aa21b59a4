/** The open sessions of a server by peer, bounded in entries and in bytes; who has been silent longest gives way. */

import type { Association } from './association.js';
import type { HandshakeLine } from './handshake-line.js';

export interface Session {
  readonly identity: string;
  readonly association: Association;
  /** For the last flight, until the peer has shown that it came (RFC 6347, 4.2.4). */
  lastFlight: HandshakeLine | undefined;
  touchedMs: number;
}

export interface TableLimits {
  readonly maxSessions: number;
  readonly maxBytes: number;
  readonly idleMs: number;
}

/** What an entry takes beside its identity, rounded up from what was measured, with the last flight still held. */
export const SESSION_BYTES = 4_096;
/** An order that is right to this many milliseconds saves moving an entry with every record. */
const TOUCH_EVERY_MS = 1_000;

export class SessionTable {
  readonly #limits: TableLimits;
  /** The longest silent first. */
  readonly #sessions = new Map<string, Session>();
  #bytes = 0;

  constructor(limits: TableLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#sessions.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get(peer: string): Session | undefined {
    return this.#sessions.get(peer);
  }

  touch(peer: string, session: Session, nowMs: number): void {
    if (nowMs - session.touchedMs < TOUCH_EVERY_MS) return;
    session.touchedMs = nowMs;
    this.#sessions.delete(peer);
    this.#sessions.set(peer, session);
  }

  add(peer: string, session: Session): void {
    this.delete(peer);
    this.#sessions.set(peer, session);
    this.#bytes += bytesOf(peer, session);
  }

  delete(peer: string): void {
    const session = this.#sessions.get(peer);
    if (session === undefined) return;
    this.#sessions.delete(peer);
    this.#bytes -= bytesOf(peer, session);
  }

  /** Who has to go: one at a time, until there is none. */
  overdue(nowMs: number): { readonly peer: string; readonly reason: 'idle' | 'room' } | undefined {
    const [head] = this.#sessions;
    if (head === undefined) return undefined;
    const [peer, session] = head;
    if (this.#sessions.size > this.#limits.maxSessions || this.#bytes > this.#limits.maxBytes)
      return { peer, reason: 'room' };
    return nowMs - session.touchedMs >= this.#limits.idleMs + TOUCH_EVERY_MS ? { peer, reason: 'idle' } : undefined;
  }

  peers(): readonly string[] {
    return [...this.#sessions.keys()];
  }
}

function bytesOf(peer: string, { identity }: Session): number {
  return SESSION_BYTES + 2 * (peer.length + identity.length);
}

/**
 * A DTLS 1.2 server for devices with pre-shared keys (RFC 6347, RFC 4279), without a socket and without a clock: datagrams and the time go in,
 * effects come out. Who has not shown that it has its address leaves no trace; who has not shown that it has its key is one of few.
 */

import { ProtocolError, type Random, WireError } from '@contor/kit';
import { type AlertName, decodeAlert, encodeAlert } from '../../codec/dtls/alert.js';
import { decodeHandshake, type HandshakeFragment } from '../../codec/dtls/handshake.js';
import { type DtlsRecord, decodeRecord, encodeRecord } from '../../codec/dtls/record.js';
import { Cookies } from './cookie.js';
import { knock } from './door.js';
import {
  type CloseReason,
  DEFAULT_DATAGRAM_BYTES,
  type DtlsEffect,
  MAX_RECORDS_PER_DATAGRAM,
  sends,
} from './effects.js';
import { MIN_DATAGRAM_BYTES } from './handshake-line.js';
import type { HandshakeStep } from './handshake-step.js';
import { agreeWith, suitesNamed } from './negotiation.js';
import type { PskKeys } from './psk-keys.js';
import { ServerHandshake, type ServerTerms } from './server-handshake.js';
import { type Session, SessionTable } from './session-table.js';
import { DTLS_1_2 } from './suites.js';

export interface DtlsServerOptions {
  readonly keys: PskKeys;
  readonly random: Random;
  readonly hint?: string;
  readonly suites?: readonly string[];
  readonly requireExtendedMasterSecret?: boolean;
  readonly maxDatagramBytes?: number;
  readonly maxSessions?: number;
  readonly maxBytes?: number;
  readonly maxHandshakes?: number;
  readonly idleMs?: number;
}

/** A city's worth of nodes behind one agent. */
const MAX_SESSIONS = 100_000;
/** What so many may take; longer identities make them fewer. */
const MAX_BYTES = 512 * 2 ** 20;
/** Two seconds of the fastest rate at which handshakes can be answered; some 4 kB each. */
const MAX_HANDSHAKES = 4_096;
/** A node that sleeps for a day need not shake hands again each time. */
const IDLE_MS = 25 * 3_600_000;
const RANDOM_BYTES = 32;

export class DtlsServer {
  readonly #terms: ServerTerms;
  readonly #random: Random;
  readonly #cookies: Cookies;
  readonly #maxHandshakes: number;
  readonly #sessions: SessionTable;
  /** The oldest first. */
  readonly #handshakes = new Map<string, ServerHandshake>();

  constructor(options: DtlsServerOptions) {
    this.#random = options.random;
    this.#cookies = new Cookies(options.random.bytes(RANDOM_BYTES));
    this.#maxHandshakes = options.maxHandshakes ?? MAX_HANDSHAKES;
    this.#terms = {
      keys: options.keys,
      hint: options.hint,
      suites: suitesNamed(options.suites),
      requireExtendedMasterSecret: options.requireExtendedMasterSecret ?? false,
      maxDatagramBytes: Math.max(MIN_DATAGRAM_BYTES, options.maxDatagramBytes ?? DEFAULT_DATAGRAM_BYTES),
    };
    this.#sessions = new SessionTable({
      maxSessions: options.maxSessions ?? MAX_SESSIONS,
      maxBytes: options.maxBytes ?? MAX_BYTES,
      idleMs: options.idleMs ?? IDLE_MS,
    });
  }

  get sessions(): { readonly open: number; readonly bytes: number; readonly handshakes: number } {
    return { open: this.#sessions.size, bytes: this.#sessions.bytes, handshakes: this.#handshakes.size };
  }

  receive(peer: string, datagram: Uint8Array, nowMs: number): readonly DtlsEffect[] {
    const effects: DtlsEffect[] = [];
    let rest = datagram;
    for (let records = 0; rest.length > 0 && records < MAX_RECORDS_PER_DATAGRAM; records += 1) {
      const decoded = decodeRecord(rest);
      if (decoded.kind !== 'value') {
        if (decoded.kind === 'garbage') effects.push({ kind: 'refuse', peer, error: decoded.error });
        break;
      }
      effects.push(...this.#receiveRecord(peer, decoded.value, nowMs));
      rest = rest.subarray(decoded.used);
    }
    return effects;
  }

  /** Nothing where there is no session with the peer, or the plaintext is too long for a record. */
  send(peer: string, plaintext: Uint8Array): readonly DtlsEffect[] {
    const record = this.#sessions.get(peer)?.association.seal('applicationData', plaintext);
    return record ? sends(peer, [record]) : [];
  }

  close(peer: string): readonly DtlsEffect[] {
    this.#handshakes.delete(peer);
    return this.#closeWith(peer, 'ours');
  }

  closeAll(): readonly DtlsEffect[] {
    this.#handshakes.clear();
    return this.#sessions.peers().flatMap((peer) => this.#closeWith(peer, 'ours'));
  }

  /** To be called each `WAKE_EVERY_MS`: repeats what is not answered, and lets go of who is gone. */
  wake(nowMs: number): readonly DtlsEffect[] {
    const effects: DtlsEffect[] = this.#makeRoom(nowMs);
    for (const [peer, handshake] of this.#handshakes) {
      const due = handshake.line.due(nowMs);
      if (due === 'repeat') effects.push(...sends(peer, handshake.line.repeat()));
      if (due === 'giveUp')
        effects.push(...this.#abandon(peer, 'dtls.silent', 'The peer did not finish its handshake.'));
    }
    return effects;
  }

  #receiveRecord(peer: string, record: DtlsRecord, nowMs: number): readonly DtlsEffect[] {
    if (record.epoch === 0 && record.type === 'handshake') return this.#receivePlain(peer, record, nowMs);
    // The epoch of what follows says the same, and nobody can forge that (RFC 6347, 4.1).
    if (record.epoch === 0 && record.type === 'changeCipherSpec') return [];
    if (record.epoch === 0) return refused(peer, 'dtls.unprotected', 'The record has to be sealed.');
    const session = this.#sessions.get(peer);
    const plaintext = session?.association.open(record);
    if (session && plaintext) return this.#receiveSealed(peer, session, record, plaintext, nowMs);
    const handshake = this.#handshakes.get(peer);
    const finished = record.type === 'handshake' ? handshake?.association?.open(record) : undefined;
    if (handshake && finished)
      return this.#fragments(peer, finished, (part) => this.#advance(peer, handshake, part, nowMs));
    if (handshake && handshake.association === undefined && session === undefined)
      return refused(peer, 'dtls.early', 'The record is sealed with a key that is not agreed on yet.');
    const known = session ?? handshake;
    return known
      ? refused(peer, 'dtls.forged', 'The record is forged, damaged or has been seen.')
      : refused(peer, 'dtls.stranger', 'There is no session with the peer.');
  }

  #receivePlain(peer: string, record: DtlsRecord, nowMs: number): readonly DtlsEffect[] {
    return this.#fragments(peer, record.fragment, (fragment) => {
      if (fragment.type === 'clientHello') return this.#greet(peer, fragment, record.sequenceNumber, nowMs);
      const handshake = this.#handshakes.get(peer);
      // What is repeated beside a Finished is answered with that.
      if (handshake === undefined && this.#sessions.get(peer)?.lastFlight) return [];
      if (handshake === undefined) return refused(peer, 'dtls.stranger', 'There is no handshake with the peer.');
      return this.#carryOut(peer, handshake, handshake.receive(fragment, false), nowMs);
    });
  }

  #fragments(
    peer: string,
    bytes: Uint8Array,
    each: (fragment: HandshakeFragment) => readonly DtlsEffect[],
  ): readonly DtlsEffect[] {
    const decoded = decodeHandshake(bytes);
    if (decoded.kind === 'garbage') return [{ kind: 'refuse', peer, error: decoded.error }];
    return decoded.kind === 'value' ? decoded.value.slice(0, MAX_RECORDS_PER_DATAGRAM).flatMap(each) : [];
  }

  /** RFC 6347, 4.2.8: a session that is open stays until the new handshake is done; only the cookie is needed to begin one. */
  #greet(peer: string, fragment: HandshakeFragment, recordSequence: number, nowMs: number): readonly DtlsEffect[] {
    const answer = knock(peer, fragment, recordSequence, this.#cookies, nowMs);
    if (answer.kind === 'answer') return sends(peer, [answer.datagram]);
    if (answer.kind === 'refuse') return [{ kind: 'refuse', peer, error: answer.error }];
    const { hello } = answer;
    const running = this.#handshakes.get(peer);
    if (running && Buffer.compare(running.helloRandom, hello.random) === 0) return sends(peer, running.line.repeat());
    const agreement = agreeWith(hello, this.#terms);
    if (agreement.kind === 'refused') {
      const alert = encodeAlert({ isFatal: true, description: agreement.alert });
      const record = { type: 'alert', version: DTLS_1_2, epoch: 0, sequenceNumber: recordSequence } as const;
      const datagram = encodeRecord({ ...record, fragment: alert });
      return [...sends(peer, [datagram]), { kind: 'fail', peer, error: agreement.error }];
    }
    const opening = { hello, messageSequence: fragment.messageSequence, recordSequence };
    const handshake = new ServerHandshake(opening, agreement, this.#terms, this.#random.bytes(RANDOM_BYTES), nowMs);
    this.#handshakes.delete(peer);
    this.#handshakes.set(peer, handshake);
    return [...sends(peer, handshake.start(fragment.fragment, nowMs)), ...this.#fewer()];
  }

  #fewer(): readonly DtlsEffect[] {
    const [oldest] = this.#handshakes.keys();
    if (this.#handshakes.size <= this.#maxHandshakes || oldest === undefined) return [];
    return this.#abandon(oldest, 'dtls.crowded', 'There are too many handshakes at once; the oldest gives way.');
  }

  #abandon(peer: string, code: string, message: string): readonly DtlsEffect[] {
    this.#handshakes.delete(peer);
    return [{ kind: 'fail', peer, error: new ProtocolError(code, message) }];
  }

  #advance(peer: string, handshake: ServerHandshake, part: HandshakeFragment, nowMs: number): readonly DtlsEffect[] {
    return this.#carryOut(peer, handshake, handshake.receive(part, true), nowMs);
  }

  #carryOut(peer: string, handshake: ServerHandshake, step: HandshakeStep, nowMs: number): readonly DtlsEffect[] {
    if (step.kind === 'refuse') return [{ kind: 'refuse', peer, error: step.error }];
    const effects: DtlsEffect[] = sends(peer, step.datagrams);
    if (step.kind === 'go') return effects;
    this.#handshakes.delete(peer);
    if (step.kind === 'fail') return [...effects, { kind: 'fail', peer, error: step.error }];
    const { association, identity, line: lastFlight, suite } = handshake;
    if (association === undefined || identity === undefined) return effects;
    const replaced = this.#sessions.get(peer);
    if (replaced) effects.push({ kind: 'close', peer, identity: replaced.identity, reason: 'replaced' });
    this.#sessions.add(peer, { identity, association, lastFlight, touchedMs: nowMs });
    return [...effects, { kind: 'open', peer, identity, suite: suite.name }, ...this.#makeRoom(nowMs)];
  }

  #receiveSealed(
    peer: string,
    session: Session,
    record: DtlsRecord,
    plaintext: Uint8Array,
    nowMs: number,
  ): readonly DtlsEffect[] {
    this.#sessions.touch(peer, session, nowMs);
    if (record.type === 'applicationData') {
      session.lastFlight = undefined;
      return [{ kind: 'deliver', peer, identity: session.identity, plaintext }];
    }
    if (record.type === 'alert') return this.#receiveAlert(peer, plaintext);
    if (record.type === 'handshake') return this.#fragments(peer, plaintext, (part) => this.#late(peer, session, part));
    return refused(peer, 'dtls.type', 'A record of this type is not sealed.');
  }

  /** RFC 6347, 4.2.4: a Finished once more means that ours was lost. Anything else would be a renegotiation. */
  #late(peer: string, session: Session, fragment: HandshakeFragment): readonly DtlsEffect[] {
    const { association, lastFlight } = session;
    if (fragment.type === 'finished') return lastFlight ? sends(peer, lastFlight.repeat(association)) : [];
    const alert = association.seal('alert', encodeAlert({ isFatal: false, description: 'noRenegotiation' }));
    const refusal = refused(peer, 'dtls.renegotiation', 'A session is not renegotiated.');
    return alert ? [...sends(peer, [alert]), ...refusal] : refusal;
  }

  /** RFC 5246, 7.2.1: a close is answered with a close, any other end with silence. */
  #receiveAlert(peer: string, plaintext: Uint8Array): readonly DtlsEffect[] {
    const alert = decodeAlert(plaintext);
    if (alert.kind === 'garbage') return [{ kind: 'refuse', peer, error: alert.error }];
    if (alert.kind !== 'value') return [];
    if (alert.value.description === 'closeNotify') return this.#closeWith(peer, 'peer');
    return alert.value.isFatal ? this.#closeWith(peer, 'alert') : [];
  }

  #makeRoom(nowMs: number): DtlsEffect[] {
    const effects: DtlsEffect[] = [];
    for (let next = this.#sessions.overdue(nowMs); next; next = this.#sessions.overdue(nowMs))
      effects.push(...this.#closeWith(next.peer, next.reason));
    return effects;
  }

  #closeWith(peer: string, reason: CloseReason): readonly DtlsEffect[] {
    const session = this.#sessions.get(peer);
    if (session === undefined) return [];
    this.#sessions.delete(peer);
    const description: AlertName = 'closeNotify';
    const isSilent = reason === 'alert';
    const record = isSilent
      ? undefined
      : session.association.seal('alert', encodeAlert({ isFatal: false, description }));
    const closed = { kind: 'close', peer, identity: session.identity, reason } as const;
    return record ? [...sends(peer, [record]), closed] : [closed];
  }
}

function refused(peer: string, code: string, message: string): readonly DtlsEffect[] {
  return [{ kind: 'refuse', peer, error: new WireError(code, message) }];
}

/** The server's side of a handshake with a pre-shared key, from the hello with a good cookie on (RFC 6347, 4.2; RFC 4279, 2). */

import { timingSafeEqual } from 'node:crypto';
import { ProtocolError, WireError } from '@contor/kit';
import {
  type ClientHello,
  decodeIdentity,
  encodeIdentity,
  encodeServerHello,
  type HandshakeFragment,
} from '../../codec/dtls/handshake.js';
import { Association } from './association.js';
import { HandshakeLine } from './handshake-line.js';
import {
  failWith,
  type HandshakeStep,
  isInItsEpoch,
  NOTHING,
  undecodable,
  unexpected,
  walk,
} from './handshake-step.js';
import { extendedMasterOf, keyBlockOf, masterOf, preMasterOf, type Randoms, verifyDataOf } from './key-schedule.js';
import type { HandshakeMessage } from './message-assembly.js';
import { type Agreement, serverHelloOf, type Terms } from './negotiation.js';
import type { PskKeys } from './psk-keys.js';

export interface ServerTerms extends Terms {
  readonly keys: PskKeys;
  /** RFC 4279, 5.2: tells a device which of its keys is wanted. */
  readonly hint: string | undefined;
  readonly maxDatagramBytes: number;
}

/** Which message each state waits for. */
const STEPS = { keyExchange: 'clientKeyExchange', finished: 'finished', done: undefined } as const;

/** An identity of 128 bytes behind its length is the longest message after the hello. */
const MAX_MESSAGE_BYTES = 130;

export interface OpeningHello {
  readonly hello: ClientHello;
  readonly messageSequence: number;
  readonly recordSequence: number;
}

export class ServerHandshake {
  readonly startedMs: number;
  readonly helloRandom: Uint8Array;
  readonly line: HandshakeLine;
  readonly suite: Agreement['suite'];
  readonly #terms: ServerTerms;
  readonly #agreement: Agreement;
  readonly #opening: OpeningHello;
  readonly #randoms: Randoms;
  #state: keyof typeof STEPS = 'keyExchange';
  #master: Uint8Array = new Uint8Array();
  #association: Association | undefined;
  #identity: string | undefined;

  constructor(opening: OpeningHello, agreement: Agreement, terms: ServerTerms, random: Uint8Array, nowMs: number) {
    this.startedMs = nowMs;
    this.helloRandom = Uint8Array.from(opening.hello.random);
    this.suite = agreement.suite;
    this.#terms = terms;
    this.#agreement = agreement;
    this.#opening = opening;
    this.#randoms = { client: this.helloRandom, server: random };
    this.line = new HandshakeLine({
      receives: opening.messageSequence + 1,
      sends: opening.messageSequence,
      recordSequence: opening.recordSequence,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxDatagramBytes: terms.maxDatagramBytes,
    });
  }

  get association(): Association | undefined {
    return this.#association;
  }

  /** Known once the Finished has been right. */
  get identity(): string | undefined {
    return this.#state === 'done' ? this.#identity : undefined;
  }

  /** Flight 4. */
  start(body: Uint8Array, nowMs: number): readonly Uint8Array[] {
    const { hello, messageSequence } = this.#opening;
    this.line.note({ type: 'clientHello', sequence: messageSequence, body });
    const { hint } = this.#terms;
    const serverHello = encodeServerHello(serverHelloOf(hello, this.#agreement, this.#randoms.server));
    const flight = [
      this.line.say('serverHello', serverHello),
      ...(hint === undefined ? [] : [this.line.say('serverKeyExchange', encodeIdentity(Buffer.from(hint)))]),
      this.line.say('serverHelloDone', new Uint8Array()),
    ];
    return this.line.launch(flight, nowMs);
  }

  receive(fragment: HandshakeFragment, isSealed: boolean): HandshakeStep {
    if (!isInItsEpoch(fragment, isSealed))
      return { kind: 'refuse', error: new WireError('dtls.epoch', 'The handshake message is of the wrong epoch.') };
    const assembled = this.line.accept(fragment);
    if (assembled.kind === 'refused') return { kind: 'refuse', error: assembled.error };
    if (assembled.kind === 'repeated') return NOTHING;
    return walk(assembled.messages, (message) => this.#step(message));
  }

  #step(message: HandshakeMessage): HandshakeStep {
    if (message.type !== STEPS[this.#state]) return unexpected(this.line, message, this.#state);
    return this.#state === 'keyExchange' ? this.#exchange(message) : this.#finish(message);
  }

  #exchange(message: HandshakeMessage): HandshakeStep {
    const identity = decodeIdentity(message.body);
    if (identity.kind !== 'value')
      return undecodable(
        this.line,
        message,
        identity.kind === 'garbage' ? identity.error : new WireError('dtls.short', 'Short.'),
      );
    this.line.note(message);
    const found = this.#terms.keys.keyOf(identity.value);
    const preMaster = preMasterOf(found.key);
    this.#identity = found.identity;
    this.#master = this.#agreement.hasExtendedMasterSecret
      ? extendedMasterOf(preMaster, this.line.digest())
      : masterOf(preMaster, this.#randoms);
    this.#association = new Association(this.suite, keyBlockOf(this.#master, this.#randoms, this.suite), 'server');
    this.#state = 'finished';
    return NOTHING;
  }

  #finish(message: HandshakeMessage): HandshakeStep {
    const expected = verifyDataOf(this.#master, 'client', this.line.digest());
    const isRight = message.body.length === expected.length && timingSafeEqual(message.body, expected);
    if (!isRight || this.#identity === undefined || this.#association === undefined)
      return failWith(
        this.line,
        'decryptError',
        new ProtocolError('dtls.finished', 'The Finished of the peer is wrong.'),
      );
    this.line.note(message);
    const verifyData = verifyDataOf(this.#master, 'server', this.line.digest());
    const flight = [{ kind: 'changeCipherSpec' } as const, this.line.say('finished', verifyData, true)];
    this.#state = 'done';
    return { kind: 'done', datagrams: this.line.launchLast(flight, this.#association) };
  }
}

/** The client's side of a handshake with a pre-shared key (RFC 6347, 4.2; RFC 4279, 2). */

import { timingSafeEqual } from 'node:crypto';
import { ProtocolError, WireError } from '@contor/kit';
import {
  decodeHelloVerifyRequest,
  decodeIdentity,
  decodeServerHello,
  encodeClientHello,
  encodeIdentity,
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
import { extendedMasterOf, keyBlockOf, masterOf, preMasterOf, verifyDataOf } from './key-schedule.js';
import type { HandshakeMessage } from './message-assembly.js';
import { type Agreement, acceptHello, clientHelloOf, type Terms } from './negotiation.js';

export interface ClientTerms extends Terms {
  readonly identity: string;
  readonly key: Uint8Array;
  readonly maxDatagramBytes: number;
}

type State = 'hello' | 'helloAgain' | 'flight' | 'finished' | 'done';
type Step = 'verify' | 'agree' | 'hint' | 'exchange' | 'finish';

/** RFC 6347, 4.2.4, figure 1: what each state takes, and which step it is. */
const STEPS: Readonly<Record<State, Partial<Record<HandshakeMessage['type'], Step>>>> = {
  hello: { helloVerifyRequest: 'verify', serverHello: 'agree' },
  helloAgain: { serverHello: 'agree' },
  flight: { serverKeyExchange: 'hint', serverHelloDone: 'exchange' },
  finished: { finished: 'finish' },
  done: {},
};

/** A ServerHello with extensions that we did not ask for is refused, but read first. */
const MAX_MESSAGE_BYTES = 512;

export class ClientHandshake {
  readonly line: HandshakeLine;
  readonly #terms: ClientTerms;
  readonly #random: Uint8Array;
  #state: State = 'hello';
  #agreement: Agreement | undefined;
  #serverRandom: Uint8Array = new Uint8Array();
  #master: Uint8Array = new Uint8Array();
  #association: Association | undefined;

  constructor(terms: ClientTerms, random: Uint8Array) {
    this.#terms = terms;
    this.#random = random;
    this.line = new HandshakeLine({
      receives: 0,
      sends: 0,
      recordSequence: 0,
      maxMessageBytes: MAX_MESSAGE_BYTES,
      maxDatagramBytes: terms.maxDatagramBytes,
    });
  }

  get association(): Association | undefined {
    return this.#association;
  }

  get suite(): string {
    return this.#agreement?.suite.name ?? '';
  }

  /** Flight 1. */
  start(nowMs: number): readonly Uint8Array[] {
    return this.#hello(new Uint8Array(), nowMs);
  }

  receive(fragment: HandshakeFragment, isSealed: boolean, nowMs: number): HandshakeStep {
    if (!isInItsEpoch(fragment, isSealed))
      return { kind: 'refuse', error: new WireError('dtls.epoch', 'The handshake message is of the wrong epoch.') };
    const assembled = this.line.accept(fragment);
    if (assembled.kind === 'refused') return { kind: 'refuse', error: assembled.error };
    if (assembled.kind === 'repeated') return this.#again(fragment);
    return walk(assembled.messages, (message) => this.#step(message, nowMs));
  }

  /** RFC 6347, 4.2.4: the end of the server's flight once more means that ours was lost. */
  #again(fragment: HandshakeFragment): HandshakeStep {
    const isLost = this.#state === 'finished' && fragment.type === 'serverHelloDone';
    return isLost ? { kind: 'go', datagrams: this.line.repeat(this.#association) } : NOTHING;
  }

  #step(message: HandshakeMessage, nowMs: number): HandshakeStep {
    switch (STEPS[this.#state][message.type]) {
      case 'verify':
        return this.#verify(message, nowMs);
      case 'agree':
        return this.#agree(message);
      case 'hint':
        return this.#hint(message);
      case 'exchange':
        return this.#exchange(message, nowMs);
      case 'finish':
        return this.#finish(message);
      default:
        return unexpected(this.line, message, this.#state);
    }
  }

  #hello(cookie: Uint8Array, nowMs: number): readonly Uint8Array[] {
    const hello = encodeClientHello(clientHelloOf(this.#terms, this.#random, cookie));
    return this.line.launch([this.line.say('clientHello', hello)], nowMs);
  }

  #verify(message: HandshakeMessage, nowMs: number): HandshakeStep {
    const request = decodeHelloVerifyRequest(message.body);
    if (request.kind !== 'value') return undecodable(this.line, message, faultOf(request));
    this.line.forget();
    this.#state = 'helloAgain';
    return { kind: 'go', datagrams: this.#hello(request.value.cookie, nowMs) };
  }

  #agree(message: HandshakeMessage): HandshakeStep {
    const hello = decodeServerHello(message.body);
    if (hello.kind !== 'value') return undecodable(this.line, message, faultOf(hello));
    const agreement = acceptHello(hello.value, this.#terms);
    if (agreement.kind === 'refused') return failWith(this.line, agreement.alert, agreement.error);
    this.line.note(message);
    this.#agreement = agreement;
    this.#serverRandom = Uint8Array.from(hello.value.random);
    this.#state = 'flight';
    return NOTHING;
  }

  /** RFC 4279, 5.2: who has one key needs no hint. */
  #hint(message: HandshakeMessage): HandshakeStep {
    const hint = decodeIdentity(message.body);
    if (hint.kind !== 'value') return undecodable(this.line, message, faultOf(hint));
    this.line.note(message);
    return NOTHING;
  }

  #exchange(message: HandshakeMessage, nowMs: number): HandshakeStep {
    if (this.#agreement === undefined) return unexpected(this.line, message, this.#state);
    const { suite, hasExtendedMasterSecret } = this.#agreement;
    this.line.note(message);
    const exchange = this.line.say('clientKeyExchange', encodeIdentity(Buffer.from(this.#terms.identity)));
    const randoms = { client: this.#random, server: this.#serverRandom };
    const preMaster = preMasterOf(this.#terms.key);
    this.#master = hasExtendedMasterSecret
      ? extendedMasterOf(preMaster, this.line.digest())
      : masterOf(preMaster, randoms);
    this.#association = new Association(suite, keyBlockOf(this.#master, randoms, suite), 'client');
    const verifyData = verifyDataOf(this.#master, 'client', this.line.digest());
    const flight = [exchange, { kind: 'changeCipherSpec' } as const, this.line.say('finished', verifyData, true)];
    this.#state = 'finished';
    return { kind: 'go', datagrams: this.line.launch(flight, nowMs, this.#association) };
  }

  #finish(message: HandshakeMessage): HandshakeStep {
    const expected = verifyDataOf(this.#master, 'server', this.line.digest());
    if (message.body.length !== expected.length || !timingSafeEqual(message.body, expected))
      return failWith(
        this.line,
        'decryptError',
        new ProtocolError('dtls.finished', 'The Finished of the peer is wrong.'),
      );
    this.line.rest();
    this.#state = 'done';
    return { kind: 'done', datagrams: [] };
  }
}

function faultOf(
  decoded: { readonly kind: 'pending' } | { readonly kind: 'garbage'; readonly error: WireError },
): WireError {
  return decoded.kind === 'garbage' ? decoded.error : new WireError('dtls.short', 'The message ends within a field.');
}

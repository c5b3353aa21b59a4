/** A DTLS 1.2 client with a pre-shared key (RFC 6347, RFC 4279), without a socket and without a clock: one session with one server. */

import { ProtocolError, type Random, WireError } from '@contor/kit';
import { decodeAlert, encodeAlert } from '../../codec/dtls/alert.js';
import { decodeHandshake, type HandshakeFragment } from '../../codec/dtls/handshake.js';
import { type DtlsRecord, decodeRecord } from '../../codec/dtls/record.js';
import type { Association } from './association.js';
import { ClientHandshake } from './client-handshake.js';
import {
  type CloseReason,
  DEFAULT_DATAGRAM_BYTES,
  type DtlsEffect,
  MAX_RECORDS_PER_DATAGRAM,
  sends,
} from './effects.js';
import { MIN_DATAGRAM_BYTES } from './handshake-line.js';
import { suitesNamed } from './negotiation.js';

export interface DtlsClientOptions {
  readonly peer: string;
  readonly identity: string;
  readonly key: Uint8Array;
  readonly random: Random;
  readonly suites?: readonly string[];
  readonly requireExtendedMasterSecret?: boolean;
  readonly maxDatagramBytes?: number;
}

const RANDOM_BYTES = 32;

export class DtlsClient {
  readonly #peer: string;
  readonly #identity: string;
  readonly #handshake: ClientHandshake;
  #state: 'shaking' | 'open' | 'closed' = 'shaking';

  constructor(options: DtlsClientOptions) {
    this.#peer = options.peer;
    this.#identity = options.identity;
    const terms = {
      identity: options.identity,
      key: options.key,
      suites: suitesNamed(options.suites),
      requireExtendedMasterSecret: options.requireExtendedMasterSecret ?? false,
      maxDatagramBytes: Math.max(MIN_DATAGRAM_BYTES, options.maxDatagramBytes ?? DEFAULT_DATAGRAM_BYTES),
    };
    this.#handshake = new ClientHandshake(terms, options.random.bytes(RANDOM_BYTES));
  }

  start(nowMs: number): readonly DtlsEffect[] {
    return sends(this.#peer, this.#handshake.start(nowMs));
  }

  receive(datagram: Uint8Array, nowMs: number): readonly DtlsEffect[] {
    const effects: DtlsEffect[] = [];
    let rest = datagram;
    for (let records = 0; rest.length > 0 && records < MAX_RECORDS_PER_DATAGRAM; records += 1) {
      const decoded = decodeRecord(rest);
      if (decoded.kind !== 'value') {
        if (decoded.kind === 'garbage') effects.push({ kind: 'refuse', peer: this.#peer, error: decoded.error });
        break;
      }
      effects.push(...this.#receiveRecord(decoded.value, nowMs));
      rest = rest.subarray(decoded.used);
    }
    return effects;
  }

  /** Nothing before the session is open, after it is closed, or where the plaintext is too long for a record. */
  send(plaintext: Uint8Array): readonly DtlsEffect[] {
    const record = this.#state === 'open' ? this.#association?.seal('applicationData', plaintext) : undefined;
    return record ? sends(this.#peer, [record]) : [];
  }

  close(): readonly DtlsEffect[] {
    return this.#closeWith('ours');
  }

  /** To be called each `WAKE_EVERY_MS` until the session is open. */
  wake(nowMs: number): readonly DtlsEffect[] {
    if (this.#state !== 'shaking') return [];
    const due = this.#handshake.line.due(nowMs);
    if (due === 'repeat') return sends(this.#peer, this.#handshake.line.repeat(this.#association));
    return due === 'giveUp'
      ? this.#fail(new ProtocolError('dtls.silent', 'The server did not finish the handshake.'))
      : [];
  }

  get #association(): Association | undefined {
    return this.#handshake.association;
  }

  #receiveRecord(record: DtlsRecord, nowMs: number): readonly DtlsEffect[] {
    if (this.#state === 'closed') return this.#refuse('dtls.stranger', 'The session is closed.');
    if (record.epoch === 0) return this.#receivePlain(record, nowMs);
    const plaintext = this.#association?.open(record);
    if (plaintext === undefined) return this.#refuse('dtls.forged', 'The record is forged, damaged or has been seen.');
    if (record.type === 'handshake') return this.#fragments(plaintext, true, nowMs);
    if (record.type === 'alert') return this.#receiveAlert(plaintext);
    if (record.type !== 'applicationData') return this.#refuse('dtls.type', 'A record of this type is not sealed.');
    if (this.#state !== 'open') return this.#refuse('dtls.early', 'Data comes before the Finished of the server.');
    return [{ kind: 'deliver', peer: this.#peer, identity: this.#identity, plaintext }];
  }

  /** Once the session is open nothing unprotected has a say. */
  #receivePlain(record: DtlsRecord, nowMs: number): readonly DtlsEffect[] {
    if (record.type === 'changeCipherSpec') return [];
    if (this.#state === 'open' || record.type === 'applicationData')
      return this.#refuse('dtls.unprotected', 'The record has to be sealed.');
    return record.type === 'handshake'
      ? this.#fragments(record.fragment, false, nowMs)
      : this.#receiveAlert(record.fragment);
  }

  #fragments(bytes: Uint8Array, isSealed: boolean, nowMs: number): readonly DtlsEffect[] {
    const decoded = decodeHandshake(bytes);
    if (decoded.kind === 'garbage') return [{ kind: 'refuse', peer: this.#peer, error: decoded.error }];
    if (decoded.kind !== 'value') return [];
    return decoded.value
      .slice(0, MAX_RECORDS_PER_DATAGRAM)
      .flatMap((part) => this.#receiveFragment(part, isSealed, nowMs));
  }

  #receiveFragment(fragment: HandshakeFragment, isSealed: boolean, nowMs: number): readonly DtlsEffect[] {
    // RFC 5246, 7.4.1.1: a client may ignore the wish for a new handshake.
    if (fragment.type === 'helloRequest') return [];
    const step = this.#handshake.receive(fragment, isSealed, nowMs);
    if (step.kind === 'refuse') return [{ kind: 'refuse', peer: this.#peer, error: step.error }];
    const effects = sends(this.#peer, step.datagrams);
    if (step.kind === 'fail') return [...effects, ...this.#fail(step.error)];
    if (step.kind === 'go') return effects;
    this.#state = 'open';
    return [...effects, { kind: 'open', peer: this.#peer, identity: this.#identity, suite: this.#handshake.suite }];
  }

  #receiveAlert(bytes: Uint8Array): readonly DtlsEffect[] {
    const alert = decodeAlert(bytes);
    if (alert.kind === 'garbage') return [{ kind: 'refuse', peer: this.#peer, error: alert.error }];
    if (alert.kind !== 'value') return [];
    const { isFatal, description } = alert.value;
    const isClose = description === 'closeNotify';
    if (!isFatal && !isClose) return [];
    if (this.#state === 'open') return this.#closeWith(isClose ? 'peer' : 'alert');
    return this.#fail(new ProtocolError('dtls.alert', 'The server refuses the handshake.', { description }));
  }

  #closeWith(reason: CloseReason): readonly DtlsEffect[] {
    const wasOpen = this.#state === 'open';
    this.#state = 'closed';
    if (!wasOpen) return [];
    const notify = encodeAlert({ isFatal: false, description: 'closeNotify' });
    const record = reason === 'alert' ? undefined : this.#association?.seal('alert', notify);
    const closed = { kind: 'close', peer: this.#peer, identity: this.#identity, reason } as const;
    return record ? [...sends(this.#peer, [record]), closed] : [closed];
  }

  #fail(error: ProtocolError): readonly DtlsEffect[] {
    this.#state = 'closed';
    return [{ kind: 'fail', peer: this.#peer, error }];
  }

  #refuse(code: string, message: string): readonly DtlsEffect[] {
    return [{ kind: 'refuse', peer: this.#peer, error: new WireError(code, message) }];
  }
}

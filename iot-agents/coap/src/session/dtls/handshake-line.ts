/**
 * What both roles need of a handshake: the flight that was sent last, cut to the datagrams of the path and repeated until it is answered
 * (RFC 6347, 4.2.3 and 4.2.4), the peer's messages in order, and the digest of all that was said.
 */

import { createHash, type Hash } from 'node:crypto';
import { assert } from '@contor/kit';
import { encodeHandshake, type HandshakeFragment, type HandshakeType } from '../../codec/dtls/handshake.js';
import { type ContentType, encodeRecord } from '../../codec/dtls/record.js';
import type { Association } from './association.js';
import { type Assembled, type HandshakeMessage, MessageAssembly } from './message-assembly.js';
import { DTLS_1_2 } from './suites.js';

export type FlightPart =
  | { readonly kind: 'message'; readonly message: HandshakeMessage; readonly isSealed: boolean }
  | { readonly kind: 'changeCipherSpec' };

export interface LineStart {
  /** The message sequence numbers of the peer's next message and of ours. */
  readonly receives: number;
  readonly sends: number;
  /** RFC 6347, 4.2.1: a server goes on with the record sequence number of the hello. */
  readonly recordSequence: number;
  readonly maxMessageBytes: number;
  readonly maxDatagramBytes: number;
}

/** RFC 6347, 4.2.4.1: one second, doubled each time. */
const FIRST_TIMEOUT_MS = 1_000;
/** 1, 2, 4, 8 and 16 s: a peer that says nothing for half a minute has gone. */
const MAX_SENDINGS = 5;
const RECORD_HEADER_BYTES = 13;
const MESSAGE_HEADER_BYTES = 12;
/** Below this a datagram has no room for a header and a byte of a sealed message. */
export const MIN_DATAGRAM_BYTES = 64;
const CHANGE_CIPHER_SPEC = Uint8Array.of(1);

export class HandshakeLine {
  readonly #assembly: MessageAssembly;
  readonly #maxDatagramBytes: number;
  #transcript: Hash | undefined = createHash('sha256');
  #sends: number;
  #recordSequence: number;
  #flight: readonly FlightPart[] = [];
  #sendings = 0;
  #dueMs = Number.POSITIVE_INFINITY;

  constructor(start: LineStart) {
    this.#assembly = new MessageAssembly(start.receives, start.maxMessageBytes);
    this.#maxDatagramBytes = start.maxDatagramBytes;
    this.#sends = start.sends;
    this.#recordSequence = start.recordSequence;
  }

  accept(fragment: HandshakeFragment): Assembled {
    return this.#assembly.accept(fragment);
  }

  /** RFC 6347, 4.2.6: as if it had come in one piece. */
  note({ type, sequence, body }: HandshakeMessage): void {
    this.#transcript?.update(
      encodeHandshake({ type, length: body.length, messageSequence: sequence, offset: 0, fragment: body }),
    );
  }

  /** RFC 6347, 4.2.1: the first hello and the request for a cookie are not part of it. */
  forget(): void {
    this.#transcript = createHash('sha256');
  }

  digest(): Uint8Array {
    assert(this.#transcript !== undefined, 'Nothing is digested after the last flight.');
    return this.#transcript.copy().digest();
  }

  /** The next message of ours. */
  say(type: HandshakeType, body: Uint8Array, isSealed = false): FlightPart {
    const message = { type, sequence: this.#sends++, body };
    this.note(message);
    return { kind: 'message', message, isSealed };
  }

  /** A flight that waits for an answer. */
  launch(flight: readonly FlightPart[], nowMs: number, association?: Association): readonly Uint8Array[] {
    this.#flight = flight;
    this.#sendings = 1;
    this.#dueMs = nowMs + FIRST_TIMEOUT_MS;
    return this.repeat(association);
  }

  /** RFC 6347, 4.2.4: the last flight has no timer, it is repeated when the peer repeats its own. */
  launchLast(flight: readonly FlightPart[], association: Association): readonly Uint8Array[] {
    this.#flight = flight;
    // A session keeps the line for a while, and a hash has memory of its own outside the heap.
    this.#transcript = undefined;
    this.rest();
    return this.repeat(association);
  }

  rest(): void {
    this.#dueMs = Number.POSITIVE_INFINITY;
  }

  /** What the passing of time asks for. */
  due(nowMs: number): 'nothing' | 'repeat' | 'giveUp' {
    if (nowMs < this.#dueMs) return 'nothing';
    if (this.#sendings >= MAX_SENDINGS) return 'giveUp';
    this.#dueMs = nowMs + FIRST_TIMEOUT_MS * 2 ** this.#sendings;
    this.#sendings += 1;
    return 'repeat';
  }

  /** The same messages in new records. */
  repeat(association?: Association): readonly Uint8Array[] {
    const datagrams: Uint8Array[] = [];
    let open: Uint8Array[] = [];
    let bytes = 0;
    for (const record of this.#flight.flatMap((part) => this.#recordsOf(part, association))) {
      if (bytes + record.length > this.#maxDatagramBytes && open.length > 0) {
        datagrams.push(Buffer.concat(open));
        open = [];
        bytes = 0;
      }
      open.push(record);
      bytes += record.length;
    }
    if (open.length > 0) datagrams.push(Buffer.concat(open));
    return datagrams;
  }

  /** A record that nothing protects. */
  plain(type: ContentType, fragment: Uint8Array): Uint8Array {
    return encodeRecord({ type, version: DTLS_1_2, epoch: 0, sequenceNumber: this.#recordSequence++, fragment });
  }

  #recordsOf(part: FlightPart, association: Association | undefined): readonly Uint8Array[] {
    if (part.kind === 'changeCipherSpec') return [this.plain('changeCipherSpec', CHANGE_CIPHER_SPEC)];
    const overhead = part.isSealed && association ? association.overheadBytes : RECORD_HEADER_BYTES;
    return fragmentsOf(part.message, this.#maxDatagramBytes - overhead - MESSAGE_HEADER_BYTES).map((fragment) => {
      if (!part.isSealed) return this.plain('handshake', fragment);
      const record = association?.seal('handshake', fragment);
      assert(record !== undefined, 'A Finished is sealed, and the first record of all.');
      return record;
    });
  }
}

/** RFC 6347, 4.2.3. An empty message has one fragment. */
function fragmentsOf({ type, sequence, body }: HandshakeMessage, room: number): readonly Uint8Array[] {
  return Array.from({ length: Math.max(1, Math.ceil(body.length / room)) }, (_, index) => {
    const offset = index * room;
    const fragment = body.subarray(offset, offset + room);
    return encodeHandshake({ type, length: body.length, messageSequence: sequence, offset, fragment });
  });
}

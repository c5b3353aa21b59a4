/** Handshake messages are put together from fragments and handed on in their order (RFC 6347, 4.2.2 and 4.2.3). */

import { WireError } from '@contor/kit';
import type { HandshakeFragment, HandshakeType } from '../../codec/dtls/handshake.js';

export interface HandshakeMessage {
  readonly type: HandshakeType;
  readonly sequence: number;
  readonly body: Uint8Array;
}

export type Assembled =
  | { readonly kind: 'messages'; readonly messages: readonly HandshakeMessage[] }
  /** A message that was handed on before: the peer repeats itself. */
  | { readonly kind: 'repeated' }
  | { readonly kind: 'refused'; readonly error: WireError };

interface Unfinished {
  readonly type: HandshakeType;
  readonly body: Uint8Array;
  /** One byte of each byte of the body: fragments overlap as they please. */
  readonly has: Uint8Array;
  missing: number;
}

/** The longest flight of a peer with a pre-shared key has three messages. */
const MAX_AHEAD = 3;

export class MessageAssembly {
  readonly #maxBytes: number;
  readonly #unfinished = new Map<number, Unfinished>();
  #next: number;

  /** `maxBytes` bounds one message: what the other role can say is known to be short. */
  constructor(next: number, maxBytes: number) {
    this.#next = next;
    this.#maxBytes = maxBytes;
  }

  accept(fragment: HandshakeFragment): Assembled {
    const { messageSequence: sequence, type, length } = fragment;
    if (sequence < this.#next) return { kind: 'repeated' };
    if (length > this.#maxBytes) return refused('dtls.too-long', 'The handshake message is too long.', { length });
    if (sequence >= this.#next + MAX_AHEAD) return refused('dtls.ahead', 'The message is too far ahead.', { sequence });
    const known = this.#unfinished.get(sequence) ?? unfinished(type, length);
    if (known.type !== type || known.body.length !== length)
      return refused('dtls.fragment', 'Fragments of one message do not agree.', { sequence });
    this.#unfinished.set(sequence, known);
    fill(known, fragment);
    return { kind: 'messages', messages: this.#take() };
  }

  #take(): readonly HandshakeMessage[] {
    const messages: HandshakeMessage[] = [];
    for (let head = this.#unfinished.get(this.#next); head?.missing === 0; head = this.#unfinished.get(this.#next)) {
      messages.push({ type: head.type, sequence: this.#next, body: head.body });
      this.#unfinished.delete(this.#next);
      this.#next += 1;
    }
    return messages;
  }
}

function unfinished(type: HandshakeType, length: number): Unfinished {
  return { type, body: new Uint8Array(length), has: new Uint8Array(length), missing: length };
}

/** The first to say a byte is believed; the Finished messages tell whether it was right. */
function fill(known: Unfinished, { offset, fragment }: HandshakeFragment): void {
  for (const [at, byte] of fragment.entries()) {
    if (known.has[offset + at] === 1) continue;
    known.has[offset + at] = 1;
    known.body[offset + at] = byte;
    known.missing -= 1;
  }
}

function refused(code: string, message: string, context: Readonly<Record<string, unknown>>): Assembled {
  return { kind: 'refused', error: new WireError(code, message, context) };
}

/** The cookie of a HelloVerifyRequest (RFC 6347, 4.2.1): before it comes back, nothing of a peer is remembered. */

import { createHmac, timingSafeEqual } from 'node:crypto';
import { type ClientHello, encodeClientHello } from '../../codec/dtls/handshake.js';

/** Long enough that it is not guessed, and short enough that the request is always shorter than the hello that asked. */
const COOKIE_BYTES = 16;
/** A cookie holds for this and the next period: longer than a peer tries. */
const PERIOD_MS = 60_000;

export class Cookies {
  readonly #secret: Uint8Array;

  constructor(secret: Uint8Array) {
    this.#secret = secret;
  }

  bake(peer: string, hello: ClientHello, nowMs: number): Uint8Array {
    return this.#of(peer, hello, Math.floor(nowMs / PERIOD_MS));
  }

  isOurs(peer: string, hello: ClientHello, nowMs: number): boolean {
    if (hello.cookie.length !== COOKIE_BYTES) return false;
    const period = Math.floor(nowMs / PERIOD_MS);
    const isOfNow = timingSafeEqual(this.#of(peer, hello, period), hello.cookie);
    return isOfNow || timingSafeEqual(this.#of(peer, hello, period - 1), hello.cookie);
  }

  /** RFC 6347, 4.2.1: over the address and what the hello says, which the second one must repeat. */
  #of(peer: string, hello: ClientHello, period: number): Uint8Array {
    return createHmac('sha256', this.#secret)
      .update(`${period}\n${peer}\n`)
      .update(encodeClientHello({ ...hello, cookie: new Uint8Array(), extensions: [] }))
      .digest()
      .subarray(0, COOKIE_BYTES);
  }
}

/**
 * Fixed headers of MQTT 3.1.1 (section 2.2), read ahead of the parser: the parser collects a packet until its declared
 * length is there, up to 256 MiB, so the length is judged here as soon as it is known.
 */

/** T24: a packet longer than this is refused. A day of quarter-hours in JSON is about 2 kB. */
export const MAX_PACKET_BYTES = 256 * 1024;
/** Before a peer has said who it is, it may send one CONNECT with its will, and no more than this. */
export const MAX_CONNECT_BYTES = 16 * 1024;

const CONNECT = 1;
/** Reserved values of the packet type, 2.2.1. */
const FIRST_TYPE = 1;
const LAST_TYPE = 14;

export type GuardFault = 'type' | 'length' | 'too-long' | 'not-connect';

export class FrameGuard {
  readonly #maxPacketBytes: number;
  #bodyLeft = 0;
  #lengthShift = 0;
  #length = 0;
  #inLength = false;
  #isFirst = true;

  constructor(maxPacketBytes = MAX_PACKET_BYTES) {
    this.#maxPacketBytes = maxPacketBytes;
  }

  /** Looks at the next bytes of the stream; the first fault found, or undefined. */
  push(bytes: Uint8Array): GuardFault | undefined {
    let at = 0;
    while (at < bytes.length) {
      if (this.#bodyLeft > 0) {
        const step = Math.min(this.#bodyLeft, bytes.length - at);
        this.#bodyLeft -= step;
        at += step;
        continue;
      }
      const fault = this.#inLength ? this.#readLength(bytes[at] ?? 0) : this.#readType(bytes[at] ?? 0);
      if (fault !== undefined) return fault;
      at += 1;
    }
    return undefined;
  }

  #readType(byte: number): GuardFault | undefined {
    const type = byte >> 4;
    if (type < FIRST_TYPE || type > LAST_TYPE) return 'type';
    // [MQTT-3.1.0-1]: the first packet is a CONNECT.
    if (this.#isFirst && type !== CONNECT) return 'not-connect';
    this.#inLength = true;
    this.#length = 0;
    this.#lengthShift = 0;
    return undefined;
  }

  /** Remaining Length: seven bits a byte, least significant first, at most four bytes (2.2.3). */
  #readLength(byte: number): GuardFault | undefined {
    this.#length += (byte & 0x7f) << this.#lengthShift;
    this.#lengthShift += 7;
    if ((byte & 0x80) !== 0) return this.#lengthShift >= 28 ? 'length' : undefined;
    if (this.#length > (this.#isFirst ? MAX_CONNECT_BYTES : this.#maxPacketBytes)) return 'too-long';
    this.#bodyLeft = this.#length;
    this.#inLength = false;
    this.#isFirst = false;
    return undefined;
  }
}

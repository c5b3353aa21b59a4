/** A commit group: the records that go to disk together, encoded as they arrive into one reused buffer. */

import { encodeRecord, RECORD_HEADER_BYTES } from './format.js';

const FIRST_BUFFER_BYTES = 256 * 1024;
/** A buffer that one burst made larger than this is given back to the collector. */
const KEPT_BUFFER_BYTES = 4 * 2 ** 20;

type Resolve = (sequence: number) => void;
type Reject = (error: Error) => void;

export class Group {
  #buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
  #resolves: Resolve[] = [];
  #rejects: Reject[] = [];
  length = 0;
  firstSequence = 0;
  /** Of the segment the group goes to. */
  seed = 0;
  /** Set when the group begins a new segment: the header that goes out before it. */
  header: Uint8Array | undefined;
  isOpen = false;

  get records(): number {
    return this.#resolves.length;
  }

  /** The bytes to append; valid until the group is opened again. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.length);
  }

  open(firstSequence: number, seed: number, header?: Uint8Array): void {
    this.#resolves = [];
    this.#rejects = [];
    if (this.#buffer.byteLength > KEPT_BUFFER_BYTES) this.#buffer = Buffer.allocUnsafeSlow(FIRST_BUFFER_BYTES);
    this.firstSequence = firstSequence;
    this.seed = seed;
    this.length = 0;
    this.header = header;
    this.isOpen = true;
  }

  add(payload: Uint8Array, resolve: Resolve, reject: Reject): void {
    const at = this.length;
    const end = at + RECORD_HEADER_BYTES + payload.byteLength;
    if (end > this.#buffer.byteLength) this.#grow(end);
    const place = this.#resolves.length;
    encodeRecord(this.#buffer, at, this.seed, this.firstSequence + place, place, payload);
    this.length = end;
    this.#resolves.push(resolve);
    this.#rejects.push(reject);
  }

  resolveAll(): void {
    this.isOpen = false;
    for (let place = 0; place < this.#resolves.length; place += 1) this.#resolves[place]?.(this.firstSequence + place);
  }

  rejectAll(error: Error): void {
    this.isOpen = false;
    for (const reject of this.#rejects) reject(error);
  }

  #grow(needed: number): void {
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#buffer.byteLength * 2));
    this.#buffer.copy(grown, 0, 0, this.length);
    this.#buffer = grown;
  }
}

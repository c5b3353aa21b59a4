/** A stream of bytes → frames or units, however the line chunks it. What is no frame is counted and left behind. */

import type { Decoded } from '@contor/kit';

const NONE = new Uint8Array(0);

export class Cutter<T> {
  readonly #decode: (bytes: Uint8Array) => Decoded<T>;
  #rest: Uint8Array = NONE;
  #garbage = 0;

  /** What `decode` waits for is bounded by its own length field, and so is what is kept here. */
  constructor(decode: (bytes: Uint8Array) => Decoded<T>) {
    this.#decode = decode;
  }

  get garbage(): number {
    return this.#garbage;
  }

  take(chunk: Uint8Array): readonly T[] {
    let bytes = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    const values: T[] = [];
    while (bytes.length > 0) {
      const decoded = this.#decode(bytes);
      if (decoded.kind === 'pending') break;
      if (decoded.kind === 'value') values.push(decoded.value);
      else this.#garbage += 1;
      bytes = bytes.subarray(decoded.used);
    }
    this.#rest = bytes.length === 0 ? NONE : bytes.slice();
    return values;
  }
}

function joined(before: Uint8Array, after: Uint8Array): Uint8Array {
  const all = new Uint8Array(before.length + after.length);
  all.set(before);
  all.set(after, before.length);
  return all;
}

/** Lays bytes out in rows from left to right; where they end too early, so do the rows. */

import type { ExplainedRow } from '@contor/kit';

export class Cutter {
  readonly rows: ExplainedRow[] = [];
  readonly #bytes: Uint8Array;
  #position = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get remaining(): number {
    return this.#bytes.length - this.#position;
  }

  /** Bytes ahead without taking them; zero behind the end. */
  peek(ahead = 0): number {
    return this.#bytes[this.#position + ahead] ?? 0;
  }

  /** A row of so many bytes, none for none; `says` is asked with the bytes there are. */
  take(length: number, name: string, says: (bytes: Uint8Array) => string): void {
    const bytes = this.#bytes.subarray(this.#position, this.#position + length);
    if (bytes.length === 0) return;
    this.#position += bytes.length;
    this.rows.push({ bytes, name, says: bytes.length < length ? 'cut off' : says(bytes) });
  }

  rest(name: string): void {
    this.take(this.remaining, name, (bytes) => `${bytes.length} bytes`);
  }
}

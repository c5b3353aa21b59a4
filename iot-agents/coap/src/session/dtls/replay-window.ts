/** Which of the last 64 sequence numbers have been seen (RFC 6347, 4.1.2.6). */

const HALF = 32;
const WINDOW = 2 * HALF;

export class ReplayWindow {
  #highest = -1;
  /** Bit n: the number `highest - n` has been seen. */
  #recent = 0;
  /** Bit n: the number `highest - 32 - n` has been seen. */
  #older = 0;

  isFresh(sequenceNumber: number): boolean {
    const age = this.#highest - sequenceNumber;
    if (age < 0) return true;
    if (age >= WINDOW) return false;
    return age < HALF ? (this.#recent & (1 << age)) === 0 : (this.#older & (1 << (age - HALF))) === 0;
  }

  /** Only of a record that is authentic: a forged one must not move the window. */
  mark(sequenceNumber: number): void {
    const age = this.#highest - sequenceNumber;
    if (age >= WINDOW) return;
    if (age < 0) this.#advance(-age);
    if (age < HALF) this.#recent |= 1 << Math.max(0, age);
    else this.#older |= 1 << (age - HALF);
  }

  #advance(by: number): void {
    this.#highest += by;
    if (by >= WINDOW) this.#older = 0;
    else if (by >= HALF) this.#older = by === HALF ? this.#recent : this.#recent << (by - HALF);
    else this.#older = (this.#older << by) | (this.#recent >>> (HALF - by));
    this.#recent = by >= HALF ? 0 : this.#recent << by;
  }
}

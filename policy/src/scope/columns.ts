/** Lists of numbers that grow, side by side without an object for each row: a town has millions of them. */

type Numbers = Int32Array | Float64Array;

export class Column<T extends Numbers> {
  #data: T;
  readonly #empty: number;

  constructor(data: T, empty: number) {
    this.#data = data;
    this.#empty = empty;
    data.fill(empty);
  }

  get(row: number): number {
    return this.#data[row] ?? this.#empty;
  }

  set(row: number, value: number): void {
    if (row >= this.#data.length) this.#grow(row);
    this.#data[row] = value;
  }

  #grow(row: number): void {
    // A quarter more: doubling would leave half of a large town empty.
    const length = Math.max(FIRST_ROWS, row + 1, Math.ceil(this.#data.length * 1.25));
    const Kind = this.#data.constructor as new (length: number) => T;
    const grown = new Kind(length).fill(this.#empty) as T;
    grown.set(this.#data);
    this.#data = grown;
  }
}

const FIRST_ROWS = 64;
/** The end of a chain, and a row that is nobody's. */
export const NONE = -1;

export function integers(): Column<Int32Array> {
  return new Column(new Int32Array(0), NONE);
}

export function instants(empty: number): Column<Float64Array> {
  return new Column(new Float64Array(0), empty);
}

/** One conversation on a line at a time, whoever wants it: the schedule or an order. First come, first served. */

export class Lines {
  readonly #tails = new Map<string, Promise<void>>();

  /** Resolves when the line is ours, with what gives it back. */
  async hold(line: string): Promise<() => void> {
    const before = this.#tails.get(line) ?? Promise.resolve();
    let release: () => void = () => undefined;
    const mine = new Promise<void>((resolve) => {
      release = resolve;
    });
    const tail = before.then(() => mine);
    this.#tails.set(line, tail);
    void tail.then(() => {
      if (this.#tails.get(line) === tail) this.#tails.delete(line);
    });
    await before;
    return release;
  }
}

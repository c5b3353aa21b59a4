/** A bell for one waiting loop: `wait` resolves at the next `ring`, or at once when it rang since the last wait. */

export class Wakeup {
  #hasRung = false;
  #waiting: (() => void) | undefined;

  ring(): void {
    this.#hasRung = true;
    this.#waiting?.();
  }

  async wait(): Promise<void> {
    if (!this.#hasRung)
      await new Promise<void>((resolve) => {
        this.#waiting = resolve;
      });
    this.#waiting = undefined;
    this.#hasRung = false;
  }
}

/** What a service said since a moment: its log file, read from where we last looked. */

import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

const READY = ' is ready"';
/** What a service says before it ends because it cannot go on (exit code 70). */
const LAST_WORDS = /cannot go on|the disk failed/i;

export class ServiceLog {
  readonly #path: string;
  #from = 0;

  constructor(path: string) {
    this.#path = path;
  }

  /** From now on only what comes later counts. */
  mark(): void {
    this.#from = statSync(this.#path, { throwIfNoEntry: false })?.size ?? 0;
  }

  get text(): string {
    if (statSync(this.#path, { throwIfNoEntry: false }) === undefined) return '';
    return readFileSync(this.#path).subarray(this.#from).toString('utf8');
  }

  /** How often the service has come up since the mark. */
  get starts(): number {
    return this.text.split(READY).length - 1;
  }

  /** The last words of a service that ended by itself since the mark. */
  get ends(): string | undefined {
    return this.text.split('\n').find((line) => LAST_WORDS.test(line));
  }

  /** The first line that matches, as soon as there is one. */
  async says(words: RegExp, withinMs: number): Promise<string> {
    const deadline = Date.now() + withinMs;
    for (;;) {
      const line = this.text.split('\n').find((candidate) => words.test(candidate));
      if (line !== undefined) return line;
      if (Date.now() > deadline) throw new Error(`${this.#path} does not say ${words}:\n${this.text.slice(-2_000)}`);
      await sleep(50);
    }
  }
}

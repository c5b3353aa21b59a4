/**
 * Texts that entities say again and again (attribute names, types, unit codes), each kept once and known by a number from 1.
 * Numbers never change while the broker lives, and stand in the snapshot, so that packed entities need no translation.
 */

import { intern } from '../json.js';

/** Beyond it, and for longer texts, an entity says the text in full: clients that invent names cannot fill the memory. */
const MAX_NAMES = 32_768;
const MAX_LENGTH = 512;

export interface Names {
  /** 0: say it in full. */
  number(text: string): number;
  text(number: number): string;
}

export class NameTable implements Names {
  readonly #texts: string[] = [];
  readonly #numbers = new Map<string, number>();

  get all(): readonly string[] {
    return this.#texts;
  }

  number(text: string): number {
    const known = this.#numbers.get(text);
    if (known !== undefined) return known;
    if (this.#texts.length >= MAX_NAMES || text.length > MAX_LENGTH) return 0;
    const kept = intern(text);
    const number = this.#texts.push(kept);
    this.#numbers.set(kept, number);
    return number;
  }

  /** The number it has already, or 0. */
  known(text: string): number {
    return this.#numbers.get(text) ?? 0;
  }

  text(number: number): string {
    const text = this.#texts[number - 1];
    if (text === undefined) throw new RangeError(`a packed entity names text ${number} of ${this.#texts.length}`);
    return text;
  }

  /** Texts of a snapshot, in its order: the numbers come out as they were. */
  restore(texts: readonly string[]): void {
    for (const text of texts) {
      const kept = intern(text);
      this.#numbers.set(kept, this.#texts.push(kept));
    }
  }

  clear(): void {
    this.#texts.length = 0;
    this.#numbers.clear();
  }
}

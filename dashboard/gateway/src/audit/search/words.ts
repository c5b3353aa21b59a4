/** Words as small numbers, so that a record takes a few bytes in the index. What no longer fits is one number that says: look into it. */

/** Two bytes; the last one is for all that came too late. */
const MOST_WORDS = 65_535;
export const OTHER_WORD = MOST_WORDS;
/** All words together; a name of a page is some ten characters, a subject 36. */
const MOST_CHARACTERS = 4 * 2 ** 20;

export class Words {
  readonly #numbers = new Map<string, number>();
  #characters = 0;

  numberOf(word: string): number {
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    if (this.#numbers.size >= MOST_WORDS || this.#characters + word.length > MOST_CHARACTERS) return OTHER_WORD;
    const number = this.#numbers.size;
    this.#numbers.set(word, number);
    this.#characters += word.length;
    return number;
  }

  /** Numbers that records of these words may have. */
  find(words: readonly string[]): ReadonlySet<number> {
    return new Set([OTHER_WORD, ...words.flatMap((word) => this.#numbers.get(word) ?? [])]);
  }
}

/**
 * A JSON object from outside, taken apart field by field. The first fault is kept in a sentence that names the field and never repeats
 * what was sent; whoever reads on gets harmless values. A name that nobody asks for is a fault as well.
 */

export class Fields {
  readonly #values: ReadonlyMap<string, unknown>;
  #fault: string | undefined;

  constructor(body: unknown, known: readonly string[]) {
    const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
    this.#values = new Map(isObject ? Object.entries(body) : []);
    if (!isObject) this.#fault = 'Send a JSON object.';
    const unknown = [...this.#values.keys()].find((name) => !known.includes(name));
    if (unknown !== undefined) this.fail(`The field '${printable(unknown)}' is not known here.`);
  }

  /** What is wrong, when something is. */
  get fault(): string | undefined {
    return this.#fault;
  }

  fail(sentence: string): undefined {
    this.#fault ??= sentence;
    return undefined;
  }

  has(name: string): boolean {
    return this.#values.get(name) !== undefined;
  }

  isNull(name: string): boolean {
    return this.#values.get(name) === null;
  }

  /** One line of text. */
  text(name: string, { most, pattern, about }: TextRule): string | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    const isLine = typeof value === 'string' && value.length <= most && !CONTROL.test(value);
    const text = isLine ? value.trim() : '';
    if (isLine && (pattern === undefined ? text !== '' : pattern.test(text))) return text;
    return this.fail(`${name} must be ${about ?? `a line of text of at most ${most} characters`}.`);
  }

  flag(name: string): boolean | undefined {
    const value = this.#values.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    return this.fail(`${name} must be true or false.`);
  }

  whole(name: string, { least, most }: { readonly least: number; readonly most: number }): number | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least && value <= most) return value;
    return this.fail(`${name} must be a whole number from ${least} to ${most}.`);
  }

  /** Each once, in the order they came. */
  list<T>(name: string, most: number, read: (item: unknown) => T | undefined, about: string): readonly T[] | undefined {
    const value = this.#values.get(name);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || value.length > most) return this.fail(`${name} must be a list of at most ${most}.`);
    const items = value.map(read);
    if (items.some((item) => item === undefined)) return this.fail(`Each of ${name} must be ${about}.`);
    const once = new Map(items.map((item) => [JSON.stringify(item), item as T]));
    return [...once.values()];
  }
}

export interface TextRule {
  readonly most: number;
  readonly pattern?: RegExp;
  readonly about?: string;
}

const CONTROL = /\p{Cc}|\p{Surrogate}/u;

function printable(name: string): string {
  return name.slice(0, 40).replaceAll(/[^\w.-]/g, '?');
}

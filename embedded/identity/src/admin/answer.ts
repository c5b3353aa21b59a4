/** What an admin route answers, and what it may read: Keycloak's shapes, from bodies that nobody has checked yet. */

export interface Answer {
  readonly status: number;
  readonly body?: unknown;
  readonly location?: string;
}

/** Ends a request early; the message goes to the caller, so it never repeats what was sent. */
export class Refusal extends Error {
  readonly answer: Answer;

  constructor(status: number, message: string) {
    super(message);
    this.answer = { status, body: status === 409 || status === 400 ? { errorMessage: message } : { error: message } };
  }
}

export const NO_CONTENT: Answer = { status: 204 };

/** A body as an object; fields are taken out of it one by one, so nothing else of it goes anywhere. */
export type Fields = Readonly<Record<string, unknown>>;

const TEXT_LIMIT = 255;

export function fieldsOf(body: unknown): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw new Refusal(400, 'An object is needed.');
  return Object.assign(Object.create(null), body) as Fields;
}

export function listOf(body: unknown): readonly Fields[] {
  if (!Array.isArray(body)) throw new Refusal(400, 'A list is needed.');
  return body.map(fieldsOf);
}

/** A line of text without control characters; `undefined` when it is not given. */
export function textOf(fields: Fields, name: string, limit = TEXT_LIMIT): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.length > limit || /\p{Cc}/u.test(value)) {
    throw new Refusal(400, `${name} must be a line of text of at most ${limit} characters.`);
  }
  return value.trim();
}

export function needText(fields: Fields, name: string): string {
  const value = textOf(fields, name);
  if (value === undefined || value === '') throw new Refusal(400, `${name} is needed.`);
  return value;
}

export function booleanOf(fields: Fields, name: string): boolean | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'boolean') throw new Refusal(400, `${name} must be true or false.`);
  return value;
}

/** A field only when it is there: for changes that leave the rest alone. */
export function given<K extends string, V>(name: K, value: V | undefined): { [P in K]?: V } {
  return value === undefined ? {} : ({ [name]: value } as { [P in K]: V });
}

const PAGE = 100;
const LONGEST_PAGE = 1000;

/** Keycloak's `first` and `max`. */
export function pageOf<T>(all: readonly T[], query: URLSearchParams): readonly T[] {
  const first = wholeNumber(query.get('first')) ?? 0;
  const max = Math.min(wholeNumber(query.get('max')) ?? PAGE, LONGEST_PAGE);
  return all.slice(first, first + max);
}

function wholeNumber(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}

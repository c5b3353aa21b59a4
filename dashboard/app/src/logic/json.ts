/** Reads answers of the gateway field by field: what came over the wire has no type until somebody has looked. */

export type Json = Readonly<Record<string, unknown>>;

/** Anything else reads like an object without fields. */
export function objectOf(value: unknown): Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

/** The items of an answer: a list by its name, or the whole answer when it is a list. */
export function itemsIn(body: unknown, name: string): readonly Json[] {
  const items = Array.isArray(body) ? listOf(body) : listOf(objectOf(body)[name]);
  return items.map(objectOf);
}

/** An empty text is none. */
export function textIn(json: Json, name: string): string | undefined {
  const value = json[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberIn(json: Json, name: string): number | undefined {
  const value = json[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

export function textsIn(json: Json, name: string): readonly string[] {
  return listOf(json[name]).filter((value) => typeof value === 'string');
}

/** Of ISO 8601 only: a browser finds a date in nearly any text that ends in a number. */
const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d/;

/** An instant in ISO 8601, or in milliseconds when its name says so: `sinceMs` beside `since`. */
export function momentIn(json: Json, name: string): number | undefined {
  const ms = numberIn(json, `${name}Ms`);
  if (ms !== undefined) return ms;
  const text = textIn(json, name);
  const parsed = text !== undefined && INSTANT.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isFinite(parsed) ? parsed : undefined;
}

/** JSON as it comes from outside: its type, and the bounds that hold for every value we keep. */

import { badRequest } from './problem.js';

export type Json = string | number | boolean | null | readonly Json[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: Json;
}

/** Deep enough for any GeoJSON or meter payload, shallow enough for every recursive walk we do. */
export const MAX_DEPTH = 32;
/** Of a whole text: a batch of entities of attributes of values, each counted from its own root, and some to spare. */
const MAX_TEXT_DEPTH = 4 * MAX_DEPTH;

export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json | undefined): value is readonly Json[] {
  return Array.isArray(value);
}

/**
 * Checks one value and says how many bytes it takes in memory, roughly. `1e309` parses to Infinity, which no JSON text
 * can say again: refused, because a number we cannot give back is a number we did not keep.
 */
export function measure(value: Json, depth: number): number {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) throw badRequest('a number is outside the range of a double');
      return 16;
    case 'string':
      return 24 + value.length;
    case 'boolean':
      return 8;
    default:
      return value === null ? 8 : measureNested(value, depth);
  }
}

function measureNested(value: readonly Json[] | JsonObject, depth: number): number {
  if (depth >= MAX_DEPTH) throw badRequest(`JSON is nested deeper than ${MAX_DEPTH} levels`);
  let size = 32;
  if (isList(value)) {
    for (const item of value) size += measure(item, depth + 1);
    return size;
  }
  for (const key of Object.keys(value)) size += 24 + key.length + measure(value[key] ?? null, depth + 1);
  return size;
}

/** A URI as NGSI-LD identifiers must be (4.6.2; RFC 3986): a scheme, a colon, and no character a URI cannot hold. */
const URI = /^[A-Za-z][A-Za-z0-9+.-]*:[!#-;=?-[\]_a-z~]+$/;
/**
 * With the letters of RFC 3987 too, but with none that cannot be seen or that turns the others round: an id must not look
 * like another one.
 */
const IRI =
  /^[A-Za-z][A-Za-z0-9+.-]*:[^\s<>"{}|\\^`\u2800\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}]+$/u;
const MAX_URI = 2048;

export function isUri(text: string): boolean {
  return text.length <= MAX_URI && (URI.test(text) || IRI.test(text));
}

/** DateTime, 4.6.3: ISO 8601, UTC, trailing Z, optional fraction. */
const DATE_TIME = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?Z$/;

export function isDateTime(text: string): boolean {
  return text.length <= 30 && DATE_TIME.test(text) && !Number.isNaN(instantOf(text));
}

/** Milliseconds of a DateTime, NaN when the calendar has no such moment. */
export function instantOf(text: string): number {
  return Date.parse(text.includes(',') ? text.replace(',', '.') : text);
}

/**
 * The one copy of a text that the engine compares by its address. Names are compared far more often than they are made,
 * and long IRIs that differ only at their end are slow to tell apart otherwise.
 */
export function intern(text: string): string {
  return Object.keys({ [text]: true })[0] ?? text;
}

/**
 * Whether JSON text is nested deeper than we read, found without reading it: a parser takes seconds over megabytes of
 * brackets, counting them takes milliseconds (T12).
 */
export function isTooDeep(bytes: Uint8Array): boolean {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (isText) {
      if (byte === 0x5c) at += 1;
      else if (byte === 0x22) isText = false;
    } else if (byte === 0x22) isText = true;
    else if (byte === 0x5b || byte === 0x7b) {
      depth += 1;
      if (depth > MAX_TEXT_DEPTH) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth -= 1;
  }
  return false;
}

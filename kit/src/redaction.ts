/**
 * What may not stand in a log: secrets, found by the name of their key and by the look of their value, and characters that
 * a terminal would obey. `redact` copies facts into plain, bounded data; `escapeControls` works on the finished JSON line.
 */

import { ContorError, errnoOf, isError } from './errors.js';

const REDACTED = '[redacted]';

/** Names of secrets, matched at the end of a key: `clientSecret`, `x-api-key`, `accessToken`, `mqtt_password`. */
const SECRET_KEY =
  /(pass(word|wd|phrase)?|secret|token|authori[sz]ation|cookie|credentials?|jws|jwt|psk|pin|(api|private|encryption|authentication|master|meter|device|access|session|signing|global|unicast|broadcast)[-_ ]?key)s?$/i;

interface Pattern {
  readonly find: RegExp;
  readonly replace: string;
}

/** Secrets by their look, wherever they stand in a text. Every expression is linear: one class, one bound, no nesting. */
const SECRET_VALUES: readonly Pattern[] = [
  { find: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(-----END [A-Z ]{0,40}PRIVATE KEY-----)?/g, replace: REDACTED },
  { find: /\bcontor-key-[A-Za-z0-9+/=_-]{8,}/g, replace: REDACTED },
  { find: /\b(Bearer|Basic|Digest)\s+[A-Za-z0-9\-._~+/=]{4,}/gi, replace: `$1 ${REDACTED}` },
  { find: /\beyJ[A-Za-z0-9_-]{4,}\.[A-Za-z0-9_-]*\.?[A-Za-z0-9_-]*/g, replace: REDACTED },
  {
    find: /(["']?\b[\w-]{0,40}(?:password|passwd|passphrase|secret|token|api[-_]?key)["']?\s{0,4}[=:]\s{0,4})("[^"]*"|'[^']*'|[^\s&;,"'}]+)/gi,
    replace: `$1${REDACTED}`,
  },
  { find: /(\b[a-z][a-z0-9+.-]{0,20}:\/\/)[^\s/@:]{0,200}:[^\s/@]{1,200}@/gi, replace: `$1${REDACTED}@` },
];

/** A log line is for a person: deeper, longer or wider than this is cut, and the cut is visible. */
const MAX_DEPTH = 6;
const MAX_ENTRIES = 100;
const MAX_TEXT = 4096;
/** Keys of the line itself; a fact with such a name gets an underscore behind it rather than a second meaning. */
const OWN_KEYS: ReadonlySet<string> = new Set(['level', 'time', 'service', 'msg']);

/** Facts as plain data without secrets, fit for one log line. */
export function redact(facts: object): Record<string, unknown> {
  const plain = isError(facts) ? { error: facts } : facts;
  const seen = new Set<object>();
  const result: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(plain).slice(0, MAX_ENTRIES)) {
    result[OWN_KEYS.has(key) ? `${key}_` : key] = redactValue(key, value, 1, seen);
  }
  return result;
}

export function redactText(text: string): string {
  const short = text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}… (${text.length} characters)` : text;
  return SECRET_VALUES.reduce((clean, { find, replace }) => clean.replace(find, replace), short);
}

function redactValue(key: string, value: unknown, depth: number, seen: Set<object>): unknown {
  if (value === undefined || value === null || typeof value === 'boolean') return value;
  if (SECRET_KEY.test(key)) return REDACTED;
  switch (typeof value) {
    case 'string':
      return redactText(value);
    case 'number':
      return Number.isFinite(value) ? value : String(value);
    case 'object':
      return redactObject(value, depth, seen);
    default:
      // bigint, symbol and function have no place in JSON.
      return redactText(String(value));
  }
}

function redactObject(value: object, depth: number, seen: Set<object>): unknown {
  if (seen.has(value)) return '[circular]';
  if (depth > MAX_DEPTH) return '[deeper]';
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value.toISOString();
  seen.add(value);
  try {
    if (isError(value)) return redactError(value, depth, seen);
    if (Array.isArray(value)) return redactArray(value, depth, seen);
    const entries = value instanceof Map ? [...value.entries()] : Object.entries(value);
    return Object.fromEntries(
      entries
        .slice(0, MAX_ENTRIES)
        .map(([key, inner]) => [String(key), redactValue(String(key), inner, depth + 1, seen)]),
    );
  } finally {
    seen.delete(value);
  }
}

function redactArray(values: readonly unknown[], depth: number, seen: Set<object>): unknown[] {
  const kept = values.slice(0, MAX_ENTRIES).map((value) => redactValue('', value, depth + 1, seen));
  return values.length > MAX_ENTRIES ? [...kept, `[${values.length - MAX_ENTRIES} more]`] : kept;
}

function redactError(error: Error, depth: number, seen: Set<object>): Record<string, unknown> {
  return {
    name: error.name,
    code: errnoOf(error),
    message: redactText(error.message),
    context: error instanceof ContorError ? redactValue('context', error.context, depth + 1, seen) : undefined,
    stack: error.stack === undefined ? undefined : redactText(error.stack),
    cause: error.cause === undefined ? undefined : redactValue('cause', error.cause, depth + 1, seen),
  };
}

/**
 * JSON leaves these as they are: DEL and the C1 controls (a terminal obeys CSI, U+009B), line and paragraph separator, and
 * the marks that turn the reading direction round.
 */
const OBEYED = /[\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]/g;

/** In a line of JSON they can only stand inside a string, where `\u` escapes mean the same. */
export function escapeControls(jsonLine: string): string {
  return jsonLine.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

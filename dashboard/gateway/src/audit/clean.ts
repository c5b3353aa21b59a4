/**
 * What may enter the trail (T29): no secrets, no characters that a terminal or a spreadsheet would obey, nothing without
 * an end. Whatever comes in, plain bounded data comes out.
 */

import { redact, redactText } from '@contor/kit';

/** Names of pages and operations, ids and reasons are words. */
export const LONGEST_WORD = 256;
/** A bulk change names its first hundred; `count` says how many there were. */
export const MOST_TARGETS = 100;
/** Of one value, before or after, as JSON. A tariff with its steps is some 2 kB. */
export const LONGEST_VALUE_BYTES = 8 * 1024;
/** How much of a longer one stays, to recognise it by. */
const KEPT_CHARACTERS = 1_000;

const REDACTED = '[redacted]';

/** C0, DEL and C1 controls, and the marks that turn the reading direction round or hide. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are exactly what is looked for.
const OBEYED = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A word as it may stand in a line of text: secrets out, controls spelled out, cut. */
export function cleanWord(text: string): string {
  const clean = inert(redactText(text.slice(0, 2 * LONGEST_WORD)));
  return clean.length > LONGEST_WORD ? `${clean.slice(0, LONGEST_WORD - 1)}…` : clean;
}

/** Any value as plain data. */
export function cleanValue(value: unknown): unknown {
  // Under a name that is neither a secret's nor one of a log line's own.
  const clean = inertly(redact({ value }).value);
  const json = JSON.stringify(clean) ?? 'null';
  const bytes = Buffer.byteLength(json);
  return bytes <= LONGEST_VALUE_BYTES ? clean : { cut: json.slice(0, KEPT_CHARACTERS), bytes };
}

function inertly(value: unknown): unknown {
  if (typeof value === 'string') return inert(value);
  if (Array.isArray(value)) return value.map(inertly);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(isSecretPair(value) ? { ...value, value: REDACTED } : value);
  return Object.fromEntries(entries.map(([key, inner]) => [inert(key), inertly(inner)]));
}

/** `{"key": "X-Api-Key", "value": "…"}`, as NGSI-LD writes headers (GS CIM 009, 5.2.22): the name of the secret is a value itself. */
function isSecretPair(pair: object): boolean {
  const { key, name = key, value } = pair as Readonly<Record<string, unknown>>;
  return typeof name === 'string' && value !== undefined && redact({ [`${name}`]: value })[name] === REDACTED;
}

/** ESC becomes the six characters `\u001b`. */
function inert(text: string): string {
  return text.replace(OBEYED, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

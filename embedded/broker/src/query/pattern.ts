/** Patterns from users, on an engine that is linear in the text whatever the pattern: never `new RegExp` here. */

import { RE2JS } from 're2js';
import { badRequest } from '../problem.js';

export interface Pattern {
  /** Whether the pattern is found anywhere in the text; anchors are the user's business. */
  test(text: string): boolean;
}

const MAX_PATTERN = 256;
/** A linear engine is still linear: a megabyte of text takes its time. Longer texts do not match. */
const MAX_SUBJECT = 65_536;
const MAX_KEPT = 200;
const kept = new Map<string, Pattern>();

export function compilePattern(text: string): Pattern {
  const known = kept.get(text);
  if (known !== undefined) return known;
  if (text.length > MAX_PATTERN) throw badRequest(`a pattern is longer than ${MAX_PATTERN} characters`);
  const pattern = build(text);
  const oldest = kept.size >= MAX_KEPT ? kept.keys().next().value : undefined;
  if (oldest !== undefined) kept.delete(oldest);
  kept.set(text, pattern);
  return pattern;
}

function build(text: string): Pattern {
  try {
    const compiled = RE2JS.compile(text);
    return { test: (subject) => subject.length <= MAX_SUBJECT && compiled.matcher(subject).find() };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw badRequest(`'${text.slice(0, 80)}' is not a regular expression of RE2: ${reason.slice(0, 120)}`);
  }
}

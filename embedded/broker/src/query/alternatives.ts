/**
 * The form that type selections and scope queries share: alternatives with `|` or `,` between them, each one name or
 * several of which all must hold, with `;` between them and parentheses around them (GS CIM 009 V1.9.1, 4.17, 4.19).
 */

import { badRequest, Problem } from '../problem.js';

/** Each is compared with each entity. */
const MAX_NAMES = 100;
const MAX_LENGTH = 8_192;

/** `(A;B)|C` → [[A, B], [C]]. The parentheses around an only `;` may be left out: it binds stronger, as in 4.9. */
export function parseAlternatives(text: string, what: string): readonly (readonly string[])[] {
  if (text.length > MAX_LENGTH) throw new Problem('tooComplexQuery', `${what} is longer than ${MAX_LENGTH} characters`);
  const alternatives = splitOutside(text, what).map((part) => namesOf(part.trim(), what));
  if (alternatives.flat().length > MAX_NAMES)
    throw new Problem('tooComplexQuery', `${what} has more than ${MAX_NAMES} names`);
  return alternatives;
}

function splitOutside(text: string, what: string): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  let isInside = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at];
    if (character === '(' || character === ')') {
      if (isInside === (character === '('))
        throw badRequest(`${what}: parentheses come in pairs and not in each other`);
      isInside = !isInside;
    } else if (!isInside && (character === '|' || character === ',')) {
      parts.push(text.slice(start, at));
      start = at + 1;
    }
  }
  if (isInside) throw badRequest(`${what}: a parenthesis is not closed`);
  return [...parts, text.slice(start)];
}

function namesOf(part: string, what: string): readonly string[] {
  const isGroup = part.startsWith('(') && part.endsWith(')');
  const names = (isGroup ? part.slice(1, -1) : part).split(';').map((name) => name.trim());
  for (const name of names) {
    if (name === '' || /[(),|]/.test(name)) throw badRequest(`${what}: '${part.slice(0, 60)}' is not (A;B) and not A`);
  }
  return names;
}

export function formatAlternatives(alternatives: readonly (readonly string[])[]): string {
  return alternatives.map((names) => (names.length === 1 ? names.join() : `(${names.join(';')})`)).join(',');
}

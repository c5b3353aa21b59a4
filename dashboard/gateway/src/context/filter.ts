/**
 * The filter of a question (`q`, GS CIM 009, 4.9) as somebody with a limited scope may ask it. What they do not see must not be found out
 * by asking for it: a hidden identifier compares as one that nobody has, and links are compared as a whole, never by a part or by order.
 */

import { isLinkName } from './names.js';

export type Filtered =
  | { readonly kind: 'value'; readonly q: string }
  | { readonly kind: 'refused'; readonly detail: string };

/** As in brokers: longer ones first, so that `!~=` is not read as `!` and `~=`. */
const OPERATORS = ['!~=', '==', '!=', '>=', '<=', '~=', '>', '<'] as const;
/** An identifier that no entity has. */
const NOBODY = '"urn:ngsi-ld:Nobody:x"';
const NO_LINK: Filtered = {
  kind: 'refused',
  detail: 'In q a link to another entity can be compared with == and != and nothing else.',
};
const NO_TEXT: Filtered = { kind: 'refused', detail: 'In q a text stands in quotes, and behind a comparison.' };

export function narrowFilter(q: string, isHidden: (id: string) => boolean): Filtered {
  let narrowed = '';
  for (const piece of piecesOf(q, JOINTS)) {
    const term = JOINTS.includes(piece) ? piece : narrowTerm(piece, isHidden);
    if (typeof term !== 'string') return term;
    narrowed += term;
  }
  return { kind: 'value', q: narrowed };
}

/** What stands between terms. */
const JOINTS = ';|()';

/** What stands between these letters outside of texts, and the letters themselves. */
function* piecesOf(text: string, letters: string): Iterable<string> {
  let from = 0;
  let isText = false;
  for (let at = 0; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (isText && letter === '\\') at += 1;
    else if (letter === '"') isText = !isText;
    else if (!isText && letters.includes(letter)) {
      if (at > from) yield text.slice(from, at);
      yield letter;
      from = at + 1;
    }
  }
  if (from < text.length) yield text.slice(from);
}

function narrowTerm(term: string, isHidden: (id: string) => boolean): string | Filtered {
  const { path, operator, operand } = takeApart(term);
  // What a broker would read otherwise than we do is not passed on.
  if (path.includes('"') || !WELL_FORMED.test(operand)) return NO_TEXT;
  if (operator === undefined) return term;
  if (path.trim() === '') return NO_TEXT;
  const isLink = path.split(/[.[\]]/).some((name) => isLinkName(name.trim()));
  if (isLink && (!EQUALITIES.has(operator) || operand.includes('..'))) return NO_LINK;
  const values = [...piecesOf(operand, ',')].map((value) => (meaningsOf(value).some(isHidden) ? NOBODY : value));
  return path + operator + values.join('');
}

/** Without quotes, or with each text in its own, and no operator outside of them. */
const WELL_FORMED = /^(?:[^"=!<>~]*|(?:[^"\\=!<>~]|"(?:[^"\\]|\\.)*")*)$/s;
const EQUALITIES: ReadonlySet<string> = new Set(['==', '!=']);

function takeApart(term: string): {
  readonly path: string;
  readonly operator: string | undefined;
  readonly operand: string;
} {
  for (let at = 0; at < term.length; at += 1) {
    const operator = OPERATORS.find((candidate) => term.startsWith(candidate, at));
    if (operator !== undefined) return { path: term.slice(0, at), operator, operand: term.slice(at + operator.length) };
  }
  return { path: term, operator: undefined, operand: '' };
}

/** The text, or the texts of a range, with their escapes undone. */
function meaningsOf(value: string): readonly string[] {
  return (value.match(/"(?:[^"\\]|\\.)*"|[^"]+/g) ?? []).flatMap((part) => {
    if (!part.startsWith('"')) return part.split('..').map((text) => text.trim());
    try {
      return [String(JSON.parse(part))];
    } catch (error) {
      if (error instanceof SyntaxError) return [part.slice(1, -1)];
      throw error;
    }
  });
}

/**
 * The query language: text → tree. GS CIM 009 V1.9.1, 4.9. Recursive descent over a string, no regular expression on
 * user text that could backtrack, and bounds on length, depth and number of terms: any text ends in a tree or a Problem.
 */

import { badRequest, Problem } from '../problem.js';

export type Operator = '==' | '!=' | '>=' | '<=' | '>' | '<' | '~=' | '!~=';

export type Scalar =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'time'; readonly value: number; readonly text: string };

export type Operand =
  | { readonly kind: 'list'; readonly values: readonly Scalar[] }
  | { readonly kind: 'range'; readonly from: Scalar; readonly to: Scalar };

/** `names` lead from attribute to sub-attribute (`a.b`); `trail` leads into a compound value (`a[x.y]`). */
export interface Path {
  readonly names: readonly string[];
  readonly trail: readonly string[];
}

export interface Junction {
  readonly kind: 'and' | 'or';
  readonly terms: readonly Query[];
}

export interface Existence {
  readonly kind: 'exists';
  readonly path: Path;
  readonly isNegated: boolean;
}

export interface Comparison {
  readonly kind: 'compare';
  readonly path: Path;
  readonly operator: Operator;
  readonly operand: Operand;
}

export type Query = Junction | Existence | Comparison;

const MAX_LENGTH = 8_192;
const MAX_NESTING = 32;
const MAX_TERMS = 500;

/** Longest first, so that `!~=` is not read as `!` and `~=`. */
const OPERATORS: readonly Operator[] = ['!~=', '==', '!=', '>=', '<=', '~=', '>', '<'];
const ENDS_NAME = new Set([...'=!<>~;|()[]"']);
const ENDS_VALUE = new Set([...';|(),']);
/** Unquoted, an operator cannot begin a value: `a>>1` is a slip of the finger. */
const STARTS_NO_VALUE = /^[=!<>~"]/;
const TIME = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})?)?$/;
const NUMBER = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/;

interface Cursor {
  readonly text: string;
  at: number;
  terms: number;
}

export function parseQuery(text: string): Query {
  if (text.length > MAX_LENGTH) throw new Problem('tooComplexQuery', `q is longer than ${MAX_LENGTH} characters`);
  const cursor: Cursor = { text, at: 0, terms: 0 };
  const query = parseAlternatives(cursor, 0);
  if (cursor.at < text.length) throw unexpected(cursor, 'an operator, ; or |');
  return query;
}

/** `|` binds weaker than `;` (4.9). */
function parseAlternatives(cursor: Cursor, depth: number): Query {
  return parseJoined(cursor, '|', 'or', () => parseJoined(cursor, ';', 'and', () => parseTerm(cursor, depth)));
}

function parseJoined(cursor: Cursor, separator: string, kind: 'and' | 'or', parse: () => Query): Query {
  const first = parse();
  if (cursor.text[cursor.at] !== separator) return first;
  const terms = [first];
  while (cursor.text[cursor.at] === separator) {
    cursor.at += 1;
    terms.push(parse());
  }
  return { kind, terms };
}

function parseTerm(cursor: Cursor, depth: number): Query {
  cursor.terms += 1;
  if (depth > MAX_NESTING || cursor.terms > MAX_TERMS) {
    throw new Problem('tooComplexQuery', `q has more than ${MAX_TERMS} terms or is nested deeper than ${MAX_NESTING}`);
  }
  if (cursor.text[cursor.at] === '(') {
    cursor.at += 1;
    const inner = parseAlternatives(cursor, depth + 1);
    expect(cursor, ')');
    return inner;
  }
  // Not in 4.9, but Orion-LD reads `!name` as "has no such attribute".
  if (cursor.text[cursor.at] === '!') {
    cursor.at += 1;
    return { kind: 'exists', path: parsePath(cursor), isNegated: true };
  }
  const path = parsePath(cursor);
  const operator = OPERATORS.find((candidate) => cursor.text.startsWith(candidate, cursor.at));
  if (operator === undefined) return { kind: 'exists', path, isNegated: false };
  cursor.at += operator.length;
  const operand = operator.endsWith('~=') ? parsePatternOperand(cursor) : parseOperand(cursor);
  if (operator !== '==' && operator !== '!=' && (operand.kind === 'range' || operand.values.length > 1)) {
    throw badRequest(`q: ${operator} takes one value; lists and ranges go with == and !=`);
  }
  return { kind: 'compare', path, operator, operand };
}

function parsePath(cursor: Cursor): Path {
  const names = splitNames(take(cursor, ENDS_NAME));
  if (names.some((name) => name === '')) throw unexpected(cursor, 'an attribute name');
  if (cursor.text[cursor.at] !== '[') return { names, trail: [] };
  cursor.at += 1;
  const close = cursor.text.indexOf(']', cursor.at);
  if (close < 0) throw unexpected(cursor, ']');
  const trail = cursor.text.slice(cursor.at, close).split('.');
  if (trail.some((member) => member === '')) throw unexpected(cursor, 'a member name');
  cursor.at = close + 1;
  return { names, trail };
}

/** Dots part a path into names, but not inside an IRI. */
function splitNames(text: string): string[] {
  return text.includes('://') ? [text] : text.split('.');
}

function parseOperand(cursor: Cursor): Operand {
  const first = parseScalar(cursor);
  if (cursor.text.startsWith('..', cursor.at)) {
    cursor.at += 2;
    return { kind: 'range', from: first, to: parseScalar(cursor) };
  }
  const values = [first];
  while (cursor.text[cursor.at] === ',') {
    cursor.at += 1;
    values.push(parseScalar(cursor));
  }
  return { kind: 'list', values };
}

function parseScalar(cursor: Cursor): Scalar {
  if (cursor.text[cursor.at] === '"') return asTime(parseQuoted(cursor, true));
  const start = cursor.at;
  while (
    cursor.at < cursor.text.length &&
    !ENDS_VALUE.has(cursor.text[cursor.at] ?? '') &&
    !cursor.text.startsWith('..', cursor.at)
  )
    cursor.at += 1;
  const text = cursor.text.slice(start, cursor.at);
  if (text === '' || STARTS_NO_VALUE.test(text)) throw unexpected({ ...cursor, at: start }, 'a value');
  if (text === 'true' || text === 'false') return { kind: 'boolean', value: text === 'true' };
  if (NUMBER.test(text)) return { kind: 'number', value: Number(text) };
  return asTime(text);
}

/** A text that is a moment is compared as a moment, so that .5Z and .500Z are the same. */
function asTime(text: string): Scalar {
  const value = text.length <= 40 && TIME.test(text) ? Date.parse(text.replace(',', '.')) : Number.NaN;
  return Number.isNaN(value) ? { kind: 'text', value: text } : { kind: 'time', value, text };
}

/** A pattern runs to the next `;` or `|`, or to a `)` it did not open; quoted, to its closing quote. */
function parsePatternOperand(cursor: Cursor): Operand {
  if (cursor.text[cursor.at] === '"') return textOperand(parseQuoted(cursor, false));
  const start = cursor.at;
  let open = 0;
  for (; cursor.at < cursor.text.length; cursor.at += 1) {
    const character = cursor.text[cursor.at];
    if (character === '(') open += 1;
    else if (character === ')' && open-- === 0) break;
    else if (open === 0 && (character === ';' || character === '|')) break;
  }
  if (cursor.at === start) throw unexpected(cursor, 'a pattern');
  return textOperand(cursor.text.slice(start, cursor.at));
}

function textOperand(value: string): Operand {
  return { kind: 'list', values: [{ kind: 'text', value }] };
}

/** In a text `\"` and `\\` are escapes; in a pattern only `\"` is, because `\\` belongs to the pattern. */
function parseQuoted(cursor: Cursor, unescapesBackslash: boolean): string {
  let value = '';
  for (cursor.at += 1; cursor.at < cursor.text.length; cursor.at += 1) {
    const character = cursor.text[cursor.at] ?? '';
    if (character === '"') {
      cursor.at += 1;
      return value;
    }
    const next = cursor.text[cursor.at + 1];
    if (character === '\\' && next !== undefined && (next === '"' || (next === '\\' && unescapesBackslash))) {
      value += next;
      cursor.at += 1;
    } else if (character === '\\' && next !== undefined) {
      value += character + next;
      cursor.at += 1;
    } else value += character;
  }
  throw unexpected(cursor, 'a closing "');
}

function take(cursor: Cursor, ends: ReadonlySet<string>): string {
  const start = cursor.at;
  while (cursor.at < cursor.text.length && !ends.has(cursor.text[cursor.at] ?? '')) cursor.at += 1;
  return cursor.text.slice(start, cursor.at);
}

function expect(cursor: Cursor, character: string): void {
  if (cursor.text[cursor.at] !== character) throw unexpected(cursor, character);
  cursor.at += 1;
}

function unexpected({ text, at }: Cursor, wanted: string): Problem {
  const found = at < text.length ? `'${text.slice(at, at + 10)}'` : 'the end';
  return badRequest(`q: expected ${wanted} at character ${at + 1}, found ${found}`);
}

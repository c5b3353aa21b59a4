/**
 * The query language: text → tree. GS CIM 009 V1.9.1, 4.9. Recursive descent over a string, no regular expression on
 * user text that could backtrack, and bounds on length, depth and number of terms: any text ends in a tree or a Problem.
 */

import { badRequest, Problem } from '../problem.js';
import { type Path, parsePath } from './path.js';

export type Operator = '==' | '!=' | '>=' | '<=' | '>' | '<' | '~=' | '!~=';

export type Scalar =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'time'; readonly value: number; readonly text: string }
  | { readonly kind: 'clock'; readonly value: number; readonly text: string };

export type Operand =
  | { readonly kind: 'list'; readonly values: readonly Scalar[] }
  | { readonly kind: 'range'; readonly from: Scalar; readonly to: Scalar };

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
const ENDS_VALUE = new Set([...';|(),']);
/** Unquoted, an operator cannot begin a value: `a>>1` is a slip of the finger. */
const STARTS_NO_VALUE = /^[=!<>~"]/;
const TIME = /^(\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:[.,]\d{1,9})?)?)((?<=T.*)(?:Z|[+-]\d{2}:\d{2}))?$/;
const CLOCK = /^([01]\d|2[0-3]):([0-5]\d):([0-5]\d(?:[.,]\d{1,9})?)Z?$/;
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
    return { kind: 'exists', path: takePath(cursor), isNegated: true };
  }
  const path = takePath(cursor);
  const operator = OPERATORS.find((candidate) => cursor.text.startsWith(candidate, cursor.at));
  if (operator === undefined) return { kind: 'exists', path, isNegated: false };
  cursor.at += operator.length;
  const operand = operator.endsWith('~=') ? parsePatternOperand(cursor) : parseOperand(cursor);
  if (!operator.endsWith('~=') && operator !== '==' && operator !== '!=') checkOrdered(operator, operand);
  return { kind: 'compare', path, operator, operand };
}

/** 4.9: an order is between comparable values, one on each side; truth is not one of them. */
function checkOrdered(operator: Operator, operand: Operand): void {
  if (operand.kind === 'range' || operand.values.length > 1)
    throw badRequest(`q: ${operator} takes one value; lists and ranges go with == and !=`);
  if (operand.values[0]?.kind === 'boolean') throw badRequest(`q: ${operator} does not go with true and false`);
}

function takePath(cursor: Cursor): Path {
  const { path, used } = parsePath(cursor.text.slice(cursor.at), 'q');
  cursor.at += used;
  return path;
}

function parseOperand(cursor: Cursor): Operand {
  const first = parseScalar(cursor);
  if (cursor.text.startsWith('..', cursor.at)) {
    cursor.at += 2;
    const last = parseScalar(cursor);
    if (first.kind === 'boolean' || last.kind === 'boolean') throw badRequest('q: true and false have no range');
    return { kind: 'range', from: first, to: last };
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

/** A text that is a moment is compared as a moment, so that .5Z and .500Z are the same (4.6.3). */
function asTime(text: string): Scalar {
  const value = momentOf(text);
  if (!Number.isNaN(value)) return { kind: 'time', value, text };
  const clock = clockOf(text);
  return Number.isNaN(clock) ? { kind: 'text', value: text } : { kind: 'clock', value: clock, text };
}

/** Milliseconds of a date or a date with a time, which is UTC unless it says otherwise; NaN when the text is neither. */
export function momentOf(text: string): number {
  const [, time, zone] = (text.length <= 40 && TIME.exec(text)) || [];
  if (time === undefined) return Number.NaN;
  return Date.parse(`${time.replace(',', '.')}${time.length > 10 && zone === undefined ? 'Z' : (zone ?? '')}`);
}

/** Milliseconds of a time of day since midnight; NaN when the text is none. */
export function clockOf(text: string): number {
  const [, hours, minutes, seconds] = (text.length <= 40 && CLOCK.exec(text)) || [];
  if (seconds === undefined) return Number.NaN;
  return (Number(hours) * 60 + Number(minutes)) * 60_000 + Math.round(Number(seconds.replace(',', '.')) * 1_000);
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

/** RFC 8259, 7. Others stay as they are, because somebody forgot that a \ has to be doubled. */
const ESCAPES: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};
const UNICODE = /^u[0-9a-fA-F]{4}/;

/** A text has the escapes of JSON; a pattern only `\"`, because what else follows a \ belongs to the pattern. */
function parseQuoted(cursor: Cursor, isText: boolean): string {
  let value = '';
  for (cursor.at += 1; cursor.at < cursor.text.length; cursor.at += 1) {
    const character = cursor.text[cursor.at] ?? '';
    if (character === '"') {
      cursor.at += 1;
      return value;
    }
    value += character === '\\' ? takeEscape(cursor, isText) : character;
  }
  throw unexpected(cursor, 'a closing "');
}

/** Leaves the cursor on the last character of the escape. */
function takeEscape(cursor: Cursor, isText: boolean): string {
  const rest = cursor.text.slice(cursor.at + 1, cursor.at + 6);
  const [next = ''] = rest;
  if (isText && UNICODE.test(rest)) {
    cursor.at += 5;
    return String.fromCharCode(Number.parseInt(rest.slice(1), 16));
  }
  if (next === '') return '\\';
  cursor.at += next.length;
  if (!isText) return next === '"' ? next : `\\${next}`;
  return Object.hasOwn(ESCAPES, next) ? (ESCAPES[next] ?? '') : `\\${next}`;
}

function expect(cursor: Cursor, character: string): void {
  if (cursor.text[cursor.at] !== character) throw unexpected(cursor, character);
  cursor.at += 1;
}

function unexpected({ text, at }: Cursor, wanted: string): Problem {
  const found = at < text.length ? `'${text.slice(at, at + 10)}'` : 'the end';
  return badRequest(`q: expected ${wanted} at character ${at + 1}, found ${found}`);
}

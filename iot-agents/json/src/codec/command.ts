/**
 * Commands and their answers as iotagent-json words them: `{"<command>": <value>}` on `…/cmd`, `{"<command>": <result>}` on `…/cmdexe`.
 * The value is an object with the order's id, which the meter repeats, and the moment after which it must not be carried out.
 */

import { parseIso, toIso } from '@contor/kit';
import { garbage, isObject, type Parsed, parseJson } from './bounded-json.js';

export interface Command {
  readonly command: string;
  readonly orderId: string;
  readonly notAfterMs: number;
  readonly parameters: Readonly<Record<string, unknown>>;
}

export interface Answer {
  readonly command: string;
  /** A simple device answers with a text and repeats nothing. */
  readonly orderId: string | undefined;
  readonly state: 'OK' | 'ERROR';
  /** `result`, or why not. */
  readonly text: string;
  /** Of a `read`: a measure as on `…/attrs`. */
  readonly values: Readonly<Record<string, unknown>> | undefined;
}

export interface PlainAnswer {
  readonly command: string;
  readonly state: 'OK' | 'ERROR';
  readonly text: string;
}

/** What one visit may have fetched. */
const MOST_ANSWERS = 50;
const NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const LONGEST_ID = 200;
const LONGEST_TEXT = 1_000;

export function encodeCommand({ command, orderId, notAfterMs, parameters }: Command): Uint8Array {
  return encode({ [command]: { ...parameters, order: orderId, notAfter: toIso(notAfterMs) } });
}

export function decodeCommand(bytes: Uint8Array): Parsed<Command> {
  const only = onlyMember(bytes);
  if (only.kind === 'garbage') return only;
  const [command, value] = only.value;
  if (!isObject(value)) return garbage('command.shape', 'The value of a command is not an object.');
  const { order, notAfter, ...parameters } = value;
  const notAfterMs = typeof notAfter === 'string' ? parseIso(notAfter) : undefined;
  if (!isId(order)) return garbage('command.order', 'A command names its order.');
  if (notAfterMs === undefined) return garbage('command.time', 'A command says until when it holds.');
  return { kind: 'value', value: { command, orderId: order, notAfterMs, parameters } };
}

export function encodeAnswer({ command, orderId, state, text, values }: Answer): Uint8Array {
  const outcome = state === 'OK' ? { result: values ?? text } : { error: text };
  return encode({ [command]: { ...(orderId !== undefined && { order: orderId }), ...outcome } });
}

export function decodeAnswer(bytes: Uint8Array): Parsed<Answer> {
  const only = onlyMember(bytes);
  if (only.kind === 'garbage') return only;
  const [command, value] = only.value;
  const nothing = { command, orderId: undefined, values: undefined };
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return { kind: 'value', value: { ...nothing, state: 'OK', text: String(value).slice(0, LONGEST_TEXT) } };
  if (!isObject(value)) return garbage('answer.shape', 'The answer to a command is neither a text nor an object.');
  const { order, result, error } = value;
  if (order !== undefined && !isId(order))
    return garbage('answer.order', 'An answer names another thing than an order.');
  const known = { ...nothing, orderId: order };
  if (error !== undefined)
    return { kind: 'value', value: { ...known, state: 'ERROR', text: String(error).slice(0, LONGEST_TEXT) } };
  if (isObject(result)) return { kind: 'value', value: { ...known, state: 'OK', text: '', values: result } };
  return { kind: 'value', value: { ...known, state: 'OK', text: String(result ?? '').slice(0, LONGEST_TEXT) } };
}

/** Of a device without a model: whatever it says about a command is its result, as in iotagent-json; `{"error": …}` says that it failed. */
export function decodePlainAnswers(bytes: Uint8Array): Parsed<readonly PlainAnswer[]> {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'garbage') return parsed;
  const members = isObject(parsed.value) ? Object.entries(parsed.value) : [];
  if (members.length === 0 || members.length > MOST_ANSWERS)
    return garbage('command.members', 'The payload is not an object with some commands.', { members: members.length });
  return { kind: 'value', value: members.map(plainAnswer) };
}

function plainAnswer([command, value]: readonly [string, unknown]): PlainAnswer {
  const isFailed = isObject(value) && value.error !== undefined;
  const said = isFailed ? value.error : value;
  const text = typeof said === 'string' ? said : JSON.stringify(said);
  return { command, state: isFailed ? 'ERROR' : 'OK', text: text.slice(0, LONGEST_TEXT) };
}

export function encodePlain(payload: Readonly<Record<string, unknown>>): Uint8Array {
  return encode(payload);
}

function onlyMember(bytes: Uint8Array): Parsed<readonly [string, unknown]> {
  const parsed = parseJson(bytes);
  if (parsed.kind === 'garbage') return parsed;
  const members = isObject(parsed.value) ? Object.entries(parsed.value) : [];
  const [first] = members;
  if (first === undefined || members.length > 1 || !NAME.test(first[0]))
    return garbage('command.members', 'The payload is not an object with one command.', { members: members.length });
  return { kind: 'value', value: first };
}

function isId(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= LONGEST_ID;
}

function encode(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

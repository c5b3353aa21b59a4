/**
 * JSON that comes in from outside (T11, T12): bounded in bytes, depth and names before it is parsed, never unpacked, and with one meaning
 * only: no name twice, no name that is a prototype, no number beyond a double, no half of a character.
 */

import type { Request, RequestHandler } from 'express';
import { sendProblem } from './problem.js';

export interface JsonBounds {
  readonly bytes: number;
  /** Brackets within brackets. */
  readonly depth: number;
  /** Names in all objects together. */
  readonly names: number;
}

export const JSON_BOUNDS: JsonBounds = { bytes: 1024 * 1024, depth: 32, names: 5_000 };

export type ParsedJson =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'fault'; readonly detail: string };

const TYPES = ['application/json', 'application/ld+json', 'application/merge-patch+json'];

/** `request.body` is an object or an array behind it. */
export function jsonBody(bounds: Partial<JsonBounds> = {}): RequestHandler {
  const all = { ...JSON_BOUNDS, ...bounds };
  return async (request, response, next) => {
    // A packed body may be a bomb, and nobody who writes to us needs to pack.
    const isPacked = (request.get('content-encoding') ?? 'identity') !== 'identity';
    if (isPacked || !request.is(TYPES)) return sendProblem(response, 'body.malformed');
    const bytes = await receive(request, all.bytes);
    if (bytes === 'gone') return;
    if (bytes === 'too-large') {
      response.set('Connection', 'close'); // What is still on its way is not read.
      return sendProblem(response, 'body.too-large');
    }
    const parsed = parseJson(bytes, all);
    if (parsed.kind === 'fault') return sendProblem(response, 'body.malformed', parsed.detail);
    request.body = parsed.value;
    next();
  };
}

function receive(request: Request, limit: number): Promise<Buffer | 'too-large' | 'gone'> {
  if (Number(request.get('content-length') ?? 0) > limit) return Promise.resolve('too-large');
  return new Promise((resolve) => {
    const pieces: Buffer[] = [];
    let length = 0;
    const take = (piece: Buffer) => {
      length += piece.length;
      if (length <= limit) return void pieces.push(piece);
      request.off('data', take).pause();
      resolve('too-large');
    };
    request.on('data', take);
    request.once('end', () => resolve(Buffer.concat(pieces, length)));
    request.once('close', () => resolve('gone')); // Only if nothing else was: a promise has one answer.
  });
}

export function parseJson(bytes: Uint8Array, bounds: JsonBounds = JSON_BOUNDS): ParsedJson {
  const names = countNames(bytes, bounds);
  if (typeof names === 'string') return fault(names);
  const value = parse(bytes);
  if (typeof value !== 'object' || value === null) return fault('The body must be a JSON object or list.');
  const wrong = faultIn(value, { left: names });
  return wrong === undefined ? { kind: 'value', value } : fault(wrong);
}

const [QUOTE, BACKSLASH, COLON] = [0x22, 0x5c, 0x3a];
const [OPEN_BRACE, CLOSE_BRACE, OPEN_BRACKET, CLOSE_BRACKET] = [0x7b, 0x7d, 0x5b, 0x5d];

/** Brackets and colons outside of texts: cheaper to count than to parse what would be refused. */
function countNames(bytes: Uint8Array, bounds: JsonBounds): number | string {
  let depth = 0;
  let names = 0;
  let isText = false;
  for (let at = 0; at < bytes.length; at += 1) {
    const byte = bytes[at];
    if (isText) {
      if (byte === BACKSLASH) at += 1;
      else if (byte === QUOTE) isText = false;
      continue;
    }
    if (byte === QUOTE) isText = true;
    else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) depth += 1;
    else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) depth -= 1;
    else if (byte === COLON) names += 1;
    if (depth > bounds.depth) return `JSON may be ${bounds.depth} levels deep.`;
    if (names > bounds.names) return `JSON may have ${bounds.names} names.`;
  }
  return names;
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined; // Not JSON (RFC 8259), or not UTF-8.
  }
}

const SURROGATE = /\p{Surrogate}/u;

/** `left` counts down the names that were seen in the text: what remains was overwritten by its namesake. */
function faultIn(value: object, names: { left: number }): string | undefined {
  const wrong = faultOf(value, names);
  return wrong ?? (names.left === 0 ? undefined : 'A name stands twice in one object.');
}

function faultOf(value: unknown, names: { left: number }): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'A number is beyond a double.';
  if (typeof value === 'string') return SURROGATE.test(value) ? 'A text holds half of a character.' : undefined;
  if (typeof value !== 'object' || value === null) return undefined;
  if (Array.isArray(value)) return firstFault(value, names);
  const keys = Object.keys(value);
  names.left -= keys.length;
  if (keys.includes('__proto__')) return "A name may not be '__proto__'.";
  if (keys.some((key) => SURROGATE.test(key))) return 'A name holds half of a character.';
  return firstFault(Object.values(value), names);
}

function firstFault(values: readonly unknown[], names: { left: number }): string | undefined {
  for (const value of values) {
    const wrong = faultOf(value, names);
    if (wrong !== undefined) return wrong;
  }
  return undefined;
}

function fault(detail: string): ParsedJson {
  return { kind: 'fault', detail };
}

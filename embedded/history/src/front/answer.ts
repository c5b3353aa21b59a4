/** What a handler hands back: a status and a body. JSON unless it is text, as QuantumLeap's notify is. */

import type { Readable } from 'node:stream';
import { ContorError } from '@contor/kit';
import type { Fault } from '../fault.js';

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly contentType: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const JSON_TYPE = 'application/json; charset=utf-8';
const TEXT_TYPE = 'text/plain; charset=utf-8';

export function json(body: unknown, status = 200, headers?: Readonly<Record<string, string>>): Answer {
  return { status, body: JSON.stringify(body), contentType: JSON_TYPE, ...(headers && { headers }) };
}

export function plain(body: string, status = 200): Answer {
  return { status, body, contentType: TEXT_TYPE };
}

export function streamed(body: Readable, contentType: string): Answer {
  return { status: 200, body, contentType };
}

export function faultAnswer({ status, error, description }: Fault): Answer {
  return json({ error, description }, status);
}

/** Refusals that keep nothing: the sender tries again. */
const REFUSALS: ReadonlySet<string> = new Set(['log.full', 'disk.full', 'history.busy']);
const RETRY_AFTER_S = '1';

/** undefined: it is no refusal. */
export function refusalAnswer(error: unknown): Answer | undefined {
  if (!(error instanceof ContorError) || !REFUSALS.has(error.code)) {
    return undefined;
  }
  const body = { error: 'Service Unavailable', description: error.message, code: error.code };
  return json(body, 503, { 'Retry-After': RETRY_AFTER_S });
}

export const NO_CONTENT: Answer = { status: 204, body: undefined, contentType: JSON_TYPE };

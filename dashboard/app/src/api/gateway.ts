/** The gateway's own calls, beside broker and history: JSON over fetch. What changes something carries the session's token. */
import { faultOf } from '../logic/fault.js';
import { PlatformError } from './platform.js';

export interface Answer {
  readonly body: unknown;
  /** Names the state that was read, so that a change can say which one it is based on. */
  readonly etag: string | undefined;
}

export interface Change {
  readonly method: 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly body?: unknown;
  readonly csrfToken: string;
  /** The entity tag it is based on: refused with 412 when somebody else was quicker. `new` is for what must not exist yet. */
  readonly basedOn?: string | undefined;
}

export const NEW = 'new';

/** A page that waits longer than this had better say so. */
const TIMEOUT_MS = 15_000;

export async function ask(path: string, signal?: AbortSignal): Promise<Answer> {
  return answerOf(path, { headers: { Accept: 'application/json' }, cache: 'no-store' }, signal);
}

export async function change({ method, path, body, csrfToken, basedOn }: Change): Promise<Answer> {
  return answerOf(path, {
    method,
    headers: {
      Accept: 'application/json',
      'X-CSRF-Token': csrfToken,
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(basedOn !== undefined && (basedOn === NEW ? { 'If-None-Match': '*' } : { 'If-Match': basedOn })),
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function answerOf(path: string, request: RequestInit, signal?: AbortSignal): Promise<Answer> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS);
  const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout]);
  const response = await fetch(path, { ...request, signal: both }).catch((error: unknown) => {
    throw new PlatformError(faultOf(0), error);
  });
  const isJson = /[/+]json/.test(response.headers.get('content-type') ?? '');
  const body: unknown = isJson ? await response.json().catch(() => undefined) : undefined;
  if (!response.ok) throw new PlatformError(faultOf(response.status, body));
  return { body, etag: response.headers.get('etag') ?? undefined };
}

/** What can go wrong between us and a server, as one error with a stable code. It stands on its own because browsers need it too. */

import { isAxiosError } from 'axios';

export type RequestCode =
  /** Nobody there, or the connection broke. */
  | 'http.unreachable'
  | 'http.timeout'
  /** We gave up ourselves. */
  | 'http.cancelled'
  /** 401 or 403. */
  | 'http.forbidden'
  /** Any other 4xx: the same request will fail again. */
  | 'http.refused'
  /** 429 or 503: not now. */
  | 'http.busy'
  /** Any other 5xx. */
  | 'http.failed'
  /** A success that we cannot read. */
  | 'http.unexpected-answer';

const RETRYABLE: readonly RequestCode[] = ['http.unreachable', 'http.timeout', 'http.busy', 'http.failed'];
/** A server's own words are worth a look in a log, but not pages of them. */
const MAX_DETAIL = 500;

export class RequestError extends Error {
  override readonly name = 'RequestError';
  readonly code: RequestCode;
  readonly status: number | undefined;
  readonly context: Readonly<Record<string, unknown>>;

  constructor(code: RequestCode, message: string, context: Readonly<Record<string, unknown>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = typeof context.status === 'number' ? context.status : undefined;
    this.context = context;
  }

  /** The same request may succeed later. */
  get isRetryable(): boolean {
    return RETRYABLE.includes(this.code);
  }
}

/** Whatever axios throws → our error. The request stays out of it: its headers hold the secret, its body holds readings. */
export function toRequestError(thrown: unknown): unknown {
  if (!isAxiosError(thrown)) return thrown;
  const where = `${thrown.config?.method?.toUpperCase() ?? ''} ${withoutCredentials(thrown.config?.url ?? '')}`;
  const status = thrown.response?.status;
  if (status !== undefined) {
    const detail = detailOf(thrown.response?.data);
    return new RequestError(codeOf(status), `${where} answered ${status}${detail === '' ? '' : `: ${detail}`}`, {
      status,
      where,
      detail,
    });
  }
  const reason = thrown.code ?? 'unknown';
  const code =
    reason === 'ECONNABORTED' || reason === 'ETIMEDOUT'
      ? 'http.timeout'
      : reason === 'ERR_CANCELED'
        ? 'http.cancelled'
        : 'http.unreachable';
  return new RequestError(code, `${where}: ${thrown.message || reason}`, { reason, where }, thrown.cause);
}

function codeOf(status: number): RequestCode {
  if (status === 401 || status === 403) return 'http.forbidden';
  if (status === 429 || status === 503) return 'http.busy';
  return status >= 500 ? 'http.failed' : 'http.refused';
}

/** `http://name:password@host` (RFC 3986, 3.2.1). */
function withoutCredentials(url: string): string {
  return url.replace(/^([a-z]+:\/\/)[^/?#]*@/i, '$1');
}

/** ProblemDetails (RFC 7807), QuantumLeap's {error, description}, text, or whatever it is. */
function detailOf(body: unknown): string {
  if (typeof body === 'string') return body.slice(0, MAX_DETAIL);
  if (typeof body !== 'object' || body === null) return '';
  const { detail, title, description, error } = body as Record<string, unknown>;
  const words = [detail ?? title, description ?? error].filter((part) => typeof part === 'string').join(' ');
  return (words === '' ? JSON.stringify(body) : words).slice(0, MAX_DETAIL);
}

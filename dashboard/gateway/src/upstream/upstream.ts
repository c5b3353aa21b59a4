/**
 * Broker and history as the gateway asks them: kept connections, a bound on silence, our tenant, secret and correlation id and
 * nothing of the browser's. What goes wrong there is an `UpstreamError` with the problem to answer.
 */

import {
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
} from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { errnoOf, isError, type Logger } from '@contor/kit';
import type { ProblemCode } from '../http/problem.js';

export interface Question {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query as the other side knows them. */
  readonly path: string;
  /** Travels as JSON. */
  readonly body?: unknown;
  readonly correlation?: string | undefined;
  readonly cancellation?: Cancellation | undefined;
}

export interface UpstreamAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** Parsed; undefined when it is empty or no JSON. */
  readonly body: unknown;
}

export interface Upstream {
  readonly target: URL;
  /** The answer as it streams in, whatever its status. */
  open(question: Question): Promise<IncomingMessage>;
  /** What an answer says of the other side and not of the question; it is then read no further. */
  faultOf(answer: IncomingMessage): UpstreamError | undefined;
  /** The whole answer, when it is about the question: success, or a fault of whoever asked. */
  ask(question: Question): Promise<UpstreamAnswer>;
  close(): void;
}

export interface UpstreamParts {
  readonly target: URL;
  /** Asked for each question; a fault is one of the other side. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  readonly unreachable: ProblemCode;
  readonly log: Logger;
}

/** A question that nobody waits for any more: an AbortSignal makes an error with a stack for each request, this does not. */
export class Cancellation {
  #request: ClientRequest | undefined;
  #isCancelled = false;

  get isCancelled(): boolean {
    return this.#isCancelled;
  }

  attach(request: ClientRequest): void {
    if (this.#isCancelled) request.destroy();
    this.#request = request;
  }

  cancel(): void {
    this.#isCancelled = true;
    this.#request?.destroy();
  }
}

export class UpstreamError extends Error {
  readonly code: ProblemCode;

  constructor(code: ProblemCode, message: string) {
    super(message);
    this.name = 'UpstreamError';
    this.code = code;
  }
}

/** Longest silence, before the answer begins and within it. */
const SILENCE_MS = 15_000;
/** Enough for a page of charts of many people at once; more would only queue behind the same disk. */
const SOCKETS = 32;
/** An answer that is looked into is held in memory: a page of a thousand entities, a year of quarter hours of some meters. */
const LARGEST_ANSWER_BYTES = 64 * 1024 * 1024;

export function createUpstream(parts: UpstreamParts): Upstream {
  const { target } = parts;
  // All are kept: after a hiccup they are needed at once, and to open them then would make it longer. The other side closes idle ones.
  const options = { keepAlive: true, maxSockets: SOCKETS, maxFreeSockets: SOCKETS };
  const agent = target.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  const open: Upstream['open'] = (question) => send(parts, agent, question);
  return {
    target,
    open,
    faultOf: (answer) => faultOf(parts, answer),
    async ask(question) {
      const answer = await open(question);
      const fault = faultOf(parts, answer);
      if (fault !== undefined) throw fault;
      const body = await readBody(parts, answer);
      return { status: answer.statusCode ?? 0, headers: answer.headers, body };
    },
    close: () => agent.destroy(),
  };
}

function faultOf({ log, target, unreachable }: UpstreamParts, answer: IncomingMessage): UpstreamError | undefined {
  const status = answer.statusCode ?? 502;
  // Their 401 and 403 are about our secret, not about the person, who would be sent to sign in for nothing.
  if (status < 500 && status !== 401 && status !== 403 && !(status >= 300 && status < 400)) return undefined;
  answer.resume();
  log.warn({ status, target: target.host }, 'A server behind the gateway failed.');
  return new UpstreamError(status === 503 ? unreachable : 'upstream.failed', `status ${status}`);
}

async function send(parts: UpstreamParts, agent: HttpAgent, question: Question): Promise<IncomingMessage> {
  const { target, headers: ours } = parts;
  const { method, path, body, correlation, cancellation } = question;
  const request = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body), 'utf8');
  const headers = {
    accept: 'application/json',
    ...(await faultless(parts, ours)),
    ...(payload && { 'content-type': 'application/json', 'content-length': String(payload.byteLength) }),
    ...(correlation !== undefined && { 'fiware-correlator': correlation }),
  };
  const options = {
    ...{ hostname: bareName(target), port: target.port, path: basePath(target) + path },
    ...{ method, agent, headers, timeout: SILENCE_MS },
  };
  return new Promise((resolve, reject) => {
    const attempt = () => {
      const outgoing = request(options);
      outgoing.once('timeout', () => outgoing.destroy(new UpstreamError('upstream.slow', 'No answer in time.')));
      let isAnswered = false;
      outgoing.once('response', (answer) => {
        isAnswered = true;
        resolve(answer);
      });
      outgoing.once('error', (error) => {
        if (cancellation?.isCancelled) reject(error);
        else if (method === 'GET' && !isAnswered && wasClosedMeanwhile(outgoing, error)) attempt();
        else reject(lineFault(parts, error));
      });
      cancellation?.attach(outgoing);
      outgoing.end(payload);
    };
    attempt();
  });
}

/**
 * A kept connection that the other side gave up as idle while our question was on its way: what is safe to ask twice is asked again
 * (RFC 9112, 9.3.1). That connection is gone then, so it ends with a new one at the latest.
 */
function wasClosedMeanwhile({ reusedSocket }: ClientRequest, error: Error): boolean {
  return reusedSocket && errnoOf(error) === 'ECONNRESET';
}

async function faultless<T>(parts: UpstreamParts, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw lineFault(parts, error);
  }
}

/** Without the brackets of an IPv6 address, which belong to URLs. */
function bareName({ hostname }: URL): string {
  return hostname.replace(/^\[|\]$/g, '');
}

function basePath({ pathname }: URL): string {
  return pathname.replace(/\/$/, '');
}

async function readBody(parts: UpstreamParts, answer: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      bytes += chunk.byteLength;
      if (bytes > LARGEST_ANSWER_BYTES) throw new UpstreamError('upstream.slow', 'The answer is too large.');
      chunks.push(chunk);
    }
  } catch (error) {
    throw lineFault(parts, error);
  }
  return parse(Buffer.concat(chunks).toString('utf8'));
}

/** A broken line by the name its problem has. */
function lineFault({ log, target, unreachable }: UpstreamParts, error: unknown): UpstreamError {
  const reason = isError(error) ? error.message : 'unknown';
  log.warn({ reason, target: target.host }, 'A server behind the gateway did not answer.');
  return error instanceof UpstreamError ? error : new UpstreamError(unreachable, reason);
}

function parse(text: string): unknown {
  try {
    return text === '' ? undefined : JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

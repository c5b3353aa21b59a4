/**
 * Read-only relay to broker and history: the answer streams through, the question is rebuilt. Nothing the browser sends
 * reaches the other side but the path and the checked parameters; tenant and secret are ours.
 */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import type { Logger } from '@contor/kit';
import type { Request, RequestHandler, Response } from 'express';
import { type ProblemCode, sendProblem } from '../http/problem.js';
import { checkParameters, type ParameterRules } from './allow-list.js';

export interface RelayParts {
  /** Our path before, their path after. */
  readonly prefix: string;
  readonly target: URL;
  readonly rules: ParameterRules;
  /** Asked for each question; a fault is one of the other side. */
  readonly headers: () => Promise<Readonly<Record<string, string>>>;
  readonly unreachable: ProblemCode;
  readonly correlationOf: (response: Response) => string;
  readonly log: Logger;
}

/** Longest silence, before the answer begins and within it. */
const SILENCE_MS = 15_000;
/** Enough for a page of charts of many people at once; more would only queue behind the same disk. */
const SOCKETS = 32;
const IDLE_SOCKETS = 8;
/** What a browser needs of the other side's headers. Their caching, cookies and server names stay there. */
const PASSED_HEADERS = [
  'content-type',
  'content-length',
  'content-encoding',
  'ngsild-results-count',
  'fiware-total-count',
];

export interface Relay {
  readonly handle: RequestHandler;
  close(): void;
}

export function createRelay(parts: RelayParts): Relay {
  const options = { keepAlive: true, maxSockets: SOCKETS, maxFreeSockets: IDLE_SOCKETS };
  const agent = parts.target.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);

  return {
    async handle(request, response) {
      const checked = checkParameters(queryOf(request), parts.rules);
      if (checked.kind === 'refused') return sendProblem(response, 'query.refused', checked.detail);
      const path = request.path.slice(parts.prefix.length) + checked.query;
      const abort = new AbortController();
      response.once('close', () => abort.abort());
      try {
        const answer = await ask(parts, agent, path, parts.correlationOf(response), abort.signal);
        await passOn(parts, answer, response);
      } catch (error) {
        if (abort.signal.aborted) return; // The browser went away, and with it the question.
        answerFault(parts, error, response);
      }
    },
    close: () => agent.destroy(),
  };
}

class Silence extends Error {}

async function ask(
  { target, headers: ours }: RelayParts,
  agent: HttpAgent,
  path: string,
  correlation: string,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const send = target.protocol === 'https:' ? httpsRequest : httpRequest;
  const headers = await ours();
  const url = new URL(target.pathname.replace(/\/$/, '') + path, target);
  return new Promise((resolve, reject) => {
    const outgoing = send(url, {
      agent,
      signal,
      headers: { accept: 'application/json', ...headers, 'fiware-correlator': correlation },
    });
    outgoing.setTimeout(SILENCE_MS, () => outgoing.destroy(new Silence('No answer in time.')));
    outgoing.once('response', resolve);
    outgoing.once('error', reject);
    outgoing.end();
  });
}

async function passOn(parts: RelayParts, answer: IncomingMessage, response: Response): Promise<void> {
  const status = answer.statusCode ?? 502;
  // Their 401 and 403 are about our secret, not about the person, who would be sent to sign in for nothing.
  if (status >= 500 || status === 401 || status === 403 || (status >= 300 && status < 400)) {
    answer.resume();
    parts.log.warn({ status, target: parts.target.host }, 'A server behind the gateway failed.');
    return sendProblem(response, status === 503 ? parts.unreachable : 'upstream.failed');
  }
  for (const name of PASSED_HEADERS) {
    const value = answer.headers[name];
    if (value !== undefined) response.set(name, value);
  }
  response.status(status);
  await pipeline(answer, response);
}

function answerFault({ log, target, unreachable }: RelayParts, error: unknown, response: Response): void {
  const reason = error instanceof Error ? error.message : 'unknown';
  log.warn({ reason, target: target.host }, 'A server behind the gateway did not answer.');
  if (response.headersSent)
    response.destroy(); // A cut answer must not look like a complete one.
  else sendProblem(response, error instanceof Silence ? 'upstream.slow' : unreachable);
}

function queryOf(request: Request): string {
  const at = request.originalUrl.indexOf('?');
  return at === -1 ? '' : request.originalUrl.slice(at + 1);
}

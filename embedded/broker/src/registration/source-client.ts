/**
 * One request to a context source: a connection of its own, once, never redirected, never repeated. A command that was sent
 * twice would be carried out twice, so a request whose answer did not come is told as such and left to whoever asked.
 */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { errnoOf, guardedLookup, listHosts, REFUSED_ADDRESS } from '@contor/kit';
import { isTooDeep, type Json } from '../json.js';

export interface Outgoing {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | undefined;
  readonly timeoutMs: number;
  readonly maxAnswerBytes: number;
}

export type Incoming =
  | { readonly kind: 'answered'; readonly status: number; readonly json: Json | undefined; readonly mediaType: string }
  /** `refused`: nothing was sent. Otherwise the source may have acted on it. */
  | { readonly kind: 'refused' | 'late' | 'broken'; readonly reason: string };

export interface SourceClient {
  send(outgoing: Outgoing): Promise<Incoming>;
  /** Breaks what is under way. */
  close(): void;
}

const CONNECTIONS_PER_HOST = 32;
/** Errors of the connection itself: the request never left. */
const NOT_SENT = new Set([
  ...['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL'],
  REFUSED_ADDRESS,
]);

/** `hosts` is the operator's list: what is on it was checked by name, where it leads is looked at for each connection. */
export function createSourceClient(hosts: readonly string[]): SourceClient {
  const lookup = guardedLookup(listHosts(hosts), 'network');
  // No keep-alive: on a kept connection a lost request cannot be told from one that was never read.
  const agents = {
    'http:': new HttpAgent({ keepAlive: false, maxSockets: CONNECTIONS_PER_HOST, lookup }),
    'https:': new HttpsAgent({ keepAlive: false, maxSockets: CONNECTIONS_PER_HOST, lookup }),
  };
  return {
    send({ url: address, method, headers, body, timeoutMs, maxAnswerBytes }) {
      const url = new URL(address);
      const isSecure = url.protocol === 'https:';
      const signal = AbortSignal.timeout(timeoutMs);
      return new Promise((resolve) => {
        const fail = (error: Error): void =>
          resolve(
            signal.aborted
              ? { kind: 'late', reason: `no answer within ${timeoutMs} ms` }
              : { kind: NOT_SENT.has(errnoOf(error) ?? '') ? 'refused' : 'broken', reason: reasonOf(error) },
          );
        const outgoing = (isSecure ? httpsRequest : httpRequest)(
          url,
          { method, headers, agent: isSecure ? agents['https:'] : agents['http:'], signal },
          (incoming) => {
            incoming.once('error', fail);
            readAnswer(incoming, maxAnswerBytes).then(resolve, fail);
          },
        );
        outgoing.once('error', fail);
        outgoing.end(body);
      });
    },
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

/** The code and not the message, which names addresses. */
function reasonOf(error: Error): string {
  return errnoOf(error) ?? 'the connection broke';
}

async function readAnswer(incoming: IncomingMessage, maxBytes: number): Promise<Incoming> {
  const status = incoming.statusCode ?? 0;
  const { 'content-type': type = '', 'content-encoding': encoding = 'identity' } = incoming.headers;
  const unreadable = (reason: string): Incoming => {
    incoming.destroy();
    return { kind: 'broken', reason };
  };
  // We asked for identity: what is packed all the same may be a bomb.
  if (encoding !== 'identity') return unreadable(`its answer is packed (${encoding.slice(0, 40)})`);
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) return unreadable(`its answer has more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  const mediaType = (type.split(';', 1)[0] ?? '').trim().toLowerCase();
  const json = /^application\/(?:[a-z.-]+\+)?json$/.test(mediaType) ? parse(Buffer.concat(chunks)) : undefined;
  return { kind: 'answered', status, json, mediaType };
}

function parse(bytes: Buffer): Json | undefined {
  if (bytes.byteLength === 0 || isTooDeep(bytes)) return undefined;
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

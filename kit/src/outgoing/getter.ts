/** GETs from hosts that an operator allowed: kept connections, guarded resolution, bounded waits and answers, never redirected. */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { TransportError, toError } from '../errors.js';
import { guardedLookup, type Resolve } from './guarded-lookup.js';
import type { HostList, Reach } from './host-list.js';

interface Fetching {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly waitMs: number;
  /** A longer answer is not read to its end, and is a fault of the line. */
  readonly maxBytes: number;
}

export interface Fetched {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Uint8Array;
}

export interface Getter {
  /** Rejects with a TransportError when there was no whole answer. A redirection is an answer like any other. */
  get(fetching: Fetching): Promise<Fetched>;
  close(): void;
}

export interface GetterOptions {
  readonly hosts: HostList;
  readonly reach: Reach;
  readonly resolve?: Resolve | undefined;
}

/** Devices that are asked at once. */
const MAX_CONNECTIONS = 256;

export function createGetter({ hosts, reach, resolve }: GetterOptions): Getter {
  const options = { keepAlive: true, maxTotalSockets: MAX_CONNECTIONS, lookup: guardedLookup(hosts, reach, resolve) };
  const agents = { 'http:': new HttpAgent(options), 'https:': new HttpsAgent(options) };
  return {
    async get({ url, headers, waitMs, maxBytes }) {
      // An address instead of a name is never looked up, so the list is asked here.
      if (!hosts.has(url.hostname))
        throw new TransportError('outgoing.host', `${url.host} is not on the list of hosts.`);
      const isSecure = url.protocol === 'https:';
      if (!isSecure && url.protocol !== 'http:')
        throw new TransportError('outgoing.scheme', 'Only http and https are asked.');
      const signal = AbortSignal.timeout(waitMs);
      try {
        return await new Promise<Fetched>((resolveAnswer, reject) => {
          const agent = isSecure ? agents['https:'] : agents['http:'];
          const outgoing = (isSecure ? httpsRequest : httpRequest)(url, { headers, agent, signal }, (incoming) => {
            read(incoming, maxBytes).then(
              (body) => resolveAnswer({ status: incoming.statusCode ?? 0, headers: incoming.headers, body }),
              reject,
            );
          });
          outgoing.on('error', reject);
          outgoing.end();
        });
      } catch (error) {
        if (error instanceof TransportError) throw error;
        const why = signal.aborted ? `no answer within ${waitMs} ms` : toError(error).message;
        throw new TransportError('outgoing.failed', `${url.host}: ${why}`, {}, error);
      }
    },
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

async function read(incoming: IncomingMessage, maxBytes: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > maxBytes) throw new TransportError('outgoing.long', `The answer is longer than ${maxBytes} bytes.`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

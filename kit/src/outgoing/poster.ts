/** POSTs to hosts that an operator allowed: kept connections, guarded resolution, bounded waits and answers, never redirected. */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import { guardedLookup, type Resolve } from './guarded-lookup.js';
import type { HostList, Reach } from './host-list.js';

interface Posting {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** One after the other. */
  readonly body: readonly Uint8Array[];
  readonly waitMs: number;
}

export interface Poster {
  /** The status; rejects when there was none. Whether the host is on the list was asked before. */
  post(posting: Posting): Promise<number>;
  /** Drops idle connections and breaks those that wait for an answer. */
  close(): void;
}

export interface PosterOptions {
  readonly hosts: HostList;
  readonly reach: Reach;
  /** Certificate authorities (PEM) of the receivers; without it those of the system. */
  readonly ca?: Buffer | undefined;
  readonly resolve?: Resolve | undefined;
}

/** Whoever posts bounds what is on its way to one receiver, so one slow host does not take the places of another; in all there is an end. */
const MAX_CONNECTIONS = 4_096;
/** A receiver's answer is a status; a longer text is not read to its end. */
const MAX_ANSWER_BYTES = 65_536;

export function createPoster({ hosts, reach, ca, resolve }: PosterOptions): Poster {
  const options = { keepAlive: true, maxTotalSockets: MAX_CONNECTIONS, lookup: guardedLookup(hosts, reach, resolve) };
  const agents = {
    'http:': new HttpAgent(options),
    'https:': new HttpsAgent({ ...options, ...(ca !== undefined && { ca }) }),
  };
  return {
    post: ({ url, headers, body, waitMs }) =>
      new Promise((resolve, reject) => {
        const isSecure = url.protocol === 'https:';
        const agent = isSecure ? agents['https:'] : agents['http:'];
        const signal = AbortSignal.timeout(waitMs);
        const bytes = body.reduce((sum, piece) => sum + piece.byteLength, 0);
        const outgoing = (isSecure ? httpsRequest : httpRequest)(
          url,
          { method: 'POST', headers: { ...headers, 'Content-Length': String(bytes) }, agent, signal },
          (incoming) => {
            // The status is the answer; who lets the rest drip holds up nobody but his own connection, and that not for long.
            drain(incoming);
            resolve(incoming.statusCode ?? 0);
          },
        );
        outgoing.on('error', (error) => reject(signal.aborted ? new Error(`no answer within ${waitMs} ms`) : error));
        // Without a socket yet they wait, and go together.
        for (const piece of body) outgoing.write(piece);
        outgoing.end();
      }),
    close() {
      agents['http:'].destroy();
      agents['https:'].destroy();
    },
  };
}

function drain(incoming: IncomingMessage): void {
  let bytes = 0;
  incoming.on('error', () => incoming.destroy());
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) incoming.destroy();
  });
}

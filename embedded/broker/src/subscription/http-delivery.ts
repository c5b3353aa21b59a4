/** One notification over HTTP (GS CIM 009 V1.9.1, 6.3.9 and 5.3.1): keep-alive, bounded, never redirected. */

import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { SendResult } from './courier.js';
import type { HostCheck } from './endpoint.js';
import type { PayloadWriter } from './payload.js';
import type { Notification } from './post-office.js';

export interface HttpDelivery {
  readonly deliver: (notification: Notification) => Promise<SendResult>;
  /** Drops idle connections and breaks those that wait for an answer. */
  close(): void;
}

export interface HttpDeliveryOptions {
  readonly write: PayloadWriter;
  readonly checkHost: HostCheck;
  readonly timeoutMs: number;
  /** Certificate authorities (PEM) of subscribers; without it those of the system. */
  readonly ca?: Buffer | undefined;
}

/**
 * Statuses that speak of what was sent (RFC 9110, 15.5): sent again as it is, it is refused again. All others speak of the
 * subscriber or the way to it (401, 404, 410, 429, 5xx …): that is repaired there, and the notification waits for it.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);
/** Each courier has a few at most, so one slow path of a host does not take the places of another; in all there is an end. */
const MAX_CONNECTIONS = 4_096;
/** Whatever a subscription asks for (5.2.15, timeout): nobody is waited for longer than an operator may set. */
const LONGEST_WAIT_MS = 300_000;
/** A subscriber's answer is a status; a longer text is not read to its end. */
const MAX_ANSWER_BYTES = 65_536;

export function createHttpDelivery({ write, checkHost, timeoutMs, ca }: HttpDeliveryOptions): HttpDelivery {
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, maxTotalSockets: MAX_CONNECTIONS }),
    'https:': new HttpsAgent({ keepAlive: true, maxTotalSockets: MAX_CONNECTIONS, ...(ca !== undefined && { ca }) }),
  };

  async function deliver(notification: Notification): Promise<SendResult> {
    try {
      const { uri, timeout = timeoutMs } = notification.subscription.notification.endpoint;
      const url = checkHost(uri);
      const { headers, body } = write(notification);
      const bytes = body.reduce((sum, piece) => sum + piece.byteLength, 0);
      const status = await post(
        url,
        { ...headers, 'Content-Length': String(bytes) },
        body,
        Math.min(timeout, LONGEST_WAIT_MS),
      );
      if (status >= 200 && status < 300) return { kind: 'accepted' };
      return { kind: 'failed', reason: `status ${status}`, isRefusal: REFUSALS.has(status) };
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  function post(url: URL, headers: Record<string, string>, body: readonly Buffer[], waitMs: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const isSecure = url.protocol === 'https:';
      const agent = isSecure ? agents['https:'] : agents['http:'];
      const signal = AbortSignal.timeout(waitMs);
      const outgoing = (isSecure ? httpsRequest : httpRequest)(
        url,
        { method: 'POST', headers, agent, signal },
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
    });
  }

  return {
    deliver,
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

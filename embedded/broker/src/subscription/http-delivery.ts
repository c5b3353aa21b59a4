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
}

const CONNECTIONS_PER_HOST = 16;
/** A subscriber's answer is a status; a longer text is not read to its end. */
const MAX_ANSWER_BYTES = 65_536;

export function createHttpDelivery({ write, checkHost, timeoutMs }: HttpDeliveryOptions): HttpDelivery {
  const agents = {
    'http:': new HttpAgent({ keepAlive: true, maxSockets: CONNECTIONS_PER_HOST }),
    'https:': new HttpsAgent({ keepAlive: true, maxSockets: CONNECTIONS_PER_HOST }),
  };

  async function deliver(notification: Notification): Promise<SendResult> {
    try {
      const url = checkHost(notification.subscription.notification.endpoint.uri);
      const { headers, body } = write(notification);
      const bytes = Buffer.from(body, 'utf8');
      const status = await post(url, { ...headers, 'Content-Length': String(bytes.byteLength) }, bytes);
      return status >= 200 && status < 300 ? { kind: 'accepted' } : { kind: 'failed', reason: `status ${status}` };
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  function post(url: URL, headers: Record<string, string>, body: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      const isSecure = url.protocol === 'https:';
      const agent = isSecure ? agents['https:'] : agents['http:'];
      const signal = AbortSignal.timeout(timeoutMs);
      const outgoing = (isSecure ? httpsRequest : httpRequest)(
        url,
        { method: 'POST', headers, agent, signal },
        (incoming) => {
          drain(incoming);
          incoming.once('error', reject);
          incoming.once('close', () => resolve(incoming.statusCode ?? 0));
        },
      );
      outgoing.once('error', (error) => reject(signal.aborted ? new Error(`no answer within ${timeoutMs} ms`) : error));
      outgoing.end(body);
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
  incoming.on('data', (chunk: Buffer) => {
    bytes += chunk.byteLength;
    if (bytes > MAX_ANSWER_BYTES) incoming.destroy();
  });
}

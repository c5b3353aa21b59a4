/** One notification over HTTP (GS CIM 009 V1.9.1, 6.3.9 and 5.3.1): keep-alive, bounded, never redirected. */

import { createPoster, listHosts } from '@contor/kit';
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
  /** What `checkHost` allows by name: where these names lead is looked at for each connection. */
  readonly hosts: readonly string[];
  readonly timeoutMs: number;
  /** Certificate authorities (PEM) of subscribers; without it those of the system. */
  readonly ca?: Buffer | undefined;
}

/**
 * Statuses that speak of what was sent (RFC 9110, 15.5): sent again as it is, it is refused again. All others speak of the
 * subscriber or the way to it (401, 404, 410, 429, 5xx …): that is repaired there, and the notification waits for it.
 */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 422]);
/** Whatever a subscription asks for (5.2.15, timeout): nobody is waited for longer than an operator may set. */
const LONGEST_WAIT_MS = 300_000;

export function createHttpDelivery(options: HttpDeliveryOptions): HttpDelivery {
  const { write, checkHost, hosts, timeoutMs, ca } = options;
  // Subscribers are parts of the platform, on this machine or in its network.
  const poster = createPoster({ hosts: listHosts(hosts), reach: 'network', ca });

  async function deliver(notification: Notification): Promise<SendResult> {
    try {
      const { uri, timeout = timeoutMs } = notification.subscription.notification.endpoint;
      const url = checkHost(uri);
      const { headers, body } = write(notification);
      const status = await poster.post({ url, headers, body, waitMs: Math.min(timeout, LONGEST_WAIT_MS) });
      if (status >= 200 && status < 300) return { kind: 'accepted' };
      return { kind: 'failed', reason: `status ${status}`, isRefusal: REFUSALS.has(status) };
    } catch (error) {
      return { kind: 'failed', reason: error instanceof Error ? error.message : String(error) };
    }
  }

  return { deliver, close: () => poster.close() };
}

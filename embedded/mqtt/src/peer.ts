/** One connection that has proved who it is. */

import type { Client } from 'aedes';
import type { Outlet } from './outlet.js';
import { filterMatches } from './topics.js';

export interface Peer {
  readonly client: Client;
  readonly username: string;
  readonly filters: Map<string, number>;
  /** Answers of `grantedFor`, until a subscription changes. */
  readonly granted: Map<string, number>;
  outlet: Outlet | undefined;
  /** Acknowledgements leave in the order of the publishes [MQTT-4.6.0-2]. */
  lastAck: Promise<void>;
  acksOwed: number;
}

/** Per connection; an agent hears one or two topics of each meter. */
const MAX_REMEMBERED_TOPICS = 65_536;

/** The best of the overlapping subscriptions [MQTT-3.3.5-1]. */
export function grantedFor({ filters, granted }: Peer, topic: string): number {
  const known = granted.get(topic);
  if (known !== undefined) return known;
  let best = 0;
  for (const [filter, qos] of filters) {
    if (qos > best && filterMatches(filter, topic)) best = qos;
  }
  if (granted.size >= MAX_REMEMBERED_TOPICS) granted.clear();
  granted.set(topic, best);
  return best;
}

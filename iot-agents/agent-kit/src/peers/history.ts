/** History's door over HTTP: `POST /v2/notify` with the shape of an NGSI-LD notification (5.3.1); 200 means durable. */

import { createHistoryClient } from '@contor/history-query';
import { type Clock, toIso } from '@contor/kit';
import type { HistoryPort } from '../forward/ports.js';
import { deliveryOfFailure } from './answers.js';
import { type Closable, clientsOf, type PeerOptions } from './clients.js';

export function historyOver({ url, secret }: PeerOptions, sender: string, clock: Clock): HistoryPort & Closable {
  const clients = clientsOf(createHistoryClient, { url, secret });
  const names = { id: `urn:ngsi-ld:Notification:${sender}`, subscriptionId: `urn:ngsi-ld:Subscription:${sender}` };
  return {
    async append(tenant, entities) {
      const notification = { ...names, notifiedAt: toIso(clock.nowMs()) };
      try {
        await clients.of(tenant).append(entities, { notification });
        return { kind: 'done' };
      } catch (error) {
        return deliveryOfFailure('history', error);
      }
    },
    close: () => clients.close(),
  };
}

/** History's door over HTTP: `POST /v2/notify` with the shape of an NGSI-LD notification (5.3.1); 200 means durable. */

import type { Clock } from '@contor/kit';
import { toIso } from '@contor/kit';
import { Configuration, InputApi } from '@contor/quantumleap-client';
import type { HistoryPort } from '../forward/ports.js';
import { deliveryOfFailure } from './answers.js';
import { type PeerOptions, requestOptions, tenantHeader } from './requests.js';

export function historyOver(peer: PeerOptions, sender: string, clock: Clock): HistoryPort {
  const api = new InputApi(new Configuration({ basePath: peer.url, baseOptions: requestOptions(peer) }));
  return {
    async append(tenant, entities) {
      const name = tenantHeader(tenant);
      const notificationBody = {
        id: `urn:ngsi-ld:Notification:${sender}`,
        type: 'Notification',
        subscriptionId: `urn:ngsi-ld:Subscription:${sender}`,
        notifiedAt: toIso(clock.nowMs()),
        data: [...entities],
      };
      try {
        await api.notify({ notificationBody, ...(name && { tenant: name, service: name }) });
        return { kind: 'done' };
      } catch (error) {
        return deliveryOfFailure('history', error);
      }
    },
  };
}

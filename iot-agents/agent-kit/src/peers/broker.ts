/** The broker's door over HTTP: batch upsert (GS CIM 009 V1.9.1, 6.15.3.1), with the answer of each entity taken apart. */

import { TransportError } from '@contor/kit';
import { BatchApi, type BatchOperationResult, Configuration } from '@contor/ngsi-ld-client';
import { CONTEXT_URL } from '@contor/orion-config';
import type { BrokerPort, Delivery, RefusedEntity } from '../forward/ports.js';
import { deliveryOfFailure, reasonText } from './answers.js';
import { type PeerOptions, requestOptions, tenantHeader } from './requests.js';

const CONTEXT_LINK = `<${CONTEXT_URL}>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"`;

export function brokerOver(peer: PeerOptions): BrokerPort {
  const api = new BatchApi(new Configuration({ basePath: peer.url, baseOptions: requestOptions(peer) }));
  return {
    async upsert(tenant, entities) {
      const name = tenantHeader(tenant);
      try {
        const { status, data } = await api.batchUpsert(
          { entity: [...entities], link: CONTEXT_LINK, ngsiOptions: 'update', ...(name && { tenant: name }) },
          name ? { headers: { 'Fiware-Service': name } } : {},
        );
        return status === 207 ? deliveryOfParts(data) : { kind: 'done' };
      } catch (error) {
        if (error instanceof TransportError) throw error;
        return deliveryOfFailure('broker', error);
      }
    },
  };
}

/** 207: some entities failed (6.15.3.1). One that failed for the broker's own trouble makes the whole batch wait. */
function deliveryOfParts(data: unknown): Delivery {
  const { errors = [] } = data as Partial<BatchOperationResult>;
  const refused: RefusedEntity[] = [];
  for (const { entityId, error } of errors) {
    const status = typeof error === 'object' && error !== null && 'status' in error ? Number(error.status) : 400;
    if (status >= 500 || status === 429) {
      throw new TransportError('peer.unavailable', 'The broker did not take all of a batch.', { status, entityId });
    }
    if (typeof entityId === 'string') refused.push({ entityId, reason: reasonText(error) });
  }
  return { kind: 'some refused', refused };
}

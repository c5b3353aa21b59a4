/** The broker's door over HTTP: batch upsert (GS CIM 009 V1.9.1, 6.15.3.1), with the answer of each entity taken apart. */

import { type BatchOutcome, createBrokerClient, RequestError } from '@contor/history-query';
import { TransportError } from '@contor/kit';
import type { EntityLister } from '../acquisition/schedules.js';
import type { BrokerPort, Delivery, EntityReader, RefusedEntity } from '../forward/ports.js';
import { deliveryOfFailure } from './answers.js';
import { type Closable, clientsOf, type PeerOptions } from './clients.js';

/** A reason is kept beside a dead letter; no peer fills our disk with it. */
const LONGEST_REASON = 500;

export function brokerOver({ url, secret }: PeerOptions): BrokerPort & EntityReader & EntityLister & Closable {
  const clients = clientsOf(createBrokerClient, { url, secret, context: 'installed' });
  return {
    async upsert(tenant, entities) {
      let outcome: BatchOutcome;
      try {
        outcome = await clients.of(tenant).upsert(entities);
      } catch (error) {
        return deliveryOfFailure('broker', error);
      }
      return deliveryOfOutcome(outcome);
    },
    read: (tenant, id) => clients.of(tenant).get(id),
    async list(tenant, type) {
      try {
        return await clients.of(tenant).query({ type });
      } catch (error) {
        if (!(error instanceof RequestError)) throw error;
        throw new TransportError('peer.unavailable', 'The broker does not say what it has.', { type }, error);
      }
    },
    close: () => clients.close(),
  };
}

/** Some entities failed. One that failed for the broker's own trouble makes the whole batch wait. */
function deliveryOfOutcome({ failed }: BatchOutcome): Delivery {
  if (failed.length === 0) return { kind: 'done' };
  const refused: RefusedEntity[] = [];
  for (const { entityId, error } of failed) {
    const { status = 400 } = error ?? {};
    if (status >= 500 || status === 429) {
      throw new TransportError('peer.unavailable', 'The broker did not take all of a batch.', { status, entityId });
    }
    const reason = JSON.stringify(error ?? '').slice(0, LONGEST_REASON);
    // Somebody was refused, and it is not said who: asked one by one, it comes out.
    if (typeof entityId !== 'string') return { kind: 'all refused', reason };
    refused.push({ entityId, reason });
  }
  return { kind: 'some refused', refused };
}

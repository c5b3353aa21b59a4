/** The last deliveries, in memory: enough to answer "where is this notification" while somebody is looking into it. */

import { Fifo } from './fifo.js';
import type { Parcel } from './outbox.js';

export interface Delivery {
  readonly tenant: string;
  readonly subscription: string;
  /** The notification. */
  readonly id: string;
  readonly atMs: number;
  readonly entities: readonly string[];
}

/** Entity ids remembered in all: about 10 MB, and some seconds of a busy broker. */
const MAX_ENTITIES = 50_000;

export class RecentDeliveries {
  readonly #deliveries = new Fifo<Delivery>();
  #entities = 0;

  add(tenant: string, subscription: string, id: string, atMs: number, { entries }: Parcel): void {
    const entities = entries.map(({ entity }) => entity.id);
    this.#deliveries.push({ tenant, subscription, id, atMs, entities });
    this.#entities += entities.length;
    while (this.#entities > MAX_ENTITIES) this.#entities -= this.#deliveries.shift()?.entities.length ?? this.#entities;
  }

  /** Of each subscription of the tenant the newest delivery of this entity. */
  of(tenant: string, entity: string): ReadonlyMap<string, Delivery> {
    const found = new Map<string, Delivery>();
    for (const delivery of this.#deliveries)
      if (delivery.tenant === tenant && delivery.entities.includes(entity)) found.set(delivery.subscription, delivery);
    return found;
  }
}

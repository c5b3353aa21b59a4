/**
 * The two doors out of an agent. A lane knows only these; behind them stand the generated clients, or a test. A peer
 * that is away rejects (TransportError) and is asked again for ever; a peer that has looked at an entity and will never
 * take it answers `refused`, which is a value.
 */

import type { Entity } from './state.js';

export interface RefusedEntity {
  readonly entityId: string;
  readonly reason: string;
}

export type Delivery =
  /** Everything is durable at the peer. */
  | { readonly kind: 'done' }
  /** Everything is durable except these. */
  | { readonly kind: 'some refused'; readonly refused: readonly RefusedEntity[] }
  /** Nothing was taken, and it was not said which entity is to blame. */
  | { readonly kind: 'all refused'; readonly reason: string };

export interface BrokerPort {
  /** At most MOST_ENTITIES, one instance of an entity. */
  upsert(tenant: string, entities: readonly Entity[]): Promise<Delivery>;
}

/** Reading back what stands in the broker about a device. */
export interface EntityReader {
  /** Undefined: there is none. */
  read(tenant: string, id: string): Promise<Entity | undefined>;
}

export interface HistoryPort {
  /** At most MOST_ENTITIES; several states of one entity are welcome. */
  append(tenant: string, entities: readonly Entity[]): Promise<Delivery>;
}

/** What Orion-LD takes in one batch, and history in one notification (DESIGN 2.8). */
export const MOST_ENTITIES = 1_000;

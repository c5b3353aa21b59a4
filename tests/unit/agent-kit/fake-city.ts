/**
 * Broker and history as an agent sees them, in memory, with an honest bookkeeping of what reached them and how: batches too
 * large, an entity twice in a batch or in two batches at once, a present that moved backwards. Flaky by seed: requests fail
 * before or after they took effect, answers take their time, some entities are poison.
 */

import type { BrokerPort, Delivery, Entity, HistoryPort } from '@contor/agent-kit';
import { MOST_ENTITIES } from '@contor/agent-kit';
import type { Clock, Random } from '@contor/kit';
import { TransportError } from '@contor/kit';

export interface Flakiness {
  /** Of all requests, how many fail: half of them after they took effect. */
  readonly failing: number;
  readonly slowestMs: number;
}

const STEADY: Flakiness = { failing: 0, slowestMs: 0 };

type Attribute = { readonly value?: unknown; readonly object?: unknown; readonly observedAt?: string };

export class FakeCity {
  /** `tenant/entity/attribute/time` → value. */
  readonly rows = new Map<string, unknown>();
  /** `tenant/entity` → newest attributes. */
  readonly present = new Map<string, Map<string, Attribute>>();
  /** Every state the broker took, in order, by entity. */
  readonly journal = new Map<string, string[]>();
  readonly faults = { batchTooLarge: 0, twiceInBatch: 0, twoInFlight: 0, backwards: 0, changedValue: 0 };
  upserts = 0;
  appends = 0;
  isBrokerDown = false;
  isHistoryDown = false;
  isPoison: (entity: Entity) => boolean = () => false;
  /** True: a refused batch does not say which entity is to blame. */
  isTaciturn = false;

  readonly #clock: Clock;
  readonly #random: Random;
  readonly #inFlight = new Set<string>();
  flakiness: Flakiness;

  constructor(clock: Clock, random: Random, flakiness: Flakiness = STEADY) {
    this.#clock = clock;
    this.#random = random;
    this.flakiness = flakiness;
  }

  /** A new life begins: nothing of the old one is under way any more. */
  forget(): void {
    this.#inFlight.clear();
  }

  /** The doors of one life of an agent: what it had under way when it died arrives nowhere and is never answered. */
  doors(isAlive: () => boolean): { readonly broker: BrokerPort; readonly history: HistoryPort } {
    return {
      broker: { upsert: (tenant, entities) => this.#upsert(tenant, entities, isAlive) },
      history: { append: (tenant, entities) => this.#append(tenant, entities, isAlive) },
    };
  }

  async #upsert(tenant: string, entities: readonly Entity[], isAlive: () => boolean): Promise<Delivery> {
    this.upserts += 1;
    const keys = entities.map(({ id }) => `${tenant}/${id}`);
    if (!isAlive()) return new Promise<never>(() => undefined);
    if (entities.length > MOST_ENTITIES) this.faults.batchTooLarge += 1;
    if (new Set(keys).size < keys.length) this.faults.twiceInBatch += 1;
    for (const key of keys) {
      if (this.#inFlight.has(key)) this.faults.twoInFlight += 1;
      this.#inFlight.add(key);
    }
    try {
      return await this.#flaky(this.isBrokerDown, isAlive, () => {
        const poison = entities.filter((entity) => this.isPoison(entity));
        if (poison.length > 0 && this.isTaciturn) return { kind: 'all refused', reason: 'poison' };
        for (const entity of entities) if (!poison.includes(entity)) this.#apply(tenant, entity);
        if (poison.length === 0) return { kind: 'done' };
        return { kind: 'some refused', refused: poison.map(({ id }) => ({ entityId: id, reason: 'poison' })) };
      });
    } finally {
      for (const key of keys) this.#inFlight.delete(key);
    }
  }

  #append(tenant: string, entities: readonly Entity[], isAlive: () => boolean): Promise<Delivery> {
    this.appends += 1;
    if (entities.length > MOST_ENTITIES) this.faults.batchTooLarge += 1;
    return this.#flaky(this.isHistoryDown, isAlive, () => {
      if (entities.some((entity) => this.isPoison(entity))) return { kind: 'all refused', reason: 'poison' };
      for (const entity of entities) this.#store(tenant, entity.id, attributesOf(entity));
      return { kind: 'done' };
    });
  }

  async #flaky(isDown: boolean, isAlive: () => boolean, effect: () => Delivery): Promise<Delivery> {
    const { failing, slowestMs } = this.flakiness;
    if (slowestMs > 0) await this.#clock.sleep(this.#random.integer(slowestMs) + 1);
    if (!isAlive()) return new Promise<never>(() => undefined);
    const failed = new TransportError('peer.unavailable', 'The line broke.');
    const luck = this.#random.next();
    if (isDown || luck < failing / 2) throw failed;
    const answer = effect();
    if (luck < failing) throw failed;
    return answer;
  }

  #apply(tenant: string, entity: Entity): void {
    const key = `${tenant}/${entity.id}`;
    const known = this.present.get(key) ?? new Map<string, Attribute>();
    const attributes = attributesOf(entity);
    for (const [name, attribute] of attributes) {
      const before = known.get(name)?.observedAt;
      if (before !== undefined && attribute.observedAt !== undefined && attribute.observedAt < before)
        this.faults.backwards += 1;
      known.set(name, attribute);
    }
    this.present.set(key, known);
    const journal = this.journal.get(key) ?? [];
    this.journal.set(key, journal);
    journal.push(newestOf(attributes));
    // The subscription: history hears of the whole entity, each attribute at its own time.
    this.#store(tenant, entity.id, known);
  }

  #store(tenant: string, id: string, attributes: ReadonlyMap<string, Attribute>): void {
    const index = newestOf(attributes);
    for (const [name, attribute] of attributes) {
      const key = `${tenant}/${id}/${name}/${attribute.observedAt ?? index}`;
      const value = attribute.value ?? attribute.object;
      if (attribute.observedAt !== undefined && this.rows.has(key) && this.rows.get(key) !== value)
        this.faults.changedValue += 1;
      this.rows.set(key, value);
    }
  }
}

function attributesOf({ id, type, ...attributes }: Entity): Map<string, Attribute> {
  return new Map(Object.entries(attributes) as [string, Attribute][]);
}

function newestOf(attributes: ReadonlyMap<string, Attribute>): string {
  return [...attributes.values()].reduce(
    (newest, { observedAt = '' }) => (observedAt > newest ? observedAt : newest),
    '',
  );
}

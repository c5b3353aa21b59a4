/**
 * The small durable things beside the queues: retained messages (MQTT 3.1.1, 3.3.1.3), wills of connected clients (3.1.2.5)
 * and the packet ids of QoS 2 publishes taken and not yet released (4.3.3). All in memory, all in the log.
 */

import { ProtocolError } from '@contor/kit';
import type { Ledger } from './ledger.js';
import type { Inbound, RetainedRecord, StoreRecord, WillRecord } from './records.js';
import type { Replay } from './replay.js';

/** Retained messages live in memory, and only credentials with a `retain` rule can make them. */
const MAX_RETAINED_BYTES = 32 * 1024 * 1024;

export class Keepsakes {
  readonly retained = new Map<string, RetainedRecord>();
  readonly wills = new Map<string, WillRecord>();
  /** Per client: packet id → when its record is on disk. */
  readonly #inbound = new Map<string, Map<number, Promise<unknown>>>();
  readonly #ledger: Ledger;
  #retainedBytes = 0;

  constructor(ledger: Ledger, replay: Replay) {
    this.#ledger = ledger;
    for (const [topic, record] of replay.retained) this.#remember(topic, record);
    for (const [clientId, will] of replay.wills) this.wills.set(clientId, will);
    for (const [clientId, ids] of replay.inbound) {
      this.#inbound.set(clientId, new Map([...ids].map((id) => [id, Promise.resolve()])));
    }
  }

  /** An empty payload removes. */
  async retain(topic: string, payload: Uint8Array, qos: number): Promise<void> {
    const record: RetainedRecord = { kind: 'retained', topic, qos, payload: Uint8Array.from(payload) };
    const grows = payload.length - (this.retained.get(topic)?.payload.length ?? 0);
    if (this.#retainedBytes + grows > MAX_RETAINED_BYTES) {
      throw new ProtocolError('mqtt.retained-full', 'The retained messages have reached their bound.', { topic });
    }
    this.#remember(topic, record);
    await this.#ledger.append(record);
  }

  #remember(topic: string, record: RetainedRecord): void {
    this.#retainedBytes += record.payload.length - (this.retained.get(topic)?.payload.length ?? 0);
    if (record.payload.length === 0) this.retained.delete(topic);
    else this.retained.set(topic, record);
  }

  async putWill(will: WillRecord): Promise<void> {
    this.wills.set(will.clientId, will);
    await this.#ledger.append(will);
  }

  async dropWill(clientId: string): Promise<void> {
    if (this.wills.delete(clientId)) await this.#ledger.append({ kind: 'will-done', clientId });
  }

  /** Remembers a packet id until `release`; `written` is the promise of the record that carries it. */
  take({ clientId, packetId }: Inbound, written: Promise<unknown>): void {
    const taken = this.#inbound.get(clientId) ?? new Map<number, Promise<unknown>>();
    this.#inbound.set(clientId, taken.set(packetId, written));
  }

  /** When the publish with this packet id was, or will be, on disk; undefined when it is not known. */
  taken({ clientId, packetId }: Inbound): Promise<unknown> | undefined {
    return this.#inbound.get(clientId)?.get(packetId);
  }

  async release(inbound: Inbound, isDurable: boolean): Promise<void> {
    const taken = this.#inbound.get(inbound.clientId);
    if (taken?.delete(inbound.packetId) !== true) return;
    if (taken.size === 0) this.#inbound.delete(inbound.clientId);
    if (isDurable) await this.#ledger.append({ kind: 'inbound-done', inbound });
  }

  async releaseAll(clientId: string): Promise<void> {
    const ids = [...(this.#inbound.get(clientId)?.keys() ?? [])];
    await Promise.all(ids.map((packetId) => this.release({ clientId, packetId }, true)));
  }

  /** What a cleaned log must begin with. */
  *snapshot(): Generator<StoreRecord> {
    yield* this.retained.values();
    yield* this.wills.values();
    for (const [clientId, ids] of this.#inbound) {
      for (const packetId of ids.keys()) yield { kind: 'inbound', inbound: { clientId, packetId } };
    }
  }
}

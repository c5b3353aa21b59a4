/**
 * A persistent session (MQTT 3.1.1, 3.1.2.4): its subscriptions and its queue of deliveries, in order. Pure bookkeeping: the
 * store writes it down, the outlet sends it. A delivery's index counts up from 1 for the life of the session, and its packet id
 * follows from it, so a redelivery after a crash carries the packet id of the first attempt [MQTT-4.4.0-1].
 */

import { Budget } from './budget.js';

/** A published message on its way to one or more sessions. */
export interface Message {
  readonly topic: string;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly isSole: boolean;
  readonly bytes: number;
  /** Sequence in the log; 0 until it is durable, and until then nobody may see it. */
  location: number;
  /** Undefined when memory was short: it is read back from the log when its turn comes. */
  payload: Uint8Array | undefined;
  /** Exactly as long as it must be: there may be a million messages. */
  deliveries: readonly Delivery[];
  /** Deliveries not yet settled. */
  open: number;
}

export interface Delivery {
  readonly session: Session;
  readonly message: Message;
  readonly index: number;
  readonly qos: number;
  /** `sent`: perhaps on the wire. `released`: QoS 2, PUBREC seen, PUBREL owed. `settled`: acknowledged or given up. */
  state: 'queued' | 'sent' | 'released' | 'settled';
}

/**
 * Deliveries between the oldest unacknowledged one and the newest sent. Far more than Mosquitto's 20, because a subscriber that
 * waits for its own fsync acknowledges in bursts; far less than there are packet ids.
 */
export const MAX_IN_FLIGHT = 4096;
const PACKET_IDS = 65_535;
/** Settled entries at the front are cut off once there are this many and they are the larger part. */
const TRIM_AT = 1024;

export function packetIdOf(index: number): number {
  return ((index - 1) % PACKET_IDS) + 1;
}

export class Session {
  readonly number: number;
  readonly clientId: string;
  readonly username: string;
  readonly subscriptions = new Map<string, number>();
  /** Takes a filter of this session out of whatever routes messages to it. */
  readonly links = new Map<string, () => void>();
  readonly budget: Budget;
  nextIndex = 1;
  #queue: Delivery[] = [];
  #head = 0;
  #cursor = 0;
  #queued = 0;

  constructor(number: number, clientId: string, username: string, maxBytes: number) {
    this.number = number;
    this.clientId = clientId;
    this.username = username;
    this.budget = new Budget(maxBytes);
  }

  /** Unsettled deliveries. */
  get queued(): number {
    return this.#queued;
  }

  /** Every index below is settled. */
  get floor(): number {
    return this.#queue[this.#head]?.index ?? this.nextIndex;
  }

  /** The caller keeps the message's list of deliveries. */
  enqueue(message: Message, qos: number, index = this.nextIndex): Delivery {
    const delivery: Delivery = { session: this, message, index, qos, state: 'queued' };
    this.nextIndex = Math.max(this.nextIndex, index + 1);
    this.#queue.push(delivery);
    this.#queued += 1;
    this.budget.take(message.bytes);
    message.open += 1;
    return delivery;
  }

  /** The caller tells the message's own books. */
  settle(delivery: Delivery): void {
    delivery.state = 'settled';
    this.#queued -= 1;
    while (this.#queue[this.#head]?.state === 'settled') this.#head += 1;
    if (this.#cursor < this.#head) this.#cursor = this.#head;
    if (this.#head >= TRIM_AT && this.#head * 2 > this.#queue.length) {
      this.#queue = this.#queue.slice(this.#head);
      this.#cursor -= this.#head;
      this.#head = 0;
    }
    this.budget.give(delivery.message.bytes);
  }

  /** The next delivery to look at for sending; `passed` moves on. */
  peek(): Delivery | undefined {
    while (this.#queue[this.#cursor]?.state === 'settled') this.#cursor += 1;
    return this.#queue[this.#cursor];
  }

  passed(): void {
    this.#cursor += 1;
  }

  /** A new connection begins at the oldest unsettled delivery [MQTT-4.4.0-1]. */
  rewind(): void {
    this.#cursor = this.#head;
  }

  /** Unsettled deliveries in order, from the front or from the sending position. */
  *pending(from: 'front' | 'cursor' = 'front'): Generator<Delivery> {
    for (let at = from === 'front' ? this.#head : this.#cursor; at < this.#queue.length; at += 1) {
      const delivery = this.#queue[at];
      if (delivery !== undefined && delivery.state !== 'settled') yield delivery;
    }
  }

  /** The unsettled delivery a peer's packet id speaks of. */
  byPacketId(packetId: number): Delivery | undefined {
    const floor = this.floor;
    return this.byIndex(floor + ((packetId - packetIdOf(floor) + PACKET_IDS) % PACKET_IDS));
  }

  byIndex(index: number): Delivery | undefined {
    let low = this.#head;
    let high = this.#queue.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#queue[middle]?.index ?? 0) < index) low = middle + 1;
      else high = middle;
    }
    const found = this.#queue[low];
    return found?.index === index && found.state !== 'settled' ? found : undefined;
  }

  settledAboveFloor(): number[] {
    const settled: number[] = [];
    for (let at = this.#head; at < this.#queue.length; at += 1) {
      const delivery = this.#queue[at];
      if (delivery?.state === 'settled') settled.push(delivery.index);
    }
    return settled;
  }

  /** After a crash nobody knows what was on the wire: what may have been goes out again as a duplicate (3.3.1.1). */
  markPossiblySent(): void {
    const limit = this.floor + MAX_IN_FLIGHT;
    for (const delivery of this.pending()) {
      if (delivery.index >= limit) break;
      if (delivery.state === 'queued') delivery.state = 'sent';
    }
  }

  /** After a replay: copies may have come behind younger messages. */
  sort(): void {
    this.#queue = this.#queue.filter(({ state }) => state !== 'settled').sort((a, b) => a.index - b.index);
    this.#head = 0;
    this.#cursor = 0;
  }
}

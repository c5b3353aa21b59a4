/**
 * From the log's records back to what was true when the process died. Records are upserts and removals that may be read after
 * an older part of the log has been released, so a session may be spoken of before the record that introduces it.
 */

import type { LogRecord } from '@contor/kit';
import {
  decodeRecord,
  type Inbound,
  type MessageRecord,
  type RetainedRecord,
  type StoreRecord,
  type WillRecord,
} from './records.js';
import { TopicNames } from './topics.js';

export interface RecoveredMessage {
  readonly topic: string;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly isSole: boolean;
  readonly payloadBytes: number;
  readonly payload: Uint8Array | undefined;
  readonly location: number;
}

export interface RecoveredDelivery {
  readonly message: RecoveredMessage;
  readonly qos: number;
}

export interface RecoveredSession {
  readonly number: number;
  /** Undefined: the record that names it is gone, and so is the session. */
  owner: { readonly clientId: string; readonly username: string } | undefined;
  nextIndex: number;
  floor: number;
  readonly settled: Set<number>;
  /** QoS 2: PUBREC seen. Kept apart from the deliveries, because a copy of a message comes later in the log. */
  readonly released: Set<number>;
  subscriptions: Map<string, number>;
  readonly deliveries: Map<number, RecoveredDelivery>;
}

export class Replay {
  readonly sessions = new Map<number, RecoveredSession>();
  readonly retained = new Map<string, RetainedRecord>();
  readonly wills = new Map<string, WillRecord>();
  readonly inbound = new Map<string, Set<number>>();
  readonly #names = new TopicNames();
  #payloadBytesLeft: number;

  constructor(maxPayloadBytes: number) {
    this.#payloadBytesLeft = maxPayloadBytes;
  }

  apply({ sequence, payload }: LogRecord): void {
    const record = decodeRecord(payload);
    if (record.kind === 'message') this.#message(record, sequence);
    else this.#control(record);
  }

  #control(record: Exclude<StoreRecord, MessageRecord>): void {
    switch (record.kind) {
      case 'session': {
        const session = this.#session(record.session);
        session.owner = { clientId: record.clientId, username: record.username };
        session.nextIndex = Math.max(session.nextIndex, record.nextIndex);
        session.subscriptions = new Map(record.subscriptions);
        settle(session, record.floor, record.settled);
        for (const index of record.released) session.released.add(index);
        break;
      }
      case 'subscribed':
        for (const [filter, qos] of record.subscriptions) this.#session(record.session).subscriptions.set(filter, qos);
        break;
      case 'unsubscribed':
        for (const filter of record.filters) this.#session(record.session).subscriptions.delete(filter);
        break;
      case 'settled':
        for (const { session, floor, settled } of record.sessions) settle(this.#session(session), floor, settled);
        break;
      case 'released':
        this.#session(record.session).released.add(record.index);
        break;
      case 'adopted':
        for (const [fromIndex, toIndex, qos] of record.pairs)
          this.#adopt(record.from, fromIndex, record.to, toIndex, qos);
        break;
      case 'ended':
        this.sessions.delete(record.session);
        break;
      case 'retained':
        if (record.payload.length === 0) this.retained.delete(record.topic);
        else this.retained.set(record.topic, { ...record, payload: Uint8Array.from(record.payload) });
        break;
      case 'will':
        this.wills.set(record.clientId, { ...record, payload: Uint8Array.from(record.payload) });
        break;
      case 'will-done':
        this.wills.delete(record.clientId);
        break;
      case 'inbound':
        this.#inbound(record.inbound);
        break;
      case 'inbound-done':
        this.inbound.get(record.inbound.clientId)?.delete(record.inbound.packetId);
        break;
    }
  }

  #message(record: MessageRecord, location: number): void {
    if (record.inbound !== undefined) this.#inbound(record.inbound);
    const { qos, isRetained, isSole } = record;
    const topic = this.#names.one(record.topic);
    const isKept = record.payload.length <= this.#payloadBytesLeft;
    if (isKept) this.#payloadBytesLeft -= record.payload.length;
    const message: RecoveredMessage = {
      topic,
      qos,
      isRetained,
      isSole,
      payloadBytes: record.payload.length,
      // A copy, because the record is a view into a whole segment.
      payload: isKept ? Uint8Array.from(record.payload) : undefined,
      location,
    };
    let kept = 0;
    for (const target of record.targets) {
      const session = this.#session(target.session);
      session.nextIndex = Math.max(session.nextIndex, target.index + 1);
      if (target.index < session.floor || session.settled.has(target.index)) continue;
      session.deliveries.set(target.index, { message, qos: target.qos });
      kept += 1;
    }
    if (kept === 0 && isKept) this.#payloadBytesLeft += record.payload.length;
  }

  #adopt(from: number, fromIndex: number, to: number, toIndex: number, qos: number): void {
    const source = this.#session(from);
    const target = this.#session(to);
    target.nextIndex = Math.max(target.nextIndex, toIndex + 1);
    const delivery = source.deliveries.get(fromIndex);
    source.deliveries.delete(fromIndex);
    source.settled.add(fromIndex);
    if (delivery === undefined || toIndex < target.floor || target.settled.has(toIndex)) return;
    target.deliveries.set(toIndex, { message: delivery.message, qos });
  }

  #inbound({ clientId, packetId }: Inbound): void {
    const taken = this.inbound.get(clientId) ?? new Set<number>();
    this.inbound.set(clientId, taken.add(packetId));
  }

  #session(number: number): RecoveredSession {
    const known = this.sessions.get(number);
    if (known !== undefined) return known;
    const session: RecoveredSession = {
      number,
      owner: undefined,
      nextIndex: 1,
      floor: 1,
      settled: new Set(),
      released: new Set(),
      subscriptions: new Map(),
      deliveries: new Map(),
    };
    this.sessions.set(number, session);
    return session;
  }
}

function settle(session: RecoveredSession, floor: number, settled: readonly number[]): void {
  for (const index of below(session, floor)) {
    session.deliveries.delete(index);
    session.settled.delete(index);
    session.released.delete(index);
  }
  session.floor = Math.max(session.floor, floor);
  for (const index of settled) {
    session.deliveries.delete(index);
    if (index >= session.floor) session.settled.add(index);
  }
}

/** Counting is cheap while the floor moves by small steps; a snapshot may lift it by millions at once. */
function below(session: RecoveredSession, floor: number): number[] {
  const step = floor - session.floor;
  if (step <= 0) return [];
  if (step <= session.deliveries.size + session.settled.size) {
    return Array.from({ length: step }, (_none, at) => session.floor + at);
  }
  return [...session.deliveries.keys(), ...session.settled, ...session.released].filter((index) => index < floor);
}

/** What comes into the store, and how much room it takes there. */

import type { Inbound, SessionRecord } from './records.js';
import type { RecoveredMessage } from './replay.js';
import type { Message, Session } from './session.js';

export interface Publication {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  /** QoS 2 of a persistent session: written in the same record, so that message and packet id are both there or neither. */
  readonly inbound?: Inbound;
}

/** Bookkeeping of one queued message beside its topic and payload, counted so that a million tiny ones are bounded too. */
const MESSAGE_OVERHEAD_BYTES = 64;

export function sessionRecord(session: Session): SessionRecord {
  const floor = session.floor;
  return {
    kind: 'session',
    session: session.number,
    clientId: session.clientId,
    username: session.username,
    nextIndex: session.nextIndex,
    floor,
    settled: session.settledAboveFloor(),
    released: [...session.pending()].filter(({ state }) => state === 'released').map(({ index }) => index),
    subscriptions: [...session.subscriptions],
  };
}

export function bytesOf({ topic, payload }: Publication): number {
  return payload.length + topic.length + MESSAGE_OVERHEAD_BYTES;
}

/** A message that a replay has found. */
export function fromLog({
  topic,
  qos,
  isRetained,
  isSole,
  payload,
  payloadBytes,
  location,
}: RecoveredMessage): Message {
  const bytes = payloadBytes + topic.length + MESSAGE_OVERHEAD_BYTES;
  return { topic, qos, isRetained, isSole, bytes, location, payload, deliveries: [], open: 0 };
}

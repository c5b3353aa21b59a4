/**
 * What stands in the broker's log. A message is binary, because there are thousands a second; everything else is a type
 * byte, a JSON header and raw payload bytes, because there are few and a person may have to read them. CRC, framing and
 * versions are the durable log's business.
 */

import { assert } from '@contor/kit';

/** One delivery: the message is the `index`th of this session. The index also gives the packet id, so it survives a crash. */
export interface Target {
  readonly session: number;
  readonly index: number;
  readonly qos: number;
}

/** A QoS 2 publish that has been taken and not yet released by its publisher (MQTT 3.1.1, 4.3.3). */
export interface Inbound {
  readonly clientId: string;
  readonly packetId: number;
}

export interface MessageRecord {
  readonly kind: 'message';
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: number;
  /** Delivered with the RETAIN flag: it answers a new subscription (3.3.1.3). */
  readonly isRetained: boolean;
  /** It had one target when it was published: if that session ends, nobody else has it. */
  readonly isSole: boolean;
  readonly targets: readonly Target[];
  readonly inbound?: Inbound;
}

export interface SessionRecord {
  readonly kind: 'session';
  readonly session: number;
  readonly clientId: string;
  readonly username: string;
  readonly nextIndex: number;
  /** Everything below is settled. */
  readonly floor: number;
  /** Settled above the floor. */
  readonly settled: readonly number[];
  /** QoS 2: PUBREC seen, PUBREL owed. */
  readonly released: readonly number[];
  readonly subscriptions: readonly (readonly [filter: string, qos: number])[];
}

export interface WillRecord {
  readonly kind: 'will';
  readonly clientId: string;
  readonly username: string;
  readonly topic: string;
  readonly qos: number;
  readonly isRetained: boolean;
  readonly payload: Uint8Array;
}

export interface RetainedRecord {
  readonly kind: 'retained';
  readonly topic: string;
  readonly qos: number;
  /** Empty: the topic has no retained message any more (3.3.1.3). */
  readonly payload: Uint8Array;
}

export interface SettledRecord {
  readonly kind: 'settled';
  readonly sessions: readonly {
    readonly session: number;
    readonly floor: number;
    readonly settled: readonly number[];
  }[];
}

export type StoreRecord =
  | MessageRecord
  | SessionRecord
  | WillRecord
  | RetainedRecord
  | SettledRecord
  | { readonly kind: 'subscribed'; readonly session: number; readonly subscriptions: SessionRecord['subscriptions'] }
  | { readonly kind: 'unsubscribed'; readonly session: number; readonly filters: readonly string[] }
  | { readonly kind: 'released'; readonly session: number; readonly index: number }
  | { readonly kind: 'adopted'; readonly from: number; readonly to: number; readonly pairs: readonly AdoptedPair[] }
  | { readonly kind: 'ended'; readonly session: number }
  | { readonly kind: 'inbound'; readonly inbound: Inbound }
  | { readonly kind: 'inbound-done'; readonly inbound: Inbound }
  | { readonly kind: 'will-done'; readonly clientId: string };

/** The delivery `fromIndex` of one session has become `toIndex` of another. */
export type AdoptedPair = readonly [fromIndex: number, toIndex: number, qos: number];

/** Of the payloads, not of the segments; see DurableLogOptions.version. */
export const RECORD_VERSION = 1;

/** The position is the type byte on disk: append, never reorder. */
const KINDS = [
  'message',
  'session',
  'will',
  'retained',
  'settled',
  'subscribed',
  'unsubscribed',
  'released',
  'adopted',
  'ended',
  'inbound',
  'inbound-done',
  'will-done',
] as const satisfies readonly StoreRecord['kind'][];

const MESSAGE_TYPE = 0;
const EMPTY = new Uint8Array(0);

export function encodeRecord(record: StoreRecord): Uint8Array {
  if (record.kind === 'message') return encodeMessage(record);
  const { kind, ...rest } = record;
  const payload = 'payload' in rest ? rest.payload : EMPTY;
  const header = Buffer.from(JSON.stringify('payload' in rest ? { ...rest, payload: undefined } : rest));
  const out = Buffer.allocUnsafe(5 + header.length + payload.length);
  out[0] = KINDS.indexOf(kind);
  out.writeUInt32LE(header.length, 1);
  header.copy(out, 5);
  out.set(payload, 5 + header.length);
  return out;
}

/** Reads what `encodeRecord` wrote. The log has checked the CRC, so anything else is our own fault. */
export function decodeRecord(bytes: Uint8Array): StoreRecord {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const type = view[0];
  if (type === MESSAGE_TYPE) return decodeMessage(view);
  const kind = type === undefined ? undefined : KINDS[type];
  assert(kind !== undefined, 'A record of the MQTT log has an unknown type.', { type });
  const end = 5 + view.readUInt32LE(1);
  const header: object = JSON.parse(view.toString('utf8', 5, end));
  const isWithPayload = kind === 'will' || kind === 'retained';
  return { ...header, kind, ...(isWithPayload && { payload: view.subarray(end) }) } as StoreRecord;
}

const QOS_BITS = 0x03;
const RETAINED_BIT = 0x04;
const SOLE_BIT = 0x08;
const INBOUND_BIT = 0x10;
const TARGET_BYTES = 13;

function encodeMessage(message: MessageRecord): Uint8Array {
  const topicBytes = Buffer.byteLength(message.topic);
  const inboundBytes = message.inbound === undefined ? 0 : 4 + Buffer.byteLength(message.inbound.clientId);
  const out = Buffer.allocUnsafe(
    6 + topicBytes + message.targets.length * TARGET_BYTES + inboundBytes + message.payload.length,
  );
  out[0] = MESSAGE_TYPE;
  out[1] =
    message.qos |
    (message.isRetained ? RETAINED_BIT : 0) |
    (message.isSole ? SOLE_BIT : 0) |
    (message.inbound === undefined ? 0 : INBOUND_BIT);
  let at = out.writeUInt16LE(topicBytes, 2);
  at += out.write(message.topic, at);
  at = out.writeUInt16LE(message.targets.length, at);
  for (const target of message.targets) {
    at = out.writeUInt32LE(target.session, at);
    at = out.writeDoubleLE(target.index, at);
    at = out.writeUInt8(target.qos, at);
  }
  if (message.inbound !== undefined) {
    at = out.writeUInt16LE(message.inbound.packetId, at);
    at = out.writeUInt16LE(inboundBytes - 4, at);
    at += out.write(message.inbound.clientId, at);
  }
  out.set(message.payload, at);
  return out;
}

function decodeMessage(view: Buffer): MessageRecord {
  const flags = view.readUInt8(1);
  const topicEnd = 4 + view.readUInt16LE(2);
  const topic = view.toString('utf8', 4, topicEnd);
  const count = view.readUInt16LE(topicEnd);
  let at = topicEnd + 2;
  const targets: Target[] = [];
  for (let left = count; left > 0; left -= 1, at += TARGET_BYTES) {
    targets.push({ session: view.readUInt32LE(at), index: view.readDoubleLE(at + 4), qos: view.readUInt8(at + 12) });
  }
  let inbound: Inbound | undefined;
  if ((flags & INBOUND_BIT) !== 0) {
    const end = at + 4 + view.readUInt16LE(at + 2);
    inbound = { packetId: view.readUInt16LE(at), clientId: view.toString('utf8', at + 4, end) };
    at = end;
  }
  return {
    kind: 'message',
    topic,
    payload: view.subarray(at),
    qos: flags & QOS_BITS,
    isRetained: (flags & RETAINED_BIT) !== 0,
    isSole: (flags & SOLE_BIT) !== 0,
    targets,
    ...(inbound && { inbound }),
  };
}

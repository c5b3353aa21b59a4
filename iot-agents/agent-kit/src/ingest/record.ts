/**
 * One record of the ingest log: what a device said, byte for byte, and what we knew when it arrived. `receivedAtMs` is
 * stamped here, once, so that a replay after a crash tells the same story (the time of a payload without device time,
 * and `recordedAt` of every value, come from it).
 *
 * Layout of payload version 2: lane u8, received f64, device time f64 (NaN: it did not say), hash 16 bytes, then tenant, device
 * and channel as u8 length + UTF-8, then the raw bytes to the end. Version 1 had no device time. Framing and checksum are the durable log's.
 */

import { createHash } from 'node:crypto';

/** `live` moves the present, `late` only fills history. */
export type Lane = 'live' | 'late';

export interface IngestRecord {
  readonly lane: Lane;
  readonly tenant: string;
  /** Key of the device in the registry. */
  readonly device: string;
  /** Which kind of message of that device this is, in the agent's own words, e.g. `attrs`. */
  readonly channel: string;
  readonly receivedAtMs: number;
  /** The device's own clock as UTC when it said this, where the line tells it beside the bytes; most payloads hold it themselves. */
  readonly deviceTimeMs?: number | undefined;
  readonly bytes: Uint8Array;
  /** Of device and bytes: names this frame for the duplicate guard and for whoever traces a value to its bytes. */
  readonly hash: Uint8Array;
}

export const INGEST_KIND = 'ingest';
export const INGEST_VERSION = 2;

const LANES: readonly Lane[] = ['live', 'late'];
const HASH_BYTES = 16;
const DEVICE_TIME_AT = 1 + 8;
const HASH_AT = DEVICE_TIME_AT + 8;
const FIXED_BYTES = HASH_AT + HASH_BYTES;
const LONGEST_NAME = 255;

const text = new TextDecoder();

/** 128 bits are plenty against accidents; a forger would have to hold the device's own credential. */
export function contentHash(device: string, bytes: Uint8Array): Uint8Array {
  return createHash('sha256').update(device).update('\0').update(bytes).digest().subarray(0, HASH_BYTES);
}

export function encodeRecord(record: IngestRecord): Uint8Array {
  const { tenant, device, channel } = record;
  const namesLength = 3 + Buffer.byteLength(tenant) + Buffer.byteLength(device) + Buffer.byteLength(channel);
  // Every byte is written below, so a piece of Node's pool will do: one allocation less for each message.
  const payload = Buffer.allocUnsafe(FIXED_BYTES + namesLength + record.bytes.length);
  payload[0] = LANES.indexOf(record.lane);
  payload.writeDoubleBE(record.receivedAtMs, 1);
  payload.writeDoubleBE(record.deviceTimeMs ?? Number.NaN, DEVICE_TIME_AT);
  payload.set(record.hash.subarray(0, HASH_BYTES), HASH_AT);
  let position = FIXED_BYTES;
  for (const name of [tenant, device, channel]) {
    const length = payload.write(name, position + 1);
    if (length > LONGEST_NAME) throw new RangeError('a name in an ingest record is longer than 255 bytes');
    payload[position] = length;
    position += 1 + length;
  }
  payload.set(record.bytes, position);
  return payload;
}

/** Undefined when the payload is not a record: the log's checksum held, so another program wrote it. */
export function decodeRecord(payload: Uint8Array): IngestRecord | undefined {
  const lane = LANES[payload[0] ?? LANES.length];
  if (lane === undefined || payload.length < FIXED_BYTES + 3) return undefined;
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let position = FIXED_BYTES;
  const nextName = (): string => {
    const start = position + 1;
    position = start + (payload[position] ?? 0);
    return text.decode(payload.subarray(start, position));
  };
  const tenant = nextName();
  const device = nextName();
  const channel = nextName();
  if (position > payload.length) return undefined;
  const hash = payload.subarray(HASH_AT, FIXED_BYTES);
  const said = view.getFloat64(DEVICE_TIME_AT);
  const deviceTimeMs = Number.isNaN(said) ? undefined : said;
  const bytes = payload.subarray(position);
  return { lane, tenant, device, channel, receivedAtMs: view.getFloat64(1), deviceTimeMs, bytes, hash };
}

/** Version 1 → 2: nobody had noted a device time. */
export function migrateRecord(payload: Uint8Array): Uint8Array {
  if (payload.length < DEVICE_TIME_AT) return payload; // No record of ours, in any version.
  const migrated = Buffer.alloc(payload.length + 8);
  migrated.set(payload.subarray(0, DEVICE_TIME_AT), 0);
  migrated.writeDoubleBE(Number.NaN, DEVICE_TIME_AT);
  migrated.set(payload.subarray(DEVICE_TIME_AT), HASH_AT);
  return migrated;
}

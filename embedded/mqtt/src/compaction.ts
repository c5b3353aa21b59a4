/**
 * Giving the log's old segments back. What is small and alive (sessions, retained messages, wills, packet ids) is written again
 * at the head; then everything before the oldest queued message can go. Only when few old messages hold much log are those
 * messages copied to the head as well.
 */

import type { DurableLog } from '@contor/kit';
import type { Budget } from './budget.js';
import type { Ledger } from './ledger.js';
import { decodeRecord, type StoreRecord } from './records.js';
import type { Delivery, Message } from './session.js';

export interface Cleanable {
  readonly ledger: Ledger;
  readonly budget: Budget;
  /** Durable messages with an open delivery, oldest record first. */
  readonly messages: Map<number, Message>;
  /** Everything alive that is not a message. */
  snapshot(): Iterable<StoreRecord>;
}

/** Appends in flight while copying. */
const COPY_AT_ONCE = 256;
/** Payloads brought back from the log in one go. */
const LOAD_BYTES = 2 * 1024 * 1024;
const LOAD_MESSAGES = 8192;

export async function cleanLog(store: Cleanable, floorBytes: number): Promise<void> {
  const { log } = store.ledger;
  const cut = log.head;
  // In log order, and durable in log order: when the last one is on disk, all are.
  const written = [...store.snapshot()].map((record) => store.ledger.append(record));
  await Promise.all(written);
  await log.release(Math.min(cut, oldestMessage(store) - 1));
  if (log.bytes < floorBytes + 2 * store.budget.used) return;
  await copyMessages(store, cut);
  await log.release(Math.min(cut, oldestMessage(store) - 1));
}

/** The map is in order of location, because locations only grow. */
function oldestMessage(store: Cleanable): number {
  const oldest = store.messages.keys().next();
  return oldest.done === true ? Number.POSITIVE_INFINITY : oldest.value;
}

async function copyMessages(store: Cleanable, cut: number): Promise<void> {
  let copies: Promise<void>[] = [];
  for await (const { sequence, payload } of store.ledger.log.read(store.ledger.log.tail)) {
    if (sequence > cut) break;
    const message = store.messages.get(sequence);
    if (message === undefined) continue;
    copies.push(copyMessage(store, message, payload));
    if (copies.length < COPY_AT_ONCE) continue;
    await Promise.all(copies);
    copies = [];
  }
  await Promise.all(copies);
}

async function copyMessage(store: Cleanable, message: Message, bytes: Uint8Array): Promise<void> {
  const record = decodeRecord(bytes);
  if (record.kind !== 'message') return;
  const { inbound: _taken, ...copy } = record;
  const targets = message.deliveries
    .filter(({ state }) => state !== 'settled')
    .map(({ session, index, qos }) => ({ session: session.number, index, qos }));
  const sequence = await store.ledger.append({ ...copy, targets });
  store.messages.delete(message.location);
  message.location = sequence;
  if (message.open > 0) store.messages.set(sequence, message);
}

/** Fills in missing payloads of a run of deliveries; the bytes brought in. */
export async function readPayloads(log: DurableLog, deliveries: Iterable<Delivery>): Promise<number> {
  const missing = new Map<number, Message>();
  let wantedBytes = 0;
  let last = 0;
  for (const { message } of deliveries) {
    if (message.payload !== undefined) continue;
    // A copy may lie behind younger messages; then this run ends and the next begins there.
    if (message.location === 0 || message.location < last) break;
    missing.set(message.location, message);
    last = message.location;
    wantedBytes += message.bytes;
    if (wantedBytes >= LOAD_BYTES || missing.size >= LOAD_MESSAGES) break;
  }
  const [first] = missing.keys();
  let broughtBytes = 0;
  if (first === undefined) return broughtBytes;
  for await (const { sequence, payload } of log.read(first)) {
    if (sequence > last) break;
    const message = missing.get(sequence);
    const record = message === undefined ? undefined : decodeRecord(payload);
    if (message === undefined || message.open === 0 || message.payload !== undefined || record?.kind !== 'message')
      continue;
    message.payload = Uint8Array.from(record.payload);
    broughtBytes += message.payload.length;
  }
  return broughtBytes;
}

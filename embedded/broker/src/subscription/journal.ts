/**
 * What subscribers have been told, on disk. Before a parcel goes, a waybill says under which id which positions go together;
 * so the same parcel goes again under the same id after a crash, and a subscriber can tell a duplicate. What was accepted is
 * noted as it happens. Once in a while everything is summed up in one small file, and the waybills before it are let go.
 */

import { join } from 'node:path';
import { type Clock, type Disk, errnoOf, type Logger, openCheckpoint, openDurableLog } from '@contor/kit';
import { saysFull } from '../store/disk-room.js';
import { NEVER_SENT, type NotificationStatus } from './model.js';
import type { Progress, Resume } from './outbox.js';
import { packPositions, unpackPositions } from './positions.js';

export interface JournalOptions {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dataFolder: string;
  readonly onFatal: (error: Error) => void;
}

export interface Waybill {
  readonly id: string;
  readonly positions: readonly number[];
}

/** One subscription's part of the sum. */
export interface BoxSum {
  readonly status: NotificationStatus;
  readonly progress: Progress;
  /** On their way. */
  readonly open: readonly Waybill[];
}

/** What is known of one subscription when a life begins. */
export interface Remembered {
  readonly status: NotificationStatus;
  readonly resume: Resume;
  readonly open: readonly Waybill[];
}

type WaybillRecord =
  | {
      readonly kind: 'sent';
      readonly box: string;
      readonly id: string;
      readonly atMs: number;
      readonly at: readonly number[];
    }
  | { readonly kind: 'told'; readonly box: string; readonly id: string; readonly atMs: number };

type SavedBox = NotificationStatus & {
  readonly cursor: number;
  readonly horizon?: number;
  readonly holes?: readonly number[];
  readonly open?: readonly (readonly [string, readonly number[]])[];
};

interface Saved {
  readonly format: 2;
  /** The newest waybill that is in the sum. */
  readonly waybills: number;
  readonly boxes: Readonly<Record<string, SavedBox>>;
}

interface Draft {
  status: NotificationStatus;
  readonly cursor: number;
  readonly horizon: number;
  readonly holes: ReadonlySet<number>;
  readonly told: Set<number>;
  readonly open: Map<string, readonly number[]>;
}

const WAYBILL_VERSION = 1;
/** Summed up each second, the waybills of some seconds are a few megabytes at most. */
const MAX_WAYBILL_BYTES = 64 * 2 ** 20;
const WAYBILL_SEGMENT_BYTES = 2 ** 20;

export class Journal {
  readonly #options: JournalOptions;
  readonly #sums: ReturnType<typeof openCheckpoint>;
  #waybills: Awaited<ReturnType<typeof openDurableLog>> | undefined;
  #remembered = new Map<string, Remembered>();

  constructor(options: JournalOptions) {
    const { disk, dataFolder, log } = options;
    this.#options = options;
    this.#sums = openCheckpoint({
      disk,
      path: join(dataFolder, 'cursors'),
      onDamaged: (keptAs) =>
        log.warn({ keptAs }, 'The cursors are damaged; notifications since the last snapshot are sent again.'),
    });
  }

  async load(): Promise<void> {
    const { disk, clock, dataFolder, onFatal } = this.#options;
    this.#waybills = await openDurableLog({
      ...{ disk, clock, onFatal, kind: 'broker-waybills', version: WAYBILL_VERSION },
      directory: join(dataFolder, 'waybills'),
      maxBytes: MAX_WAYBILL_BYTES,
      segmentBytes: WAYBILL_SEGMENT_BYTES,
    });
    const bytes = await this.#sums.read();
    const { waybills, boxes } = readSum(bytes);
    const drafts = new Map(Object.entries(boxes).map(([box, saved]) => [box, draftOf(saved)]));
    for await (const { payload } of this.#waybills.read(waybills + 1)) {
      const record: WaybillRecord = JSON.parse(textOf(payload));
      const draft = drafts.get(record.box) ?? draftOf({ ...NEVER_SENT, cursor: 0 });
      drafts.set(record.box, draft);
      follow(draft, record);
    }
    this.#remembered = new Map([...drafts].map(([box, draft]) => [box, rememberedOf(draft)]));
  }

  /** What is known of a subscription from before; nothing once the new life has begun. */
  of(box: string): Remembered | undefined {
    return this.#remembered.get(box);
  }

  /** What came from before has been taken up. */
  begun(): void {
    this.#remembered.clear();
  }

  /**
   * Resolves when the waybill is on disk. A full disk does not stop notifications: then their ids may change in a crash.
   * False: the journal is closed, and nothing may go any more.
   */
  async sent(box: string, { id, positions }: Waybill, atMs: number): Promise<boolean> {
    try {
      await this.#append({ kind: 'sent', box, id, atMs, at: packPositions(positions) });
      return true;
    } catch (error) {
      if (errnoOf(error) === 'log.stopped') return false;
      if (saysFull(error) || errnoOf(error) === 'log.full') return true;
      throw error;
    }
  }

  /** Nobody waits for it: should it be lost, the parcel goes again under its id. */
  told(box: string, id: string, atMs: number): void {
    this.#append({ kind: 'told', box, id, atMs }).catch(() => undefined);
  }

  /** Durable when it resolves. */
  async save(boxes: Iterable<readonly [string, BoxSum]>): Promise<void> {
    const waybills = this.#waybills?.head ?? 0;
    const saved: Record<string, SavedBox> = {};
    for (const [box, sum] of boxes) saved[box] = savedOf(sum);
    const sums: Saved = { format: 2, waybills, boxes: saved };
    await this.#sums.write(Buffer.from(JSON.stringify(sums), 'utf8'));
    await this.#waybills?.release(waybills);
  }

  async close(): Promise<void> {
    await this.#waybills?.close();
  }

  async #append(record: WaybillRecord): Promise<void> {
    await this.#waybills?.append(Buffer.from(JSON.stringify(record), 'utf8'));
  }
}

/** The first format had a cursor a subscription and nothing else. */
function readSum(bytes: Uint8Array | undefined): Pick<Saved, 'waybills' | 'boxes'> {
  if (bytes === undefined) return { waybills: 0, boxes: {} };
  const json: Saved | Readonly<Record<string, SavedBox>> = JSON.parse(textOf(bytes));
  return isSaved(json) ? json : { waybills: 0, boxes: json };
}

function isSaved(json: Saved | Readonly<Record<string, SavedBox>>): json is Saved {
  return json.format === 2;
}

function draftOf({ cursor, horizon = cursor, holes = [], open = [], ...status }: SavedBox): Draft {
  return {
    ...{ status, cursor, horizon, told: new Set() },
    holes: new Set(unpackPositions(holes)),
    open: new Map(open.map(([id, at]) => [id, unpackPositions(at)])),
  };
}

/** A record may be in the sum already: following it twice changes nothing. */
function follow(draft: Draft, record: WaybillRecord): void {
  const { status, open, told } = draft;
  if (record.kind === 'sent') {
    const positions = new Set(unpackPositions(record.at));
    // A parcel that was split: its halves have waybills of their own.
    for (const [id, others] of open) if (others.some((position) => positions.has(position))) open.delete(id);
    open.set(record.id, [...positions]);
    draft.status = { ...status, lastNotification: Math.max(status.lastNotification ?? 0, record.atMs) };
    return;
  }
  for (const position of open.get(record.id) ?? []) told.add(position);
  open.delete(record.id);
  draft.status = { ...status, lastSuccess: Math.max(status.lastSuccess ?? 0, record.atMs) };
}

function rememberedOf({ status, cursor, horizon, holes, told, open }: Draft): Remembered {
  const waybills = [...open].map(([id, positions]) => ({ id, positions }));
  const claimed = new Set(waybills.flatMap(({ positions }) => positions));
  return { status, resume: { cursor, horizon, holes, told, claimed }, open: waybills };
}

function savedOf({ status, progress: { cursor, horizon, holes }, open }: BoxSum): SavedBox {
  const packed = packPositions([...holes]);
  return {
    ...status,
    cursor,
    ...(horizon > cursor && { horizon }),
    ...(packed.length > 0 && { holes: packed }),
    ...(open.length > 0 && { open: open.map(({ id, positions }) => [id, packPositions(positions)] as const) }),
  };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

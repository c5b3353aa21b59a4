/**
 * Tells broker and history what was recorded, in a tenant of its own, which no relay of ours speaks for: so whoever reads the trail asks the gateway for it, or
 * is a service of the platform. The newest few hundred records are entities, all of them a series. Behind the trail by a second, and as far as it takes
 * while one of them is away; how far it has come is a small file, and telling twice changes nothing.
 */

import type { BrokerClient, HistoryClient } from '@contor/history-query';
import {
  type ChainedLog,
  type Checkpoint,
  type Clock,
  type Logger,
  type Random,
  retrySchedule,
  type Timer,
  TransportError,
} from '@contor/kit';
import { installContext, urn } from '@contor/orion-config';
import type { Anchor } from '../anchors.js';
import { decodeRecord, type KeptRecord } from '../record.js';
import { anchorEntity, toEntity, toRow } from './to-entity.js';

/** What broker and history are asked. */
export interface PublisherPeers {
  readonly broker: Pick<BrokerClient, 'upsert' | 'request'>;
  readonly history: Pick<HistoryClient, 'append'>;
}

export interface PublisherParts extends PublisherPeers {
  readonly chain: ChainedLog;
  readonly cursor: Checkpoint;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
}

export interface Publisher {
  /** Something was recorded. */
  nudge(): void;
  /** Told once: the file of anchors and the API have them all. */
  anchored(anchor: Anchor): void;
  /** Records that are not yet told. */
  readonly lag: number;
  /** Lets a turn that is under way end, for a moment: what is not told now is told at the next start. */
  stop(): Promise<void>;
}

const DELETE_PATH = '/ngsi-ld/v1/entityOperations/delete';
/** Entities in the broker: some pages of a list. Whoever wants more asks the gateway, or history. */
const KEPT_ENTITIES = 300;
/** Records of one turn: one request to each. */
const TURN_RECORDS = 200;
/** Records that come together travel together. */
const GATHER_MS = 1_000;
const RETRY = { firstMs: 2_000, factor: 2, maxMs: 300_000, jitter: 0.3 };
/** A service stops within seconds. */
const LONGEST_GOODBYE_MS = 2_000;
/** Anchors that wait for a broker that is away; a year of days. */
const MOST_ANCHORS = 366;

interface Cursor {
  /** Told up to here. */
  readonly through: number;
  /** Entities up to here were removed from the broker. */
  readonly removed: number;
}

export async function startPublisher(parts: PublisherParts): Promise<Publisher> {
  const { chain, cursor: checkpoint, broker, clock, random, log } = parts;
  const retries = retrySchedule(RETRY, random);
  let cursor = parse(await checkpoint.read());
  let anchors: readonly Anchor[] = [];
  let timer: Timer | undefined;
  let failures = 0;
  let isPrepared = false;
  let running: Promise<void> | undefined;
  let isStopped = false;

  async function turn(): Promise<void> {
    if (!isPrepared) await installContext(broker); // A foreign broker knows our words when they are hosted there.
    isPrepared = true;
    const batch = await nextBatch(chain, cursor.through);
    const told = batch.at(-1)?.[0] ?? cursor.through;
    if (batch.length > 0) await tell(parts, batch, chain.tip.sequence);
    const waiting = anchors;
    if (waiting.length > 0) await broker.upsert(waiting.map(anchorEntity));
    anchors = anchors.slice(waiting.length);
    const removed = await tidy(cursor.removed, told);
    if (told === cursor.through && removed === cursor.removed) return;
    cursor = { through: told, removed };
    await checkpoint.write(Buffer.from(JSON.stringify(cursor), 'utf8'));
  }

  /** The broker keeps the newest; what was never put there needs no removing. */
  async function tidy(removed: number, told: number): Promise<number> {
    const through = told - KEPT_ENTITIES;
    if (through <= removed) return removed;
    const from = Math.max(removed + 1, through - KEPT_ENTITIES - TURN_RECORDS);
    const ids = Array.from({ length: through - from + 1 }, (_, at) => urn('AuditRecord', String(from + at)));
    const { status } = await broker.request({ method: 'POST', path: DELETE_PATH, body: ids });
    // Some may never have been there (207), and none of them may be (404).
    if (status >= 500 || status === 401 || status === 403)
      throw new TransportError('transport.refused', 'The broker removed nothing.', { status });
    return through;
  }

  async function run(): Promise<void> {
    try {
      do await turn();
      while (!isStopped && (cursor.through < chain.tip.sequence || anchors.length > 0));
      failures = 0;
    } catch (error) {
      failures += 1;
      if (failures === 1)
        log.warn({ error }, 'The audit trail cannot be told to broker or history; it is kept and told later.');
    }
    running = undefined;
    if (failures > 0) wake(retries.delayMs(failures));
    else if (cursor.through < chain.tip.sequence) wake(GATHER_MS);
  }

  function wake(afterMs: number): void {
    if (isStopped || running !== undefined) return;
    timer ??= clock.after(afterMs, () => {
      timer = undefined;
      running = run();
    });
  }

  wake(GATHER_MS);
  return {
    nudge: () => wake(GATHER_MS),
    anchored(anchor) {
      anchors = [...anchors, anchor].slice(-MOST_ANCHORS);
      wake(GATHER_MS);
    },
    get lag() {
      return chain.tip.sequence - cursor.through;
    },
    async stop() {
      isStopped = true;
      timer?.cancel();
      await Promise.race([running, clock.sleep(LONGEST_GOODBYE_MS)]);
    },
  };
}

async function nextBatch(chain: ChainedLog, after: number): Promise<readonly (readonly [number, KeptRecord])[]> {
  const batch: (readonly [number, KeptRecord])[] = [];
  for await (const { sequence, body } of chain.read(after + 1)) {
    batch.push([sequence, decodeRecord(body)]);
    if (batch.length === TURN_RECORDS) break;
  }
  return batch;
}

async function tell(
  { broker, history }: PublisherPeers,
  batch: readonly (readonly [number, KeptRecord])[],
  newest: number,
): Promise<void> {
  await history.append(batch.map(([sequence, kept]) => toRow(sequence, kept)));
  // After a long absence only what stays needs to go there.
  const recent = batch.filter(([sequence]) => sequence > newest - KEPT_ENTITIES);
  if (recent.length > 0) await broker.upsert(recent.map(([sequence, kept]) => toEntity(sequence, kept)));
}

function parse(bytes: Uint8Array | undefined): Cursor {
  return bytes === undefined ? { through: 0, removed: 0 } : (JSON.parse(Buffer.from(bytes).toString('utf8')) as Cursor);
}

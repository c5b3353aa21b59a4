/** Opens the audit trail of a gateway: the chain on disk, the keys beside it, the index in memory, the anchors and archives. */

import { join } from 'node:path';
import { type ChainTip, type Clock, type Disk, type Keyring, type Logger, openChainedLog } from '@contor/kit';
import { type AnchorClaim, type Anchors, openAnchors } from './anchors.js';
import type { Audit, AuditEntry } from './entry.js';
import { decodeRecord, type KeptRecord, type ShownRecord, showRecord } from './record.js';
import { openArchives } from './search/archives.js';
import { RecordIndex } from './search/index-of-records.js';
import { type PageWish, searchPage } from './search/search.js';
import { openSubjectKeys } from './subject-keys.js';
import { createTrail } from './trail.js';

export interface AuditParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly keyring: Keyring;
  /** The gateway's data folder; the trail has folders of its own in it. */
  readonly dataFolder: string;
  readonly sign?: (claim: AnchorClaim) => Promise<string>;
  /** A write failed and nothing can be believed any more: the process must end and recover. */
  readonly onFatal: (error: Error) => void;
}

export interface ShownPage {
  readonly records: readonly ShownRecord[];
  readonly next: number | null;
}

export interface AuditTrail extends Audit {
  /** Newest first. */
  page(wish: PageWish): Promise<ShownPage>;
  readonly anchors: Anchors;
  /**
   * Destroys the key of a subject: what the trail holds of that person can be read by nobody any more. Recorded before and after; answers
   * whether there was anything.
   */
  erase(subject: string, by: Pick<AuditEntry, 'actor' | 'address' | 'correlation'>): Promise<boolean>;
  /** Told of each record when it is on disk, in order. */
  onRecord(listener: RecordListener): void;
  /** Records, and bytes of them on disk. */
  readonly figures: { readonly auditRecords: number; readonly auditBytes: number };
  close(): Promise<void>;
}

export type RecordListener = (tip: ChainTip, kept: KeptRecord) => void;

export const CHAIN_KIND = 'audit';

/** Where the parts of a trail lie in the gateway's data folder. */
export function placesIn(dataFolder: string) {
  const folder = join(dataFolder, 'audit');
  return {
    log: join(folder, 'log'),
    archive: join(folder, 'archive'),
    anchors: join(folder, 'anchors.jsonl'),
    keys: join(dataFolder, 'audit-keys'),
  };
}

export async function createAudit(parts: AuditParts): Promise<AuditTrail> {
  const { disk, clock, log, keyring, dataFolder, sign, onFatal } = parts;
  const places = placesIn(dataFolder);
  const chain = await openChainedLog({ disk, clock, directory: places.log, kind: CHAIN_KIND, onFatal });
  for (const range of chain.report.damaged) log.error(range, 'A part of the audit trail was damaged and set aside.');
  const keys = await openSubjectKeys({ disk, folder: places.keys, keyring, log });
  const archives = await openArchives(disk, places.archive);
  const index = new RecordIndex();
  const listeners: RecordListener[] = [];
  const anchors = await openAnchors({
    ...{ disk, clock, sign, path: places.anchors },
    onAnchor: ({ day, sequence, hash }) => log.info({ day, sequence, hash }, 'The audit trail of a day is closed.'),
    onFault: (error) => log.error({ error }, 'An anchor of the audit trail could not be written.'),
  });

  const known = chain.tip;
  let lastMs = 0;
  for await (const { body } of chain.read(known.sequence)) lastMs = decodeRecord(body).atMs;
  /** What is recorded while the index is made waits for its turn. */
  let late: [ChainTip, KeptRecord][] | undefined = [];
  const enter = (tip: ChainTip, kept: KeptRecord): void => {
    index.add(tip.sequence, kept);
    anchors.follow(tip, kept.atMs);
  };
  const trail = createTrail({
    ...{ chain, keys, clock, lastMs },
    onRecord(tip, kept) {
      if (late === undefined) enter(tip, kept);
      else late.push([tip, kept]);
      for (const listener of listeners) listener(tip, kept);
    },
  });
  const indexed = (async () => {
    for await (const { sequence, hash, body } of chain.read(archives.through + 1)) {
      if (sequence > known.sequence) break;
      enter({ sequence, hash }, decodeRecord(body));
    }
    for (const [tip, kept] of late ?? []) enter(tip, kept);
    late = undefined;
    anchors.closeDay();
  })();
  indexed.catch((error: unknown) =>
    log.error({ error }, 'The audit trail cannot be searched: its log cannot be read.'),
  );

  return {
    record: trail.record,
    async page(wish) {
      await indexed;
      const { records, next } = await searchPage({ chain, index, archives }, wish);
      const shown = await Promise.all(records.map(({ sequence, kept }) => showRecord(sequence, kept, keys)));
      return { records: shown, next: next ?? null };
    },
    anchors,
    async erase(subject, by) {
      const about = { ...by, log: 'application', page: 'audit', operation: 'audit.erase', targets: [subject] } as const;
      const of = await trail.record({ ...about, outcome: 'begun' });
      const wasThere = await keys.erase(subject, clock.nowMs());
      await trail.record({ ...about, of, outcome: 'done', ...(!wasThere && { reason: 'nothing.kept' }) });
      return wasThere;
    },
    onRecord: (listener) => void listeners.push(listener),
    get figures() {
      return { auditRecords: chain.tip.sequence, auditBytes: chain.bytes };
    },
    async close() {
      await indexed.catch(() => undefined);
      await chain.close();
      await anchors.settled();
    },
  };
}

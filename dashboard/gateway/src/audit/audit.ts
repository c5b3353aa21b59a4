/** The audit trail of a gateway, opened: the chain on disk, the keys beside it, the index in memory, anchors, archives, and who is told. */

import {
  type ChainedLog,
  type ChainTip,
  type Clock,
  type Disk,
  type Keyring,
  type Logger,
  openChainedLog,
  openCheckpoint,
  type Random,
  type Timer,
} from '@contor/kit';
import { type AnchorClaim, type Anchors, openAnchors } from './anchors.js';
import type { Audit, AuditEntry } from './entry.js';
import { type Publisher, type PublisherPeers, startPublisher } from './outlet/publisher.js';
import { CHAIN_KIND, placesIn } from './places.js';
import { decodeRecord, type KeptRecord, type ShownRecord, showRecord } from './record.js';
import { keepRetention } from './retention.js';
import { type Archives, openArchives } from './search/archives.js';
import { withBeginnings } from './search/beginnings.js';
import { RecordIndex } from './search/index-of-records.js';
import { type PageWish, searchPage } from './search/search.js';
import { openSubjectKeys, type SubjectKeys } from './subject-keys.js';
import { createTrail } from './trail.js';

export interface AuditParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Logger;
  readonly keyring: Keyring;
  /** The gateway's data folder; the trail has folders of its own in it. */
  readonly dataFolder: string;
  /** Calendar years to keep besides the current one; undefined: all. */
  readonly keepYears?: number | undefined;
  readonly sign?: ((claim: AnchorClaim) => Promise<string>) | undefined;
  /** A tool that comes by for one record: it closes no day and seals no year. */
  readonly isPassing?: boolean;
  /** A write failed and nothing can be believed any more: the process must end and recover. */
  readonly onFatal: (error: Error) => void;
}

export interface ShownPage {
  readonly records: readonly ShownRecord[];
  readonly next: number | null;
}

type By = Pick<AuditEntry, 'actor' | 'address' | 'correlation'>;

export interface AuditTrail extends Audit {
  /** Newest first. */
  page(wish: PageWish): Promise<ShownPage>;
  readonly anchors: Anchors;
  /**
   * Destroys the key of a subject: what the trail holds of that person can be read by nobody any more. Recorded before and after; answers
   * whether there was anything.
   */
  erase(subject: string, by: By): Promise<boolean>;
  /** From now on broker and history are told what is recorded. */
  publishTo(peers: PublisherPeers): Promise<Publisher>;
  readonly figures: Readonly<Record<string, number>>;
  close(): Promise<void>;
}

/** Years are given back by whole segments: of a removed one, at most so much stays behind for a while. */
const SEGMENT_BYTES = 2 * 2 ** 20;
/** The end of a day is looked for at midnight, and each hour in case the clock was set. */
const LONGEST_LOOK_MS = 3_600_000;
const DAY_MS = 86_400_000;

export async function createAudit(parts: AuditParts): Promise<AuditTrail> {
  const { disk, clock, log, keyring, dataFolder, onFatal } = parts;
  const places = placesIn(dataFolder);
  const chain = await openChainedLog({
    ...{ disk, clock, onFatal },
    ...{ directory: places.log, kind: CHAIN_KIND, segmentBytes: SEGMENT_BYTES },
  });
  for (const range of chain.report.damaged) log.error(range, 'A part of the audit trail was damaged and set aside.');
  const keys = await openSubjectKeys({ disk, folder: places.keys, keyring, log });
  const archives = await openArchives(disk, places.archive);
  const trail = new OpenTrail(parts, { chain, keys, archives, anchorsPath: places.anchors, toldPath: places.told });
  await trail.begin();
  return trail;
}

interface Stores {
  readonly chain: ChainedLog;
  readonly keys: SubjectKeys;
  readonly archives: Archives;
  readonly anchorsPath: string;
  readonly toldPath: string;
}

class OpenTrail implements AuditTrail {
  readonly #parts: AuditParts;
  readonly #stores: Stores;
  readonly #index = new RecordIndex();
  #anchors: Anchors | undefined;
  #audit: Audit | undefined;
  #publisher: Publisher | undefined;
  #indexed: Promise<void> = Promise.resolve();
  #round: Promise<void> = Promise.resolve();
  #timer: Timer | undefined;

  constructor(parts: AuditParts, stores: Stores) {
    this.#parts = parts;
    this.#stores = stores;
  }

  async begin(): Promise<void> {
    const { disk, clock, log, sign, isPassing = false } = this.#parts;
    const { chain, keys, anchorsPath } = this.#stores;
    const anchors = await openAnchors({
      ...{ disk, clock, sign, isPassing, path: anchorsPath },
      onAnchor: (anchor) => {
        log.info(
          { day: anchor.day, sequence: anchor.sequence, hash: anchor.hash },
          'A day of the audit trail is closed.',
        );
        this.#publisher?.anchored(anchor);
      },
      onFault: (error) => log.error({ error }, 'An anchor of the audit trail could not be written.'),
    });
    this.#anchors = anchors;
    const enter = (tip: ChainTip, kept: KeptRecord): void => {
      this.#index.add(tip.sequence, kept);
      anchors.follow(tip, kept.atMs);
    };
    /** What is recorded while the index is made waits for its turn. */
    let late: [ChainTip, KeptRecord][] | undefined = [];
    const known = chain.tip;
    let lastMs = 0;
    for await (const { body } of chain.read(known.sequence)) lastMs = decodeRecord(body).atMs;
    this.#audit = createTrail({
      ...{ chain, keys, clock, lastMs },
      onRecord: (tip, kept) => {
        if (late === undefined) enter(tip, kept);
        else late.push([tip, kept]);
        this.#publisher?.nudge();
      },
    });
    this.#indexed = (async () => {
      for await (const { sequence, hash, body } of chain.read(this.#stores.archives.through + 1)) {
        if (sequence > known.sequence) break;
        enter({ sequence, hash }, decodeRecord(body));
      }
      for (const [tip, kept] of late ?? []) enter(tip, kept);
      late = undefined;
    })();
    keys.rewrap().catch((error: unknown) => log.error({ error }, 'Keys of the audit trail could not be wrapped anew.'));
    this.#indexed.then(
      () => (isPassing ? undefined : this.#look()),
      (error: unknown) => log.error({ error }, 'The audit trail cannot be searched: its log cannot be read.'),
    );
  }

  get anchors(): Anchors {
    return begun(this.#anchors);
  }

  record(entry: AuditEntry): Promise<number> {
    return begun(this.#audit).record(entry);
  }

  async page(wish: PageWish): Promise<ShownPage> {
    await this.#indexed;
    const { chain, archives, keys } = this.#stores;
    const { records, next } = await searchPage({ chain, archives, index: this.#index }, wish);
    const whole = await withBeginnings(chain, records);
    const shown = await Promise.all(whole.map(({ sequence, kept }) => showRecord(sequence, kept, keys)));
    return { records: shown, next: next ?? null };
  }

  async erase(subject: string, by: By): Promise<boolean> {
    const about = { ...by, log: 'application', page: 'audit', operation: 'audit.erase', targets: [subject] } as const;
    const of = await this.record({ ...about, outcome: 'begun' });
    const wasThere = await this.#stores.keys.erase(subject, this.#parts.clock.nowMs());
    await this.record({ ...about, of, outcome: 'done', ...(!wasThere && { reason: 'nothing.kept' }) });
    return wasThere;
  }

  async publishTo(peers: PublisherPeers): Promise<Publisher> {
    const { disk, clock, random, log } = this.#parts;
    const { chain, toldPath } = this.#stores;
    const cursor = openCheckpoint({ disk, path: toldPath, onDamaged: () => undefined });
    this.#publisher = await startPublisher({ ...peers, chain, cursor, clock, random, log });
    return this.#publisher;
  }

  get figures(): Readonly<Record<string, number>> {
    const { chain } = this.#stores;
    return {
      auditRecords: chain.tip.sequence,
      auditBytes: chain.bytes,
      auditDamaged: chain.report.damaged.length,
      auditUntold: this.#publisher?.lag ?? 0,
    };
  }

  async close(): Promise<void> {
    this.#timer?.cancel();
    await this.#indexed.catch(() => undefined);
    await this.#round;
    await this.#stores.chain.close();
    await this.#anchors?.settled();
  }

  /** Closes the day that is over, seals years that are. */
  #look(): void {
    const { clock, log, keepYears } = this.#parts;
    const { chain, archives } = this.#stores;
    this.anchors.closeDay();
    const onArchived = (through: number): void => this.#index.dropThrough(through);
    this.#round = this.#round
      .then(() => keepRetention({ audit: this, chain, archives, clock, log, keepYears, onArchived }))
      .catch((error: unknown) => log.error({ error }, 'Old years of the audit trail could not be sealed.'));
    const toMidnightMs = DAY_MS - (Math.trunc(clock.nowMs()) % DAY_MS);
    this.#timer = clock.after(Math.min(toMidnightMs, LONGEST_LOOK_MS), () => this.#look());
  }
}

function begun<T>(part: T | undefined): T {
  if (part === undefined) throw new Error('The trail has not begun.');
  return part;
}

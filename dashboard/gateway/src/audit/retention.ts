/**
 * Years that are over are sealed into files, and after the years to keep the oldest file goes. Both stand in the chain as records: so who verifies
 * later knows what each file must be, and that a missing one was taken away on purpose.
 */

import type { ArchivedRecord, ChainedLog, Clock, Logger } from '@contor/kit';
import type { Audit, AuditActor } from './entry.js';
import { decodeRecord } from './record.js';
import type { ArchiveFile, Archives } from './search/archives.js';

export interface RetentionParts {
  readonly audit: Audit;
  readonly chain: ChainedLog;
  readonly archives: Archives;
  readonly clock: Clock;
  readonly log: Logger;
  /** Calendar years to keep besides the current one; undefined: all. */
  readonly keepYears: number | undefined;
  /** Told what is no longer in the log. */
  readonly onArchived: (through: number) => void;
}

/** In January people still look into the old year; it is sealed when that is over. */
const SEALED_AFTER_MS = 31 * 86_400_000;
const GATEWAY: AuditActor = { id: 'gateway', kind: 'service' };
const ABOUT = { log: 'application', actor: GATEWAY, page: 'audit' } as const;

export const SEAL = 'audit.seal';
export const REMOVE = 'audit.remove';

/** One round; a round that was cut short is made again as a whole. */
export async function keepRetention(parts: RetentionParts): Promise<void> {
  const { archives, clock, log, keepYears } = parts;
  const yearNow = new Date(clock.nowMs()).getUTCFullYear();
  const sealBelow = new Date(clock.nowMs() - SEALED_AFTER_MS).getUTCFullYear();
  for (;;) {
    const year = await oldestYear(parts);
    if (year === undefined || year >= sealBelow) break;
    const file = await sealYear(parts, year);
    log.info({ file: file.name, records: file.records }, 'A year of the audit trail was sealed.');
  }
  for (let [oldest] = archives.files; keepYears !== undefined && oldest !== undefined; [oldest] = archives.files) {
    if (yearOf(oldest) >= yearNow - keepYears) break;
    await removeOldest(parts, oldest);
    log.info({ file: oldest.name }, 'A year of the audit trail was removed.');
  }
}

async function oldestYear({ chain, archives }: RetentionParts): Promise<number | undefined> {
  for await (const { body } of chain.read(archives.through + 1))
    return new Date(decodeRecord(body).atMs).getUTCFullYear();
  return undefined;
}

async function sealYear({ audit, chain, archives, onArchived }: RetentionParts, year: number): Promise<ArchiveFile> {
  const endMs = Date.UTC(year + 1, 0, 1);
  const from = archives.through + 1;
  const last = await lastBefore(chain, from, endMs);
  // The first sequence as well: a clock that was set back can bring a year back.
  const file = await archives.write(`${year}-${from}.chain`, between(chain, from, last));
  const { name, sha256, first, last: end, records } = file;
  const after = { name, sha256, first, last: end.sequence, hash: end.hash, records };
  await audit.record({ ...ABOUT, operation: SEAL, targets: [name], after, outcome: 'done' });
  await archives.list(file);
  onArchived(end.sequence);
  await chain.release(end.sequence);
  return file;
}

/** In the order of the chain: what a clock that was set back wrote among the records of a year goes with them. */
async function lastBefore(chain: ChainedLog, from: number, endMs: number): Promise<number> {
  let last = from;
  for await (const { sequence, body } of chain.read(from)) {
    if (decodeRecord(body).atMs < endMs) last = sequence;
    else break;
  }
  return last;
}

async function* between(chain: ChainedLog, from: number, last: number): AsyncGenerator<ArchivedRecord> {
  for await (const record of chain.read(from)) {
    if (record.sequence > last) return;
    yield { ...record, label: decodeRecord(record.body).atMs };
  }
}

/** The record comes first: a file that goes without one would look stolen. */
async function removeOldest({ audit, archives }: RetentionParts, { name, sha256, last }: ArchiveFile): Promise<void> {
  const after = { name, sha256, last: last.sequence, hash: last.hash };
  await audit.record({ ...ABOUT, operation: REMOVE, targets: [name], after, outcome: 'done' });
  await archives.removeOldest();
}

function yearOf({ name }: ArchiveFile): number {
  return Number.parseInt(name, 10);
}

/** Opens the book's durable log in the gateway's data folder. */

import { join } from 'node:path';
import { type Clock, type Disk, type Logger, openDocuments, openDurableLog } from '@contor/kit';
import type { ProviderRoles } from './adoption.js';
import { type AccessBook, openBook } from './book.js';
import type { RoleSeed } from './roles.js';

export interface OpenBookParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  readonly dataFolder: string;
  readonly tenant: string;
  readonly seeds: readonly RoleSeed[];
  readonly providerRoles: ProviderRoles;
  readonly onFatal: (error: Error) => void;
}

const FORMAT = { kind: 'access-book', version: 1 } as const;
/** A full book is some 100 MB, rewritten when it is a quarter of its log. Compaction lets go of whole segments, so these are small. */
const LOG_LIMIT_BYTES = 1024 * 1024 * 1024;
const SEGMENT_BYTES = 1024 * 1024;

export async function openAccessBook(parts: OpenBookParts): Promise<AccessBook> {
  const { disk, clock, log, dataFolder, onFatal } = parts;
  const durable = await openDurableLog({
    ...{ disk, clock, ...FORMAT, onFatal },
    directory: join(dataFolder, 'book'),
    maxBytes: LOG_LIMIT_BYTES,
    segmentBytes: SEGMENT_BYTES,
  });
  if (durable.report.damaged.length > 0) {
    log.error({ damaged: durable.report.damaged }, 'The access book is damaged; rights in the damaged part are gone.');
  }
  return openBook({ ...parts, documents: await openDocuments({ durable, clock, log }) });
}

/** Opens the book's durable log in the gateway's data folder. */

import { join } from 'node:path';
import { type Clock, ConfigError, type Disk, type Logger, openDocuments, openDurableLog } from '@contor/kit';
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
  const directory = join(dataFolder, 'book');
  const durable = await openDurableLog({
    ...{ disk, clock, ...FORMAT, directory, onFatal },
    maxBytes: LOG_LIMIT_BYTES,
    segmentBytes: SEGMENT_BYTES,
  });
  const setAside = (await disk.list(directory)).filter((name) => name.includes(SET_ASIDE));
  if (durable.report.damaged.length > 0 || setAside.length > 0) {
    await durable.close();
    throw damaged(directory, setAside);
  }
  return openBook({ ...parts, documents: await openDocuments({ durable, clock, log }) });
}

/** How the durable log names what it has set aside: it stays there, so that a second start does not pass over what the first has found. */
const SET_ASIDE = '.damaged-';

/** What is left reads as before the lost change: somebody who was locked may be open in it. So nobody comes in until a person has looked. */
function damaged(directory: string, setAside: readonly string[]): ConfigError {
  const files = setAside.length === 0 ? '' : ` What could not be read is in ${setAside.join(', ')}.`;
  const message = `The access book in ${directory} is damaged: changes of roles, access or locks may be missing.${files}`;
  const fix =
    'Restore the folder from a backup, or move those files away to go on with what is left, and look it through.';
  return new ConfigError([{ code: 'config.book-damaged', message, fix }]);
}

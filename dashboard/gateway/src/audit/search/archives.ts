/**
 * Years that are over, each sealed into a file of its own. A small list says which there are; what each file must be stands in the chain as well, as the
 * record of its sealing, and that is what verifying believes.
 */

import { join } from 'node:path';
import {
  type ArchiveBlock,
  type ArchivedRecord,
  type ChainTip,
  type Disk,
  listBlocks,
  openCheckpoint,
  readBlock,
  type Sealed,
  writeArchive,
} from '@contor/kit';
import { decodeRecord, type KeptRecord } from '../record.js';
import type { AuditQuery } from './query.js';

export interface ArchiveFile {
  readonly name: string;
  readonly sha256: string;
  readonly first: number;
  readonly last: ChainTip;
  readonly records: number;
  readonly bytes: number;
}

export interface Archives {
  readonly files: readonly ArchiveFile[];
  /** The newest archived sequence; 0 when there is none. */
  readonly through: number;
  /** Writes the file, durable when it resolves. It counts when it is listed. */
  write(name: string, records: AsyncIterable<ArchivedRecord>): Promise<ArchiveFile>;
  list(file: ArchiveFile): Promise<void>;
  /** The oldest file goes. */
  removeOldest(): Promise<void>;
  /** Records below `before` that may match, newest first. */
  newestFirst(
    query: AuditQuery,
    before: number,
  ): AsyncIterable<{ readonly sequence: number; readonly kept: KeptRecord }>;
}

const LIST = 'list';

export async function openArchives(disk: Disk, folder: string): Promise<Archives> {
  await disk.makeDirectory(folder);
  const list = openCheckpoint({ disk, path: join(folder, LIST) });
  const bytes = await list.read();
  let files: readonly ArchiveFile[] =
    bytes === undefined ? [] : (JSON.parse(Buffer.from(bytes).toString('utf8')) as ArchiveFile[]);
  const blocks = new Map<string, Promise<readonly ArchiveBlock[]>>();

  async function keep(changed: readonly ArchiveFile[]): Promise<void> {
    await list.write(Buffer.from(JSON.stringify(changed), 'utf8'));
    files = changed;
  }

  function blocksOf(name: string): Promise<readonly ArchiveBlock[]> {
    const known = blocks.get(name) ?? listBlocks(disk, join(folder, name));
    blocks.set(name, known);
    known.catch(() => blocks.delete(name));
    return known;
  }

  return {
    get files() {
      return files;
    },
    get through() {
      return files.at(-1)?.last.sequence ?? 0;
    },
    async write(name, records) {
      const beside = join(folder, `${name}.new`);
      const sealed: Sealed = await writeArchive(disk, beside, records);
      await disk.rename(beside, join(folder, name));
      await disk.syncDirectory(folder);
      return { name, ...sealed };
    },
    list: (file) => keep([...files, file]),
    async removeOldest() {
      const [oldest, ...others] = files;
      if (oldest === undefined) return;
      await keep(others);
      blocks.delete(oldest.name);
      await disk.remove(join(folder, oldest.name));
      await disk.syncDirectory(folder);
    },
    async *newestFirst({ fromMs = -Infinity, toMs = Infinity }, before) {
      for (const { name, first } of [...files].reverse()) {
        if (first >= before) continue;
        for (const block of [...(await blocksOf(name))].reverse()) {
          if (block.firstSequence >= before || block.highest < fromMs || block.lowest >= toMs) continue;
          const records = await readBlock(disk, join(folder, name), block);
          for (const { sequence, body } of [...records].reverse()) {
            if (sequence < before) yield { sequence, kept: decodeRecord(body) };
          }
        }
      }
    },
  };
}

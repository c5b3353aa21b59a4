/** The folder of backups on this machine. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@contor/kit';
import type { HistoryStore } from './store/history-store.js';

export interface Backups {
  exists(name: string): Promise<boolean>;
  make(store: HistoryStore, name: string): Promise<MadeBackup>;
}

interface MadeBackup {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

/** `others`: small files that belong to the data beside the database. */
export function backupsIn(folder: string, others: readonly string[]): Backups {
  return {
    async exists(name) {
      try {
        await stat(join(folder, name));
        return true;
      } catch (error) {
        if (errnoOf(error) === 'ENOENT') return false;
        throw error;
      }
    },
    async make(store, name) {
      const target = join(folder, name);
      const { files } = await store.backUp(target, others);
      return { folder: target, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
    },
  };
}

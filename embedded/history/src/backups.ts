/** The folder of backups on this machine. */

import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '@contor/kit';
import type { BackupCipher } from './store/backup.js';
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

/** `others`: small files that belong to the data beside the database. With a `cipher` backups are encrypted. */
export function backupsIn(folder: string, others: readonly string[], cipher: BackupCipher | undefined): Backups {
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
      const { files } = await store.backUp(target, others, cipher);
      return { folder: target, files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
    },
  };
}

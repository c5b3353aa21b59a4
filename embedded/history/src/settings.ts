/** What an operator can set, by environment or flag. */

import type { SettingsOf, SettingsTable } from '@contor/kit';

export const SETTINGS = {
  host: { name: 'HISTORY_HOST', kind: 'text', fallback: '127.0.0.1', about: 'Address to listen on' },
  port: { name: 'HISTORY_PORT', kind: 'port', fallback: 8668, about: 'TCP port of the QuantumLeap API' },
  dataFolder: { name: 'HISTORY_DATA', kind: 'path', about: 'Where the log and the database live' },
  tlsCert: { name: 'HISTORY_TLS_CERT', kind: 'path', optional: true, about: 'PEM certificate; needed beyond loopback' },
  tlsKey: { name: 'HISTORY_TLS_KEY', kind: 'path', optional: true, about: 'PEM private key of the certificate' },
  secret: {
    name: 'PLATFORM_SECRET',
    kind: 'secret',
    optional: true,
    about: 'Bearer token that every request must carry',
  },
  as: {
    name: 'HISTORY_AS',
    kind: 'text',
    optional: true,
    about: 'Play another server, strictly: quantumleap',
  },
  bodyLimit: { name: 'HISTORY_BODY_LIMIT', kind: 'bytes', fallback: '16MiB', about: 'Largest request body' },
  defaultLimit: {
    name: 'HISTORY_DEFAULT_LIMIT',
    kind: 'integer',
    fallback: 10_000,
    about: 'Rows per answer, default and most',
  },
  memoryLimit: { name: 'HISTORY_MEMORY', kind: 'bytes', fallback: '512MiB', about: 'Memory the database may use' },
  threads: { name: 'HISTORY_THREADS', kind: 'integer', fallback: 2, about: 'Threads of the database' },
  applyEvery: {
    name: 'HISTORY_APPLY_EVERY',
    kind: 'duration',
    fallback: '100ms',
    about: 'Longest wait of an acknowledged row for the database',
  },
  checkpointEvery: {
    name: 'HISTORY_CHECKPOINT_EVERY',
    kind: 'duration',
    fallback: '1m',
    about: 'Time between checkpoints of the database',
  },
  sealAfter: {
    name: 'HISTORY_SEAL_AFTER',
    kind: 'duration',
    fallback: '3d',
    about: 'A month is sorted and compacted so long after its end',
  },
  archiveAfter: {
    name: 'HISTORY_ARCHIVE_AFTER',
    kind: 'duration',
    fallback: '400d',
    about: 'A month becomes a Parquet file so long after its end',
  },
  upkeepEvery: {
    name: 'HISTORY_UPKEEP_EVERY',
    kind: 'duration',
    fallback: '10m',
    about: 'Time between two looks for rows to seal, archive or forget',
  },
  backups: {
    name: 'HISTORY_BACKUPS',
    kind: 'path',
    optional: true,
    about: 'Where backups are written; by default a folder of the data folder',
  },
  backupKey: {
    name: 'HISTORY_BACKUP_KEY',
    kind: 'secret',
    optional: true,
    about: 'Encrypts backups: written as CONTOR_MASTER_KEY is; several with commas, the newest first',
  },
  backupKeyFile: {
    name: 'HISTORY_BACKUP_KEY_FILE',
    kind: 'path',
    optional: true,
    about: 'A file with the same. Without a key backups are as readable as the data folder is',
  },
  logLimit: {
    name: 'HISTORY_LOG_LIMIT',
    kind: 'bytes',
    fallback: '1GiB',
    about: 'Most the log may hold; notifications are refused beyond',
  },
  logKeep: { name: 'HISTORY_LOG_KEEP', kind: 'bytes', fallback: '64MiB', about: 'Log kept behind the last checkpoint' },
  maxBacklog: {
    name: 'HISTORY_MAX_BACKLOG',
    kind: 'bytes',
    fallback: '64MiB',
    about: 'Acknowledged bytes that may wait for the database',
  },
} as const satisfies SettingsTable;

export type HistoryConfig = SettingsOf<typeof SETTINGS>;

/** History: QuantumLeap's HTTP API on a durable log and DuckDB. Reads config, wires the rooms, starts, stops. */

import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import {
  ConfigError,
  checkExposure,
  errnoOf,
  type Health,
  lockDirectory,
  openCheckpoint,
  openDurableLog,
  openServerCertificate,
  type Start,
  withCertificate,
} from '@contor/kit';
import { backupsIn } from './backups.js';
import { roleOf } from './deviations.js';
import { createFront } from './front/server.js';
import type { HistoryConfig } from './settings.js';
import { ARCHIVE, DATABASE } from './store/backup.js';
import { openBackupKeys } from './store/backup-cipher.js';
import { HistoryStore } from './store/history-store.js';
import { tellReport } from './store/log-report.js';
import { migrateRecord, RECORD_VERSION } from './store/records.js';
import { Retention } from './store/retention.js';
import { whenThereIsRoom } from './store/room.js';
import { columnarWorker } from './worker/client.js';

export { type HistoryConfig, SETTINGS } from './settings.js';

/** Answers of GET /version. */
export const VERSION = '0.1.0';

/** EX_SOFTWARE of sysexits: the supervisor starts us again and we recover from the log. */
const EXIT_FATAL = 70;

export const start: Start<HistoryConfig> = async (config, { ports, log: logger }) => {
  checkExposure({ ...config, prefix: 'HISTORY' });
  const role = roleOf(config.as);
  if (role === undefined) {
    throw unknownRole(config.as);
  }
  const { clock, disk } = ports;
  const certificate = await openServerCertificate(config, { clock, log: logger, prefix: 'HISTORY' });
  const waiting = { clock, logger, folder: config.dataFolder };
  const lock = await whenThereIsRoom(waiting, () => lockDirectory(config.dataFolder));
  const onFatal = (error: Error) => {
    logger.error({ cause: error.stack ?? String(error) }, 'History cannot go on and exits; it recovers from its log.');
    process.exit(EXIT_FATAL);
  };
  const logFolder = join(config.dataFolder, 'log');
  const log = await whenThereIsRoom(waiting, () =>
    openDurableLog({
      ...{ disk, clock, onFatal, kind: 'history', version: RECORD_VERSION, migrate: migrateRecord },
      directory: logFolder,
      maxBytes: config.logLimit,
    }),
  );
  tellReport(logger, logFolder, log.report);
  const backupFolder = config.backups ?? join(config.dataFolder, 'backups');
  const keys = await openBackupKeys(config);
  const staging = join(config.dataFolder, 'backup-staging');
  const cipher = keys === undefined ? undefined : { keyring: keys, staging };
  const retentionPath = join(config.dataFolder, 'retention');
  const retention = await Retention.open(
    openCheckpoint({
      ...{ disk, path: retentionPath },
      onDamaged: (keptAs) =>
        logger.error({ keptAs }, 'The retention rules are damaged: everything is kept until they are set again.'),
    }),
  );
  const columnar = columnarWorker({
    ...{ onFatal, threads: config.threads, memoryLimitBytes: config.memoryLimit },
    path: join(config.dataFolder, DATABASE),
    archiveFolder: join(config.dataFolder, ARCHIVE),
    // Where the database writes its copy: in an encrypted backup it has no business.
    backupFolder: cipher === undefined ? backupFolder : staging,
    setAsideName: `set-aside-${clock.nowMs()}`,
  });
  const store = await HistoryStore.open({
    ...{ log, columnar, clock, logger, onFatal, retention, dialect: role.dialect },
    upkeep: {
      ...{ everyMs: config.upkeepEvery, sealAfterMs: config.sealAfter, archiveAfterMs: config.archiveAfter },
    },
    applyEveryMs: config.applyEvery,
    checkpointEveryMs: config.checkpointEvery,
    keepLogBytes: config.logKeep,
    maxBacklogBytes: config.maxBacklog,
    freeBytes: () => freeBytesOf(config.dataFolder),
  });
  let isStopping = false;
  const health = (): Health => {
    const { trouble: reason, figures } = store;
    const state = isStopping ? 'stopping' : reason === undefined ? 'ready' : 'degraded';
    return withCertificate({ state, ...(reason !== undefined && { reason }), figures }, certificate);
  };
  const front = createFront({
    ...{ retention, backups: backupsIn(backupFolder, [retentionPath], cipher) },
    ...{ store, role, clock, logger, health, version: VERSION, secret: config.secret },
    tls: certificate?.options,
    bodyLimitBytes: config.bodyLimit,
    defaultLimit: config.defaultLimit,
  });
  const url = await front.listen({ host: config.host, port: config.port }).catch(async (error: unknown) => {
    await store.close();
    await lock.release();
    throw errnoOf(error) === 'EADDRINUSE' ? portTaken(config.port, error) : error;
  });
  certificate?.follow(front.server);
  logger.info({ url, ...store.figures }, 'History is listening.');
  return {
    url,
    health,
    async stop() {
      isStopping = true;
      certificate?.close();
      await front.close();
      await store.close();
      await lock.release();
    },
  };
};

async function freeBytesOf(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function unknownRole(name: string | undefined): ConfigError {
  const message = `History cannot play ${name}.`;
  return new ConfigError([{ code: 'config.role', message, fix: 'Set HISTORY_AS to quantumleap, or leave it out.' }]);
}

function portTaken(port: number, cause: unknown): ConfigError {
  const message = `Port ${port} is taken by another program.`;
  return new ConfigError([{ code: 'config.port-taken', message, fix: 'Stop it, or set HISTORY_PORT.' }], cause);
}

/** Opens the audit trail of a gateway: the chain on disk, and what writes and reads it. */

import { join } from 'node:path';
import { type ChainedLog, type Clock, type Disk, type Logger, openChainedLog } from '@contor/kit';
import type { Audit } from './entry.js';
import { createTrail } from './trail.js';

export interface AuditParts {
  readonly disk: Disk;
  readonly clock: Clock;
  readonly log: Logger;
  /** The gateway's data folder; the trail has a folder of its own in it. */
  readonly dataFolder: string;
  /** A write failed and nothing can be believed any more: the process must end and recover. */
  readonly onFatal: (error: Error) => void;
}

export interface OpenAudit {
  readonly audit: Audit;
  close(): Promise<void>;
}

const KIND = 'audit';

export async function createAudit({ disk, clock, log, dataFolder, onFatal }: AuditParts): Promise<OpenAudit> {
  const directory = join(dataFolder, 'audit', 'log');
  const chain = await openChainedLog({ disk, clock, directory, kind: KIND, onFatal });
  for (const range of chain.report.damaged) log.error(range, 'A part of the audit trail was damaged and set aside.');
  return { audit: createTrail({ chain, clock, lastMs: await lastMsOf(chain) }), close: () => chain.close() };
}

async function lastMsOf(chain: ChainedLog): Promise<number> {
  let lastMs = 0;
  for await (const { body } of chain.read(chain.tip.sequence)) {
    lastMs = (JSON.parse(Buffer.from(body).toString('utf8')) as { atMs: number }).atMs;
  }
  return lastMs;
}

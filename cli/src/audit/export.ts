/** `contor audit export` and `contor audit anchors`: from the files, also while the gateway runs or on a copy. */

import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { readAnchors } from '@contor/gateway/audit/anchors.js';
import { placesIn } from '@contor/gateway/audit/places.js';
import { type KeptRecord, showRecord } from '@contor/gateway/audit/record.js';
import { NO_KEYS, openSubjectKeys, type SubjectKeys } from '@contor/gateway/audit/subject-keys.js';
import { readTrail } from '@contor/gateway/audit/verify.js';
import { ConfigError, createLogger } from '@contor/kit';
import { type AuditFlags, findTrail, keyringIn, type TrailFolder } from './open.js';

export interface ExportFlags extends AuditFlags {
  readonly open?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly log?: string;
  readonly out?: string;
}

export async function exportRecords(flags: ExportFlags): Promise<void> {
  const trail = await findTrail(flags);
  const keys = flags.open ? await keysOf(trail) : NO_KEYS;
  const isWanted = filterOf(flags);
  const out = flags.out === undefined ? process.stdout : createWriteStream(flags.out, { flags: 'wx', mode: 0o600 });
  let count = 0;
  for await (const { sequence, kept } of readTrail(trail)) {
    if (!isWanted(kept)) continue;
    count += 1;
    if (!out.write(`${JSON.stringify(await showRecord(sequence, kept, keys))}\n`)) await once(out, 'drain');
  }
  if (out !== process.stdout) {
    out.end();
    await once(out, 'close');
  }
  console.error(`${count} records`);
}

export async function printAnchors(flags: AuditFlags): Promise<void> {
  const { disk, dataFolder } = await findTrail(flags);
  for (const anchor of await readAnchors(disk, placesIn(dataFolder).anchors)) console.log(JSON.stringify(anchor));
}

async function keysOf({ disk, dataFolder, keyFolder }: TrailFolder): Promise<Pick<SubjectKeys, 'find'>> {
  const keyring = await keyringIn(keyFolder);
  const log = createLogger({ service: 'audit', write: (line) => void process.stderr.write(line) });
  return openSubjectKeys({ disk, folder: placesIn(dataFolder).keys, keyring, log });
}

function filterOf({ from, to, log }: ExportFlags): (kept: KeptRecord) => boolean {
  const fromMs = instant('--from', from) ?? Number.NEGATIVE_INFINITY;
  const toMs = instant('--to', to) ?? Number.POSITIVE_INFINITY;
  return (kept) => kept.atMs >= fromMs && kept.atMs < toMs && (log === undefined || kept.log === log);
}

function instant(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const ms = Date.parse(text);
  if (!Number.isNaN(ms)) return ms;
  throw new ConfigError([
    {
      code: 'config.instant',
      message: `${flag} ${text} is no instant.`,
      fix: 'Write it as 2026-01-31 or 2026-01-31T10:00:00Z.',
    },
  ]);
}

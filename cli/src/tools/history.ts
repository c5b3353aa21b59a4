/** `contor history …`: what operators ask of a running history, and the way back from a backup. */

import { once } from 'node:events';
import { createReadStream, createWriteStream } from 'node:fs';
import { resolve } from 'node:path';
import { restoreBackup } from '@contor/history/store/backup.js';
import { openBackupKeys } from '@contor/history/store/backup-cipher.js';
import { ConfigError } from '@contor/kit';
import type { Command } from 'commander';
import { askServer, type ServerFlags } from './server.js';
import { type ExportFlags, exportRows, importRows } from './transfer.js';

const URL_HELP = 'the history server (or HISTORY_URL)';
const PROGRESS_ROWS = 50_000;
const DEFAULT_URL = process.env.HISTORY_URL ?? 'http://127.0.0.1:8668';

export function addHistoryTools(history: Command): void {
  ask(history, 'stats', 'how much there is: rows, bytes, bytes a reading, months sealed and archived').action(
    async (flags: ServerFlags) => printStats((await askServer(flags, '/stats')) as Stats),
  );
  ask(history, 'tidy', 'seal, archive and forget what is due, now').action(async (flags: ServerFlags) => {
    const round = (await askServer(flags, '/tidy', { method: 'POST' })) as Round;
    console.log(
      `${round.sealedSteps} steps sealed, ${round.archivedMonths} months archived, ${round.erasedEntities} entities shortened.`,
    );
  });
  ask(
    history,
    'retention [rules...]',
    'show how long types are kept, or set it: type=days, *=days for the others, none to keep all',
  )
    .addHelpText(
      'after',
      '\nExamples:\n  contor history retention\n  contor history retention ACMeasurement=730 "*=3653"\n  contor history retention none',
    )
    .action(async (rules: string[], flags: ServerFlags) => printRetention(await retention(rules, flags)));
  ask(history, 'erasures', 'what was erased, when and how much of it').action(async (flags: ServerFlags) => {
    const proofs = (await askServer(flags, '/erasures')) as readonly Proof[];
    if (proofs.length === 0) console.log('Nothing was erased.');
    for (const { at, type, rows, subjectSha256, to } of proofs)
      console.log(
        `${at}  ${type}  ${rows} rows${to === undefined ? '' : `  until ${to}`}${subjectSha256 === undefined ? '' : `  subject ${subjectSha256}`}`,
      );
  });
  ask(history, 'backup [name]', 'write a backup beside the data, while everything goes on')
    .addHelpText('after', '\nExample:\n  contor history backup before-upgrade')
    .action(async (name: string | undefined, flags: ServerFlags) => {
      const made = (await askServer(flags, '/backups', { method: 'POST', body: { name } })) as Backup;
      console.log(`${made.folder}  ${made.files} files, ${megabytes(made.bytes)}`);
    });
  ask(history, 'export <type>', 'write the rows of a type as lines of JSON')
    .option('--attrs <names>', 'with commas; all without it')
    .option('--from <instant>', 'from then on')
    .option('--to <instant>', 'until then, inclusive')
    .option('--out <file>', 'a new file; standard output without it')
    .addHelpText('after', '\nExample:\n  contor history export ACMeasurement --from 2026-01-01 --out year.jsonl')
    .action(async (type: string, flags: ExportFlags & { readonly out?: string }) => {
      const out = flags.out === undefined ? process.stdout : createWriteStream(flags.out, { flags: 'wx', mode: 0o600 });
      const rows = await exportRows(type, flags, async (line) => {
        if (!out.write(`${line}\n`)) await once(out, 'drain');
      });
      if (out !== process.stdout) {
        out.end();
        await once(out, 'close');
      }
      console.error(`${rows} rows`);
    });
  ask(history, 'import [file]', 'take lines of JSON as export writes them, from a file or standard input')
    .addHelpText('after', '\nExample:\n  contor history import year.jsonl')
    .action(async (file: string | undefined, flags: ServerFlags) => {
      const input = file === undefined ? process.stdin : createReadStream(file);
      const { rows, refused } = await importRows(input, flags, (so) => {
        if (so % PROGRESS_ROWS < 500) console.error(`${so} rows …`);
      });
      for (const { line, reason } of refused) console.error(`line ${line}: ${reason}`);
      console.error(`${rows} rows taken, ${refused.length} lines refused`);
      if (refused.length > 0) process.exitCode = 1;
    });
  history
    .command('restore <backup>')
    .description('check a backup and put it into a new data folder; the server must be stopped')
    .requiredOption('--into <folder>', 'the new data folder')
    .option('--key-file <file>', 'the key of an encrypted backup (or HISTORY_BACKUP_KEY_FILE, HISTORY_BACKUP_KEY)')
    .addHelpText(
      'after',
      '\nExamples:\n  contor history restore ./backups/before-upgrade --into ./data/history\n  contor history restore ./backups/monday --into ./data/history --key-file /etc/contor/backup-key',
    )
    .action(async (backup: string, { into, keyFile }: { into: string; keyFile?: string }) => {
      const backupKeyFile = keyFile ?? (process.env.HISTORY_BACKUP_KEY_FILE || undefined);
      const backupKey = keyFile === undefined ? process.env.HISTORY_BACKUP_KEY || undefined : undefined;
      const keys = await openBackupKeys({ backupKey, backupKeyFile });
      const { madeAt, files } = await restoreBackup(resolve(backup), resolve(into), keys);
      console.log(`${files.length} files of ${madeAt} are in ${resolve(into)}. Start history on it.`);
    });
}

interface Stats {
  readonly databaseBytes: number;
  readonly freeBytes: number;
  readonly archiveBytes: number;
  readonly readings: number;
  readonly bytesPerReading: number | null;
  readonly types: readonly {
    readonly type: string;
    readonly entities: number;
    readonly readings: number;
    readonly rows: Readonly<Record<string, number>>;
    readonly months: Readonly<Record<string, number>>;
  }[];
}

interface Round {
  readonly sealedSteps: number;
  readonly archivedMonths: number;
  readonly erasedEntities: number;
}

interface Proof {
  readonly at: string;
  readonly type: string;
  readonly rows: number;
  readonly subjectSha256?: string;
  readonly to?: string;
}

interface Backup {
  readonly folder: string;
  readonly files: number;
  readonly bytes: number;
}

interface Rule {
  readonly type?: string;
  readonly days: number;
}

function ask(history: Command, usage: string, about: string): Command {
  return history
    .command(usage)
    .description(about)
    .option('--url <url>', URL_HELP, DEFAULT_URL)
    .option('--tenant <name>', 'the tenant; without it the default one');
}

async function retention(words: readonly string[], flags: ServerFlags): Promise<readonly Rule[]> {
  if (words.length === 0) return (await askServer(flags, '/retention')) as readonly Rule[];
  const rules = words.join() === 'none' ? [] : words.map(toRule);
  return (await askServer(flags, '/retention', { method: 'PUT', body: rules })) as readonly Rule[];
}

function toRule(word: string): Rule {
  const [, type, days] = /^(.+)=(\d+)$/.exec(word) ?? [];
  if (type === undefined)
    throw new ConfigError([
      {
        code: 'config.retention',
        message: `"${word}" is no rule.`,
        fix: 'Write type=days, for example ACMeasurement=730.',
      },
    ]);
  return { ...(type !== '*' && { type }), days: Number(days) };
}

function printRetention(rules: readonly Rule[]): void {
  if (rules.length === 0) console.log('Everything is kept.');
  for (const { type, days } of rules) console.log(`${type ?? 'every other type'}  ${days} days`);
}

function printStats({ databaseBytes, freeBytes, archiveBytes, readings, bytesPerReading, types }: Stats): void {
  for (const { type, entities, readings: own, rows, months } of types) {
    const { hot = 0, late = 0, sealed = 0, archived = 0 } = rows;
    console.log(`${type}  ${entities} entities, ${own} readings`);
    console.log(
      `  rows: ${hot} hot, ${late} late, ${sealed} sealed (${months.sealed} months), ${archived} archived (${months.archived} months)`,
    );
  }
  const each = bytesPerReading === null ? '' : `, ${bytesPerReading.toFixed(2)} bytes a reading`;
  console.log(`All tenants: ${readings} readings${each}`);
  console.log(
    `Database ${megabytes(databaseBytes)} (${megabytes(freeBytes)} of it free for new rows), files ${megabytes(archiveBytes)}`,
  );
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

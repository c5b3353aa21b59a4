/** `contor history …`: what operators ask of a running history, and the way back from a backup. */

import { resolve } from 'node:path';
import { restoreBackup } from '@contor/history/store/backup.js';
import { ConfigError } from '@contor/kit';
import type { Command } from 'commander';
import { askServer, type ServerFlags } from './server.js';

const URL_HELP = 'the history server (or HISTORY_URL)';
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
  history
    .command('restore <backup>')
    .description('check a backup and put it into a new data folder; the server must be stopped')
    .requiredOption('--into <folder>', 'the new data folder')
    .addHelpText('after', '\nExample:\n  contor history restore ./backups/before-upgrade --into ./data/history')
    .action(async (backup: string, { into }: { into: string }) => {
      const { madeAt, files } = await restoreBackup(resolve(backup), resolve(into));
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

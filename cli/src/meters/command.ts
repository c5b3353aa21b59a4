/** `contor meters`: devices of a running agent from a file, and into one. */

import { readFile, stat, writeFile } from 'node:fs/promises';
import { ConfigError } from '@contor/kit';
import type { Command } from 'commander';
import type { ImportFlags } from './transfer.js';

const AGENT_URL = 'http://127.0.0.1:4041';
/** A quarter of a million devices with everything said fit. */
const LARGEST_FILE = 256 * 2 ** 20;
/** What is told of a broken file before it is given up. */
const MOST_TOLD = 1_000;

interface Flags {
  readonly url: string;
  readonly tenant: string;
  readonly replace?: boolean;
  readonly format?: string;
}

export function addMeters(program: Command): void {
  const meters = program.command('meters').description('devices of a running agent, from a file and into one');
  const withServer = (command: Command): Command =>
    command
      .option('--url <url>', 'where the agent provisions (or AGENT_URL)', process.env.AGENT_URL ?? AGENT_URL)
      .option('--tenant <name>', 'whose devices', 'default');
  withServer(meters.command('import <file>'))
    .description('provision the devices of a .csv or .tsv file; rows that cannot be are named, the others are taken')
    .option('--replace', 'a device that is there already is replaced by its row')
    .addHelpText(
      'after',
      '\nExamples:\n  contor meters import devices.csv\n  contor meters import devices.tsv --replace',
    )
    .action(importFile);
  withServer(meters.command('export [file]'))
    .description('write every device to a .csv or .tsv file, or to standard output')
    .option('--format <csv|tsv>', 'when the name of the file does not say it')
    .addHelpText(
      'after',
      '\nExamples:\n  contor meters export devices.csv\n  contor meters export --format tsv > devices.tsv',
    )
    .action(exportFile);
}

async function importFile(file: string, flags: Flags): Promise<void> {
  const { importDevices } = await import('./transfer.js');
  const text = await readText(file);
  const isTerminal = process.stderr.isTTY === true;
  const options: ImportFlags = { ...flags };
  const { rows, taken, refused } = await importDevices(text, options, (done, of) => {
    process.stderr.write(`${isTerminal ? '\r' : ''}${done} of ${of} rows${isTerminal && done < of ? '' : '\n'}`);
  });
  for (const { line, reason } of refused.slice(0, MOST_TOLD)) console.error(`line ${line}: ${reason}`);
  if (refused.length > MOST_TOLD) console.error(`… and ${refused.length - MOST_TOLD} more`);
  console.log(`${rows} rows: ${taken} taken, ${refused.length} refused`);
  if (refused.length > 0) process.exitCode = 1;
}

async function exportFile(file: string | undefined, flags: Flags): Promise<void> {
  const { exportDevices } = await import('./transfer.js');
  const isTabs = flags.format === undefined ? file?.endsWith('.tsv') === true : flags.format === 'tsv';
  const text = await exportDevices(flags, isTabs ? '\t' : ',');
  if (file === undefined) process.stdout.write(text);
  else await writeFile(file, text, { mode: 0o600 });
}

async function readText(file: string): Promise<string> {
  const { size } = await stat(file).catch((cause: unknown) => {
    throw unreadable(file, 'cannot be read', cause);
  });
  if (size > LARGEST_FILE) throw unreadable(file, `is larger than ${LARGEST_FILE} bytes`);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(await readFile(file));
  } catch (cause) {
    throw unreadable(file, 'is not text in UTF-8', cause);
  }
}

function unreadable(file: string, what: string, cause?: unknown): ConfigError {
  return new ConfigError(
    [{ code: 'config.file', message: `${file} ${what}.`, fix: 'Name a .csv or .tsv file.' }],
    cause,
  );
}

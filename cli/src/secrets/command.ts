/**
 * `contor secrets`: keys and passwords of meters and services, put in by their names. A value comes from a pipe or is typed unseen; it is
 * never an argument, which every user of the machine could read, and it never comes out again.
 */

import type { Command } from 'commander';

const DATA = process.env.CONTOR_DATA ?? 'contor-data';

export interface DataFlag {
  readonly data: string;
}

export function addSecrets(program: Command): void {
  const secrets = program
    .command('secrets')
    .description('keys and passwords at rest: put, list, delete, change the master key');
  onData(secrets, 'set <reference>', 'keep a secret under a name; the value is typed unseen or piped in')
    .option('--hex', 'the value is written in hexadecimal, as keys of meters are')
    .addHelpText(
      'after',
      '\nExamples:\n  contor secrets set meter.e350-0001.password\n  contor secrets set meter.12345678.ek --hex < key.txt',
    )
    .action(async (reference: string, flags: DataFlag & { readonly hex?: boolean }) =>
      (await import('./store.js')).setSecret(reference, flags),
    );
  onData(secrets, 'list', 'which there are, how old, and which master key wraps each')
    .addHelpText('after', '\nExample:\n  contor secrets list')
    .action(async ({ data }: DataFlag) => (await import('./store.js')).listSecrets(data));
  onData(secrets, 'export-names', 'the names alone, one a line, for scripts')
    .addHelpText('after', '\nExample:\n  contor secrets export-names | sort > names.txt')
    .action(async ({ data }: DataFlag) => (await import('./store.js')).exportNames(data));
  onData(secrets, 'delete <reference>', 'forget a secret')
    .addHelpText('after', '\nExample:\n  contor secrets delete meter.e350-0001.password')
    .action(async (reference: string, { data }: DataFlag) =>
      (await import('./store.js')).deleteSecret(reference, data),
    );
  onData(
    secrets,
    'rotate',
    'change the master key: make a new one and wrap everything anew, or (--drop) take the old ones away',
  )
    .option('--drop', 'take away the keys that nothing needs any more')
    .addHelpText(
      'after',
      '\nThree steps:\n  contor secrets rotate            a new key in front of the old one, everything wrapped anew\n  (restart the platform)           its services wrap what is theirs\n  contor secrets rotate --drop     the old key goes, when nothing is wrapped with it any more',
    )
    .action(async ({ data, drop = false }: DataFlag & { readonly drop?: boolean }) =>
      (await import('./rotate.js')).rotate(data, drop),
    );
  secrets
    .command('new-key')
    .description('print a new master key, for CONTOR_MASTER_KEY_FILE or CONTOR_MASTER_KEY')
    .addHelpText('after', '\nExample:\n  (umask 077; contor secrets new-key > /etc/contor/master-key)')
    .action(async () => console.log((await import('@contor/kit')).newMasterKey()));
}

function onData(secrets: Command, usage: string, about: string): Command {
  return secrets
    .command(usage)
    .description(about)
    .option(
      '--data <folder>',
      'the data folder (or CONTOR_DATA); secrets lie in its folder secrets (or CONTOR_SECRETS)',
      DATA,
    );
}

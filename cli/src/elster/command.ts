/** `contor read elster`: what a meter of IEC 62056-21 says, for a technician with a converter. */

import type { Command } from 'commander';

export interface ReadFlags {
  readonly comm: string;
  readonly address: string;
  readonly latency: string;
  readonly password?: string;
  readonly scheme: string;
  readonly register?: readonly string[];
  readonly profile?: string;
  readonly hours: string;
  readonly zone: string;
  readonly raw?: boolean;
}

export function addElster(program: Command): void {
  const read =
    program.commands.find((command) => command.name() === 'read') ??
    program.command('read').description('read one meter');
  read
    .command('elster <place>')
    .description('read a meter of IEC 62056-21, mode C, behind a TCP-serial converter: host,port')
    .option(
      '--comm <line>',
      'rate and character; with e,7,1 the parity is made here, with n,8,1 by the converter',
      '9600,e,7,1',
    )
    .option('--address <digits>', 'of the meter on its line; without it whoever is there', '')
    .option('--register <code...>', 'single registers in programming mode, e.g. 1.8.0, instead of the readout')
    .option('--profile <code>', 'a load profile in programming mode, e.g. P.01')
    .option('--hours <n>', 'how far back the profile is read', '24')
    .option('--zone <name>', "time zone of the meter's clock", Intl.DateTimeFormat().resolvedOptions().timeZone)
    .option('--password <text>', 'for programming mode (or CONTOR_ELSTER_PASSWORD)')
    .option('--scheme <name>', 'how the meter wants it: plain, a1700', 'plain')
    .option('--latency <ms>', 'what the converter adds to an answer', '500')
    .option('--raw', 'the data sets as they came')
    .addHelpText(
      'after',
      '\nExamples:\n  contor simulate elster\n  contor read elster 127.0.0.1,2332 --comm 9600,e,7,1\n' +
        '  contor read elster 127.0.0.1,2332 --address 60010002 --register 1.8.0 32.7.0\n' +
        '  contor read elster 127.0.0.1,2332 --profile P.01 --hours 2 --password 00000000',
    )
    .action(async (place: string, flags: ReadFlags) => {
      const { readElster } = await import('./read.js');
      await readElster(place, flags);
    });
}

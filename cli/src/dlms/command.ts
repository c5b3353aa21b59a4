/** `contor read dlms`: what a meter says, for a technician with a cable. */

import type { Command } from 'commander';

export interface ReadFlags {
  readonly obis?: readonly string[];
  readonly key?: string;
  readonly authenticationKey?: string;
  readonly password?: string;
  readonly simulated?: string;
  readonly objects?: boolean;
  readonly profile?: string;
  readonly hours: string;
}

export function addDlms(program: Command): void {
  const read =
    program.commands.find((command) => command.name() === 'read') ??
    program.command('read').description('read one meter');
  read
    .command('dlms <endpoint>')
    .description('read a DLMS meter: host, host:port, or dlms://host:port/1?link=hdlc&client=2&security=lls')
    .option('--obis <code...>', 'what to read, e.g. 1-0:1.8.0; a class in front when it is no register, 8/0-0:1.0.0')
    .option('--objects', 'list the objects that the meter shows this client')
    .option('--profile <code>', 'the rows of a profile, e.g. 1-0:99.1.0')
    .option('--hours <n>', 'how far back the profile is read', '24')
    .option('--key <hex>', 'encryption key (or CONTOR_DLMS_KEY)')
    .option('--authentication-key <hex>', 'authentication key (or CONTOR_DLMS_AUTHENTICATION_KEY)')
    .option('--password <text>', 'password of LLS, or secret of HLS (or CONTOR_DLMS_PASSWORD)')
    .option('--simulated <serial>', 'take title, keys and password of this simulated meter')
    .addHelpText(
      'after',
      '\nExamples:\n  contor simulate dlms --meters 10\n  contor read dlms 127.0.0.1 --simulated 70010001 --obis 1-0:1.8.0 1-0:1.7.0\n' +
        '  contor read dlms "dlms://10.0.0.7:4059/1?client=16&security=none" --objects\n' +
        '  contor read dlms 127.0.0.1 --simulated 70010001 --profile 1-0:99.1.0 --hours 2',
    )
    .action(async (endpoint: string, flags: ReadFlags) => {
      const { readDlms } = await import('./read.js');
      await readDlms(endpoint, flags);
    });
}

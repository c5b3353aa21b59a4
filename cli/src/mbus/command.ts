/** `contor scan mbus` and `contor read mbus`: a bus behind a TCP-serial gateway, from the command line. */

import type { Command } from 'commander';

const USUAL_PORT = '10001';

export interface LineFlags {
  readonly port: string;
  readonly baud: string;
  readonly latency: string;
  readonly tries?: string;
}

export interface ScanFlags extends LineFlags {
  readonly primary?: boolean;
  readonly within?: string;
}

export interface ReadFlags extends LineFlags {
  readonly raw?: boolean;
}

export function addMbus(program: Command): void {
  withLine(
    groupNamed(program, 'scan', 'find the meters of a line')
      .command('mbus <host>')
      .description('find the meters of a wired M-Bus behind a TCP-serial gateway')
      .option('--primary', 'ask every primary address, instead of searching by secondary address')
      .option('--within <digits>', 'only secondary addresses that begin so, f standing for any digit'),
  )
    .addHelpText(
      'after',
      '\nExamples:\n  contor scan mbus 127.0.0.1\n  contor scan mbus 10.0.0.7 --port 1234 --primary',
    )
    .action(async (host: string, flags: ScanFlags) => {
      const { scanMbus } = await import('./scan.js');
      await scanMbus(host, flags);
    });

  withLine(
    groupNamed(program, 'read', 'read one meter')
      .command('mbus <host> <address>')
      .description(
        'read a meter of a wired M-Bus: by primary address (0 to 250), or by the eight digits of its secondary one',
      )
      .option('--raw', 'the frames as they came, in hex'),
  )
    .addHelpText('after', '\nExamples:\n  contor read mbus 127.0.0.1 3\n  contor read mbus 127.0.0.1 19717672')
    .action(async (host: string, address: string, flags: ReadFlags) => {
      const { readMbus } = await import('./read.js');
      await readMbus(host, address, flags);
    });
}

function withLine(command: Command): Command {
  return command
    .option('--port <port>', 'TCP port of the gateway', USUAL_PORT)
    .option('--baud <rate>', 'rate of the bus, 300 to 38400', '2400')
    .option('--latency <ms>', 'what the gateway adds to an answer', '200')
    .option('--tries <n>', 'how often a silent meter is asked');
}

function groupNamed(program: Command, name: string, about: string): Command {
  return program.commands.find((command) => command.name() === name) ?? program.command(name).description(about);
}

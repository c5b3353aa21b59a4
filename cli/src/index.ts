/** The `contor` command. Each service is a row of a table; its flags and help come from its own settings. */

import { ConfigError, ContorError } from '@contor/kit';
import { Command } from 'commander';
import { addCommands } from './commands/index.js';
import { flagsOf, withFlags } from './flags.js';
import { runService } from './run-service.js';
import { SERVICES, type ServiceRow } from './services.js';
import { trustFrom } from './trust.js';

export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('contor')
    .description('Smart metering on FIWARE: meters in, NGSI-LD context out.')
    .showHelpAfterError('(contor --help lists the commands)')
    .addHelpText('after', '\nExamples:\n  contor up\n  contor credentials\n  contor broker --help');
  addCommands(program);
  await addServices(program, args);
  try {
    await trustFrom(process.env);
    await program.parseAsync([...args], { from: 'user' });
  } catch (error) {
    process.exitCode = 1;
    for (const line of explain(error)) console.error(line);
  }
}

/** Only the service that was named is loaded: `contor --help` stays quick. */
async function addServices(program: Command, args: readonly string[]): Promise<void> {
  for (const row of SERVICES as readonly ServiceRow[]) {
    const [first, second] = row.command;
    const parent = second === undefined ? program : groupNamed(program, first);
    const command = parent
      .command(second ?? first)
      .description(row.about)
      .addHelpText('after', `\nExample:\n  ${row.example}`);
    const isNamed = args[0] === first && (second === undefined || args[1] === second);
    if (!isNamed) continue;
    const addTools = await row.tools?.();
    addTools?.(command);
    const service = await row.load();
    for (const option of flagsOf(service.settings)) command.addOption(option);
    command.action((flags: Record<string, unknown>) =>
      runService(row, service, withFlags(service.settings, flags, process.env)),
    );
  }
}

const GROUPS: Readonly<Record<string, string>> = {
  agent: 'run an IoT agent',
  adapter: 'run a service of the context',
  simulate: 'run simulated meters',
};

function groupNamed(program: Command, name: string): Command {
  return (
    program.commands.find((command) => command.name() === name) ??
    program.command(name).description(GROUPS[name] ?? name)
  );
}

function explain(error: unknown): readonly string[] {
  if (error instanceof ConfigError) return error.faults.flatMap(({ message, fix }) => [message, `  → ${fix}`]);
  if (error instanceof ContorError) return [`${error.message} (${error.code})`];
  return [error instanceof Error ? (error.stack ?? error.message) : String(error)];
}

/** The commands that are not services, each loaded when it is called: bring everything up, show how to sign in, show the state, make a tenant. */

import { join, resolve } from 'node:path';
import { ConfigError } from '@contor/kit';
import type { Command } from 'commander';
import { addDecode } from '../decode/command.js';
import { readManager } from '../up/banner.js';

const DEFAULT_FOLDER = process.env.CONTOR_DATA ?? 'contor-data';
const FOLDER_HELP = 'the data folder (or CONTOR_DATA)';

export function addCommands(program: Command): void {
  addDecode(program);
  program
    .command('up')
    .description('start the whole platform on this machine, with a sample street of simulated meters')
    .option('--data <folder>', FOLDER_HELP, DEFAULT_FOLDER)
    .addHelpText('after', '\nExamples:\n  contor up\n  contor up --data ./my-city\n  GATEWAY_PORT=8080 contor up')
    .action(async ({ data }: { data: string }) => {
      const { up } = await import('../up/launcher.js');
      await up({ dataFolder: data, environment: process.env, say: console.log });
    });

  program
    .command('credentials')
    .description('show the generated manager account again')
    .option('--data <folder>', FOLDER_HELP, DEFAULT_FOLDER)
    .addHelpText('after', '\nExample:\n  contor credentials')
    .action(({ data }: { data: string }) => printCredentials(data));

  program
    .command('status')
    .description('show the health of a running platform')
    .option('--port <port>', 'the port of its health page (or HEALTH_PORT)', process.env.HEALTH_PORT ?? '3001')
    .addHelpText('after', '\nExample:\n  contor status')
    .action(async ({ port }: { port: string }) => {
      const { printStatus } = await import('./status.js');
      await printStatus(Number(port));
    });

  program
    .command('tenant')
    .description('manage tenants')
    .command('add <name>')
    .description('make a tenant: its contexts, its subscriptions and its history')
    .addHelpText('after', '\nExample:\n  contor tenant add utility_north')
    .action(async (name: string) => {
      const { addTenant } = await import('./tenant.js');
      await addTenant(name, process.env);
    });
}

function printCredentials(dataFolder: string): void {
  const folder = resolve(dataFolder);
  const manager = readManager(join(folder, 'identity'));
  if (manager === undefined)
    throw new ConfigError([
      {
        code: 'config.no-credentials',
        message: `There is no generated account in ${folder}.`,
        fix: 'Start the platform once (npm start), or name its data folder: contor credentials --data /path/to/folder',
      },
    ]);
  console.log(`user      ${manager.username}\npassword  ${manager.password}`);
}

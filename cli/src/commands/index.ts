/** The commands that are not services, each loaded when it is called: bring everything up, show how to sign in, show the state, make a tenant. */

import { join, resolve } from 'node:path';
import { ConfigError } from '@contor/kit';
import type { Command } from 'commander';
import { addAudit } from '../audit/command.js';
import { addCerts } from '../certs/command.js';
import { addDecode } from '../decode/command.js';
import { addDlms } from '../dlms/command.js';
import { addElster } from '../elster/command.js';
import { addMbus } from '../mbus/command.js';
import { addMeters } from '../meters/command.js';
import { addSecrets } from '../secrets/command.js';
import { addTrace } from '../trace/command.js';
import { readManager } from '../up/banner.js';

const DEFAULT_FOLDER = process.env.CONTOR_DATA ?? 'contor-data';
const FOLDER_HELP = 'the data folder (or CONTOR_DATA)';

interface CredentialsFlags {
  readonly data: string;
  readonly platformSecret?: boolean;
  readonly clientSecret?: boolean;
}

interface UpFlags {
  readonly data: string;
  readonly tls?: boolean;
  readonly host?: string;
  readonly name?: string;
}

export function addCommands(program: Command): void {
  addDecode(program);
  addDlms(program);
  addElster(program);
  addMbus(program);
  addTrace(program);
  addCerts(program);
  addSecrets(program);
  addAudit(program);
  addMeters(program);
  program
    .command('up')
    .description('start the whole platform on this machine, with a sample street of simulated meters')
    .option('--data <folder>', FOLDER_HELP, DEFAULT_FOLDER)
    .option('--tls', 'make certificates and speak TLS on every port')
    .option('--host <address>', 'where every server listens; beyond loopback only with --tls')
    .option('--name <host>', 'what browsers call this machine, when it is not its address or host name')
    .addHelpText(
      'after',
      '\nExamples:\n  contor up\n  contor up --data ./my-city\n  GATEWAY_PORT=8080 contor up\n  CONTOR_MASTER_KEY_FILE=/etc/contor/master-key contor up --tls --host 0.0.0.0 --name meters.city',
    )
    .action(async ({ data, tls = false, host, name }: UpFlags) => {
      const { up } = await import('../up/launcher.js');
      await up({ dataFolder: data, environment: process.env, say: console.log, tls: { isTls: tls, host, name } });
    });

  program
    .command('credentials')
    .description('show the generated manager account again')
    .option('--data <folder>', FOLDER_HELP, DEFAULT_FOLDER)
    .option('--platform-secret', 'only the secret that the servers want to see beyond loopback, for PLATFORM_SECRET')
    .option('--client-secret', 'only the secret of the dashboard at the OpenID provider, for OIDC_CLIENT_SECRET')
    .addHelpText(
      'after',
      '\nExamples:\n  contor credentials\n  export PLATFORM_SECRET=$(contor credentials --platform-secret)',
    )
    .action(async ({ data, platformSecret = false, clientSecret = false }: CredentialsFlags) => {
      const { printClientSecret, printPlatformSecret } = await import('../up/secure.js');
      if (platformSecret) await printPlatformSecret(data, process.env);
      else if (clientSecret) await printClientSecret(data, process.env);
      else printCredentials(data);
    });

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

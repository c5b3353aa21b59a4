/** `contor identity …`: the realm of the embedded provider as a file that Keycloak imports. */

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportRealmOf } from '@contor/identity/realm-export/from-folder.js';
import { ConfigError, createLogger, errnoOf, realPorts } from '@contor/kit';
import type { Command } from 'commander';

interface ExportFlags {
  readonly from: string;
  readonly dashboard: string;
  readonly out: string;
  readonly secondFactors?: boolean;
  readonly temporaryPasswords?: string;
}

const DEFAULT_FOLDER = process.env.IDENTITY_DATA ?? join(process.env.CONTOR_DATA ?? 'contor-data', 'identity');
const FROM_HELP = 'data folder of the identity server (or IDENTITY_DATA); it may be running';
const DEFAULT_GATEWAY = process.env.GATEWAY_PUBLIC_URL ?? 'http://127.0.0.1:3000';
/** Both files hold secrets: the client's, perhaps those of people. */
const OWN = { mode: 0o600, flag: 'wx' } as const;

export function addIdentityTools(identity: Command): void {
  identity
    .command('export-realm')
    .description('write roles, clients and people as a realm that Keycloak imports')
    .option('--from <folder>', FROM_HELP, DEFAULT_FOLDER)
    .option('--dashboard <url>', 'its address (or GATEWAY_PUBLIC_URL)', DEFAULT_GATEWAY)
    .option('--out <file>', 'a new file', 'contor-realm.json')
    .option('--temporary-passwords <file>', 'give everybody a password to be changed at once, listed in this new file')
    .option('--second-factors', 'take along the secrets of authenticator apps, readable in the file')
    .addHelpText(
      'after',
      '\nPasswords cannot go along: Keycloak does not verify scrypt.\n\nExample:\n  contor identity export-realm --temporary-passwords passwords.csv\n  kc.sh import --file contor-realm.json',
    )
    .action(writeRealm);
}

async function writeRealm(flags: ExportFlags): Promise<void> {
  const { CONTOR_MASTER_KEY: masterKey, CONTOR_MASTER_KEY_FILE: masterKeyFile } = process.env;
  const wish = {
    ...{ dataFolder: flags.from, gatewayUrl: flags.dashboard.replace(/\/$/, ''), masterKey, masterKeyFile },
    hasSecondFactors: flags.secondFactors === true,
    hasTemporaryPasswords: flags.temporaryPasswords !== undefined,
  };
  const log = createLogger({ service: 'identity', level: 'warn' });
  const { realm, people } = await exportRealmOf(wish, { ports: realPorts(), log });
  await writeNew(flags.out, `${JSON.stringify(realm, undefined, 2)}\n`);
  if (flags.temporaryPasswords !== undefined) {
    const lines = people.map(({ username, temporaryPassword }) => `${username},${temporaryPassword ?? ''}`);
    await writeNew(flags.temporaryPasswords, `${['username,password', ...lines].join('\n')}\n`);
  }
  console.log(`${people.length} people in ${flags.out}. It holds secrets: keep it as you keep a password.`);
}

async function writeNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, OWN).catch((error: unknown) => {
    if (errnoOf(error) !== 'EEXIST') throw error;
    const fault = { code: 'config.file-exists', message: `${path} is there already.`, fix: 'Name a new file.' };
    throw new ConfigError([fault]);
  });
}

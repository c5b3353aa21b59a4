/** `contor agent json …`: passwords of devices and hubs that report over HTTP. */

import { join } from 'node:path';
import { addHttpCredentials, removeHttpCredential } from '@contor/agent-json';
import type { Command } from 'commander';

interface CredentialFlags {
  readonly from: string;
  readonly hub?: string;
  readonly remove?: boolean;
}

const DEFAULT_FOLDER = process.env.AGENT_JSON_DATA ?? join(process.env.CONTOR_DATA ?? 'contor-data', 'agent-json');

export function addAgentJsonTools(agent: Command): void {
  agent
    .command('credential <apikey> <name>')
    .description('make the password with which a device reports over HTTP, and print it')
    .option('--from <folder>', "the agent's data folder (or AGENT_JSON_DATA); it may be running", DEFAULT_FOLDER)
    .option(
      '--hub <devices>',
      'a hub that speaks for these devices of the api key, with commas; `all` for each of them',
    )
    .option('--remove', 'withdraw it instead')
    .addHelpText(
      'after',
      '\nExamples:\n  contor agent json credential my-street my-meter\n  contor agent json credential my-street hub-1 --hub meter-1,meter-2',
    )
    .action(makeCredential);
}

async function makeCredential(apiKey: string, username: string, { from, hub, remove }: CredentialFlags): Promise<void> {
  if (remove === true) {
    const wasThere = await removeHttpCredential(from, { apiKey, username });
    console.log(wasThere ? `${username} may not report any more.` : `There was none for ${username}.`);
    return;
  }
  const speaksFor = hub === undefined || hub === 'all' ? hub : hub.split(',').map((id) => id.trim());
  const [password = ''] = await addHttpCredentials(from, [
    { apiKey, username, ...(speaksFor !== undefined && { speaksFor }) },
  ]);
  console.log(password);
}

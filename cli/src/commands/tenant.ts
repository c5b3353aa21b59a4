/**
 * `contor tenant add`: everything a new tenant needs on the broker and history that the environment names. For the default tenant
 * `contor up` does it; where its servers run on several machines, this command does.
 */

import { createBrokerClient } from '@contor/history-query';
import { ConfigError } from '@contor/kit';
import { installPlatform } from '@contor/orion-config';

const DEFAULT_TENANT = 'default';
const TENANT = /^[a-z0-9_]{1,50}$/;

export async function addTenant(name: string, environment: NodeJS.ProcessEnv): Promise<void> {
  if (!TENANT.test(name))
    throw new ConfigError([
      {
        code: 'config.tenant',
        message: `"${name}" cannot be the name of a tenant.`,
        fix: 'Use 1 to 50 lower-case letters, digits and underscores, for example utility_north.',
      },
    ]);
  const url = environment.BROKER_URL ?? 'http://127.0.0.1:1026';
  const historyUrl = environment.HISTORY_URL ?? 'http://127.0.0.1:8668';
  const secret = environment.PLATFORM_SECRET;
  const broker = createBrokerClient({ url, tenant: name, secret });
  try {
    const { steps } = await installPlatform(broker, { historyUrl, tenant: name, secret });
    for (const { what, id, did } of steps) console.log(`${did.padEnd(10)} ${what}  ${id}`);
    console.log(
      name === DEFAULT_TENANT
        ? '\nThe default tenant is ready. It needs no header.'
        : `\nTenant ${name} is ready. Send its name in the header NGSILD-Tenant (broker) or Fiware-Service (history).`,
    );
  } finally {
    broker.close();
  }
}

/** The gateway's secret at the OpenID provider: the provider made it, the gateway beside it is told through the environment. */

import { clientSecret } from '@contor/identity';
import { KEYRING_SETTINGS, type Running, readSettings, type SettingsTable } from '@contor/kit';

const SETTINGS = {
  identityData: { name: 'IDENTITY_DATA', kind: 'path', about: 'the data folder of the OpenID provider' },
  ...KEYRING_SETTINGS,
} as const satisfies SettingsTable;

export async function startClientSecret(source: NodeJS.ProcessEnv): Promise<Running> {
  const { identityData, ...keys } = readSettings(SETTINGS, source);
  source.OIDC_CLIENT_SECRET ??= await clientSecret(identityData, keys);
  return { health: () => ({ state: 'ready', figures: {} }), stop: async () => undefined };
}

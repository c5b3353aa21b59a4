/** The gateway's own secrets, made once per data folder: what seals its sign-in cookies and what the broker must show. */

import type { Checkpoint } from '@contor/kit';
import { newSecret } from './sessions/seal.js';

export interface GatewaySecrets {
  readonly cookie: string;
  readonly notify: string;
}

export async function openSecrets(checkpoint: Checkpoint): Promise<GatewaySecrets> {
  const bytes = await checkpoint.read();
  if (bytes !== undefined) return JSON.parse(new TextDecoder().decode(bytes)) as GatewaySecrets;
  const secrets: GatewaySecrets = { cookie: newSecret(), notify: newSecret() };
  await checkpoint.write(new TextEncoder().encode(JSON.stringify(secrets)));
  return secrets;
}

/** Whom this process believes beside the system's authorities: CONTOR_CA, one PEM file or several with commas. */

import { CA_SETTING, trustAuthority } from '@contor/kit';

export async function trustFrom(environment: Readonly<Record<string, string | undefined>>): Promise<void> {
  const paths = (environment[CA_SETTING] ?? '').split(',').map((path) => path.trim());
  for (const path of paths) if (path !== '') await trustAuthority(path);
}

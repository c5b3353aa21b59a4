/** What a person sees when everything runs: where to look and how to sign in. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Doors } from './layout.js';

export interface BannerFacts {
  readonly folder: string;
  readonly doors: Doors;
  readonly tookMs: number;
}

export function banner({ folder, doors, tookMs }: BannerFacts): readonly string[] {
  return [
    '',
    `  Contor is running (${(tookMs / 1000).toFixed(1)} s).`,
    '',
    `  Dashboard   http://localhost:${doors.GATEWAY_PORT}`,
    ...signIn(folder),
    '',
    `  NGSI-LD     curl "localhost:${doors.BROKER_PORT}/ngsi-ld/v1/entities?type=ACMeasurement"`,
    `  History     curl "localhost:${doors.HISTORY_PORT}/v2/types/ACMeasurement/attrs/totalActivePower?lastN=5"`,
    `  Health      http://localhost:${doors.HEALTH_PORT}`,
    `  Data        ${folder}`,
    '',
    '  Ctrl-C stops everything; the next start continues.',
    '',
  ];
}

function signIn(folder: string): readonly string[] {
  const credentials = readManager(join(folder, 'identity'));
  if (credentials === undefined) return [];
  return [
    `  Sign in     ${credentials.username}   ${credentials.password}`,
    '              (shown again by: npx contor credentials)',
  ];
}

/** The generated first account. Absent once an administrator has removed the file after changing the password. */
export function readManager(identityFolder: string): { username: string; password: string } | undefined {
  const path = join(identityFolder, 'manager.json');
  if (!existsSync(path)) return undefined;
  const { username, password } = JSON.parse(readFileSync(path, 'utf8')) as { username: string; password: string };
  return { username, password };
}

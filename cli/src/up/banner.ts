/** What a person sees when everything runs: where to look and how to sign in. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Doors } from './layout.js';

export interface BannerFacts {
  readonly folder: string;
  readonly doors: Doors;
  readonly tookMs: number;
  /** The settings of this run. */
  readonly shared?: Readonly<Record<string, string | undefined>>;
}

export function banner({ folder, doors, tookMs, shared = {} }: BannerFacts): readonly string[] {
  const ask = `curl ${flagsOf(shared)}`;
  return [
    '',
    `  Contor is running (${(tookMs / 1000).toFixed(1)} s).`,
    '',
    `  Dashboard   ${shared.GATEWAY_PUBLIC_URL ?? `http://localhost:${doors.GATEWAY_PORT}`}`,
    ...signIn(folder),
    '',
    `  NGSI-LD     ${ask}"${addressOf(shared.BROKER_URL, doors.BROKER_PORT)}/ngsi-ld/v1/entities?type=ACMeasurement"`,
    `  History     ${ask}"${addressOf(shared.HISTORY_URL, doors.HISTORY_PORT)}/v2/types/ACMeasurement/attrs/totalActivePower?lastN=5"`,
    `  Health      http://localhost:${doors.HEALTH_PORT}`,
    `  Data        ${folder}`,
    '',
    '  Ctrl-C stops everything; the next start continues.',
    '',
  ];
}

/** Short where it is plain and here. */
function addressOf(url: string | undefined, port: number): string {
  return url?.startsWith('https:') ? url : `localhost:${port}`;
}

/** The secret itself stays out of a terminal's history. */
function flagsOf({
  BROKER_TLS_CERT: certificate,
  CONTOR_CA: ca = '',
  PLATFORM_SECRET: secret,
}: NonNullable<BannerFacts['shared']>): string {
  const trust = certificate === undefined ? '' : `--cacert ${ca.split(',')[0]} `;
  return secret === undefined ? trust : `${trust}-H "Authorization: Bearer $PLATFORM_SECRET" `;
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

/**
 * `contor up --tls`: certificates for every server of this machine, who calls whom by which name, and beyond loopback the secret that the
 * servers then want to see. Certificates are looked after twice a day; the servers take new ones without a restart.
 */

import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import {
  CA_SETTING,
  ConfigError,
  isLoopback,
  type Keyring,
  MASTER_KEY_FILE,
  openKeyring,
  openSealedFile,
  realDisk,
} from '@contor/kit';
import { authorityFile, certificateFile, ensureCertificates, keyFile, SERVERS } from '../certs/folder.js';
import { namesOfThisMachine } from '../certs/names.js';
import type { Doors } from './layout.js';

export interface TlsWish {
  readonly isTls: boolean;
  /** Where every server listens. */
  readonly host?: string | undefined;
  /** What browsers call this machine. */
  readonly name?: string | undefined;
}

type Environment = Readonly<Record<string, string | undefined>>;

const LOOK_EVERY_MS = 12 * 3_600_000;
const SECRET_BYTES = 32;
const SECRET_FILE = 'platform-secret';

/** What is laid over the wiring of one machine: the master key always, the rest when TLS is wanted. */
export async function secure(
  folder: string,
  doors: Doors,
  wish: TlsWish,
  environment: Environment,
): Promise<Record<string, string>> {
  const host = wish.host ?? '127.0.0.1';
  if (!wish.isTls && !isLoopback(host)) throw plainHost(host);
  const { CONTOR_MASTER_KEY: masterKey, CONTOR_MASTER_KEY_FILE: masterKeyFile } = environment;
  // The services lie one folder below, so the rule about the key's place is asked for one of these.
  const keyring = await openKeyring({
    ...{ masterKey: masterKey || undefined, masterKeyFile: masterKeyFile || undefined, folder },
    host: mostExposed(host, environment),
  });
  const key: Record<string, string> =
    masterKey || masterKeyFile ? {} : { CONTOR_MASTER_KEY_FILE: join(folder, MASTER_KEY_FILE) };
  if (!wish.isTls) return key;
  const name = wish.name ?? nameOf(host);
  const certs = join(folder, 'certs');
  await lookAfter({ folder: certs, keyring, disk: realDisk() }, [name, reachable(host), ...namesOfThisMachine()]);
  const secret = environment.PLATFORM_SECRET || (isLoopback(host) ? undefined : await platformSecret(folder, keyring));
  const believed = [authorityFile(certs), ...(environment[CA_SETTING] ? [environment[CA_SETTING]] : [])].join(',');
  return {
    ...key,
    ...(secret && { PLATFORM_SECRET: secret }),
    ...tlsWiring(certs, doors, host, name),
    [CA_SETTING]: believed,
  };
}

/** Made once for this folder, and wrapped there. */
async function platformSecret(folder: string, keyring: Keyring): Promise<string> {
  const file = openSealedFile({ disk: realDisk(), path: join(folder, SECRET_FILE), keyring, name: SECRET_FILE });
  const kept = await file.read();
  if (kept !== undefined) return Buffer.from(kept).toString();
  const made = randomBytes(SECRET_BYTES).toString('base64url');
  await file.write(Buffer.from(made));
  return made;
}

export async function printPlatformSecret(data: string, environment: Environment): Promise<void> {
  const folder = resolve(data);
  const keyring = await openKeyring({ ...keysOf(folder, environment), folder });
  console.log(environment.PLATFORM_SECRET || (await platformSecret(folder, keyring)));
}

/** Of the provider below this folder, or with `--data` of a provider that runs alone. */
export async function printClientSecret(data: string, environment: Environment): Promise<void> {
  const folder = resolve(data);
  const home = existsSync(join(folder, 'identity')) ? join(folder, 'identity') : folder;
  const { clientSecret } = await import('@contor/identity');
  console.log(environment.OIDC_CLIENT_SECRET || (await clientSecret(home, keysOf(folder, environment))));
}

/** As `contor up` hands it to its services: from the environment, or from its own file. */
function keysOf(folder: string, environment: Environment) {
  const masterKey = environment.CONTOR_MASTER_KEY || undefined;
  const own = join(folder, MASTER_KEY_FILE);
  const masterKeyFile = environment.CONTOR_MASTER_KEY_FILE || (!masterKey && existsSync(own) ? own : undefined);
  return { masterKey, masterKeyFile };
}

export function tlsWiring(certs: string, doors: Doors, host: string, name: string): Record<string, string> {
  const files = SERVERS.flatMap((server): [string, string][] => [
    [`${server.toUpperCase()}_TLS_CERT`, certificateFile(certs, server)],
    [`${server.toUpperCase()}_TLS_KEY`, keyFile(certs, server)],
    [`${server.toUpperCase()}_HOST`, host],
  ]);
  const near = (scheme: string, port: number): string => `${scheme}://${bracketed(reachable(host))}:${port}`;
  const identity = `https://${bracketed(name)}:${doors.IDENTITY_PORT}`;
  return {
    ...Object.fromEntries(files),
    BROKER_URL: near('https', doors.BROKER_PORT),
    HISTORY_URL: near('https', doors.HISTORY_PORT),
    BROKER_HISTORY_URL: near('https', doors.HISTORY_PORT),
    MQTT_URL: near('mqtts', doors.MQTT_PORT),
    BROKER_NOTIFY_HOSTS: [...new Set(['127.0.0.1', 'localhost', '::1', reachable(host)])].join(','),
    IDENTITY_PUBLIC_URL: identity,
    OIDC_ISSUER: `${identity}/realms/contor`,
    GATEWAY_PUBLIC_URL: `https://${bracketed(name)}:${doors.GATEWAY_PORT}`,
  };
}

async function lookAfter(at: Parameters<typeof ensureCertificates>[0], names: readonly string[]): Promise<void> {
  const look = () => ensureCertificates(at, { servers: SERVERS, names: [...new Set(names)], nowMs: Date.now() });
  await look();
  // A failed look is tried again half a day later; the servers' health says meanwhile how many days are left.
  setInterval(() => void look().catch(() => undefined), LOOK_EVERY_MS).unref();
}

/** A server on every address is reached on loopback by its neighbours. */
function reachable(host: string): string {
  return host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host;
}

function nameOf(host: string): string {
  if (isLoopback(host)) return 'localhost';
  return reachable(host) === host ? host : hostname().toLowerCase();
}

function mostExposed(host: string, environment: Environment): string {
  const hosts = [host, ...SERVERS.flatMap((server) => environment[`${server.toUpperCase()}_HOST`] ?? [])];
  return hosts.find((each) => !isLoopback(each)) ?? host;
}

function bracketed(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

function plainHost(host: string): ConfigError {
  return new ConfigError([
    {
      code: 'config.exposed',
      message: `${host} is not a loopback address, so other machines could reach the platform unprotected.`,
      fix: 'Add --tls: certificates are made, and everything speaks TLS.',
    },
  ]);
}

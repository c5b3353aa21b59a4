/**
 * The certificate of a server: read and checked at start, read again when its files change, so that it is renewed without a
 * restart; and how long it is still good for, which health says in time.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Server } from 'node:tls';
import type { Clock } from '../clock.js';
import { ConfigError, errnoOf } from '../errors.js';
import type { Logger } from '../log.js';
import type { Health } from '../service.js';

export interface CertificateFiles {
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
}

interface Loaded {
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly untilMs: number;
  readonly stamp: string;
}

export interface ServerCertificate {
  /** For `createServer` of `https` or `tls`. */
  readonly options: { readonly cert: Buffer; readonly key: Buffer; readonly minVersion: 'TLSv1.2' };
  /** From now on new connections get what the files hold. A server of `https` or `tls`, by whatever type a framework hands it out. */
  follow(server: object): void;
  /** Whole days that are left; below zero it has run out. */
  daysLeft(): number;
  close(): void;
}

/** Often enough that a renewal need not wait, seldom enough to cost nothing. A link into a mounted secret changes too. */
const LOOK_EVERY_MS = 30_000;
const DAY_MS = 86_400_000;
/** A month of every year would be noise, three days are too late for a holiday. */
const WARN_BELOW_DAYS = 14;
const MIN_VERSION = 'TLSv1.2';

export interface CertificateParts {
  readonly clock: Clock;
  readonly log: Logger;
  /** The service's part of the variable names, e.g. 'BROKER' in BROKER_TLS_CERT. */
  readonly prefix: string;
}

/** undefined: the server is plain, which `checkExposure` allows on loopback only. */
export async function openServerCertificate(
  { tlsCert, tlsKey }: CertificateFiles,
  { clock, log, prefix }: CertificateParts,
): Promise<ServerCertificate | undefined> {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  let loaded = await load(tlsCert, tlsKey, prefix);
  const options = () => ({ cert: loaded.cert, key: loaded.key, minVersion: MIN_VERSION }) as const;
  const servers = new Set<Server>();
  let complainedAbout = '';
  let isClosed = false;

  async function look(): Promise<void> {
    const stamp = await stampOf(tlsCert ?? '', tlsKey ?? '');
    if (stamp === loaded.stamp || stamp === complainedAbout) return;
    try {
      loaded = await load(tlsCert ?? '', tlsKey ?? '', prefix);
      for (const server of servers) server.setSecureContext(options());
      log.info({ days: daysLeft() }, 'The certificate was renewed.');
    } catch (error) {
      // Half of it may be on its way; the next look sees the other half.
      complainedAbout = stamp;
      log.warn({ error }, 'The certificate has changed and cannot be used; the one before it stays.');
    }
  }
  function lookAgain(): void {
    clock.after(LOOK_EVERY_MS, () => {
      if (!isClosed) void look().finally(lookAgain);
    });
  }
  const daysLeft = (): number => Math.floor((loaded.untilMs - clock.nowMs()) / DAY_MS);
  lookAgain();
  return {
    get options() {
      return options();
    },
    follow(server) {
      if (isEncrypted(server)) servers.add(server);
    },
    daysLeft,
    close: () => {
      isClosed = true;
    },
  };
}

/** What a server says of its health, and of its certificate. */
export function withCertificate(health: Health, certificate: ServerCertificate | undefined): Health {
  if (certificate === undefined) return health;
  const days = certificate.daysLeft();
  const figures = { ...health.figures, certificateDaysLeft: days };
  if (days >= WARN_BELOW_DAYS || health.state !== 'ready') return { ...health, figures };
  const reason =
    days < 0 ? 'The certificate has run out: clients refuse it.' : `The certificate runs out in ${days} days.`;
  return { state: 'degraded', reason, figures };
}

function isEncrypted(server: object): server is Server {
  return 'setSecureContext' in server;
}

async function load(certPath: string, keyPath: string, prefix: string): Promise<Loaded> {
  const stamp = await stampOf(certPath, keyPath);
  const cert = await readPem(certPath, `${prefix}_TLS_CERT`);
  const key = await readPem(keyPath, `${prefix}_TLS_KEY`);
  const certificate = parsed(certPath, () => new X509Certificate(cert));
  const privateKey = parsed(keyPath, () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw fault(
      'config.tls-pair',
      `${keyPath} is not the key of the certificate ${certPath}.`,
      'Take files that were made together.',
    );
  return { cert, key, untilMs: Date.parse(certificate.validTo), stamp };
}

function parsed<T>(path: string, parse: () => T): T {
  try {
    return parse();
  } catch (error) {
    throw fault(
      'config.tls-file',
      `${path} holds no PEM that can be used.`,
      'Make one with `contor certs make`.',
      error,
    );
  }
}

async function readPem(path: string, setting: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (error) {
    const fix = `Correct ${setting}, or make the file readable for this user.`;
    throw fault('config.tls-file', `${path} cannot be read (${errnoOf(error) ?? 'unknown reason'}).`, fix, error);
  }
}

/** What changes when a file is written, replaced or linked anew. */
async function stampOf(...paths: readonly string[]): Promise<string> {
  const stats = await Promise.all(paths.map((path) => stat(path).catch(() => undefined)));
  return stats.map((each) => (each === undefined ? 'none' : `${each.ino} ${each.mtimeMs} ${each.size}`)).join(', ');
}

function fault(code: string, message: string, fix: string, cause?: unknown): ConfigError {
  return new ConfigError([{ code, message, fix }], cause);
}

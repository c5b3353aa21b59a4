/**
 * The folder of certificates of one platform: an authority (`ca.pem`, its key wrapped in `ca-key`), and for each server `<name>.pem` and
 * `<name>-key.pem`. Making is repeatable: what is still good stays, what runs out or lacks a name is made anew, and what somebody else signed is never
 * touched.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  ConfigError,
  type Disk,
  type Keyring,
  makeAuthority,
  makeCertificate,
  openSealedFile,
  type Pem,
  readWhole,
  replaceFile,
} from '@contor/kit';

/** The servers that listen. The launcher's health page never leaves loopback and is plain. */
export const SERVERS = ['broker', 'history', 'mqtt', 'identity', 'gateway'] as const;

export interface CertsFolder {
  readonly folder: string;
  readonly keyring: Keyring;
  readonly disk: Disk;
}

export interface Wish {
  readonly servers: readonly string[];
  /** Host names and addresses by which the servers are called. */
  readonly names: readonly string[];
  readonly nowMs: number;
}

export interface Outcome {
  readonly server: string;
  /** `foreign`: signed by another authority; whoever brought it brings the next one too. */
  readonly did: 'made' | 'renewed' | 'kept' | 'foreign';
  readonly untilMs: number;
}

const DAY_MS = 86_400_000;
const AUTHORITY_DAYS = 3_650;
/** Apple refuses more of a root that a person installed than 825 days, and browsers more than 398 of a public one. */
const DAYS = 397;
const RENEW_BELOW_DAYS = 30;
/** A clock that is a little behind must not find it "not yet valid". */
const BACKDATE_MS = 3_600_000;

export const authorityFile = (folder: string): string => join(folder, 'ca.pem');
export const certificateFile = (folder: string, server: string): string => join(folder, `${server}.pem`);
export const keyFile = (folder: string, server: string): string => join(folder, `${server}-key.pem`);

export async function ensureCertificates(
  at: CertsFolder,
  { servers, names, nowMs }: Wish,
): Promise<readonly Outcome[]> {
  refuseOdd([...servers, ...names]);
  await at.disk.makeDirectory(at.folder);
  const authority = await openAuthority(at, nowMs);
  const outcomes: Outcome[] = [];
  for (const server of servers) outcomes.push(await ensureOne(at, authority, { servers, names, nowMs }, server));
  return outcomes;
}

async function ensureOne(at: CertsFolder, authority: Pem, { names, nowMs }: Wish, server: string): Promise<Outcome> {
  const there = await readCertificate(at, certificateFile(at.folder, server));
  const issuer = new X509Certificate(authority.certificate);
  if (there !== undefined) {
    const untilMs = Date.parse(there.validTo);
    if (!there.verify(issuer.publicKey)) return { server, did: 'foreign', untilMs };
    const isGood = untilMs - nowMs >= RENEW_BELOW_DAYS * DAY_MS && names.every((name) => isFor(there, name));
    if (isGood) return { server, did: 'kept', untilMs };
  }
  const untilMs = Math.min(nowMs + DAYS * DAY_MS, Date.parse(issuer.validTo));
  const made = makeCertificate(authority, server, names, { fromMs: nowMs - BACKDATE_MS, untilMs });
  await putPair(at, server, made);
  return { server, did: there === undefined ? 'made' : 'renewed', untilMs };
}

/** The key first: a server that looks in between finds a pair that does not fit, and looks again. */
export async function putPair({ folder, disk }: CertsFolder, server: string, { certificate, key }: Pem): Promise<void> {
  await disk.makeDirectory(folder);
  await replaceFile(disk, keyFile(folder, server), Buffer.from(key));
  await replaceFile(disk, certificateFile(folder, server), Buffer.from(certificate));
}

/** Puts a certificate of somebody else in place, after a look at whether it can work. */
export async function loadPair(at: CertsFolder, server: string, pair: Pem, nowMs: number): Promise<X509Certificate> {
  refuseOdd([server]);
  const certificate = parse(pair.certificate, 'The certificate', (pem) => new X509Certificate(pem));
  const key = parse(pair.key, 'The key', createPrivateKey);
  if (!certificate.checkPrivateKey(key))
    throw fault(
      'config.tls-pair',
      'The key does not belong to the certificate.',
      'Take files that were made together.',
    );
  if (Date.parse(certificate.validTo) <= nowMs)
    throw fault('config.tls-expired', `The certificate has run out on ${certificate.validTo}.`, 'Load a newer one.');
  await putPair(at, server, pair);
  return certificate;
}

/** A further authority that everything on this machine shall believe, behind our own. */
export async function trustAlso({ folder, disk }: CertsFolder, pem: string): Promise<void> {
  parse(pem, 'The authority', (text) => new X509Certificate(text));
  const path = authorityFile(folder);
  const there = Buffer.from((await readWhole(disk, path)) ?? []).toString();
  if (!there.includes(pem.trim())) await replaceFile(disk, path, Buffer.from(`${there}${pem.trim()}\n`));
}

export async function readCertificate(
  { disk }: Pick<CertsFolder, 'disk'>,
  path: string,
): Promise<X509Certificate | undefined> {
  const bytes = await readWhole(disk, path);
  return bytes === undefined
    ? undefined
    : parse(Buffer.from(bytes).toString(), path, (pem) => new X509Certificate(pem));
}

async function openAuthority({ folder, keyring, disk }: CertsFolder, nowMs: number): Promise<Pem> {
  const keyFile = openSealedFile({ disk, path: join(folder, 'ca-key'), keyring, name: 'certs ca-key' });
  const certificate = await readWhole(disk, authorityFile(folder));
  const key = await keyFile.read();
  if (certificate !== undefined && key !== undefined)
    return { certificate: Buffer.from(certificate).toString(), key: Buffer.from(key).toString() };
  const day = new Date(nowMs).toISOString().slice(0, 10);
  const made = makeAuthority(`Contor authority ${day}`, {
    fromMs: nowMs - BACKDATE_MS,
    untilMs: nowMs + AUTHORITY_DAYS * DAY_MS,
  });
  // The key first: an authority without its key could sign nothing, a key without its authority is made anew.
  await keyFile.write(Buffer.from(made.key));
  const others = certificate === undefined ? '' : Buffer.from(certificate).toString();
  await replaceFile(disk, authorityFile(folder), Buffer.from(made.certificate + others));
  return made;
}

export function isFor(certificate: X509Certificate, name: string): boolean {
  return (isIP(name) === 0 ? certificate.checkHost(name) : certificate.checkIP(name)) !== undefined;
}

/** Names of servers become names of files, host names become part of a certificate: neither may hold surprises. */
function refuseOdd(names: readonly string[]): void {
  const odd = names.filter((name) => isIP(name) === 0 && !/^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$/i.test(name));
  if (odd.length === 0) return;
  const shown = odd.map((name) => `"${name.slice(0, 80)}"`).join(', ');
  throw fault(
    'config.tls-name',
    `${shown} cannot be a name of a server.`,
    'Use host names and addresses, without a port.',
  );
}

function parse<T>(text: string, what: string, read: (text: string) => T): T {
  try {
    return read(text);
  } catch (error) {
    throw fault('config.tls-file', `${what} is not PEM that can be used.`, 'Give a PEM file.', error);
  }
}

function fault(code: string, message: string, fix: string, cause?: unknown): ConfigError {
  return new ConfigError([{ code, message, fix }], cause);
}

/** `contor certs`: make an authority and certificates, load those of somebody else, show what there is. */

import type { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { ConfigError, commonNameOf, openKeyring, realDisk } from '@contor/kit';
import type { Command } from 'commander';
import {
  authorityFile,
  type CertsFolder,
  certificateFile,
  ensureCertificates,
  loadPair,
  readCertificate,
  SERVERS,
  trustAlso,
} from './folder.js';
import { namesOfThisMachine } from './names.js';

const DATA = process.env.CONTOR_DATA ?? 'contor-data';
const DAY_MS = 86_400_000;

interface DataFlag {
  readonly data: string;
}

interface MakeFlags extends DataFlag {
  readonly names?: string;
}

interface LoadFlags extends DataFlag {
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
}

export function addCerts(program: Command): void {
  const certs = program.command('certs').description('certificates for TLS: make, load, show');
  onData(
    certs,
    'make [servers...]',
    'make an authority and a certificate for each server; repeating renews what runs out',
  )
    .option('--names <list>', 'host names and addresses the servers are called by (default: what this machine knows)')
    .addHelpText(
      'after',
      `\nServers: ${SERVERS.join(', ')}, or any name of your own.\nExamples:\n  contor certs make\n  contor certs make --names www.city,id.city,10.0.0.5\n  contor certs make agent-west --names west.city`,
    )
    .action(make);
  onData(certs, 'load [server]', 'take a certificate that somebody else signed, or believe another authority')
    .option('--cert <file>', 'certificate chain (PEM), the server first')
    .option('--key <file>', 'its private key (PEM)')
    .option('--ca <file>', 'an authority that every outgoing call shall believe too')
    .addHelpText(
      'after',
      '\nExamples:\n  contor certs load gateway --cert fullchain.pem --key privkey.pem\n  contor certs load --ca city-ca.pem',
    )
    .action(load);
  onData(certs, 'show', 'what there is, for which names and how long')
    .addHelpText('after', '\nExample:\n  contor certs show')
    .action(show);
}

function onData(certs: Command, usage: string, about: string): Command {
  return certs
    .command(usage)
    .description(about)
    .option('--data <folder>', 'the data folder (or CONTOR_DATA); they lie in its folder certs', DATA);
}

async function open(data: string): Promise<CertsFolder> {
  const folder = resolve(data);
  const { CONTOR_MASTER_KEY: masterKey, CONTOR_MASTER_KEY_FILE: masterKeyFile } = process.env;
  const keyring = await openKeyring({ masterKey, masterKeyFile, folder });
  return { folder: join(folder, 'certs'), keyring, disk: realDisk() };
}

async function make(servers: readonly string[], { data, names }: MakeFlags): Promise<void> {
  const at = await open(data);
  const wanted = names === undefined ? namesOfThisMachine() : names.split(',').map((name) => name.trim());
  const outcomes = await ensureCertificates(at, {
    servers: servers.length === 0 ? SERVERS : servers,
    names: wanted,
    nowMs: Date.now(),
  });
  for (const { server, did, untilMs } of outcomes)
    console.log(`${did.padEnd(8)} ${certificateFile(at.folder, server)}   until ${dayOf(untilMs)}`);
  console.log(`\nWhoever calls them believes ${authorityFile(at.folder)}`);
  console.log('  (CONTOR_CA for our own programs, --cacert for curl, the list of authorities of a browser).');
}

async function load(server: string | undefined, { data, cert, key, ca }: LoadFlags): Promise<void> {
  const at = await open(data);
  if (ca !== undefined) {
    await ensureCertificates(at, { servers: [], names: [], nowMs: Date.now() });
    await trustAlso(at, await readFile(ca, 'utf8'));
    console.log(`believed  ${ca}`);
  }
  if (server === undefined && cert === undefined && ca !== undefined) return;
  if (server === undefined || cert === undefined || key === undefined)
    throw new ConfigError([
      {
        code: 'config.certs-load',
        message: 'A server, its certificate and its key belong together.',
        fix: 'contor certs load gateway --cert fullchain.pem --key privkey.pem',
      },
    ]);
  const pair = { certificate: await readFile(cert, 'utf8'), key: await readFile(key, 'utf8') };
  const loaded = await loadPair(at, server, pair, Date.now());
  console.log(`loaded    ${certificateFile(at.folder, server)}   ${factsOf(loaded)}`);
}

async function show({ data }: DataFlag): Promise<void> {
  const folder = join(resolve(data), 'certs');
  const disk = realDisk();
  const names = (await disk.list(folder)).filter((name) => name.endsWith('.pem') && !name.endsWith('-key.pem'));
  if (names.length === 0) console.log(`There are no certificates in ${folder}. Make some: contor certs make`);
  for (const name of names) {
    const certificate = await readCertificate({ disk }, join(folder, name));
    if (certificate !== undefined) console.log(`${name.padEnd(16)} ${factsOf(certificate)}`);
  }
}

function factsOf(certificate: X509Certificate): string {
  const untilMs = Date.parse(certificate.validTo);
  const days = Math.floor((untilMs - Date.now()) / DAY_MS);
  const names = (certificate.subjectAltName ?? '').replaceAll(/DNS:|IP Address:/g, '');
  const left = days < 0 ? 'HAS RUN OUT' : `${days} days left`;
  const signer = certificate.ca ? 'an authority' : `by ${commonNameOf(certificate, 'issuer')}`;
  return `${dayOf(untilMs)}   ${left}   ${signer}${names === '' ? '' : `   for ${names}`}`;
}

function dayOf(ms: number): string {
  return new Date(ms).toISOString().slice(0, 10);
}

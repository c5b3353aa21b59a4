/** TLS as the servers and the callers have it: versions, renewal without a restart, and whom a caller believes. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type DetailedPeerCertificate, type TLSSocket } from 'node:tls';
import {
  certificateOf,
  closeHttp,
  createLogger,
  type Health,
  listenHttp,
  makeAuthority,
  makeCertificate,
  openServerCertificate,
  type Pem,
  SimulatedClock,
  urlOf,
  withCertificate,
} from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

const DAY = 86_400_000;
const NOW = Date.now();
const until = (days: number) => ({ fromMs: NOW - DAY, untilMs: NOW + days * DAY });
const authority = makeAuthority('Test', until(3650));
const ours = (days = 100) => makeCertificate(authority, 'test', ['localhost', '127.0.0.1'], until(days));
const lines: string[] = [];
const log = createLogger({ service: 'test', write: (line) => lines.push(line) });

let folder: string;
let files: { tlsCert: string; tlsKey: string };
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-tls-'));
  files = { tlsCert: join(folder, 'cert.pem'), tlsKey: join(folder, 'key.pem') };
  lines.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function put({ certificate, key }: Pem): Promise<void> {
  await writeFile(files.tlsCert, certificate);
  await writeFile(files.tlsKey, key);
}

function shake(port: number, options: object): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port, ca: authority.certificate, ...options }, () => resolve(socket));
    socket.once('error', reject);
  });
}

async function serialAt(port: number): Promise<string> {
  const socket = await shake(port, {});
  const { serialNumber } = socket.getPeerCertificate() as DetailedPeerCertificate;
  socket.destroy();
  return serialNumber;
}

const openOnHttps = async () => {
  await put(ours());
  const server = await listenHttp({ host: '127.0.0.1', port: 0, ...files, setting: 'TEST_PORT' }, (_, response) =>
    response.end('hello'),
  );
  return { server, port: (server.address() as AddressInfo).port };
};

describe('an HTTPS listener', () => {
  it('speaks TLS 1.2 and 1.3 and nothing older, to whoever trusts its authority', async () => {
    const { server, port } = await openOnHttps();
    expect(urlOf(server, { host: '127.0.0.1' })).toBe(`https://127.0.0.1:${port}`);
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const socket = await shake(port, { minVersion: version, maxVersion: version });
      expect(socket.getProtocol()).toBe(version);
      socket.destroy();
    }
    const weak = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL:@SECLEVEL=0' } as const;
    await expect(shake(port, weak)).rejects.toThrow();
    const stranger = makeAuthority('Test', until(10)).certificate;
    await expect(shake(port, { ca: stranger })).rejects.toThrow();
    await expect(shake(port, { servername: 'evil.city' })).rejects.toMatchObject({
      code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    });
    await closeHttp(server);
  });

  it.each(['0.0.0.0', '192.0.2.2', '::'])('refuses to be plain on %s', async (host) => {
    const opening = listenHttp({ host, port: 0, setting: 'TEST_PORT' }, (_, response) => response.end());
    await expect(opening).rejects.toMatchObject({ code: 'config.exposed' });
  });

  it('tells its days', async () => {
    const { server } = await openOnHttps();
    expect(certificateOf(server)?.daysLeft()).toBe(99);
    await closeHttp(server);
  });
});

describe('a certificate that changes', () => {
  it('is taken by new connections without a restart; half of a change is not', async () => {
    const clock = new SimulatedClock(NOW);
    await put(ours());
    const certificate = await openServerCertificate(files, { clock, log, prefix: 'TEST' });
    const { server, port } = await openOnHttps();
    certificate?.follow(server);
    const before = await serialAt(port);
    const next = ours(300);
    await writeFile(files.tlsCert, next.certificate);
    await look(clock, () => lines.length > 0);
    expect(lines.join()).toContain('config.tls-pair');
    expect(await serialAt(port)).toBe(before);
    await writeFile(files.tlsKey, next.key);
    await look(clock, () => lines.join().includes('renewed'));
    expect(await serialAt(port)).not.toBe(before);
    expect(certificate?.daysLeft()).toBe(299);
    certificate?.close();
    await closeHttp(server);
  });

  /** The clock is simulated, the files are not: what a look sets off ends in its own time. */
  async function look(clock: SimulatedClock, isDone: () => boolean): Promise<void> {
    await clock.advance(30_000);
    while (!isDone()) await new Promise((resolve) => setImmediate(resolve));
  }
});

describe('health', () => {
  const ready: Health = { state: 'ready', figures: { a: 1 } };
  it.each([
    [14, 'ready'],
    [13, 'degraded'],
    [-1, 'degraded'],
  ] as const)('with %i days left is %s', async (days, state) => {
    await put(ours());
    const clock = new SimulatedClock(NOW + (99 - days) * DAY);
    const certificate = await openServerCertificate(files, { clock, log, prefix: 'TEST' });
    const health = withCertificate(ready, certificate);
    expect(health).toMatchObject({ state, figures: { a: 1, certificateDaysLeft: days } });
    certificate?.close();
  });
  it('keeps a worse reason, and says nothing without a certificate', () => {
    expect(withCertificate(ready, undefined)).toBe(ready);
  });
});

describe('files that cannot be used', () => {
  const open = () => openServerCertificate(files, { clock: new SimulatedClock(NOW), log, prefix: 'TEST' });
  it('are named', async () => {
    await expect(open()).rejects.toMatchObject({
      code: 'config.tls-file',
      message: expect.stringContaining('TEST_TLS_CERT'),
    });
    await put({ certificate: 'no certificate', key: ours().key });
    await expect(open()).rejects.toMatchObject({ code: 'config.tls-file' });
    await put({ certificate: ours().certificate, key: ours().key });
    await expect(open()).rejects.toMatchObject({ code: 'config.tls-pair' });
  });
});

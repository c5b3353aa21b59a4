/** The whole platform on an address that other machines reach: every port speaks TLS, nothing is plain, and readings come through. */

import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { get } from 'node:https';
import { connect } from 'node:net';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { promisify } from 'node:util';
import { newMasterKey } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type ContorUp, contorUp } from '../../support/contor-up.js';
import { choosePorts, type PortName } from '../../support/platform.js';
import { CONTOR } from '../../support/service-process.js';

const outside = Object.values(networkInterfaces())
  .flatMap((all) => all ?? [])
  .find(({ internal, family }) => !internal && family === 'IPv4')?.address;
const ENCRYPTED = [
  'GATEWAY_PORT',
  'IDENTITY_PORT',
  'BROKER_PORT',
  'HISTORY_PORT',
  'MQTT_PORT',
] as const satisfies PortName[];
const START_MS = 60_000;

(outside === undefined ? describe.skip : describe)(`contor up --tls --host ${outside}`, () => {
  const host = outside ?? '';
  let home: string;
  let data: string;
  let ports: Readonly<Record<PortName, number>>;
  let ca: string;
  let secret: string;
  let up: ContorUp;

  beforeAll(async () => {
    home = await mkdtemp(join(tmpdir(), 'contor-up-tls-'));
    data = join(home, 'data');
    await mkdir(join(home, 'keys'));
    await writeFile(join(home, 'keys', 'master-key'), newMasterKey(), { mode: 0o600 });
    up = await contorUp(data, ['--tls', '--host', host], { CONTOR_MASTER_KEY_FILE: join(home, 'keys', 'master-key') });
    ports = up.ports;
    ca = await readFile(join(data, 'certs', 'ca.pem'), 'utf8');
    secret = (await up.run(['credentials', '--data', data, '--platform-secret'])).trim();
  }, START_MS);
  afterAll(async () => {
    expect(await up.stop()).toBe(0);
    await rm(home, { recursive: true, force: true });
  }, START_MS);

  const shake = (port: number, authority?: string) =>
    new Promise<string>((resolve) => {
      const socket = connectTls({ host, port, ...(authority !== undefined && { ca: authority }) }, () => {
        resolve(socket.getProtocol() ?? '');
        socket.destroy();
      });
      socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'refused'));
    });
  /** What a plain client hears before the line is closed. */
  const hearPlain = (at: string, port: number) =>
    new Promise<string>((resolve) => {
      let heard = '';
      const socket = connect(port, at, () => socket.write('GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n'));
      socket.setTimeout(2_000, () => socket.destroy());
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
      });
      socket.once('error', () => undefined);
      socket.once('close', () => resolve(heard));
    });
  const read = (url: string, headers: Record<string, string> = {}) =>
    new Promise<{ status: number; body: string }>((resolve, reject) => {
      get(url, { ca, headers }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => {
          body += chunk;
        });
        response.once('end', () => resolve({ status: response.statusCode ?? 0, body }));
      }).once('error', reject);
    });

  it.each(ENCRYPTED)('%s speaks TLS to whoever believes our authority, and to nobody else', async (name) => {
    expect(await shake(ports[name], ca)).toBe('TLSv1.3');
    expect(await shake(ports[name])).toMatch(
      /SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_VERIFY_LEAF_SIGNATURE|UNABLE_TO_GET_ISSUER/,
    );
  });
  it.each(ENCRYPTED)('%s says nothing in plain text', async (name) =>
    expect(await hearPlain(host, ports[name])).not.toMatch(/HTTP\/1.1 2|state/),
  );
  it('HEALTH_PORT does not leave loopback', async () => {
    expect(await hearPlain(host, ports.HEALTH_PORT)).toBe('');
    expect(await hearPlain('127.0.0.1', ports.HEALTH_PORT)).toContain('HTTP/1.1');
  });
  it('broker and history want the secret of the platform', async () => {
    const url = `https://${host}:${ports.BROKER_PORT}/ngsi-ld/v1/entities?type=ACMeasurement`;
    expect((await read(url)).status).toBe(401);
    expect(secret).toMatch(/^[\w-]{43}$/);
  });
  it('readings come from the meters to broker and history', async () => {
    const headers = { authorization: `Bearer ${secret}` };
    const broker = `https://${host}:${ports.BROKER_PORT}/ngsi-ld/v1/entities?type=ACMeasurement&limit=100`;
    const history = `https://${host}:${ports.HISTORY_PORT}/v2/types/ACMeasurement/attrs/totalActivePower?lastN=200`;
    for (const url of [broker, history]) {
      let answer = await read(url, headers);
      for (let tries = 0; tries < 100 && !answer.body.includes('e350'); tries += 1) {
        await new Promise((resolve) => setTimeout(resolve, 100));
        answer = await read(url, headers);
      }
      expect(answer.body).toContain('e350');
    }
  });
  it('identity and gateway name each other by https', async () => {
    const issuer = `https://${host}:${ports.IDENTITY_PORT}/realms/contor`;
    expect(JSON.parse((await read(`${issuer}/.well-known/openid-configuration`)).body)).toMatchObject({ issuer });
    const signIn = await read(`https://${host}:${ports.GATEWAY_PORT}/auth/signin`);
    expect(signIn.status).toBe(302);
  });
  it('health knows how long the certificates last', async () => {
    const { body } = await read(`https://${host}:${ports.GATEWAY_PORT}/health`);
    expect(JSON.parse(body)).toMatchObject({ state: 'ready', figures: { certificateDaysLeft: 396 } });
  });
});

describe('contor up beyond loopback', () => {
  const refused = async (...flags: readonly string[]) => {
    const home = await mkdtemp(join(tmpdir(), 'contor-up-'));
    // A platform may run beside the tests: a port that is taken would be refused for that.
    const env = {
      ...process.env,
      ...Object.fromEntries(Object.entries(await choosePorts()).map(([name, port]) => [name, String(port)])),
    };
    const ended = promisify(execFile)(process.execPath, [CONTOR, 'up', '--data', join(home, 'data'), ...flags], {
      env,
    });
    const { stderr } = await ended.then(
      () => ({ stderr: 'started' }),
      (error: { stderr: string }) => error,
    );
    await rm(home, { recursive: true, force: true });
    return stderr;
  };
  it('is refused without TLS', async () => expect(await refused('--host', '0.0.0.0')).toContain('--tls'));
  it('is refused with the master key among the data', async () =>
    expect(await refused('--host', '0.0.0.0', '--tls')).toContain('CONTOR_MASTER_KEY_FILE'));
});

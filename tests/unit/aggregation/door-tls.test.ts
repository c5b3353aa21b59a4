/** The door of a service whose broker is elsewhere: TLS and the platform's secret, or it does not open; figures are for those who show it. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { doorSettings, openNotificationDoor } from '@contor/adapter-kit';
import { createLogger, makeAuthority, makeCertificate, seededRandom } from '@contor/kit';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const DAY = 86_400_000;
const SECRET = 'a-secret-of-the-platform';
const validity = { fromMs: Date.now() - DAY, untilMs: Date.now() + 100 * DAY };
const authority = makeAuthority('Test', validity);

describe('a notification door beyond loopback', () => {
  let folder: string;
  let files: { tlsCert: string; tlsKey: string };
  const handled: unknown[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'contor-door-'));
    files = { tlsCert: join(folder, 'cert.pem'), tlsKey: join(folder, 'key.pem') };
    const made = makeCertificate(authority, 'door', ['localhost', '127.0.0.1'], validity);
    await writeFile(files.tlsCert, made.certificate);
    await writeFile(files.tlsKey, made.key);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const open = (more: object) =>
    openNotificationDoor({
      ...{ host: '0.0.0.0', port: 0, setting: 'TEST_PORT', random: seededRandom(1), ...more },
      log: createLogger({ service: 'test', write: () => undefined }),
      handle: async (entities) => void handled.push(...entities),
      ...{ health: () => ({ state: 'ready' }), metrics: async () => 'figures 1\n' },
    });
  const ask = (url: string, method: string, headers: Record<string, string>, body = '') =>
    new Promise<number>((resolve, reject) => {
      const asked = request(url, { method, headers, ca: authority.certificate }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      });
      asked.once('error', reject).end(body);
    });

  it.each([
    ['plain', {}],
    ['with a certificate and no secret', () => files],
    ['with a secret and no certificate', { secret: SECRET }],
  ])('does not open %s', async (_, more) =>
    expect(open(typeof more === 'function' ? more() : more)).rejects.toMatchObject({ code: 'config.exposed' }),
  );

  it('speaks TLS, takes what the broker brings, and shows figures to whoever shows the secret', async () => {
    const door = await open({ ...files, secret: SECRET });
    const at = door.url.replace('0.0.0.0', 'localhost');
    expect(at).toMatch(/^https:/);
    expect(door.certificate?.daysLeft()).toBe(99);
    expect(await ask(`${at}/metrics`, 'GET', {})).toBe(401);
    expect(await ask(`${at}/metrics`, 'GET', { authorization: `Bearer ${SECRET}` })).toBe(200);
    const [{ key = '', value = '' } = {}] = door.receiverInfo;
    const body = JSON.stringify({ data: [{ id: 'urn:a', type: 'A' }] });
    const headers = { 'content-type': 'application/json' };
    expect(await ask(`${at}/notify`, 'POST', headers, body)).toBe(401);
    expect(await ask(`${at}/notify`, 'POST', { ...headers, [key]: value }, body)).toBe(200);
    expect(handled).toEqual([{ id: 'urn:a', type: 'A' }]);
    await door.close();
  });

  it('names itself as the broker reaches it', async () => {
    const door = await open({ ...files, secret: SECRET, notifyUrl: 'https://services.city:7001' });
    expect(door.url).toBe('https://services.city:7001');
    await door.close();
  });

  it('has settings of its own in each service', () =>
    expect(Object.values(doorSettings('X')).map(({ name }) => name)).toEqual([
      'X_TLS_CERT',
      'X_TLS_KEY',
      'X_NOTIFY_URL',
    ]));
});

/** Starting: what an operator can get wrong has a code, a sentence and a way out, and leaves nothing behind. */

import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { addCredential, listCredentials, removeCredential, SETTINGS, start } from '@contor/mqtt';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { freePort } from './broker-process.js';

let dataFolder: string;
beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'contor-mqtt-start-'));
});
afterEach(() => rm(dataFolder, { recursive: true, force: true }));

const log = createLogger({ service: 'mqtt', write: () => undefined });
const begin = (settings: Readonly<Record<string, string>> = {}) =>
  start(readSettings(SETTINGS, { MQTT_DATA: dataFolder, MQTT_PORT: '0', ...settings }), { ports: realPorts(), log });

describe('the broker refuses to start', () => {
  it('outside loopback without TLS and a secret', async () => {
    await expect(begin({ MQTT_HOST: '0.0.0.0' })).rejects.toMatchObject({ code: 'config.exposed' });
  });

  it('with half of a TLS pair, or a file that is not there', async () => {
    await expect(begin({ MQTT_TLS_CERT: '/none.pem' })).rejects.toMatchObject({ code: 'config.tls-half' });
    const both = { MQTT_TLS_CERT: '/none.pem', MQTT_TLS_KEY: '/none.key' };
    await expect(begin(both)).rejects.toMatchObject({ code: 'config.tls-file' });
  });

  it('on a taken port, and gives the data folder back', async () => {
    const other = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => other.listen(port, '127.0.0.1', resolve));
    await expect(begin({ MQTT_PORT: String(port) })).rejects.toMatchObject({ code: 'transport.listen' });
    await new Promise((resolve) => other.close(resolve));
    await (await begin({ MQTT_PORT: String(port) })).stop();
  });

  it('on a credentials file that is not ours', async () => {
    await writeFile(join(dataFolder, 'credentials.json'), '{"format":2}');
    await expect(begin()).rejects.toMatchObject({ code: 'config.credentials' });
  });
});

describe('health', () => {
  it('is served on loopback when a port is given, with metrics beside it', async () => {
    const healthPort = await freePort();
    const running = await begin({ MQTT_HEALTH_PORT: String(healthPort) });
    const health = await fetch(`http://127.0.0.1:${healthPort}/health`);
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({ state: 'ready', figures: { connections: 0, queuedMessages: 0 } });
    const metrics = await (await fetch(`http://127.0.0.1:${healthPort}/metrics`)).text();
    expect(metrics).toContain('mqtt_waiting_publishers{service="mqtt"} 0');
    expect((await fetch(`http://127.0.0.1:${healthPort}/credentials.json`)).status).toBe(404);
    await running.stop();
  });
});

describe('credentials', () => {
  const rules = { publish: ['/json/{apikey}/{id}/attrs'], subscribe: [] };

  it('are added by several writers at once, listed without their hashes, and removed', async () => {
    const names = Array.from({ length: 8 }, (_none, at) => `meter-${at}`);
    await Promise.all(names.map((username) => addCredential({ dataFolder, username, apikey: 'k', rules })));
    const listed = await listCredentials({ dataFolder });
    expect(listed.map(({ username }) => username).sort()).toEqual(names);
    expect(JSON.stringify(listed)).not.toContain('digest');
    expect(await removeCredential({ dataFolder, username: 'meter-3' })).toBe(true);
    expect(await removeCredential({ dataFolder, username: 'meter-3' })).toBe(false);
  }, 20_000);

  it.each([
    { name: 'a username with a colon', wanted: { username: 'a:b', apikey: 'k', rules }, code: 'config.username' },
    {
      name: 'a short password',
      wanted: { username: 'a', password: 'short', apikey: 'k', rules },
      code: 'config.password',
    },
    { name: 'a placeholder without a value', wanted: { username: 'a', rules }, code: 'config.rule' },
    { name: 'an apikey with a wildcard', wanted: { username: 'a', apikey: '+', rules }, code: 'config.rule' },
    {
      name: 'a rule that is no filter',
      wanted: { username: 'a', rules: { publish: ['a#'], subscribe: [] } },
      code: 'config.rule',
    },
  ])('with $name are refused: $code', async ({ wanted, code }) => {
    await expect(addCredential({ dataFolder, ...wanted })).rejects.toMatchObject({ code });
  });
});

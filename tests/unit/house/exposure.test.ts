/**
 * Outside loopback nothing is plain: one case for each port that a setting of any service opens, read from the settings themselves, so that
 * a new listener is here before anybody thinks of it. And a look at the sources: listening is done in few places, and each obeys the rule.
 */

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { createLogger, realPorts, type SettingRow } from '@contor/kit';
import { afterAll, describe, expect, it } from '@jest/globals';
import { SERVICES, type Service, type ServiceRow } from 'contor/services.js';
import { ROOT } from '../../support/root.js';

interface PortRow {
  readonly service: string;
  readonly port: string;
  readonly settings: readonly SettingRow[];
  readonly load: () => Promise<Service>;
}

/** Ports without a host of their own: they open on 127.0.0.1 and nowhere else, which the second table shows. */
const LOOPBACK_ONLY = ['MQTT_HEALTH_PORT'];

const rows: PortRow[] = [];
for (const { name, load } of SERVICES as readonly ServiceRow[]) {
  const settings = Object.values((await load()).settings);
  const ports = settings.filter(({ kind }) => kind === 'port');
  rows.push(...ports.map((row): PortRow => ({ service: name, port: row.name, settings, load })));
}

const folder = mkdtempSync(join(tmpdir(), 'contor-exposure-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the service cannot start without, filled in so that the rule is what it stumbles over. */
function required(settings: readonly SettingRow[]): Record<string, string> {
  const missing = settings.filter(({ fallback, optional }) => fallback === undefined && optional !== true);
  return Object.fromEntries(
    missing.map(({ name, kind }) => [
      name,
      kind === 'path' ? join(folder, name) : kind === 'url' ? 'http://127.0.0.1:9' : 'something',
    ]),
  );
}

async function startOn({ load, settings, port }: PortRow, more: Readonly<Record<string, string>>): Promise<string> {
  const lines: string[] = [];
  const log = createLogger({ service: 'test', write: (line) => lines.push(line) });
  const source = { ...required(settings), [port]: '0', ...more };
  try {
    const running = await (await load()).start(source, { ports: realPorts(), log });
    await running.stop();
    return 'started';
  } catch (error) {
    return (error as { code: string }).code;
  }
}

const hostOf = (port: string) => port.replace(/_PORT$/, '_HOST');
const listening = rows.filter(({ port }) => !LOOPBACK_ONLY.includes(port));

describe('every port of every service', () => {
  it('is found at all', () => expect(rows.length).toBeGreaterThanOrEqual(6));

  it.each(rows)(
    '$port of $service says where it listens, and is on loopback until told otherwise',
    ({ port, settings }) => {
      const host = settings.find(({ name }) => name === hostOf(port));
      if (LOOPBACK_ONLY.includes(port)) expect(host).toBeUndefined();
      else expect(host).toMatchObject({ kind: 'text', fallback: '127.0.0.1' });
    },
  );

  describe.each(listening)('$port of $service', (row) => {
    it.each(['0.0.0.0', '::', '192.0.2.2', '0x7f.1', 'localhost.'])('is not plain on %s', async (host) =>
      expect(await startOn(row, { [hostOf(row.port)]: host, PLATFORM_SECRET: 'a-secret-of-the-platform' })).toBe(
        'config.exposed',
      ),
    );
    it('is not encrypted by half', async () => {
      const certificate = row.port.replace(/_PORT$/, '_TLS_CERT');
      if (!row.settings.some(({ name }) => name === certificate)) return;
      const half = { [hostOf(row.port)]: '0.0.0.0', [certificate]: '/nowhere', PLATFORM_SECRET: 'a-secret' };
      expect(await startOn(row, half)).toBe('config.tls-half');
    });
  });
});

/** Where a socket is opened for others, and why it may be plain there. */
const LISTENERS: Readonly<Record<string, string>> = {
  'kit/src/http-listener.ts': 'refuses to be plain outside loopback by itself',
  'kit/src/real/net.ts': 'the line protocols of meters, which bring their own security',
  'kit/src/lock-directory.ts': 'a socket in a folder',
  'iot-agents/dlms/src/transport/listen.ts': 'refuses to be plain outside loopback by itself',
  'iot-agents/coap/src/transport/dtls-socket.ts': 'never plain: what is not DTLS is dropped',
  'embedded/broker/src/index.ts': 'fastify, after checkExposure',
  'embedded/history/src/index.ts': 'fastify, after checkExposure',
  'embedded/mqtt/src/listener.ts': 'refuses to be plain outside loopback by itself',
  'embedded/mqtt/src/health-server.ts': 'loopback only',
  'iot-agents/mbus/src/simulator/bus/gateway.ts': 'a simulated line, loopback only',
  'iot-agents/elster/src/simulator/street.ts': 'a simulated line, loopback only',
  'iot-agents/mbus/src/simulator/radio.ts': 'a simulated receiver, loopback only',
  'iot-agents/mbus/src/simulator/concentrator/concentrator.ts': 'a simulated concentrator of tests',
  'cli/src/up/doors.ts': 'tries whether a port is free, and closes it',
};

describe('the sources', () => {
  const { workspaces } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { workspaces: string[] };
  const files = workspaces
    .filter((name) => name !== 'tests')
    .flatMap((name) => readdirSync(join(ROOT, name, 'src'), { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
  // The gateway's live state has listeners of another kind.
  const opensSocket = (text: string) =>
    /(?<!\bstate)\.listen\(\s*[^)\s]|createSocket\(|bind\(\s*(port|\{)/.test(
      text.replaceAll(/^\s*(\*|\/\/|\/\*).*$/gm, ''),
    );

  it('listen in these places only', () => {
    const found = files.filter((path) => opensSocket(readFileSync(path, 'utf8')));
    const names = found.map((path) => relative(ROOT, path).split(sep).join('/'));
    expect(names.filter((name) => !(name in LISTENERS))).toEqual([]);
  });
  it.each(Object.keys(LISTENERS))('%s is still one of them', (name) =>
    expect(opensSocket(readFileSync(join(ROOT, name), 'utf8'))).toBe(true),
  );
  it.each(["server.listen(port, '0.0.0.0')", 'app.listen({ host, port })', "dgram.createSocket('udp4')"])(
    'would be caught with %s',
    (text) => expect(opensSocket(text)).toBe(true),
  );
  it.each(['embedded/broker/src/index.ts', 'embedded/history/src/index.ts'])('%s asks checkExposure first', (name) => {
    const text = readFileSync(join(ROOT, name), 'utf8');
    expect(text.indexOf('checkExposure({')).toBeGreaterThan(0);
    expect(text.indexOf('checkExposure({')).toBeLessThan(text.indexOf('.listen('));
  });
  it('never believe a certificate unchecked', () => {
    const lax = files.filter((path) =>
      /rejectUnauthorized: *false|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity/.test(readFileSync(path, 'utf8')),
    );
    expect(lax).toEqual([]);
  });
});

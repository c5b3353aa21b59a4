/** What one history exports another takes: same rows, same kinds, same units. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { SETTINGS, start } from '@contor/history';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { exportRows, importRows } from 'contor/tools/transfer.js';

let folder: string;
let servers: readonly [Server, Server];

interface Server {
  readonly url: string;
  stop(): Promise<void>;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-transfer-'));
  servers = [await open('from'), await open('to')];
}, 30_000);

afterAll(async () => {
  for (const server of servers) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

async function open(name: string): Promise<Server> {
  const config = readSettings(SETTINGS, { HISTORY_DATA: join(folder, name), HISTORY_PORT: '0' });
  const log = createLogger({ service: 'history', write: () => undefined });
  const { url = '', stop } = await start(config, { ports: realPorts(), log });
  return { url, stop };
}

interface Catalogue {
  readonly types: readonly { readonly attributes: readonly object[] }[];
}

const ask = async (server: Server, path: string) => (await fetch(`${server.url}${path}`)).json();

async function attributesOf(server: Server): Promise<ReadonlySet<object>> {
  const { types } = (await ask(server, '/catalogue')) as Catalogue;
  return new Set(types[0]?.attributes);
}

async function lines(server: Server, flags: object = {}): Promise<string[]> {
  const written: string[] = [];
  await exportRows('Meter', { url: server.url, ...flags }, async (line) => void written.push(line));
  return written;
}

const at = (hour: number) => `2026-03-01T0${hour}:00:00.000Z`;
const DATA = [1, 2, 3].flatMap((hour) => [
  {
    ...{ id: 'urn:m:1', type: 'Meter' },
    energy: { type: 'Property', value: hour + 0.125, unitCode: 'KWH', observedAt: at(hour) },
    label: { type: 'Property', value: `${hour}`, observedAt: at(hour) },
    isOpen: { type: 'Property', value: hour === 2, observedAt: at(hour) },
  },
  { id: 'urn:m:2', type: 'Meter', flags: { type: 'Property', value: { code: [hour] }, observedAt: at(hour) } },
]);

it('there and back', async () => {
  const [from, to] = servers;
  const body = JSON.stringify({ data: DATA });
  const told = await fetch(`${from.url}/v2/notify`, {
    method: 'POST',
    body,
    headers: { 'Content-Type': 'application/json' },
  });
  expect(told.status).toBe(200);
  const written = await lines(from);
  expect(written).toHaveLength(6);
  for (let time = 0; time < 2; time += 1) {
    const { rows, refused } = await importRows(
      Readable.from([`${written.join('\n')}\n`]),
      { url: to.url },
      () => undefined,
    );
    expect([rows, refused]).toEqual([6, []]);
  }
  expect(await ask(to, '/v2/types/Meter')).toEqual(await ask(from, '/v2/types/Meter'));
  expect(await attributesOf(to)).toEqual(await attributesOf(from));
  expect(await lines(to)).toEqual(written);
});

it('a part', async () => {
  const written = await lines(servers[0], { attrs: 'energy', from: at(2), to: at(2) });
  expect(written.map((line) => JSON.parse(line))).toEqual([
    {
      ...{ id: 'urn:m:1', type: 'Meter' },
      energy: { type: 'Property', value: 2.125, unitCode: 'KWH', observedAt: at(2) },
    },
  ]);
});

it('lines that are wrong are named, the others taken', async () => {
  const good = (hour: number) => JSON.stringify({ ...DATA[0], id: `urn:n:${hour}` });
  const text = [good(1), '{', good(2), '', '{"id":7,"type":"Meter"}', good(3)].join('\n');
  const { rows, refused } = await importRows(Readable.from([text]), { url: servers[1].url }, () => undefined);
  expect(rows).toBe(3);
  expect(refused.map(({ line }) => line)).toEqual([2, 5]);
});

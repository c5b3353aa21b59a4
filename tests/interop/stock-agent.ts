/**
 * A stock IoT Agent at our broker: provisioning, measures, commands and lazy attributes in NGSI-LD mode, as the library of the
 * FIWARE Foundation does them. The library is AGPL and no part of this project: npm puts it into a temporary folder for the
 * time of the check, and it runs as a process of its own.
 */

import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CONTEXT_URL } from '@contor/orion-config';
import { type BrokerProcess, startBroker } from '../contract/broker/broker-process.js';
import type { Tally } from '../support/tally.js';
import { LAZY_VALUE, type Order, type Report, SERVICE, SERVICE_PATH } from './stock-agent-program.js';

export const LIBRARY = 'iotagent-node-lib@4.14.0';
const DEVICE = 'stock-1';
const ENTITY = 'urn:ngsi-ld:Device:stock-1';
const HEADERS = { 'Fiware-Service': SERVICE, 'Fiware-ServicePath': SERVICE_PATH };
const INSTALL_MS = 180_000;

/** Installs the library; the reason when npm cannot. */
export function installLibrary(folder: string): string | undefined {
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const isWindows = process.platform === 'win32';
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    execFileSync(isWindows ? 'npm.cmd' : 'npm', ['install', ...flags, LIBRARY], {
      ...{ cwd: folder, timeout: INSTALL_MS, stdio: ['ignore', 'ignore', 'pipe'], shell: isWindows },
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 300) : String(error);
  }
}

class Agent {
  readonly reports: Report[] = [];
  readonly #child: ChildProcess;
  readonly url: string;

  private constructor(child: ChildProcess, url: string) {
    this.#child = child;
    this.url = url;
    child.on('message', (report: Report) => this.reports.push(report));
  }

  static async start(folder: string, brokerUrl: string): Promise<Agent> {
    const port = await freePort();
    const child = fork(
      new URL('./stock-agent-program.js', import.meta.url),
      [folder, brokerUrl, String(port), CONTEXT_URL],
      { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    const agent = new Agent(child, `http://127.0.0.1:${port}`);
    await agent.hear('ready');
    return agent;
  }

  async order(order: Order): Promise<void> {
    this.#child.send(order);
    await this.hear('done');
  }

  /** The next report of a kind; a failure, or silence, is thrown. */
  async hear<Kind extends Report['kind']>(kind: Kind): Promise<Extract<Report, { kind: Kind }>> {
    for (let wait = 0; wait < 400; wait += 1) {
      const at = this.reports.findIndex((report) => report.kind === kind);
      if (at >= 0) return this.reports.splice(at, 1)[0] as Extract<Report, { kind: Kind }>;
      const failed = this.reports.find((report) => report.kind === 'failed');
      if (failed !== undefined) throw new Error(`the agent failed: ${JSON.stringify(failed)}`);
      await sleep(25);
    }
    throw new Error(`the agent never said '${kind}'`);
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill();
    await exited;
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new RangeError('a TCP server has a port');
  return address.port;
}

interface Reply {
  readonly status: number;
  readonly json: unknown;
}

async function send(url: string, method: string, body?: unknown): Promise<Reply> {
  const response = await fetch(url, {
    method,
    headers: { ...HEADERS, ...(body !== undefined && { 'Content-Type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
}

function expect(reply: Reply, status: number, ...parts: string[]): void {
  const text = JSON.stringify(reply.json);
  if (reply.status !== status || !parts.every((part) => text.includes(part)))
    throw new Error(`expected ${status} with ${parts.join(' ')}, got ${reply.status} ${text}`);
}

/** Every check on one broker and one agent, in order. */
export async function checkStockAgent(tally: Tally, library: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'contor-interop-'));
  let broker: BrokerProcess | undefined;
  let agent: Agent | undefined;
  try {
    broker = await startBroker({ BROKER_DATA: folder });
    agent = await Agent.start(library, broker.url);
    const api = `${broker.url}/ngsi-ld/v1`;
    await runChecks(tally, api, agent);
    agent = await Agent.start(library, broker.url);
    await checkForgetful(tally, api, agent);
  } finally {
    await agent?.stop();
    await broker?.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** With the memory registry a restarted agent has forgotten its devices, and our broker has not. */
async function checkForgetful(tally: Tally, api: string, agent: Agent): Promise<void> {
  await tally.check(
    `${LIBRARY}: an agent that forgot its device provisions it again once its registration is deleted`,
    async () => {
      const device = { device_id: DEVICE, entity_name: ENTITY, entity_type: 'Device', apikey: 'stock-key' };
      const devices = [{ ...device, commands: [{ name: 'switch', type: 'command' }] }];
      expect(await send(`${agent.url}/iot/devices`, 'POST', { devices }), 400, '409');
      const [found] = (await send(`${api}/csourceRegistrations?id=${ENTITY}`, 'GET')).json as readonly { id: string }[];
      expect(await send(`${api}/csourceRegistrations/${found?.id}`, 'DELETE'), 204);
      expect(await send(`${agent.url}/iot/devices`, 'POST', { devices }), 201);
    },
  );
}

async function runChecks(tally: Tally, api: string, agent: Agent): Promise<void> {
  const check = (what: string, body: () => Promise<void>): Promise<boolean> => tally.check(`${LIBRARY}: ${what}`, body);
  const entity = (query = ''): Promise<Reply> => send(`${api}/entities/${ENTITY}${query}`, 'GET');
  const noCommands = (): void => {
    const more = agent.reports.filter(({ kind }) => kind === 'command');
    if (more.length > 0) throw new Error(`a command came twice: ${JSON.stringify(more)}`);
  };

  await check('a device is provisioned, and its command and lazy attribute are registered', async () => {
    const provisioning = {
      ...{ device_id: DEVICE, entity_name: ENTITY, entity_type: 'Device', apikey: 'stock-key', transport: 'HTTP' },
      attributes: [{ object_id: 't', name: 'temperature', type: 'Number' }],
      // Without an endpoint the library takes the device for one that polls.
      endpoint: 'http://127.0.0.1:9/',
      lazy: [{ object_id: 'l', name: 'level', type: 'Number' }],
      commands: [{ object_id: 's', name: 'switch', type: 'command' }],
    };
    expect(await send(`${agent.url}/iot/devices`, 'POST', { devices: [provisioning] }), 201);
    const found = await send(`${api}/csourceRegistrations?type=Device&attrs=switch`, 'GET');
    expect(found, 200, '"mode":"exclusive"', ENTITY, '"level"', '"switch"', 'retrieveOps', 'updateOps', agent.url);
  });

  await check('a measure is in the broker', async () => {
    const values = [{ name: 'temperature', type: 'Number', value: 21.5 }];
    await agent.order({ kind: 'measure', device: DEVICE, entity: ENTITY, type: 'Device', values });
    expect(await entity('?attrs=temperature&format=simplified'), 200, '"temperature":21.5');
  });

  await check('a command arrives once, as PATCH of one attribute and of several', async () => {
    expect(await send(`${api}/entities/${ENTITY}/attrs/switch`, 'PATCH', { value: 'on' }), 204);
    const first = await agent.hear('command');
    if (first.id !== ENTITY || first.name !== 'switch' || first.value !== 'on') throw new Error(JSON.stringify(first));
    expect(await send(`${api}/entities/${ENTITY}/attrs`, 'PATCH', { switch: { type: 'Property', value: 'off' } }), 204);
    const second = await agent.hear('command');
    if (second.value !== 'off') throw new Error(JSON.stringify(second));
    await sleep(300);
    noCommands();
  });

  await check('what became of the command comes back as _status and _info', async () => {
    const order = { kind: 'result', device: DEVICE, entity: ENTITY, command: 'switch' } as const;
    await agent.order({ ...order, status: 'OK', text: 'switched' });
    expect(
      await entity('?attrs=switch_status,switch_info&format=simplified'),
      200,
      '"switch_status":"OK"',
      '"switch_info":"switched"',
    );
  });

  await check('a lazy attribute is read through, alone and with the rest', async () => {
    expect(await entity('?attrs=level&format=simplified'), 200, `"level":${LAZY_VALUE}`);
    const { names } = await agent.hear('asked');
    if (names.join() !== 'level') throw new Error(`asked for ${names.join()}`);
    const found = await send(`${api}/entities?id=${ENTITY}&attrs=level&format=simplified`, 'GET');
    expect(found, 200, `"level":${LAZY_VALUE}`);
    expect(
      await entity('?format=simplified'),
      200,
      `"level":${LAZY_VALUE}`,
      '"temperature":21.5',
      '"switch_info":"switched"',
    );
  });

  await check('a request for a command and a local attribute is both, and stores only the local one', async () => {
    agent.reports.length = 0;
    expect(await send(`${api}/entities/${ENTITY}/attrs`, 'PATCH', { switch: 1, temperature: 22 }), 204);
    await agent.hear('command');
    const stored = await entity('?local=true&format=simplified');
    expect(stored, 200, '"temperature":22');
    if (JSON.stringify(stored.json).includes('"switch"')) throw new Error('the command was stored');
  });

  await check('a deletion that the agent does not do is a conflict, and not done here either', async () => {
    expect(await send(`${api}/entities/${ENTITY}/attrs/switch`, 'DELETE'), 409, 'Conflict');
  });

  await check('a device that is removed takes its registration with it', async () => {
    const spare = { device_id: 'stock-2', entity_name: `${ENTITY}b`, entity_type: 'Device', apikey: 'stock-key' };
    const devices = [{ ...spare, commands: [{ name: 'switch', type: 'command' }] }];
    expect(await send(`${agent.url}/iot/devices`, 'POST', { devices }), 201);
    expect(await send(`${api}/csourceRegistrations?id=${ENTITY}b`, 'GET'), 200, `${ENTITY}b`);
    expect(await send(`${agent.url}/iot/devices/stock-2?apikey=stock-key`, 'DELETE'), 204);
    const left = await send(`${api}/csourceRegistrations?id=${ENTITY}b`, 'GET');
    expect(left, 200);
    if (JSON.stringify(left.json) !== '[]') throw new Error(JSON.stringify(left.json));
  });

  await check('an agent that is away is a 502 for its commands, and no obstacle to the rest', async () => {
    await agent.stop();
    expect(await send(`${api}/entities/${ENTITY}/attrs/switch`, 'PATCH', { value: 'on' }), 502, 'nothing was sent');
    expect(await entity('?format=simplified'), 200, '"temperature":22');
  });
}

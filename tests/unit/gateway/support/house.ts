/** Identity and gateway as real servers in this process, with a stand-in for broker and history, in a folder of their own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS as GATEWAY_SETTINGS, start as startGateway } from '@contor/gateway';
import {
  clientSecret,
  SETTINGS as IDENTITY_SETTINGS,
  readCredentials,
  startHashing,
  type start as startIdentity,
} from '@contor/identity';
import { passwordsAt } from '@contor/identity/passwords.js';
import { createLogger, type Ports, type Running, readSettings, realPorts } from '@contor/kit';
import { Browser } from './browser.js';

export interface FakeServer {
  readonly url: string;
  readonly requests: { method: string; url: string; headers: IncomingMessage['headers']; body: string }[];
  answer: (request: IncomingMessage, response: ServerResponse, body: string) => void;
  close(): Promise<void>;
}

async function fakeServer(): Promise<FakeServer> {
  const fake: FakeServer = {
    url: '',
    requests: [],
    answer: (_request, response) => response.setHeader('content-type', 'application/json').end('[]'),
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    fake.requests.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, body });
    fake.answer(request, response, body);
  });
  return Object.assign(fake, { url: await listening(server) });
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A port nobody has right now. The two servers must know each other's address before either listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  const { port } = new URL(await listening(server));
  await new Promise((resolve) => server.close(resolve));
  return Number(port);
}

/** The least cost there is: what is tried here is who gets in, and passwords.test.ts tries how hard a password is to guess. */
const startQuickly = startHashing(passwordsAt({ N: 16, r: 8, p: 1 }));

/** What is started; a check puts a weakened one in its place. */
export interface Programs {
  readonly identity: typeof startIdentity;
  readonly gateway: typeof startGateway;
}

export class House {
  readonly log: string[] = [];
  readonly folder: string;
  readonly broker: FakeServer;
  readonly gatewayUrl: string;
  readonly identityUrl: string;
  readonly #extra: Record<string, string>;
  readonly #programs: Programs;
  #identity: Running | undefined;
  #gateway: Running | undefined;

  private constructor(
    folder: string,
    broker: FakeServer,
    ports: readonly [number, number],
    extra: Record<string, string>,
    programs: Programs,
  ) {
    this.folder = folder;
    this.broker = broker;
    this.gatewayUrl = `http://127.0.0.1:${ports[0]}`;
    this.identityUrl = `http://127.0.0.1:${ports[1]}`;
    this.#extra = extra;
    this.#programs = programs;
  }

  static async open(extra: Record<string, string> = {}, programs: Partial<Programs> = {}): Promise<House> {
    const folder = await mkdtemp(join(tmpdir(), 'contor-house-'));
    return new House(folder, await fakeServer(), [await freePort(), await freePort()], extra, {
      ...{ identity: startQuickly, gateway: startGateway },
      ...programs,
    });
  }

  async startIdentity(): Promise<void> {
    const config = readSettings(IDENTITY_SETTINGS, this.#environment());
    this.#identity = await this.#programs.identity(config, {
      ports: portsOfThisRealm(),
      log: this.#logger('identity'),
    });
  }

  async startGateway(): Promise<void> {
    const environment = {
      ...this.#environment(),
      OIDC_CLIENT_SECRET: await clientSecret(join(this.folder, 'identity')),
    };
    const config = readSettings(GATEWAY_SETTINGS, environment);
    this.#gateway = await this.#programs.gateway(config, { ports: portsOfThisRealm(), log: this.#logger('gateway') });
  }

  async start(): Promise<this> {
    await this.startIdentity();
    await this.startGateway();
    await until(async () => this.gateway.health().state === 'ready');
    return this;
  }

  get gateway(): Running {
    if (this.#gateway === undefined) throw new Error('The gateway is not started.');
    return this.#gateway;
  }

  async stopIdentity(): Promise<void> {
    await this.#identity?.stop();
    this.#identity = undefined;
  }

  async stopGateway(): Promise<void> {
    await this.#gateway?.stop();
    this.#gateway = undefined;
  }

  async close(): Promise<void> {
    await this.stopGateway();
    await this.stopIdentity();
    await this.broker.close();
    await rm(this.folder, { recursive: true, force: true });
  }

  async credentials(): Promise<{ username: string; password: string }> {
    const credentials = await readCredentials(join(this.folder, 'identity'));
    if (credentials === undefined) throw new Error('No credentials.');
    return credentials;
  }

  /** A browser in which the manager has signed in. */
  async signedIn(): Promise<Browser> {
    const browser = new Browser();
    const form = await browser.get(`${this.gatewayUrl}/auth/signin`);
    await browser.post(form.url, await this.credentials());
    return browser;
  }

  #environment(): Record<string, string> {
    return {
      IDENTITY_DATA: join(this.folder, 'identity'),
      IDENTITY_PORT: new URL(this.identityUrl).port,
      GATEWAY_DATA: join(this.folder, 'gateway'),
      GATEWAY_PORT: new URL(this.gatewayUrl).port,
      GATEWAY_PUBLIC_URL: this.gatewayUrl,
      OIDC_ISSUER: `${this.identityUrl}/realms/contor`,
      BROKER_URL: this.broker.url,
      HISTORY_URL: this.broker.url,
      ...this.#extra,
    };
  }

  #logger(service: string) {
    return createLogger({ service, level: 'debug', write: (line) => void this.log.push(line) });
  }
}

/** Ports for real use. Inside jest, errors of `fs` are not `instanceof` the Error our code knows; here they are made again with its own. */
export function portsOfThisRealm(): Ports {
  const ports = realPorts();
  const open: Ports['disk']['open'] = async (path, mode) => {
    try {
      return await ports.disk.open(path, mode);
    } catch (error) {
      throw Object.assign(new Error(String(error)), { code: (error as NodeJS.ErrnoException).code });
    }
  };
  return { ...ports, disk: { ...ports.disk, open } };
}

export async function until(condition: () => Promise<boolean>, limitMs = 8_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come true in time.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

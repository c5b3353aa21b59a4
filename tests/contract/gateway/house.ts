/**
 * The gateway's application before a real broker and a real history, each test file with servers of its own. People and partners are those
 * of the access book; what they are given, they see.
 */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Enforcement, openEnforcement } from '@contor/gateway/enforcement.js';
import { SETTINGS } from '@contor/gateway/settings.js';
import { subjectOf, visitorOf } from '@contor/gateway/visitor.js';
import { type BrokerClient, createBrokerClient, createHistoryClient, type HistoryClient } from '@contor/history-query';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { installPlatform, type NgsiEntity } from '@contor/orion-config';
import type { Grant } from '@contor/policy';
import { type Caller, Door } from '../../unit/gateway/support/door.js';

const SECRET = 'a-secret-of-the-platform';

export class House {
  readonly door: Door;
  readonly context: BrokerClient;
  readonly past: HistoryClient;
  readonly brokerUrl: string;
  readonly enforcement: Enforcement;
  readonly #servers: ChildProcess;
  readonly #folder: string;

  private constructor(
    servers: ChildProcess,
    folder: string,
    urls: Urls,
    clients: Pick<House, 'context' | 'past'>,
    door: Door,
    enforcement: Enforcement,
  ) {
    this.#servers = servers;
    this.#folder = folder;
    this.door = door;
    this.enforcement = enforcement;
    this.brokerUrl = urls.brokerUrl;
    this.context = clients.context;
    this.past = clients.past;
  }

  static async open({ environment = {}, seed, as = 'contor' }: Wish = {}): Promise<House> {
    const folder = await mkdtemp(join(tmpdir(), 'contor-gateway-'));
    const serve = fileURLToPath(new URL('../clients/serve.js', import.meta.url));
    const servers = fork(serve, [folder, SECRET, as], { execArgv: [] });
    const [urls] = (await once(servers, 'message')) as [Urls];
    const context = createBrokerClient({ url: urls.brokerUrl, secret: SECRET, context: 'installed' });
    if (as !== 'contor') await installPlatform(context, { historyUrl: urls.historyUrl, secret: SECRET });
    const past = createHistoryClient({ url: urls.historyUrl, secret: SECRET });
    await seed?.(context, past);
    let enforcement: Enforcement | undefined;
    const door: Door = await Door.open(
      { rate: 100_000 },
      {
        enforcement: {
          register(app, guard) {
            enforcement = openContext(guard.publicOrigin, urls, environment, () => door);
            enforcement.register(app, guard);
          },
        },
      },
    );
    if (enforcement === undefined) throw new Error('The door did not open.');
    const opened = enforcement as Enforcement;
    door.book.onChange((id) => opened.recheckSubject(id));
    door.store.onRemoved((key) => opened.closeSession(key));
    return new House(servers, folder, urls, { context, past }, door, opened);
  }

  /** What is written is known to broker, history and the index of the gateway when it resolves. */
  async hold(entities: readonly NgsiEntity[]): Promise<void> {
    const { failed } = await this.context.upsert(entities);
    if (failed.length > 0) throw new Error(JSON.stringify(failed[0]));
    await this.settle();
  }

  /** Until the index holds as many entities as broker and history together, and is true. */
  async settle(): Promise<void> {
    await until(() => this.enforcement.missing.length === 0);
    const path = '/ngsi-ld/v1/entities?type=*&limit=0&count=true';
    const { headers } = await this.context.request({ method: 'GET', path });
    const held = Number(headers['ngsild-results-count']);
    await until(() => (this.enforcement.figures.tied ?? 0) >= held);
  }

  /** A person of the book with these roles who sees these. */
  async person(
    name: string,
    roles: readonly string[],
    sees: 'everything' | readonly (Grant | string)[],
  ): Promise<Caller> {
    const caller = await this.door.signIn(name, roles);
    await this.give(name, roles, sees);
    return caller;
  }

  async give(name: string, roles: readonly string[], sees: 'everything' | readonly (Grant | string)[]): Promise<void> {
    const grants = sees === 'everything' ? [] : sees.map((to) => (typeof to === 'string' ? { to } : to));
    const { people } = this.door.book;
    const before = people.get(name);
    if (before === undefined) throw new Error(`Nobody is called ${name}.`);
    const rights = { roles, everything: sees === 'everything', grants, isLocked: false };
    const { kind } = await people.changeAccess(name, rights, before.revision);
    if (kind !== 'done') throw new Error(`${name} cannot be given that.`);
  }

  async close(): Promise<void> {
    this.enforcement.stop();
    await this.door.close();
    this.context.close();
    this.past.close();
    const hasExited = once(this.#servers, 'exit');
    this.#servers.send('stop');
    await hasExited;
    await rm(this.#folder, { recursive: true, force: true });
  }
}

export interface Wish {
  /** Which broker ours plays. */
  readonly as?: 'contor' | 'orion-ld';
  readonly environment?: Readonly<Record<string, string>>;
  /** What broker and history hold before the gateway looks at them. */
  readonly seed?: (context: BrokerClient, past: HistoryClient) => Promise<void>;
}

interface Urls {
  readonly brokerUrl: string;
  readonly historyUrl: string;
}

function openContext(
  url: string,
  urls: Urls,
  environment: Readonly<Record<string, string>>,
  door: () => Door,
): Enforcement {
  const config = readSettings(SETTINGS, {
    ...{ GATEWAY_DATA: '/nowhere', OIDC_CLIENT_SECRET: 'x', PLATFORM_SECRET: SECRET },
    ...{ BROKER_URL: urls.brokerUrl, HISTORY_URL: urls.historyUrl, ...environment },
  });
  const client = createBrokerClient({ url: urls.brokerUrl, secret: SECRET, context: 'installed' });
  const { clock, random } = realPorts();
  const log = createLogger({ service: 'test', level: 'error', write: () => undefined });
  return openEnforcement({
    ...{ config, client, notifyUrl: url, notifySecret: 'n', sealSecret: 's', version: '1', clock, random, log },
    askers: {
      subjectOf,
      currentSubject: (id) => door().book.subjectOf(id),
      standingOf: (request) => {
        const { subject, standing } = visitorOf(request);
        return { ...standing, current: () => door().book.subjectOf(subject.id) };
      },
    },
  });
}

export async function until(condition: () => boolean | Promise<boolean>, limitMs = 8_000): Promise<void> {
  const deadline = Date.now() + limitMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('It did not come true in time.');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Broker, history, identity and gateway as real servers with the world in them, and one signed-in asker for each role. */

import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS as BROKER, start as startBroker } from '@contor/broker';
import type { GatewayRunning } from '@contor/gateway';
import { openAccessBook } from '@contor/gateway/book/open.js';
import { newApiKey } from '@contor/gateway/partner/api-key.js';
import { SETTINGS as HISTORY, start as startHistory } from '@contor/history';
import { createBrokerClient, createHistoryClient } from '@contor/history-query';
import { openUsers } from '@contor/identity/users.js';
import { createLogger, openDocuments, openDurableLog, type Running, readSettings, realPorts } from '@contor/kit';
import { installPlatform, type NgsiEntity } from '@contor/orion-config';
import { SEED_ROLES, type SeedRole } from '@contor/policy';
import { Browser } from '../unit/gateway/support/browser.js';
import { House } from '../unit/gateway/support/house.js';
import { createWorld, id, type Side, type World } from './tenancy-world.js';

/** Somebody who asks: their name in the matrix, their roles, and how a request of theirs is sent. */
export interface Asker {
  readonly name: string;
  readonly roles: readonly string[];
  readonly isPartner: boolean;
  send(method: string, url: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>;
}

export interface TenancyHouse {
  readonly gatewayUrl: string;
  readonly world: World;
  readonly askers: readonly Asker[];
  readonly subjects: Readonly<Record<string, string>>;
  readonly manager: Asker;
  /** A partner that sees the neighbour's site only. */
  readonly otherPartner: Asker;
  /** Where broker and partners' subscriptions may be told. */
  readonly brokerUrl: string;
  readonly sink: Sink;
  /** Routes as the running application has them. */
  readonly routes: readonly { readonly method: string; readonly path: string }[];
  close(): Promise<void>;
}

const PASSWORD = 'a long sentence for a check of tenants';
const FOREIGN_TENANT = 'abroad';
/** With one, being on the same machine opens no door. */
const SECRET = 'a secret of the platform, for this check';
const LOG = createLogger({ service: 'check', level: 'error' });
const onFatal = (error: Error): never => {
  throw error;
};
/** May write, which no role may by itself. */
const WRITER: SeedRole = {
  name: 'writer',
  title: 'Writer',
  functions: ['live.view', 'history.view', 'site.view', 'context.write', 'consent.change'],
};

export async function openTenancyHouse(nowMs: number): Promise<TenancyHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'contor-tenancy-'));
  const world = createWorld(nowMs);
  const servers = await startServers(folder);
  await furnish(servers, world);
  const sink = await openSink();
  const house = await House.open({
    GATEWAY_NOTIFY_HOSTS: '127.0.0.1',
    ...{ BROKER_URL: servers.brokerUrl, HISTORY_URL: servers.historyUrl },
    // Thousands of questions in a minute, from strangers at as many addresses.
    ...{ PLATFORM_SECRET: SECRET, GATEWAY_RATE: '1000000', GATEWAY_PROXIES: '127.0.0.1' },
  });
  const roles = [...SEED_ROLES.map(({ name }) => name), WRITER.name];
  const subjects = await addPeople(house.folder, roles);
  const [key, otherKey] = await fillBook(house.folder, subjects);
  await house.start();
  const manager = await personOf(house, 'administrator', ['manager', 'data-administrator']);
  const askers: Asker[] = [];
  for (const role of roles) askers.push(await personOf(house, `person-${role}`, [role]));
  askers.push(partnerOf(house.gatewayUrl, key), signedOut(house.gatewayUrl));
  return {
    ...{ gatewayUrl: house.gatewayUrl, brokerUrl: servers.brokerUrl, world, askers, subjects, manager, sink },
    otherPartner: { ...partnerOf(house.gatewayUrl, otherKey), name: 'other partner' },
    routes: (house.gateway as GatewayRunning).routes(),
    async close() {
      await house.close();
      await servers.stop();
      await sink.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Servers {
  readonly brokerUrl: string;
  readonly historyUrl: string;
  stop(): Promise<void>;
}

async function startServers(folder: string): Promise<Servers> {
  const environment = { ports: realPorts(), log: LOG };
  const history = await startHistory(
    readSettings(HISTORY, { PLATFORM_SECRET: SECRET, HISTORY_PORT: '0', HISTORY_DATA: join(folder, 'history') }),
    environment,
  );
  const broker = await startBroker(
    readSettings(BROKER, { PLATFORM_SECRET: SECRET, BROKER_PORT: '0', BROKER_DATA: join(folder, 'broker') }),
    environment,
  );
  const urlOf = ({ url }: Running) => url ?? '';
  return {
    ...{ brokerUrl: urlOf(broker), historyUrl: urlOf(history) },
    async stop() {
      await broker.stop();
      await history.stop();
    },
  };
}

/** Each tenant's things go to its own drawers of the same two servers. */
async function furnish({ brokerUrl, historyUrl }: Servers, world: World): Promise<void> {
  const drawers: readonly (readonly [string | undefined, readonly Side[]])[] = [
    [undefined, ['own', 'other']],
    [FOREIGN_TENANT, ['abroad']],
  ];
  for (const [tenant, sides] of drawers) {
    const broker = createBrokerClient({ url: brokerUrl, tenant, secret: SECRET, context: 'installed' });
    const history = createHistoryClient({ url: historyUrl, tenant, secret: SECRET });
    await installPlatform(broker, { historyUrl, tenant, secret: SECRET });
    for (const side of sides) {
      const { failed } = await broker.upsert(world.entities(side));
      if (failed.length > 0) throw new Error(`The broker refused ${JSON.stringify(failed[0])}.`);
      await history.append(world.rows(side));
    }
    broker.close();
    history.close();
  }
}

/** Accounts at the provider; answers the subject of each. */
async function addPeople(folder: string, roles: readonly string[]): Promise<Readonly<Record<string, string>>> {
  const { disk, clock } = realPorts();
  const directory = join(folder, 'identity', 'log');
  await disk.makeDirectory(directory);
  const durable = await openDurableLog({ disk, clock, directory, kind: 'identity', version: 1, onFatal });
  const documents = await openDocuments({ durable, clock, log: LOG });
  const users = openUsers(documents);
  const subjects: Record<string, string> = {};
  const people: readonly (readonly [string, readonly string[]])[] = [
    ['administrator', ['manager', 'data-administrator']],
    ...roles.map((role) => [`person-${role}`, [role]] as const),
  ];
  for (const [username, held] of people) {
    const made = await users.add(
      { username, firstName: 'Person', lastName: username, roles: held, password: PASSWORD },
      clock.nowMs(),
    );
    if (typeof made === 'string') throw new Error(`The account ${username} could not be made: ${made}.`);
    subjects[username] = made.id;
  }
  await documents.close();
  return subjects;
}

/** Everybody but the administrator sees the own site; the customer sees what the customer's points show. Answers the partner's key. */
async function fillBook(
  folder: string,
  subjects: Readonly<Record<string, string>>,
): Promise<readonly [own: string, other: string]> {
  const { disk, clock, random } = realPorts();
  const dataFolder = join(folder, 'gateway');
  await disk.makeDirectory(dataFolder);
  const book = await openAccessBook({
    disk,
    clock,
    log: LOG,
    dataFolder,
    tenant: 'default',
    seeds: SEED_ROLES,
    providerRoles: 'adopt',
    onFatal,
  });
  done(await book.roles.change(WRITER, 'new'));
  for (const [username, subject] of Object.entries(subjects)) {
    const roles = username === 'administrator' ? ['manager', 'data-administrator'] : [username.replace('person-', '')];
    const entry = await book.people.adopt({ subject, username, fullName: username, roles });
    if (entry === undefined) throw new Error(`${username} found no place in the book.`);
    if (username === 'administrator') continue;
    const grants = [{ to: id(username === 'person-customer' ? 'Customer' : 'Site', 'own') }];
    done(await book.people.changeAccess(subject, { everything: false, grants }, entry.revision));
  }
  const partner = async (name: string, site: Side): Promise<string> => {
    const rights = { roles: ['dso'], everything: false, grants: [{ to: id('Site', site) }], isLocked: false };
    done(await book.partners.add(name, { name, ...rights }));
    const { text, kept } = newApiKey(random, clock.nowMs());
    done(await book.partners.addKey(name, kept, clock.nowMs()));
    return text;
  };
  const keys = [await partner('city-app', 'own'), await partner('other-app', 'other')] as const;
  await book.close();
  return keys;
}

function done(outcome: { readonly kind: string }): void {
  if (outcome.kind !== 'done') throw new Error(`The book refused: ${JSON.stringify(outcome)}.`);
}

/** Signs in with a browser of their own; every request carries what a page of ours would send. */
async function personOf(house: House, username: string, roles: readonly string[]): Promise<Asker> {
  const browser = new Browser();
  const form = await browser.get(`${house.gatewayUrl}/auth/signin`);
  await browser.post(form.url, { username, password: PASSWORD });
  const session = await browser.raw('GET', `${house.gatewayUrl}/api/session`, { accept: 'application/json' });
  if (session.status !== 200) throw new Error(`${username} could not sign in: ${session.status}.`);
  const { csrfToken } = (await session.json()) as { csrfToken: string };
  return {
    ...{ name: username.replace('person-', ''), roles, isPartner: false },
    send: (method, url, body, headers = {}) =>
      browser.raw(
        method,
        house.gatewayUrl + url,
        { accept: 'application/json', 'x-csrf-token': csrfToken, ...contentOf(body), ...headers },
        body === undefined ? undefined : JSON.stringify(body),
      ),
  };
}

function partnerOf(gatewayUrl: string, key: string): Asker {
  return {
    ...{ name: 'partner', roles: ['dso'], isPartner: true },
    send: sender(gatewayUrl, () => ({ authorization: `Bearer ${key}` })),
  };
}

function signedOut(gatewayUrl: string): Asker {
  let asked = 0;
  const nextAddress = () => {
    asked += 1;
    return { 'x-forwarded-for': `10.${(asked >> 16) & 255}.${(asked >> 8) & 255}.${asked & 255}` };
  };
  return { ...{ name: 'signed out', roles: [], isPartner: false }, send: sender(gatewayUrl, nextAddress) };
}

function sender(gatewayUrl: string, own: () => Readonly<Record<string, string>>): Asker['send'] {
  return (method, url, body, headers = {}) =>
    fetch(gatewayUrl + url, {
      ...{ method, redirect: 'manual' },
      headers: { accept: 'application/json', ...own(), ...contentOf(body), ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** A partner's own server: remembers what it was told. */
export interface Sink {
  readonly url: string;
  readonly told: string[];
  close(): Promise<void>;
}

async function openSink(): Promise<Sink> {
  const told: string[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += String(chunk);
    told.push(`${request.url} ${body}`);
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { url: `http://127.0.0.1:${port}`, told, close };
}

/** As an agent would: the platform's own secret, past the gateway. */
export async function tellBroker(url: string, entities: readonly NgsiEntity[]): Promise<void> {
  const broker = createBrokerClient({ url, secret: SECRET, context: 'installed' });
  await broker.upsert(entities);
  broker.close();
}

function contentOf(body: unknown): Readonly<Record<string, string>> {
  return body === undefined ? {} : { 'content-type': 'application/json' };
}

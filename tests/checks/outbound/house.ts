/** The real servers as processes, on ports of their own: broker, history, identity and gateway, and somebody who has signed in. */

import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { clientSecret } from '@contor/identity';
import { freePorts } from '../../support/platform.js';
import { CONTOR, ServiceProcess } from '../../support/service-process.js';
import { Browser } from '../../unit/gateway/support/browser.js';

export interface Wishes {
  readonly names: Readonly<Record<string, readonly (readonly string[])[]>>;
  /** Hosts that the operator allows everywhere. */
  readonly allowed: readonly string[];
  /** The same, with ports, for @contexts. */
  readonly contexts: readonly string[];
}

export interface House {
  readonly broker: string;
  readonly history: string;
  readonly identity: string;
  readonly gateway: string;
  readonly browser: Browser;
  readonly csrfToken: string;
  /** Every name that a server asked for. */
  lookups(): readonly string[];
  stop(): Promise<void>;
}

const RESOLVER = fileURLToPath(new URL('./resolver.js', import.meta.url));
const READY_WITHIN_MS = 30_000;

export async function openHouse({ names, allowed, contexts }: Wishes): Promise<House> {
  const home = mkdtempSync(join(tmpdir(), 'contor-outbound-'));
  const ports = await freePorts(4);
  const [broker, history, identity, gateway] = ports.map((port) => `http://127.0.0.1:${port}`) as [
    string,
    string,
    string,
    string,
  ];
  const log = join(home, 'lookups');
  const data = (name: string) => join(home, name);
  const common = {
    CONTOR_CHECK_NAMES: JSON.stringify(names),
    CONTOR_CHECK_LOOKUPS: log,
    NODE_OPTIONS: `--import=${RESOLVER}`,
    CONTOR_SECRETS: data('secrets'),
  };
  const processes: ServiceProcess[] = [];
  const run = async (name: string, at: string, environment: Record<string, string>): Promise<void> => {
    const prefix = name.toUpperCase();
    const own = { [`${prefix}_PORT`]: new URL(at).port, [`${prefix}_DATA`]: data(name) };
    const service = new ServiceProcess({
      name,
      args: [CONTOR, name],
      environment: { ...common, ...own, ...environment },
      logFolder: home,
    });
    processes.push(service);
    service.start();
    await answering(at, join(home, `${name}.log`));
  };
  await Promise.all([
    run('broker', broker, {
      BROKER_NOTIFY_HOSTS: allowed.join(','),
      BROKER_FORWARD_HOSTS: allowed.join(','),
      BROKER_CONTEXT_HOSTS: contexts.join(','),
      BROKER_NOTIFY_TIMEOUT: '1s',
    }),
    run('history', history, {}),
    run('identity', identity, { GATEWAY_PUBLIC_URL: gateway }),
  ]);
  await run('gateway', gateway, {
    BROKER_URL: broker,
    HISTORY_URL: history,
    OIDC_ISSUER: `${identity}/realms/contor`,
    OIDC_CLIENT_SECRET: await clientSecret(data('identity')),
    GATEWAY_NOTIFY_HOSTS: ['localhost', ...allowed].join(','),
    GATEWAY_NOTIFY_URL: gateway.replace('127.0.0.1', 'friend.test'),
  });
  const { browser, csrfToken } = await signIn(gateway, data('identity'));
  return {
    ...{ broker, history, identity, gateway, browser, csrfToken },
    lookups: () => readFileSync(log, 'utf8').split('\n'),
    async stop() {
      await Promise.all(processes.map((service) => service.stop()));
      rmSync(home, { recursive: true, force: true });
    },
  };
}

async function signIn(gateway: string, identityData: string): Promise<{ browser: Browser; csrfToken: string }> {
  const credentials = JSON.parse(readFileSync(join(identityData, 'manager.json'), 'utf8')) as Record<string, string>;
  const browser = new Browser();
  for (const untilMs = Date.now() + READY_WITHIN_MS; Date.now() < untilMs; await pause(100)) {
    const form = await browser.get(`${gateway}/auth/signin`);
    if (form.status !== 200) continue; // The gateway looks for the provider.
    await browser.post(form.url, credentials);
    const session = await browser.get(`${gateway}/api/session`);
    if (session.status !== 200)
      throw new Error(`nobody could sign in: ${session.status} ${session.body.slice(0, 300)}`);
    return { browser, csrfToken: (JSON.parse(session.body) as { csrfToken: string }).csrfToken };
  }
  throw new Error('the gateway did not find the provider');
}

async function answering(url: string, log: string): Promise<void> {
  for (const untilMs = Date.now() + READY_WITHIN_MS; Date.now() < untilMs; await pause(50)) {
    const answer = await fetch(`${url}/health`).catch(() => undefined);
    if (answer !== undefined) return;
  }
  throw new Error(`nothing answers at ${url}:\n${readFileSync(log, 'utf8').slice(-2_000)}`);
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

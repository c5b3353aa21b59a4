/** Broker, history and gateway for a bench, each in a process of its own, and what the gateway costs meanwhile. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type BrokerClient, createBrokerClient } from '@contor/history-query';
import { benchTown } from './gateway-town.js';

const SECRET = 'a-secret-of-the-bench';

export interface Weight {
  readonly cpuUs: number;
  readonly rss: number;
  readonly figures: Readonly<Record<string, number>>;
}

export interface GatewayHouse {
  readonly brokerUrl: string;
  readonly gatewayUrl: string;
  readonly secret: string;
  /** Of `all`, then of each site, then of each watcher of the first. */
  readonly keys: readonly string[];
  /** From the start of the gateway until it knew who sees what, and what it needed for that. */
  readonly known: { readonly afterMs: number; readonly cpuMs: number };
  /** What the broker shows with its notifications. */
  notifySecret(): Promise<string>;
  weigh(): Promise<Weight>;
  close(): Promise<void>;
}

export async function openGatewayHouse(sites: number, rows: number, watchers = 0): Promise<GatewayHouse> {
  const folder = await mkdtemp(join(tmpdir(), 'contor-bench-gateway-'));
  const serve = new URL('../contract/clients/serve.js', import.meta.url);
  const servers = fork(serve, [folder, SECRET], { execArgv: [] });
  const { brokerUrl, historyUrl } = await said<{ brokerUrl: string; historyUrl: string }>(servers);
  const client = createBrokerClient({ url: brokerUrl, secret: SECRET });
  await client.upsert(benchTown(sites, rows));
  const process = new URL('./gateway-process.js', import.meta.url);
  const gateway = fork(process, [folder, brokerUrl, historyUrl, SECRET, String(sites), String(watchers)], {
    execArgv: [],
  });
  const { url: gatewayUrl, keys } = await said<{ url: string; keys: readonly string[] }>(gateway);
  const startedMs = performance.now();
  const weigh = async (): Promise<Weight> => {
    gateway.send('weigh');
    return said<Weight>(gateway);
  };
  const before = await weigh();
  let weight = before;
  while ((weight.figures.tied ?? 0) < sites * (1 + 2 * rows)) {
    await sleep(20);
    weight = await weigh();
  }
  const cpuMs = Math.round((weight.cpuUs - before.cpuUs) / 1_000);
  const known = { afterMs: Math.round(performance.now() - startedMs), cpuMs };
  return {
    ...{ brokerUrl, gatewayUrl, keys, weigh, secret: SECRET, known },
    notifySecret: () => notifySecretOf(client),
    async close() {
      client.close();
      gateway.kill();
      const hasExited = once(servers, 'exit');
      servers.send('stop');
      await hasExited;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function notifySecretOf(client: BrokerClient): Promise<string> {
  const path = '/ngsi-ld/v1/subscriptions/urn:ngsi-ld:Subscription:contor-gateway-live';
  const { body } = await client.request({ method: 'GET', path });
  const { notification } = body as { notification: { endpoint: { receiverInfo: readonly { value: string }[] } } };
  return notification.endpoint.receiverInfo[0]?.value ?? '';
}

export async function said<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

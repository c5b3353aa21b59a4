/** The provisioning API on a port of its own, over a registry on a simulated disk. */

import type { Server } from 'node:http';
import { type DeviceRegistry, openDeviceRegistry, provisioningApp } from '@contor/agent-kit';
import {
  closeHttp,
  createLogger,
  type Health,
  type Logger,
  listenHttp,
  SimulatedClock,
  SimulatedDisk,
  seededRandom,
  urlOf,
} from '@contor/kit';

export const SERVICE = { 'fiware-service': 'openiot', 'fiware-servicepath': '/' };

export interface Api {
  readonly registry: DeviceRegistry;
  readonly url: string;
  call(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answered>;
  close(): Promise<void>;
}

interface Answered {
  readonly status: number;
  readonly body: unknown;
  readonly headers: Headers;
}

export interface ApiOptions {
  readonly secret?: string;
  readonly health?: () => Health;
  readonly log?: Logger;
}

export async function openApi({ secret, health, log }: ApiOptions = {}): Promise<Api> {
  const disk = new SimulatedDisk({ random: seededRandom('provisioning') }).boot();
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20));
  const lines = log ?? createLogger({ service: 'agent-test', write: () => undefined });
  const onFatal = (error: Error): void => {
    throw error;
  };
  const registry = await openDeviceRegistry({ disk, clock, log: lines, dataFolder: '/agent', onFatal });
  const app = provisioningApp({
    ...{ agent: 'agent-test', registry, secret, isLoopback: true, log: lines },
    health: health ?? (() => ({ state: 'ready', figures: { received: 12, forwarded: 11, deadLetters: 1 } })),
  });
  const host = '127.0.0.1';
  const server: Server = await listenHttp({ host, port: 0, setting: 'TEST_PORT' }, app);
  const url = urlOf(server, { host });
  return {
    registry,
    url,
    async call(method, path, body, headers = SERVICE) {
      const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
      const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { ...type, ...headers },
        ...(text === undefined ? {} : { body: text }),
      });
      const answer = await response.text();
      const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
      return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(answer) : answer };
    },
    async close() {
      await closeHttp(server);
      await registry.close();
    },
  };
}

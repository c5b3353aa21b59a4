/** The history under test: HISTORY_URL when it is set (any QuantumLeap-like server), else one of ours in this process. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS, start } from '@contor/history';
import { createLogger, readSettings, realPorts } from '@contor/kit';

export interface Instance {
  readonly url: string;
  readonly isOurs: boolean;
  /** It has what QuantumLeap has not. */
  readonly hasOwn: boolean;
  /** Headers of a tenant that no other run has used. */
  readonly tenant: Readonly<Record<string, string>>;
  get(path: string, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Reply>;
  stop(): Promise<void>;
}

interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: unknown;
}

let tenants = 0;

export async function openInstance(environment: Readonly<Record<string, string>> = {}): Promise<Instance> {
  const given = process.env.HISTORY_URL;
  const embedded = given === undefined || given === '' ? await startEmbedded(environment) : undefined;
  const url = embedded?.url ?? given ?? '';
  tenants += 1;
  const name = `contract_${Date.now().toString(36)}_${process.pid}_${tenants}`;
  const tenant = { 'NGSILD-Tenant': name, 'Fiware-Service': name };
  const send: Instance['send'] = async (method, path, body, headers = tenant) => {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...(payload === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  };
  const { status } = await fetch(`${url}/capabilities`);
  if (embedded !== undefined && environment.HISTORY_AS === undefined && status === 404) {
    throw new Error('Our own history hides what it has: its cases would pass unseen.');
  }
  return {
    ...{ url, tenant, send },
    hasOwn: status === 200,
    isOurs: embedded !== undefined,
    get: (path, headers) => send('GET', path, undefined, headers),
    stop: async () => embedded?.stop(),
  };
}

async function startEmbedded(environment: Readonly<Record<string, string>>) {
  const folder = await mkdtemp(join(tmpdir(), 'contor-history-'));
  const config = readSettings(SETTINGS, { HISTORY_DATA: folder, HISTORY_PORT: '0', ...environment });
  const log = createLogger({ service: 'history', level: 'warn', write: () => undefined });
  const running = await start(config, { ports: realPorts(), log });
  return {
    url: running.url,
    async stop() {
      await running.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined; // A plain text answer.
    throw error;
  }
}

/** The broker under test: BROKER_URL when it is set (any NGSI-LD broker), else one of ours in this process, in a folder of its own. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS, start } from '@contor/broker';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { describe, it } from '@jest/globals';

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** undefined when the answer is not JSON. */
  readonly json: unknown;
}

export type Headings = Readonly<Record<string, string>>;

export interface Instance {
  readonly url: string;
  /** A JSON body is serialized, a text goes as it is. */
  send(method: string, path: string, body?: unknown, headers?: Headings): Promise<Reply>;
  stop(): Promise<void>;
}

/** A broker that we did not start: it keeps its state, has no settings of ours and is not restarted. */
const isForeign = (process.env.BROKER_URL ?? '') !== '';
/** A foreign one, or ours with BROKER_AS=orion-ld: it lacks what only ours has. */
export const isPlayed = isForeign || (process.env.BROKER_AS ?? 'contor') !== 'contor';

/** Cases that need what only ours has, or that stop and start it: skipped, by name, where another broker is meant. */
export const describeOurs: typeof describe.skip = isPlayed ? describe.skip : describe;
/** Cases with settings of their own: skipped, by name, where the broker is not ours to start. */
export const describeSet: typeof describe.skip = isForeign ? describe.skip : describe;
export const itOurs: typeof it.skip = isPlayed ? it.skip : it;

/** Whether the answer is one of those in which the broker that is played differs. */
export function deviates({ headers }: Reply): boolean {
  return headers.has('Contor-Deviation');
}

export async function openInstance(environment: Headings = {}): Promise<Instance> {
  const given = process.env.BROKER_URL;
  if (given !== undefined && given !== '') return { url: given, send: sender(given), stop: async () => undefined };
  const folder = await mkdtemp(join(tmpdir(), 'contor-broker-'));
  const config = readSettings(SETTINGS, { ...process.env, BROKER_PORT: '0', BROKER_DATA: folder, ...environment });
  const broker = await start(config, { ports: realPorts(), log: createLogger({ service: 'broker', level: 'error' }) });
  const url = broker.url ?? '';
  return {
    url,
    send: sender(url),
    async stop() {
      await broker.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function sender(url: string): Instance['send'] {
  return async (method, path, body, headers = {}) => {
    const payload = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const response = await fetch(url + path, {
      method,
      headers: { ...(payload === undefined ? {} : { 'Content-Type': 'application/json' }), ...headers },
      ...(payload === undefined ? {} : { body: payload }),
    });
    const text = await response.text();
    return { status: response.status, headers: response.headers, text, json: parse(text) };
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

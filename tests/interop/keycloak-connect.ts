/**
 * Keycloak's own adapter for Node on the table of forty tokens, by which docs/adr/0008 was decided. npm puts it into a temporary folder for the time
 * of the check. When its figures change, the decision is to be looked at again.
 */

import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Application, RequestHandler } from 'express';
import { TOKENS, type TokenMint } from '../support/token-table.js';

export const ADAPTER = 'keycloak-connect@26.1.1';
/** What it judged rightly when the decision was taken: with its audience check switched on, and as it comes. */
export const KNOWN = { withAudience: 31, asItComes: 29 } as const;
const INSTALL_MS = 180_000;
const ANSWER_MS = 5_000;

interface Adapter {
  middleware(): RequestHandler[];
  protect(): RequestHandler;
}

/** Installs it; the reason when npm cannot. */
export function installAdapter(folder: string): string | undefined {
  writeFileSync(join(folder, 'package.json'), '{"private":true}');
  const isWindows = process.platform === 'win32';
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  try {
    execFileSync(isWindows ? 'npm.cmd' : 'npm', ['install', ...flags, ADAPTER, 'express@5.3.0'], {
      ...{ cwd: folder, timeout: INSTALL_MS, stdio: ['ignore', 'ignore', 'pipe'], shell: isWindows },
    });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message.slice(0, 300) : String(error);
  }
}

export interface AdapterFigures {
  readonly withAudience: number;
  readonly asItComes: number;
  /** With the audience check. */
  readonly wrong: readonly string[];
}

export async function judgeWithAdapter(folder: string): Promise<AdapterFigures> {
  const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const jwk = { ...createPublicKey(key).export({ format: 'jwk' }), kid: 'sig-1', use: 'sig', alg: 'RS256' };
  const provider = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: [jwk] }));
  });
  const url = await listening(provider);
  try {
    const now = Math.floor(Date.now() / 1000);
    const facts = { issuer: `${url}/realms/contor`, audience: 'contor-api', party: 'contor-dashboard' };
    const mint: TokenMint = { ...facts, kid: 'sig-1', key, type: 'JWT', now };
    const strict = await judge(folder, url, mint, true);
    const plain = await judge(folder, url, mint, false);
    return { withAudience: TOKENS.length - strict.length, asItComes: TOKENS.length - plain.length, wrong: strict };
  } finally {
    provider.close();
  }
}

async function judge(folder: string, url: string, mint: TokenMint, hasAudience: boolean): Promise<readonly string[]> {
  const load = createRequire(join(folder, 'package.json'));
  const Keycloak = load('keycloak-connect') as new (options: object, config: object) => Adapter;
  const express = load('express') as () => Application;
  const adapter = new Keycloak(
    {},
    {
      ...{ realm: 'contor', 'auth-server-url': `${url}/`, resource: mint.audience, 'ssl-required': 'none' },
      ...{ 'bearer-only': true, 'verify-token-audience': hasAudience },
    },
  );
  const app = express();
  app.use(...adapter.middleware());
  app.get('/', adapter.protect(), (_request, response) => void response.status(200).end());
  const server = createServer(app);
  const address = await listening(server);
  try {
    const wrong: string[] = [];
    for (const { name, isGood, make } of TOKENS) {
      const headers = { authorization: `Bearer ${await make(mint)}` };
      const answer = await fetch(address, { headers, signal: AbortSignal.timeout(ANSWER_MS) });
      await answer.arrayBuffer();
      const isTaken = answer.status === 200;
      if (isTaken !== isGood) wrong.push(`${name}: ${answer.status}`);
    }
    return wrong;
  } finally {
    server.close();
  }
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/**
 * What the gateway's door costs: the policy's decision, the guard before a handler, and a whole request beside one that a bare Express
 * application answers with the same bytes, at 500 requests a second each.
 */

import { request as ask, createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { GUARDS } from '@contor/gateway/guard.js';
import { newApiKey } from '@contor/gateway/partner/api-key.js';
import { seededRandom } from '@contor/kit';
import { decide, findRoute } from '@contor/policy';
import express from 'express';
import { type Caller, Door } from '../unit/gateway/support/door.js';
import { quantile } from './quantiles.js';

export interface GatewayBenchResult {
  readonly bench: 'gateway';
  readonly decideUs: number;
  readonly findRouteUs: number;
  readonly guardByCookieUs: number;
  readonly guardByKeyUs: number;
  readonly requestsPerSecond: number;
  readonly bareP50Ms: number;
  readonly bareP95Ms: number;
  readonly gatewayP50Ms: number;
  readonly gatewayP95Ms: number;
}

const PEOPLE = 500;
const CALLS = 200_000;
const RATE = 500;
const SECONDS = 5;
const PATH = '/api/ngsi-ld/v1/entities/urn:ngsi-ld:Device:1';
const ROW = '/api/ngsi-ld/v1/entities/:entityId';

type Handler = (request: object, response: object, next: () => void) => Promise<void> | void;

export async function benchGateway(): Promise<GatewayBenchResult> {
  const door = await Door.open({ rate: 1_000_000_000 });
  const bare = await listening(express().get(ROW, (_request, response) => void response.json([])));
  try {
    const { viewer, partner } = await populate(door);
    const subject = door.book.subjectOf('viewer');
    const row = findRoute('GET', PATH);
    const guard = guardOf(door);
    const [control, own] = [await load(bare.url, viewer), await load(door.url, viewer)];
    return {
      bench: 'gateway',
      decideUs: await cpuUs(() => void decide(subject, row)),
      findRouteUs: await cpuUs(() => void findRoute('GET', PATH)),
      guardByCookieUs: await cpuUs(() => guard(fake(viewer), RESPONSE, done)),
      guardByKeyUs: await cpuUs(() => guard(fake(partner), RESPONSE, done)),
      requestsPerSecond: RATE,
      ...{ bareP50Ms: quantile(control, 0.5), bareP95Ms: quantile(control, 0.95) },
      ...{ gatewayP50Ms: quantile(own, 0.5), gatewayP95Ms: quantile(own, 0.95) },
    };
  } finally {
    bare.server.closeAllConnections();
    bare.server.close();
    await door.close();
  }
}

/** A book of a size, and two who ask. */
async function populate(door: Door): Promise<{ readonly viewer: Caller; readonly partner: Caller }> {
  await door.signIn('root', ['data-administrator']);
  for (let n = 0; n < PEOPLE; n += 1) {
    await door.book.people.adopt({ subject: `p${n}`, username: `p${n}`, fullName: `P ${n}`, roles: ['viewer'] });
  }
  const rights = { roles: ['supplier'], everything: true, grants: [], isLocked: false };
  await door.book.partners.add('energo', { ...rights, name: 'Energo', quota: 1_000_000_000 });
  const { text, kept } = newApiKey(seededRandom('bench'), door.clock.nowMs());
  await door.book.partners.addKey('energo', kept, 0);
  return { viewer: await door.signIn('viewer', ['viewer']), partner: { 'x-api-key': text } };
}

function guardOf(door: Door): Handler {
  interface Layer {
    readonly route?: { readonly path: string; readonly stack: readonly { readonly handle: object }[] };
  }
  const layers = (door.app.router as unknown as { stack: readonly Layer[] }).stack;
  const handles = layers.filter(({ route }) => route?.path === ROW).map(({ route }) => route?.stack[0]?.handle);
  const guard = handles.find((handle) => (handle as { [GUARDS]?: { method: string } })[GUARDS]?.method === 'GET');
  return guard as Handler;
}

function fake(headers: Caller): object {
  const rawHeaders = Object.entries(headers).flat();
  return { headers, rawHeaders, method: 'GET', path: PATH, originalUrl: PATH, ip: '127.0.0.1' };
}

const RESPONSE = { set: () => undefined, append: () => undefined };
const done = () => undefined;

async function cpuUs(run: () => Promise<void> | void): Promise<number> {
  for (let n = 0; n < CALLS / 10; n += 1) await run();
  const before = process.cpuUsage();
  for (let n = 0; n < CALLS; n += 1) await run();
  const { user, system } = process.cpuUsage(before);
  return Math.round(((user + system) / CALLS) * 100) / 100;
}

/** Milliseconds of each answer, asked at a fixed rate whether or not the last one has come. */
async function load(url: string, headers: Caller): Promise<readonly number[]> {
  const waits: number[] = [];
  const startedAt = performance.now();
  const pending: Promise<void>[] = [];
  for (let n = 0; n < RATE * SECONDS; n += 1) {
    const dueMs = (n * 1_000) / RATE - (performance.now() - startedAt);
    if (dueMs > 1) await sleep(dueMs);
    pending.push(once(url, headers).then((ms) => void (n >= RATE && waits.push(ms))));
  }
  await Promise.all(pending);
  return waits.sort((a, b) => a - b);
}

function once(url: string, headers: Caller): Promise<number> {
  const from = performance.now();
  return new Promise((resolve, reject) => {
    const read = (answer: IncomingMessage) => {
      if (answer.statusCode !== 200) reject(new Error(`answered ${answer.statusCode}`));
      answer.resume().once('end', () => resolve(performance.now() - from));
    };
    ask(url + PATH, { headers }, read)
      .once('error', reject)
      .end();
  });
}

async function listening(listener: RequestListener): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

/** Stands where the gateway stands: serves the built dashboard under a strict policy and answers with a street in any state a test wants. */
import { readdir, readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { extname, join, relative, sep } from 'node:path';
import { type NgsiEntity, SAMPLE_CITY } from '@contor/orion-config';
import { createFakeAccess, type FakeAccess } from './fake-access.js';
import { createFakeAudit } from './fake-audit.js';
import type { FakeCall } from './fake-call.js';
import { createFakeCommands, type FakeCommands } from './fake-commands.js';
import { alerts, loadProfile, measurements, siteHours, speaking, standingEntities } from './street.js';

export type Scene = 'data' | 'empty' | 'failed' | 'forbidden' | 'signed-out' | 'slow' | 'many';

export interface FakeGateway {
  readonly url: string;
  /** From now on; streams that are open are cut, so that the page notices. */
  show(scene: Scene): void;
  /** Who sits before the browser from now on. */
  signInAs(username: string): void;
  /** As if five minutes had passed since the sign-in. */
  letSignInAge(): void;
  readonly access: FakeAccess;
  readonly commands: FakeCommands;
  /** Refuses the stream and history, while the session stays. */
  setBroken(isBroken: boolean): void;
  readonly connections: number;
  close(): Promise<void>;
}

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
/** As strict as the gateway's, and without its exception for images. */
const POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";
const FRESH_MS = 5 * 60_000;
const DATA_TYPES = ['Site', 'ConsumptionPoint', 'Device', 'DeviceModel', 'MeterInstallation'];

export async function startFakeGateway(webFolder: string): Promise<FakeGateway> {
  const files = await filesIn(webFolder);
  let scene: Scene = 'data';
  let isBroken = false;
  let username = 'manager';
  let authenticatedAtMs = Date.now();
  let access = createFakeAccess();
  let commands = createFakeCommands(access.entryOf);
  const audit = createFakeAudit();
  const streams = new Set<ServerResponse>();
  let connections = 0;

  const server: Server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => {
      console.error(error);
      response.writeHead(500).end();
    });
  });
  const ticker = setInterval(() => {
    if (scene !== 'data') return;
    const now = Date.now();
    const entities = measurements(now, speaking(now)).map(withBreaker);
    for (const stream of streams)
      stream.write(`id: ${now}\nevent: entities\ndata: ${JSON.stringify({ entities })}\n\n`);
  }, 1_000);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://fixture');
    response.setHeader('Content-Security-Policy', POLICY);
    if (url.pathname.startsWith('/api/') || url.pathname.startsWith('/auth/')) return answerApi(url, request, response);
    return answerFile(url.pathname, response);
  }

  async function answerApi(
    { pathname, searchParams }: URL,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const json = (status: number, body: unknown): void => {
      response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body));
    };
    if (pathname === '/auth/signin') {
      scene = 'data';
      authenticatedAtMs = Date.now();
      response.writeHead(302, { Location: searchParams.get('returnTo') ?? '/' }).end();
      return;
    }
    if (scene === 'signed-out') return json(401, { error: 'signed-out' });
    const person = access.entryOf(username);
    if (person.isLocked) return json(401, { error: 'signed-out' });
    const functions = access.functionsOf(username);
    if (pathname === '/api/session')
      return json(200, {
        user: { id: person.subject, name: username, fullName: person.fullName },
        roles: person.roles,
        functions,
        csrfToken: 'fixture',
        scope: person.everything ? 'everything' : person.grants,
        authenticatedAt: new Date(authenticatedAtMs).toISOString(),
        methods: ['pwd'],
        accountUrl: 'https://identity.example/realms/contor/account',
      });
    if (request.method !== 'GET' && request.headers['x-csrf-token'] !== 'fixture')
      return json(403, { error: 'csrf.refused' });
    if (pathname === '/auth/signout') {
      scene = 'signed-out';
      return json(200, { location: '/' });
    }
    if (scene === 'slow') return;
    if (pathname === '/api/stream') return isBroken || scene === 'failed' ? json(502, problem(502)) : stream(response);
    if (scene === 'failed' || isBroken) return json(503, problem(503));
    if (scene === 'forbidden' && pathname.includes('quantumleap')) return json(403, problem(403));
    const now = Date.now();
    const call: FakeCall = {
      method: request.method ?? 'GET',
      path: pathname,
      query: searchParams,
      body: await bodyOf(request),
      ifMatch: request.headers['if-match'],
      person,
      isFresh: now - authenticatedAtMs < FRESH_MS,
      functions,
    };
    const reply = access.answer(call) ?? audit(call) ?? commands.answer(call);
    if (reply !== undefined) {
      if (scene === 'forbidden' && pathname.startsWith('/api/')) return json(403, { error: 'function.missing' });
      const text = typeof reply.body === 'string' ? reply.body : JSON.stringify(emptied(reply.body));
      response.writeHead(reply.status, { 'Content-Type': 'application/json', ...reply.headers }).end(text);
      return;
    }
    if (!functions.includes('live.view')) return json(403, { error: 'function.missing' });
    if (pathname === '/api/ngsi-ld/v1/entities') {
      if (Number(searchParams.get('offset') ?? 0) > 0 || scene === 'empty') return json(200, []);
      return json(200, entitiesOf(searchParams.get('type') ?? '', now));
    }
    const fromMs = Date.parse(searchParams.get('fromDate') ?? '');
    const toMs = Math.min(Date.parse(searchParams.get('toDate') ?? ''), now);
    const house = SAMPLE_CITY.houses.find(({ intervalId }) => pathname.endsWith(encodeURIComponent(intervalId)));
    const isQuiet = scene === 'empty' || (house !== undefined && house.number === 20);
    if (isQuiet) return json(404, { error: 'Not Found', description: 'No records were found for such query.' });
    return json(200, house ? loadProfile(house, fromMs, toMs) : siteHours(fromMs, toMs));
  }

  /** The scene without data has none here either. */
  function emptied(body: unknown): unknown {
    if (scene !== 'empty' || typeof body !== 'object' || body === null) return body;
    return Object.fromEntries(
      Object.entries(body).map(([name, value]) => [name, Array.isArray(value) ? [] : name === 'next' ? null : value]),
    );
  }

  function entitiesOf(type: string, now: number): readonly unknown[] {
    if (type === 'ACMeasurement') return measurements(now).map(withBreaker);
    if (type === 'Alert') return alerts(now);
    // Each house is a couple.
    if (type === 'Customer') return ['ana', 'dan'].map((name) => ({ id: `urn:ngsi-ld:Customer:${name}`, type }));
    const standing = standingEntities(now).filter((entity) => DATA_TYPES.includes(type) && entity.type === type);
    return scene === 'many' && type === 'Device' ? [...standing, ...manyDevices()] : standing;
  }

  /** The meters of the street have a breaker, and it does as the commands say. */
  function withBreaker(measurement: NgsiEntity): NgsiEntity {
    const device = (measurement.refDevice as { object: string }).object;
    const { observedAt } = measurement.totalActivePower as { observedAt: string };
    return { ...measurement, breakerState: { type: 'Property', value: commands.breakerOf(device), observedAt } };
  }

  function stream(response: ServerResponse): void {
    connections += 1;
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    const serverTime = new Date().toISOString();
    response.write(`event: hello\ndata: ${JSON.stringify({ serverTime, version: '0.1.0' })}\n\n`);
    streams.add(response);
    response.on('close', () => streams.delete(response));
  }

  function cutStreams(): void {
    for (const response of streams) response.destroy();
    streams.clear();
  }

  function answerFile(pathname: string, response: ServerResponse): void {
    const path = extname(pathname) === '' ? '/index.html' : pathname;
    const bytes = files.get(path);
    if (bytes === undefined) return void response.writeHead(404).end();
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(bytes);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    show: (next) => {
      scene = next;
      username = 'manager';
      authenticatedAtMs = Date.now();
      access = createFakeAccess();
      commands = createFakeCommands(access.entryOf);
      cutStreams();
    },
    signInAs: (next) => {
      username = next;
      authenticatedAtMs = Date.now();
      cutStreams();
    },
    letSignInAge: () => {
      authenticatedAtMs = Date.now() - 2 * FRESH_MS;
    },
    get access() {
      return access;
    },
    get commands() {
      return commands;
    },
    setBroken: (broken) => {
      isBroken = broken;
      cutStreams();
    },
    get connections() {
      return connections;
    },
    close: () => {
      clearInterval(ticker);
      cutStreams();
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<Readonly<Record<string, unknown>>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return chunks.length === 0 ? {} : (JSON.parse(Buffer.concat(chunks).toString()) as Record<string, unknown>);
}

/** All of them at once, so that a build meanwhile does not pull them from under a page. */
async function filesIn(folder: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const loaded = paths.map(
    async (path) => [`/${relative(folder, path).replaceAll(sep, '/')}`, await readFile(path)] as const,
  );
  return new Map(await Promise.all(loaded));
}

/** A city instead of a street, to see that the table stays quick. */
function manyDevices(): readonly unknown[] {
  return Array.from({ length: 20_000 }, (_, index) => ({
    id: `urn:ngsi-ld:Device:city-${String(index).padStart(5, '0')}`,
    type: 'Device',
    name: { type: 'Property', value: `City meter ${index}` },
  }));
}

function problem(status: number): object {
  return { type: 'about:blank', title: status === 403 ? 'Forbidden' : 'The broker is not answering', status };
}

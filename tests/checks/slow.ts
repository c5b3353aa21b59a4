/**
 * `npm run check:slow`: thousands of sockets that only hold the line (T32), against the real gateway as a process. Those who behave are
 * answered meanwhile, and the line is closed on the others in time. `--full` takes 5,000 sockets, `--sockets n` as many as one likes.
 *
 * The control: the same sockets against a server without time limits are still there at the end.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFlags } from '../support/arguments.js';
import { pssOf } from '../support/cpu.js';
import { freePorts } from '../support/platform.js';
import { CONTOR, ServiceProcess } from '../support/service-process.js';
import { Tally } from '../support/tally.js';

const flags = readFlags(process.argv);
const SOCKETS = flags.number('sockets', flags.full ? 5_000 : 500);
/** A byte so often keeps a line that is only watched for silence. */
const DRIP_MS = 1_000;
const ASK_EVERY_MS = 25;
/** Fewer than the queue of connections that the system keeps for a server that is busy. */
const AT_ONCE = 250;
const OPEN_EVERY_MS = 250;
/** headersTimeout 10 s and requestTimeout 30 s of the gateway, looked at every 2 s, on a machine that may be busy. */
const HEADERS_WITHIN_MS = 20_000;
const REQUEST_WITHIN_MS = 45_000;
const P99_LIMIT_MS = 500;
const READY_WITHIN_MS = 30_000;
const MEMORY_LIMIT_BYTES = 256 * 2 ** 20;

interface Slow {
  /** What is said at once, and what then comes drop by drop, for ever. */
  readonly begin: string;
  readonly drip: string;
  readonly withinMs: number;
}

/** Who holds the line, and how. */
const KINDS: Readonly<Record<string, Slow>> = {
  'says nothing': { begin: '', drip: '', withinMs: HEADERS_WITHIN_MS },
  'never ends its headers': {
    begin: 'GET /health HTTP/1.1\r\nHost: $host\r\n',
    drip: 'X-A: b\r\n',
    withinMs: HEADERS_WITHIN_MS,
  },
  'never ends its body': {
    begin:
      'POST /notify/live HTTP/1.1\r\nHost: $host\r\nContent-Type: application/json\r\nContent-Length: 1000000\r\n\r\n',
    drip: ' ',
    withinMs: REQUEST_WITHIN_MS,
  },
};

const tally = new Tally();
const figures: Record<string, number | null> = { sockets: SOCKETS };
const home = mkdtempSync(join(tmpdir(), 'contor-slow-'));
const [port = 0, nobody = 0] = await freePorts(2);
const url = `http://127.0.0.1:${port}`;
const gateway = new ServiceProcess({
  name: 'gateway',
  args: [CONTOR, 'gateway'],
  environment: {
    ...{ GATEWAY_PORT: String(port), GATEWAY_DATA: join(home, 'gateway'), OIDC_CLIENT_SECRET: 'of a check' },
    ...{ BROKER_URL: `http://127.0.0.1:${nobody}`, HISTORY_URL: `http://127.0.0.1:${nobody}` },
    OIDC_ISSUER: `http://127.0.0.1:${nobody}/realms/contor`,
  },
  logFolder: home,
});
gateway.start();
try {
  await answering();
  figures.calmP99Ms = p99(await askFor(2_000));
  const memoryBefore = memory();
  const held: Held[] = [];
  for (let left = SOCKETS; left > 0; left -= AT_ONCE) {
    held.push(...openSlow(port, Math.min(AT_ONCE, left)));
    await sleep(OPEN_EVERY_MS);
  }
  await sleep(OPEN_EVERY_MS);
  figures.opened = held.filter(({ openedAt }) => openedAt !== undefined).length;
  const waits = await askFor(REQUEST_WITHIN_MS);
  figures.p99Ms = p99(waits);
  figures.asked = waits.length;
  figures.grewMb = memoryBefore === null ? null : Math.round(((memory() ?? 0) - memoryBefore) / 2 ** 20);
  await tally.check('those who behave are answered meanwhile', () => {
    if ((figures.p99Ms ?? 0) > P99_LIMIT_MS) throw new Error(`p99 is ${figures.p99Ms} ms`);
  });
  await tally.check('the slow ones were there', () => {
    if ((figures.opened ?? 0) < SOCKETS * 0.9) throw new Error(`${figures.opened} of ${SOCKETS}`);
  });
  for (const [name, { withinMs }] of Object.entries(KINDS)) {
    await tally.check(`who ${name} is put out within ${withinMs / 1000} s`, () => {
      const late = held.filter(
        (one) => one.kind === name && (one.closedAfterMs ?? Number.POSITIVE_INFINITY) > withinMs,
      );
      if (late.length > 0) throw new Error(`${late.length} were still there`);
    });
  }
  await tally.check('their memory stays small', () => {
    if ((figures.grewMb ?? 0) * 2 ** 20 > MEMORY_LIMIT_BYTES) throw new Error(`it grew by ${figures.grewMb} MB`);
  });
  for (const { socket } of held) socket.destroy();
  await tally.check('control: without limits they would all still be there', control);
} finally {
  await gateway.stop();
  rmSync(home, { recursive: true, force: true });
}
console.log(JSON.stringify({ check: 'slow', ...figures }));
tally.end();

interface Held {
  readonly kind: string;
  readonly socket: Socket;
  openedAt: number | undefined;
  closedAfterMs: number | undefined;
}

function openSlow(at: number, count: number): readonly Held[] {
  const kinds = Object.entries(KINDS);
  return Array.from({ length: count }, (_, n) => {
    const [kind = '', slow = { begin: '', drip: '', withinMs: 0 }] = kinds[n % kinds.length] ?? [];
    return hold(at, kind, slow);
  });
}

function hold(at: number, kind: string, { begin, drip }: Slow): Held {
  const socket = connect(at, '127.0.0.1');
  const held: Held = { kind, socket, openedAt: undefined, closedAfterMs: undefined };
  socket.on('error', () => undefined); // Being put out is what is wanted.
  socket.resume();
  socket.once('connect', () => {
    held.openedAt = performance.now();
    socket.write(begin.replaceAll('$host', `127.0.0.1:${at}`));
  });
  const timer = setInterval(() => drip !== '' && socket.write(drip), DRIP_MS);
  const closed = () => {
    clearInterval(timer);
    held.closedAfterMs ??= performance.now() - (held.openedAt ?? performance.now());
    socket.destroy();
  };
  socket.once('end', closed);
  socket.once('close', closed);
  return held;
}

/** Milliseconds of each answer. */
async function askFor(forMs: number): Promise<readonly number[]> {
  const waits: number[] = [];
  const endAt = performance.now() + forMs;
  while (performance.now() < endAt) {
    const from = performance.now();
    const answer = await fetch(`${url}/health`);
    await answer.arrayBuffer();
    waits.push(performance.now() - from);
    await sleep(ASK_EVERY_MS);
  }
  return waits;
}

function p99(waits: readonly number[]): number {
  const sorted = [...waits].sort((a, b) => a - b);
  return Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
}

async function control(): Promise<void> {
  const limits = { headersTimeout: 0, requestTimeout: 0, connectionsCheckingInterval: 2_000 };
  const server = createServer(limits, (request) => request.resume());
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const held = openSlow((server.address() as AddressInfo).port, 30);
  await sleep(HEADERS_WITHIN_MS);
  const left = held.filter(({ closedAfterMs }) => closedAfterMs === undefined).length;
  for (const { socket } of held) socket.destroy();
  server.closeAllConnections();
  server.close();
  if (left < held.length) throw new Error(`only ${left} of ${held.length} were left`);
}

async function answering(): Promise<void> {
  const deadline = performance.now() + READY_WITHIN_MS;
  for (;;) {
    const isThere = await fetch(`${url}/health`).then(
      () => true,
      () => false,
    );
    if (isThere) return;
    if (performance.now() > deadline) throw new Error('The gateway did not start.');
    await sleep(100);
  }
}

function memory(): number | null {
  return gateway.pid === undefined ? null : pssOf(gateway.pid);
}

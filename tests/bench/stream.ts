/**
 * The live stream: 500 clients look at 50 rows each, every row changes once a second. Once all look at the same site, once each at a site of
 * their own (25,000 rows, 500 scopes). Told straight to the gateway in the broker's place, a thousand entities a notification; what the
 * gateway's one core needs for it, and how long a change takes to its client.
 */

import { Agent, get, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayHouse, openGatewayHouse } from './gateway-house.js';
import { benchState } from './gateway-town.js';
import { quantile } from './quantiles.js';

const CLIENTS = 500;
const ROWS = 50;
/** Twelve streams each are what one caller may have open. */
const WATCHERS = 42;
const WARM_SECONDS = 3;
const SECONDS = 10;
const IN_A_NOTIFICATION = 1_000;

export async function benchStream({ seconds = SECONDS }: { seconds?: number } = {}): Promise<object> {
  const house = await openGatewayHouse(CLIENTS, ROWS, WATCHERS);
  try {
    const shared = await measure(house, {
      sites: 1,
      keyOf: (client) => house.keys[1 + CLIENTS + (client % WATCHERS)] ?? '',
      seconds,
    });
    const apart = await measure(house, { sites: CLIENTS, keyOf: (client) => house.keys[client + 1] ?? '', seconds });
    const entities = CLIENTS * (1 + 2 * ROWS);
    return { name: 'stream', clients: CLIENTS, rows: ROWS, shared, apart, entities, known: house.known };
  } finally {
    await house.close();
  }
}

interface Setup {
  readonly sites: number;
  readonly keyOf: (client: number) => string;
  readonly seconds: number;
}

async function measure(house: GatewayHouse, { sites, keyOf, seconds }: Setup): Promise<object> {
  const took: number[] = [];
  const clients = await Promise.all(Array.from({ length: CLIENTS }, (_none, at) => open(house, keyOf(at), took)));
  const secret = await house.notifySecret();
  const texts = textsOf(sites);
  await run(house, secret, texts, WARM_SECONDS);
  await sleep(1_000);
  took.length = 0;
  const told = clients.reduce((sum, client) => sum + client.entities, 0);
  const before = await house.weigh();
  const startedMs = performance.now();
  const late = await run(house, secret, texts, seconds);
  const wallUs = (performance.now() - startedMs) * 1_000;
  const after = await house.weigh();
  await sleep(1_000);
  const entities = clients.reduce((sum, client) => sum + client.entities, 0) - told;
  for (const client of clients) client.close();
  await sleep(500);
  const sorted = took.sort((a, b) => a - b);
  return {
    entitiesPerSecondIn: sites * ROWS,
    entitiesPerSecondOut: Math.round(entities / seconds),
    missing: CLIENTS * ROWS * seconds - entities,
    coreShare: Math.round(((after.cpuUs - before.cpuUs) / wallUs) * 1_000) / 1_000,
    cpuUsPerEntityOut: Math.round(((after.cpuUs - before.cpuUs) / entities) * 10) / 10,
    changeToClientMs: { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99) },
    rssMb: Math.round(after.rss / 1e6),
    lateMs: late,
  };
}

/** Every row once a second, spread over it; the largest delay of a notification behind its time. */
async function run(house: GatewayHouse, secret: string, texts: readonly string[], seconds: number): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 });
  const chunks = Math.max(1, Math.ceil(texts.length / IN_A_NOTIFICATION));
  const startedMs = performance.now();
  let lateMs = 0;
  for (let second = 0; second < seconds; second += 1) {
    for (let chunk = 0; chunk < chunks; chunk += 1) {
      const dueMs = startedMs + (second + chunk / chunks) * 1_000;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      else lateMs = Math.max(lateMs, -waitMs);
      await notify(house.gatewayUrl, secret, notification(texts, chunk), agent);
    }
  }
  agent.destroy();
  return Math.round(lateMs);
}

/** The moment stands in `source`, so that the client can tell how old it is; everything else was written before. */
function notification(texts: readonly string[], chunk: number): string {
  const first = chunk * IN_A_NOTIFICATION;
  const data = texts.slice(first, first + IN_A_NOTIFICATION).join(',');
  return `{"id":"urn:n:1","type":"Notification","data":[${data.replaceAll('@@', stamp())}]}`;
}

function textsOf(sites: number): readonly string[] {
  return Array.from({ length: sites * ROWS }, (_none, at) =>
    JSON.stringify({
      ...benchState(Math.floor(at / ROWS), at % ROWS, 1),
      source: { type: 'Property', value: '@@' },
    }),
  );
}

const STAMP = /"source":\{"type":"Property","value":"at (\d+\.\d+)"\}/g;
const stamp = (): string => `at ${performance.now().toFixed(2)}`;

async function notify(url: string, secret: string, body: string, agent: Agent): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'x-contor-notify': secret };
    const outgoing = request(`${url}/notify/live`, { method: 'POST', headers, agent }, (answer) => {
      answer.resume();
      answer.once('end', () =>
        answer.statusCode === 200 ? resolve() : reject(new Error(`status ${answer.statusCode}`)),
      );
    });
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

interface Looking {
  entities: number;
  close(): void;
}

async function open(house: GatewayHouse, key: string, took: number[]): Promise<Looking> {
  const agent = new Agent({ keepAlive: false });
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(`${house.gatewayUrl}/api/stream`, { agent, headers: { 'x-api-key': key } }, resolve).once('error', reject);
  });
  if (answer.statusCode !== 200) throw new Error(`A stream answered ${answer.statusCode}.`);
  const looking: Looking = { entities: 0, close: () => answer.destroy() };
  let rest = '';
  answer.setEncoding('latin1');
  answer.on('error', () => undefined);
  answer.on('data', (text: string) => {
    const nowMs = performance.now();
    const whole = rest + text;
    let end = 0;
    for (const match of whole.matchAll(STAMP)) {
      looking.entities += 1;
      end = match.index + match[0].length;
      // One in fifty is enough to know how long they take.
      if (looking.entities % ROWS === 0) took.push(nowMs - Number(match[1]));
    }
    rest = whole.slice(Math.max(end, whole.length - 100));
  });
  return looking;
}

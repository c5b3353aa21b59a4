/**
 * What the gateway adds to a read of the broker: 500 requests a second for one entity, in turns straight to the broker, by a bare proxy of
 * Node (the control), and through the gateway for a partner who sees everything and for one who sees a site. Open loop: a request goes
 * when it is due, whatever came back. Generator, broker and what stands between share the machine, so what another process takes of it
 * falls on all ways alike: `lateMs` tells how much that was, and the control what of the rest is Node's and not ours. `alone` is the same one
 * after the other, which a busy machine disturbs least.
 */

import { fork } from 'node:child_process';
import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayHouse, openGatewayHouse, said } from './gateway-house.js';
import { benchMeter } from './gateway-town.js';
import { quantile } from './quantiles.js';

const SITES = 20;
const ROWS = 50;
const PER_SECOND = 500;
/** Short ones, and many: a disturbance then meets every way, and a median of turns leaves it out. */
const TURNS = 9;
/** Until the compilers of all processes have seen enough of each way. */
const WARM_REQUESTS = 3_000;
const WARM_AT_ONCE = 4;
const ALONE_REQUESTS = 500;

type Way = 'direct' | 'proxy' | 'everything' | 'scoped';

interface Asked {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** CPU µs so far of what stands between. */
  cpuUs(): Promise<number>;
}

const FIGURES = ['p50', 'p75', 'p95', 'p99', 'cpuUs'] as const;
/** Milliseconds, and CPU µs a request of what stands between. */
type Turn = Readonly<Record<(typeof FIGURES)[number], number>>;

export async function benchRelay({ turns = TURNS }: { turns?: number } = {}): Promise<object> {
  const house = await openGatewayHouse(SITES, ROWS);
  const proxy = await openProxy(house);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const ways = waysOf(house, proxy);
  const names = Object.keys(ways) as readonly Way[];
  const none = (): Record<Way, Turn[]> => ({ direct: [], proxy: [], everything: [], scoped: [] });
  const [atRate, alone] = [none(), none()];
  const lateMs: number[] = [];
  try {
    for (const name of names) await warm(ways[name], agent);
    for (let turn = 0; turn < turns; turn += 1) {
      // Another one begins each time: whoever follows the direct way finds the broker warm.
      for (const at of names.keys()) {
        const name = names[(turn + at) % names.length] as Way;
        atRate[name].push(await askAtRate(ways[name], agent, lateMs));
        alone[name].push(await askAlone(ways[name], agent));
      }
    }
    const late = lateMs.sort((a, b) => a - b);
    return {
      ...{ name: 'relay', perSecond: PER_SECOND, turns, atRate: told(atRate), alone: told(alone) },
      lateMs: { p50: quantile(late, 0.5), p95: quantile(late, 0.95) },
    };
  } finally {
    agent.destroy();
    proxy.close();
    await house.close();
  }
}

function waysOf(house: GatewayHouse, proxy: Pick<Asked, 'url' | 'cpuUs'>): Readonly<Record<Way, Asked>> {
  const [all = '', site = ''] = house.keys;
  const authorization = `Bearer ${house.secret}`;
  const gateway = { url: `${house.gatewayUrl}/api`, cpuUs: async () => (await house.weigh()).cpuUs };
  return {
    direct: { url: house.brokerUrl, headers: { authorization }, cpuUs: async () => 0 },
    proxy: { ...proxy, headers: { 'x-api-key': all } },
    everything: { ...gateway, headers: { 'x-api-key': all } },
    scoped: { ...gateway, headers: { 'x-api-key': site } },
  };
}

async function openProxy({ brokerUrl, secret }: GatewayHouse) {
  const child = fork(new URL('./bare-proxy.js', import.meta.url), [brokerUrl, secret], { execArgv: [] });
  const { url } = await said<{ url: string }>(child);
  const cpuUs = async (): Promise<number> => {
    child.send('weigh');
    return (await said<{ cpuUs: number }>(child)).cpuUs;
  };
  return { url, cpuUs, close: () => void child.kill() };
}

async function warm(way: Asked, agent: Agent): Promise<void> {
  const one = async (worker: number) => {
    for (let at = worker; at < WARM_REQUESTS; at += WARM_AT_ONCE) await once(way, at, agent);
  };
  await Promise.all(Array.from({ length: WARM_AT_ONCE }, (_none, worker) => one(worker)));
}

/** A second of it. */
async function askAtRate(way: Asked, agent: Agent, lateMs: number[]): Promise<Turn> {
  const before = await way.cpuUs();
  const startedMs = performance.now();
  const answers: Promise<number>[] = [];
  for (let at = 0; at < PER_SECOND; at += 1) {
    const dueMs = startedMs + (at * 1_000) / PER_SECOND;
    const waitMs = dueMs - performance.now();
    if (waitMs > 0.5) await sleep(waitMs);
    lateMs.push(Math.max(0, performance.now() - dueMs));
    answers.push(once(way, at, agent));
  }
  const took = await Promise.all(answers);
  return turnOf(took, (await way.cpuUs()) - before);
}

async function askAlone(way: Asked, agent: Agent): Promise<Turn> {
  const before = await way.cpuUs();
  const took: number[] = [];
  for (let at = 0; at < ALONE_REQUESTS; at += 1) took.push(await once(way, at, agent));
  return turnOf(took, (await way.cpuUs()) - before);
}

function turnOf(took: readonly number[], cpuUs: number): Turn {
  const sorted = [...took].sort((a, b) => a - b);
  const of = (share: number) => quantile(sorted, share);
  return { p50: of(0.5), p75: of(0.75), p95: of(0.95), p99: of(0.99), cpuUs: Math.round(cpuUs / took.length) };
}

function once({ url, headers }: Omit<Asked, 'cpuUs'>, at: number, agent: Agent): Promise<number> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    const request = get(`${url}/ngsi-ld/v1/entities/${benchMeter(0, at % ROWS)}`, { agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        if (answer.statusCode === 200) resolve(performance.now() - startedMs);
        else reject(new Error(`${url} answered ${answer.statusCode}.`));
      });
    });
    // Given up as idle by the server, in the pause between two turns.
    request.once('error', (error) =>
      request.reusedSocket ? resolve(once({ url, headers }, at, agent)) : reject(error),
    );
  });
}

/** Of each figure its median over the turns, and what it is more than the direct one. */
function told(turns: Readonly<Record<Way, readonly Turn[]>>): object {
  const names = Object.keys(turns) as readonly Way[];
  const ms = Object.fromEntries(names.map((name) => [name, middle(turns[name])])) as Record<Way, Turn>;
  const added = names.filter((name) => name !== 'direct').map((name) => [name, less(ms[name], ms.direct)] as const);
  return { ms, addedMs: Object.fromEntries(added) };
}

function middle(turns: readonly Turn[]): Turn {
  const of = (name: keyof Turn) => turns.map((turn) => turn[name]).sort((a, b) => a - b);
  return Object.fromEntries(FIGURES.map((name) => [name, quantile(of(name), 0.5)])) as Turn;
}

function less(one: Turn, other: Turn): object {
  const names = ['p50', 'p75', 'p95'] as const;
  return Object.fromEntries(names.map((name) => [name, Math.round((one[name] - other[name]) * 100) / 100]));
}

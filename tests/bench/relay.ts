/**
 * What the gateway adds to a read of the broker: 500 requests a second for one entity, in turns straight to the broker and through the
 * gateway, for a partner who sees everything and for one who sees a site. Open loop: a request goes when it is due, whatever came back.
 */

import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { type GatewayHouse, openGatewayHouse } from './gateway-house.js';
import { benchMeter } from './gateway-town.js';
import { quantile } from './quantiles.js';

const SITES = 20;
const ROWS = 50;
const PER_SECOND = 500;
const SECONDS = 3;
const TURNS = 3;

type Way = 'direct' | 'everything' | 'scoped';
const WAYS: readonly Way[] = ['direct', 'everything', 'scoped'];

export async function benchRelay(): Promise<object> {
  const house = await openGatewayHouse(SITES, ROWS);
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const took: Record<Way, number[]> = { direct: [], everything: [], scoped: [] };
  try {
    for (const way of WAYS) await ask(house, way, agent, 1, []);
    let cpuUs = 0;
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const way of WAYS) {
        const before = await house.weigh();
        await ask(house, way, agent, SECONDS, took[way]);
        if (way === 'everything') cpuUs += (await house.weigh()).cpuUs - before.cpuUs;
      }
    }
    const told = WAYS.map((way) => {
      const sorted = [...took[way]].sort((a, b) => a - b);
      return [way, { p50: quantile(sorted, 0.5), p95: quantile(sorted, 0.95), p99: quantile(sorted, 0.99) }] as const;
    });
    const ms = Object.fromEntries(told) as unknown as Record<Way, { p50: number; p95: number }>;
    const added = (way: Way) => ({
      p50: Math.round((ms[way].p50 - ms.direct.p50) * 100) / 100,
      p95: Math.round((ms[way].p95 - ms.direct.p95) * 100) / 100,
    });
    const requests = PER_SECOND * SECONDS * TURNS;
    return {
      ...{
        name: 'relay',
        perSecond: PER_SECOND,
        ms,
        addedMs: { everything: added('everything'), scoped: added('scoped') },
      },
      cpuUsPerRequest: Math.round(cpuUs / requests),
      requests,
    };
  } finally {
    agent.destroy();
    await house.close();
  }
}

async function ask(house: GatewayHouse, way: Way, agent: Agent, seconds: number, took: number[]): Promise<void> {
  const path = (at: number) => `/ngsi-ld/v1/entities/${benchMeter(0, at % ROWS)}`;
  const url = way === 'direct' ? house.brokerUrl : `${house.gatewayUrl}/api`;
  const [all = '', site = ''] = house.keys;
  const headers: Record<string, string> =
    way === 'direct' ? { authorization: `Bearer ${house.secret}` } : { 'x-api-key': way === 'everything' ? all : site };
  const startedMs = performance.now();
  const answers: Promise<void>[] = [];
  for (let at = 0; at < seconds * PER_SECOND; at += 1) {
    const waitMs = startedMs + (at * 1_000) / PER_SECOND - performance.now();
    if (waitMs > 0.5) await sleep(waitMs);
    answers.push(once(url + path(at), headers, agent, took));
  }
  await Promise.all(answers);
}

function once(url: string, headers: Record<string, string>, agent: Agent, took: number[]): Promise<void> {
  return new Promise((resolve, reject) => {
    const startedMs = performance.now();
    get(url, { agent, headers }, (answer) => {
      answer.resume();
      answer.once('end', () => {
        took.push(performance.now() - startedMs);
        if (answer.statusCode === 200) resolve();
        else reject(new Error(`${url} answered ${answer.statusCode}.`));
      });
    }).once('error', reject);
  });
}

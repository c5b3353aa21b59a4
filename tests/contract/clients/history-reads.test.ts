/**
 * The reads of history-query against our history and against history that plays QuantumLeap, which counts twice what is sent
 * twice and knows no zones: a service gets the same numbers from both. Where HISTORY_URL names a server, that one is asked.
 */

import { createHistoryClient, type HistoryClient } from '@contor/history-query';
import { urn } from '@contor/orion-config';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { type Instance, openInstance } from '../history/instance.js';
import { property, tell } from '../history/tables.js';

const TYPE = 'ValidatedReading';
const A = urn(TYPE, 'a');
const B = urn(TYPE, 'b');
const STEP_MS = 900_000;
/** Two days around the night in which clocks go back in Bucharest: 100 quarter hours in the first. */
const DAY1_MS = Date.parse('2026-10-24T21:00:00Z');
const DAY2_MS = DAY1_MS + 100 * STEP_MS;
const END_MS = DAY2_MS + 96 * STEP_MS;
const ZONE = 'Europe/Bucharest';

const rows = Array.from({ length: 196 }, (_, step) => ({
  ms: DAY1_MS + step * STEP_MS,
  energy: 0.1,
  register: 9_990.5 + step / 8,
}));
const isGap = (step: number) => step >= 40 && step < 44;

const SERVERS = [
  ['ours', {}],
  ["QuantumLeap's part", { HISTORY_AS: 'quantumleap' }],
] as const;

describe.each(SERVERS)('%s', (_name, environment) => {
  let server: Instance;
  let history: HistoryClient;

  beforeAll(async () => {
    server = await openInstance(environment);
    history = createHistoryClient({ url: server.url, tenant: server.tenant['NGSILD-Tenant'] });
    const entities = rows
      .filter((_, step) => !isGap(step))
      .map(({ ms, energy, register }) => {
        const observedAt = new Date(ms).toISOString();
        const rolled = register >= 10_000 ? register - 10_000 : register;
        return { id: A, type: TYPE, energy: property(energy, observedAt), register: property(rolled, observedAt) };
      });
    await tell(server, entities);
    // At least once means sometimes twice.
    await tell(server, entities.slice(50, 150));
    await tell(server, [
      { id: B, type: TYPE, energy: property(5.5, new Date(DAY1_MS).toISOString()) },
      { id: B, type: TYPE, energy: property(6.5, new Date(DAY2_MS).toISOString()) },
    ]);
  });
  afterAll(async () => {
    history.close();
    await server.stop();
  });

  const one = { type: TYPE, id: A };

  it('a row sent twice is one', async () => {
    const { timesMs } = await history.series({ ...one, attributes: ['energy'] });
    expect(timesMs).toEqual(rows.filter((_, step) => !isGap(step)).map(({ ms }) => ms));
  });

  it('local days have their quarter hours', async () => {
    const query = {
      ...one,
      attributes: ['energy'] as const,
      period: 'day' as const,
      zone: ZONE,
      methods: ['count'] as const,
    };
    expect(await history.zonedBuckets(query)).toEqual({
      timesMs: [DAY1_MS, DAY2_MS],
      columns: { energy: { count: [96, 96] } },
    });
  });

  it('sums are exact, however many tenths they are of', async () => {
    const query = { ...one, attributes: ['energy'] as const, zone: ZONE, decimals: 6 };
    expect(await history.sums({ ...query, period: 'day' })).toEqual({
      timesMs: [DAY1_MS, DAY2_MS],
      sums: { energy: [9_600_000n, 9_600_000n] },
      counts: { energy: [96, 96] },
    });
    expect(await history.sums({ ...query, fromMs: DAY1_MS, toMs: END_MS })).toEqual({
      timesMs: [DAY1_MS],
      sums: { energy: [19_200_000n] },
      counts: { energy: [192] },
    });
  });

  it('a register is read from boundary to boundary, over its roll-over', async () => {
    const query = {
      ...one,
      attributes: ['register'] as const,
      methods: ['delta', 'first'] as const,
      digits: 4,
      zone: ZONE,
    };
    expect(await history.zonedBuckets({ ...query, period: 'day', fromMs: DAY1_MS, toMs: DAY2_MS })).toEqual({
      timesMs: [DAY1_MS],
      columns: { register: { delta: [12.5], first: [9_990.5] } },
    });
  });

  it.each(['15min', '30min', 'hour', 'week', 'month'] as const)('%s buckets add up to all of it', async (period) => {
    const query = {
      ...one,
      attributes: ['energy'] as const,
      period,
      zone: ZONE,
      methods: ['sum', 'max'] as const,
      decimals: 1,
    };
    const { columns, timesMs } = await history.zonedBuckets(query);
    const all = (columns.energy.sum ?? []).reduce<number>((sum, value) => sum + Number(value), 0);
    expect(all).toBe(192);
    expect(new Set(timesMs).size).toBe(timesMs.length);
  });

  it('hours of UTC, as ever', async () => {
    const query = { ...one, attributes: ['energy'] as const, period: 'hour' as const, method: 'count' as const };
    const { columns, timesMs } = await history.buckets({ ...query, fromMs: DAY1_MS, toMs: DAY1_MS + 8 * STEP_MS });
    expect({ timesMs, columns }).toEqual({ timesMs: [DAY1_MS, DAY1_MS + 4 * STEP_MS], columns: { energy: [4, 4] } });
  });

  it('gaps are where nothing was said', async () => {
    const query = { ...one, attribute: 'energy', fromMs: DAY1_MS, toMs: END_MS + STEP_MS, stepMs: STEP_MS };
    expect(await history.gaps(query)).toEqual([
      { fromMs: DAY1_MS + 40 * STEP_MS, toMs: DAY1_MS + 44 * STEP_MS },
      { fromMs: END_MS, toMs: END_MS + STEP_MS },
    ]);
  });

  it('everybody within his dates', async () => {
    const scopes = [
      { id: A, fromMs: DAY1_MS, toMs: DAY1_MS + 2 * STEP_MS },
      { id: A, fromMs: DAY2_MS, toMs: DAY2_MS + STEP_MS },
      { id: B, fromMs: DAY1_MS + 1 },
      { id: urn(TYPE, 'nobody') },
    ];
    const found = await history.scoped({ type: TYPE, attributes: ['energy'], scopes });
    expect(Object.fromEntries([...found].map(([id, { timesMs }]) => [id, timesMs]))).toEqual({
      [A]: [DAY1_MS, DAY1_MS + STEP_MS, DAY2_MS],
      [B]: [DAY2_MS],
    });
    const narrow = await history.scoped({ type: TYPE, attributes: ['energy'], scopes, toMs: DAY2_MS });
    expect([...narrow.keys()]).toEqual([A]);
  });

  it('last values of many, each at its own time', async () => {
    const found = await history.latestOfMany({
      type: TYPE,
      ids: [A, B, urn(TYPE, 'nobody')],
      attributes: ['energy', 'register'],
    });
    expect(Object.fromEntries(found)).toEqual({
      [A]: {
        energy: { timeMs: END_MS - STEP_MS, value: 0.1 },
        register: { timeMs: END_MS - STEP_MS, value: 9_990.5 + 195 / 8 - 10_000 },
      },
      [B]: { energy: { timeMs: DAY2_MS, value: 6.5 } },
    });
  });

  it('says what may be relied on', async () => {
    const { zones, idempotent, methods } = await history.capabilities();
    expect({ zones, idempotent }).toEqual(
      server.hasOwn ? { zones: true, idempotent: true } : { zones: false, idempotent: false },
    );
    expect(methods).toContain('avg');
  });
});

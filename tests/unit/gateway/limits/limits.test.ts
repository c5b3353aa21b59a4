/** Token buckets, costs and quotas, on a virtual clock. */

import { addressGroup, trustProxies } from '@contor/gateway/http/address.js';
import { Buckets } from '@contor/gateway/limits/buckets.js';
import { costOf } from '@contor/gateway/limits/costs.js';
import { openQuotas } from '@contor/gateway/limits/quotas.js';
import { createLogger, openCheckpoint, SimulatedClock, SimulatedDisk, seededRandom } from '@contor/kit';
import { findRoute, ROUTES } from '@contor/policy';
import { describe, expect, it } from '@jest/globals';
import express from 'express';
import fc from 'fast-check';

const RULES = { capacity: 10, perSecond: 2, most: 3 };

describe('a bucket', () => {
  it('gives what it holds, says how long to wait, and fills again', () => {
    const buckets = new Buckets(RULES);
    expect(buckets.take('a', 8, 0)).toEqual({ isAllowed: true, remaining: 2, waitMs: 0 });
    expect(buckets.take('a', 4, 0)).toEqual({ isAllowed: false, remaining: 2, waitMs: 1_000 });
    expect(buckets.take('a', 4, 1_000)).toEqual({ isAllowed: true, remaining: 0, waitMs: 0 });
    expect(buckets.look('a', 10, 60_000)).toEqual({ isAllowed: true, remaining: 10, waitMs: 0 });
  });

  it('gives a full bucket for what costs more than it holds', () => {
    const buckets = new Buckets(RULES);
    expect(buckets.take('a', 1_000, 0).isAllowed).toBe(true);
    expect(buckets.take('a', 1_000, 4_999).isAllowed).toBe(false);
    expect(buckets.take('a', 1_000, 5_000).isAllowed).toBe(true);
  });

  it('remembers no more than it may, and forgets who asked longest ago', () => {
    const buckets = new Buckets(RULES);
    for (const key of ['a', 'b', 'a', 'c', 'd']) buckets.take(key, 10, 0);
    expect(buckets.size).toBe(3);
    expect(['a', 'b', 'c', 'd'].map((key) => buckets.look(key, 1, 0).isAllowed)).toEqual([false, true, false, false]);
  });

  it('never gives more than its capacity and what came back, whatever is asked and when; the promised wait is right', () => {
    const asks = fc.array(fc.record({ afterMs: fc.nat(5_000), cost: fc.integer({ min: 1, max: 12 }) }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(asks, (list) => {
        const buckets = new Buckets(RULES);
        let nowMs = 0;
        let given = 0;
        for (const { afterMs, cost } of list) {
          nowMs += afterMs;
          const { isAllowed, waitMs } = buckets.take('a', cost, nowMs);
          if (isAllowed) given += Math.min(cost, RULES.capacity);
          else expect(buckets.look('a', cost, nowMs + waitMs).isAllowed).toBe(true);
          expect(given).toBeLessThanOrEqual(RULES.capacity + (RULES.perSecond * nowMs) / 1_000 + 1e-6);
        }
      }),
    );
  });
});

describe('costs', () => {
  const cost = (method: string, url: string) => {
    const { pathname, searchParams } = new URL(url, 'http://x');
    const row = findRoute(method, pathname);
    return row && costOf(row, searchParams);
  };
  const SERIES = '/api/quantumleap/v2/entities/urn:x:1/attrs/a';

  it.each([
    ['GET', '/api/ngsi-ld/v1/entities/urn:x:1', 1],
    ['GET', '/api/ngsi-ld/v1/entities', 2],
    ['GET', '/api/ngsi-ld/v1/entities?limit=1000', 21],
    ['GET', '/api/ngsi-ld/v1/entities?limit=999999999', 100],
    ['POST', '/api/ngsi-ld/v1/entityOperations/query', 20],
    ['GET', `${SERIES}?lastN=1`, 2],
    ['GET', SERIES, 11],
    ['GET', `${SERIES}?limit=10&aggrMethod=sum&fromDate=2026-01-01&toDate=2026-12-31`, 13],
    ['GET', `${SERIES}?limit=10&aggrMethod=sum`, 13],
    ['GET', `${SERIES}?limit=10&aggrMethod=sum&fromDate=1900-01-01&toDate=2100-01-01`, 100],
    ['GET', `${SERIES}?limit=nonsense`, 11],
    ['GET', '/api/quantumleap/v2/types/ACMeasurement?limit=100', 3],
    ['PUT', '/api/admin/roles/x', 5],
    ['GET', '/api/admin/people', 2],
  ])('%s %s: %i', (method, url, units) => expect(cost(method, url)).toBe(units));

  it('are a whole number from 1 to 100 for every route, whatever the query says', () => {
    const names = fc.constantFrom('limit', 'lastN', 'fromDate', 'toDate', 'aggrMethod', 'x');
    const values = fc.oneof(
      fc.string(),
      fc.nat().map(String),
      fc.date({ noInvalidDate: true }).map((at) => at.toISOString()),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(names, values)), fc.constantFrom(...ROUTES), (query, row) => {
        const units = costOf(row, new URLSearchParams(query));
        expect(Number.isInteger(units) && units >= 1 && units <= 100).toBe(true);
      }),
    );
  });
});

describe('the quota of a day', () => {
  const log = createLogger({ service: 'test', write: () => undefined });
  const DAY_MS = 86_400_000;
  const START_MS = 20_000 * DAY_MS;

  function machine() {
    const disk = new SimulatedDisk({ random: seededRandom(1) });
    const clock = new SimulatedClock(START_MS);
    const open = async () => {
      const life = disk.boot();
      await life.makeDirectory('/data');
      return openQuotas(openCheckpoint({ disk: life, path: '/data/quotas' }), clock, log);
    };
    return { disk, clock, open };
  }

  it('is used up, and begins anew at midnight UTC', async () => {
    const { clock, open } = machine();
    const quotas = await open();
    expect(quotas.take('a', 6, 10)).toEqual({ isAllowed: true, remaining: 4, resetMs: DAY_MS });
    expect(quotas.take('a', 6, 10)).toMatchObject({ isAllowed: false, remaining: 4 });
    expect(quotas.take('a', 4, 10)).toMatchObject({ isAllowed: true, remaining: 0 });
    expect(quotas.take('b', 4, 10).isAllowed).toBe(true);
    await clock.advance(DAY_MS);
    expect([quotas.usedToday('a'), quotas.take('a', 6, 10).isAllowed]).toEqual([0, true]);
  });

  it('survives a stop without a loss, and a power cut but for the last five seconds', async () => {
    const { disk, clock, open } = machine();
    const first = await open();
    first.take('a', 6, 10);
    await first.close();
    const second = await open();
    expect(second.usedToday('a')).toBe(6);
    second.take('a', 2, 10);
    await clock.advance(5_000);
    second.take('a', 1, 10);
    disk.crash();
    expect((await open()).usedToday('a')).toBe(8);
  });

  it('of yesterday is not of today', async () => {
    const { clock, open } = machine();
    const first = await open();
    first.take('a', 6, 10);
    await first.close();
    await clock.advance(DAY_MS);
    expect((await open()).usedToday('a')).toBe(0);
  });
});

describe('an address', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['2001:db8::1', '2001:db8:0:0::/64'],
    ['::1', '0:0:0:0::/64'],
    ['fe80::1%eth0', 'fe80:0:0:0::/64'],
    ['', ''],
  ])('%s counts as %s', (address, group) => expect(addressGroup(address)).toBe(group));

  it.each(['nobody', '10.0.0.0/33', ''])('of a proxy is not %p', (name) => {
    expect(() => trustProxies(express(), [name])).toThrow(expect.objectContaining({ code: 'config.proxies' }));
  });
});

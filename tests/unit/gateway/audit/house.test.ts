/** The trail of a real gateway: who signs in and out is in it, the first manager can read it, and the broker is told. */

import { join } from 'node:path';
import type { ShownRecord } from '@contor/gateway/audit/record.js';
import { readTrail, verifyTrail } from '@contor/gateway/audit/verify.js';
import { realDisk } from '@contor/kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { House, until } from '../support/house.js';

let house: House;
beforeAll(async () => {
  house = await (await House.open()).start();
});
afterAll(() => house.close());

it('a sign-in, a look at the trail and a sign-out', async () => {
  const browser = await house.signedIn();
  const session = await browser.get(`${house.gatewayUrl}/api/session`);
  const { csrfToken, user } = JSON.parse(session.body) as { csrfToken: string; user: { id: string } };
  const page = await browser.get(`${house.gatewayUrl}/api/audit?operation=sign-in`);
  const { records } = JSON.parse(page.body) as { records: readonly ShownRecord[] };
  expect(records).toEqual([
    expect.objectContaining({
      actor: { id: user.id, kind: 'person', name: 'manager' },
      operation: 'sign-in',
      outcome: 'done',
      address: expect.stringContaining('127.0.0.1'),
    }),
  ]);
  await browser.post(`${house.gatewayUrl}/auth/signout`, {}, { 'x-csrf-token': csrfToken });
  const told = () =>
    house.broker.requests.some(
      ({ url, headers, body }) =>
        url.includes('/upsert') && headers['ngsild-tenant'] === 'default_audit' && body.includes('"sign-out"'),
    );
  await until(async () => told());
  await house.stopGateway();

  const trail = { disk: realDisk(), dataFolder: join(house.folder, 'gateway') };
  const operations: string[] = [];
  for await (const { kept } of readTrail(trail)) operations.push(`${kept.operation} ${kept.outcome}`);
  expect(operations).toEqual(['sign-in done', 'sign-out begun', 'sign-out done']);
  expect(await verifyTrail(trail)).toMatchObject({ faults: [], records: 3 });
});

/** Many tenants with many types in little memory: every table needs some of it, and the database makes room in time. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SETTINGS, start } from '@contor/history';
import { createLogger, readSettings, realPorts } from '@contor/kit';
import { expect, it } from '@jest/globals';
import { IS_LONG } from '../../support/long.js';

/** In the long form as many as one server is to hold. */
const [TENANTS, MEMORY] = IS_LONG ? [200, '512MiB'] : [8, '36MiB'];
/** Months that are over are sealed, table by table, which takes more time than everything else here: in the long form only. */
const START_MS = IS_LONG ? Date.UTC(2024, 0, 1) : Date.now() - 60_000;
const TYPES = 20;
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];

it(`${TENANTS} tenants with ${TYPES} types each`, async () => {
  const folder = await mkdtemp(join(tmpdir(), 'contor-types-'));
  const config = readSettings(SETTINGS, { HISTORY_DATA: folder, HISTORY_PORT: '0', HISTORY_MEMORY: MEMORY });
  const log = createLogger({ service: 'history', level: 'warn', write: () => undefined });
  const open = () => start(config, { ports: realPorts(), log });
  let history = await open();
  try {
    for (let day = 1; day <= 3; day += 1) {
      for (let tenant = 0; tenant < TENANTS; tenant += 1) {
        const observedAt = new Date(START_MS + day * 1_000).toISOString();
        const values = NAMES.map((name, at) => [name, { type: 'Property', value: tenant + at / 10, observedAt }]);
        const data = Array.from({ length: TYPES }, (_, type) => ({
          ...{ id: 'urn:m:1', type: `Type${type}` },
          ...Object.fromEntries(values),
        }));
        const response = await fetch(`${history.url}/v2/notify`, {
          method: 'POST',
          headers: { 'Content-Type': 'application/json', 'NGSILD-Tenant': `t${tenant}` },
          body: JSON.stringify({ data }),
        });
        expect(response.status).toBe(200);
      }
    }
    for (const work of ['tidy', 'restart', 'nothing']) {
      for (const tenant of [0, TENANTS - 1]) {
        const path = `${history.url}/v2/entities/urn:m:1/attrs/h/value?type=Type${TYPES - 1}`;
        const told = await fetch(path, { headers: { 'NGSILD-Tenant': `t${tenant}` } });
        expect([work, ((await told.json()) as { values: unknown }).values]).toEqual([
          work,
          [tenant + 0.7, tenant + 0.7, tenant + 0.7],
        ]);
      }
      if (work === 'tidy') expect((await fetch(`${history.url}/tidy`, { method: 'POST' })).status).toBe(200);
      if (work === 'restart') {
        await history.stop();
        history = await open();
      }
    }
  } finally {
    await history.stop();
    await rm(folder, { recursive: true, force: true });
  }
}, 600_000);

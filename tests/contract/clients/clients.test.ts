/** The clients against the servers they are made for: what one side writes the other finds, in each tenant apart. */

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type BrokerClient,
  createBrokerClient,
  createHistoryClient,
  type HistoryClient,
  PAGE_ROWS,
} from '@contor/history-query';
import { entity, installPlatform, SAMPLE_CITY, sampleEntities, toInteger } from '@contor/orion-config';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const SECRET = 'a-secret-of-the-platform';
const START = Date.UTC(2026, 10, 19, 7);
const STEP = 900_000;
const house = SAMPLE_CITY.houses[0];

let folder: string;
let servers: ChildProcess;
let brokerUrl: string;
let historyUrl: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-clients-'));
  servers = fork(fileURLToPath(new URL('./serve.js', import.meta.url)), [folder, SECRET], { execArgv: [] });
  const [message] = (await once(servers, 'message')) as [{ brokerUrl: string; historyUrl: string }];
  ({ brokerUrl, historyUrl } = message);
}, 30_000);

afterAll(async () => {
  const hasExited = once(servers, 'exit');
  servers.send('stop');
  await hasExited;
  await rm(folder, { recursive: true, force: true });
}, 30_000);

describe.each(['default', 'city'])('tenant %s', (tenant) => {
  let context: BrokerClient;
  let past: HistoryClient;
  beforeAll(() => {
    context = createBrokerClient({ url: brokerUrl, tenant, secret: SECRET });
    past = createHistoryClient({ url: historyUrl, tenant, secret: SECRET });
  });
  afterAll(() => {
    context.close();
    past.close();
  });

  it('is installed once', async () => {
    const options = { historyUrl, tenant, secret: SECRET };
    expect((await installPlatform(context, options)).steps.map(({ did }) => did)).toEqual(['untouched', 'created']);
    expect((await installPlatform(context, options)).steps.map(({ did }) => did)).toEqual(['untouched', 'untouched']);
    const moved = await installPlatform(context, { ...options, secret: 'another' });
    expect(moved.steps.map(({ did }) => did)).toEqual(['untouched', 'updated']);
    expect((await installPlatform(context, options)).steps.map(({ did }) => did)).toEqual(['untouched', 'updated']);
  });

  it('holds the sample city as it was built', async () => {
    const city = sampleEntities(START);
    expect((await context.upsert(city)).created).toHaveLength(city.length);
    expect(await context.upsert(city)).toEqual({ created: [], failed: [] });
    expect(await context.query({ type: 'Device' })).toHaveLength(20);
    expect(await context.get(house?.installationId ?? '')).toEqual(city.find(({ id }) => id === house?.installationId));
    expect(await context.get('urn:ngsi-ld:Device:nobody')).toBeUndefined();
  });

  it('carries live values from the broker to history, each at its own time', async () => {
    const id = house?.measurementId ?? '';
    for (let index = 0; index < 5; index += 1) {
      const observedAt = new Date(START + index * 10_000).toISOString();
      const state = entity('ACMeasurement', id)
        .property('totalActivePower', 230.5 + index, { observedAt })
        .property('totalActiveEnergyImport', 12_345.678 + index, { observedAt })
        .property('source', 'live');
      await context.upsert([state.build()]);
    }
    const ask = { type: 'ACMeasurement', id, attributes: ['totalActivePower', 'totalActiveEnergyImport'] as const };
    await eventually(async () => expect((await past.series(ask)).timesMs).toHaveLength(5));
    const { timesMs, columns } = await past.series(ask);
    expect(timesMs).toEqual([0, 1, 2, 3, 4].map((index) => START + index * 10_000));
    expect(columns.totalActivePower).toEqual([230.5, 231.5, 232.5, 233.5, 234.5]);
    expect(columns.totalActiveEnergyImport.map((value) => toInteger('totalActiveEnergyImport', Number(value)))).toEqual(
      [0, 1, 2, 3, 4].map((index) => toInteger('totalActiveEnergyImport', 12_345.678 + index)),
    );
    expect(await past.latest({ ...ask, attributes: ['totalActivePower', 'frequency'] })).toEqual({
      totalActivePower: { timeMs: START + 40_000, value: 234.5 },
    });
    expect(
      (await past.buckets({ ...ask, attributes: ['totalActivePower'], period: 'hour', method: 'avg' })).columns
        .totalActivePower,
    ).toEqual([232.5]);
  });

  it('takes a profile of any length, and the same again without effect', async () => {
    const rows = PAGE_ROWS + 500;
    const states = Array.from({ length: rows }, (_, index) =>
      entity('IntervalReading', house?.intervalId ?? '')
        .property('activeEnergyImport', index / 1_000_000, { observedAt: new Date(START + index * STEP).toISOString() })
        .property('intervalSeconds', 900)
        .property('source', 'profile')
        .build(),
    );
    const ask = {
      type: 'IntervalReading',
      id: house?.intervalId ?? '',
      attributes: ['activeEnergyImport', 'source'] as const,
    };
    for (const written of [states, states.slice(-1_000)]) {
      await past.append(written);
      const { timesMs, columns } = await past.series(ask);
      expect(timesMs).toHaveLength(rows);
      expect(columns.activeEnergyImport.findIndex((value, index) => value !== index / 1_000_000)).toBe(-1);
    }
    expect((await past.seriesOfMany(ask)).get(ask.id)?.timesMs).toHaveLength(rows);
    expect(await past.entitiesOf('IntervalReading')).toEqual([{ id: ask.id, lastMs: START + (rows - 1) * STEP }]);
    expect((await past.series({ ...ask, fromMs: START + STEP, toMs: START + 3 * STEP })).timesMs).toEqual([
      START + STEP,
      START + 2 * STEP,
    ]);
  }, 30_000);

  it('has nothing about things that never reported', async () => {
    expect(
      await past.series({ type: 'GasMeasurement', id: 'urn:ngsi-ld:GasMeasurement:x', attributes: ['totalGasVolume'] }),
    ).toEqual({
      timesMs: [],
      columns: { totalGasVolume: [] },
    });
    expect(await past.entitiesOf('GasMeasurement')).toEqual([]);
  });

  it('opens to nobody without the secret', async () => {
    const strangers = [
      createBrokerClient({ url: brokerUrl, tenant }),
      createHistoryClient({ url: historyUrl, tenant }),
    ] as const;
    await expect(strangers[0].query({ type: 'Device' })).rejects.toMatchObject({ code: 'http.forbidden', status: 401 });
    await expect(strangers[1].entitiesOf('Device')).rejects.toMatchObject({ code: 'http.forbidden', status: 401 });
    for (const stranger of strangers) stranger.close();
  });
});

/** Notifications arrive when they arrive; what they bring is looked for until it is there. */
async function eventually(check: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const isThere = await check().then(
      () => true,
      () => false,
    );
    if (isThere) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await check();
}

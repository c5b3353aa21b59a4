/**
 * A year and ten years in history: a fleet's readings written into the database by a script, then sealed by the server
 * itself; how long questions take by HTTP, idle and while readings come in, how many bytes a reading takes, how fast it opens. Beside it
 * PostgreSQL with a covering index, on the same rows and questions, where Debian's packages are installed.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { columnName, hotTable, quote } from '@contor/history/store/identifiers.js';
import { DuckDBInstance } from '@duckdb/node-api';
import { type ServerProcess, startProcess } from '../contract/history/process.js';
import { CHANNELS } from './history-channels.js';
import { benchPostgres } from './postgres.js';
import { quantile, timed } from './quantiles.js';

const TYPE = 'IntervalReading';
const STEP_MS = 900_000;
const DAY_MS = 86_400_000;
const YEAR_STEPS = 35_040;
const YEAR = Date.UTC(2025, 0, 1);

export async function benchHistoryDeep({ isFull }: { readonly isFull: boolean }): Promise<object> {
  const meters = isFull ? 1_000 : 100;
  const folder = await mkdtemp(join(tmpdir(), 'contor-bench-deep-'));
  try {
    const year = await benchYear(join(folder, 'year'), meters, isFull ? 100 : 40);
    const decade = await benchDecade(join(folder, 'decade'));
    const postgres = await benchPostgres(join(folder, 'postgres'), meters);
    return { meters, readings: meters * CHANNELS.length * YEAR_STEPS, ...year, decade, postgres };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function benchYear(data: string, meters: number, questions: number): Promise<object> {
  await fill(data, meters, YEAR, YEAR_STEPS);
  const environment = { HISTORY_DATA: data, HISTORY_ARCHIVE_AFTER: '100000d', HISTORY_DEFAULT_LIMIT: '1000000' };
  let server = await startProcess(environment);
  try {
    const sealSeconds = (await timed(1, () => call(server, '/tidy', 'POST')))[0] ?? 0;
    await server.stop();
    const openedAt = performance.now();
    server = await startProcess(environment);
    const openMs = Math.round(performance.now() - openedAt);
    const { bytesPerReading, databaseBytes, freeBytes } = JSON.parse(await call(server, '/stats'));
    const idle = await ask(server, meters, questions);
    const flow = readingsComing(server, meters);
    const busy = await ask(server, meters, questions);
    const readingsPerSecond = await flow.stop();
    const residentMiB = await resident(server);
    return {
      ...{ sealSeconds: Math.round(sealSeconds / 1000), openMs, residentMiB, idle, busy },
      ...{
        bytesPerReading,
        databaseMiB: Math.round(databaseBytes / 2 ** 20),
        freeMiB: Math.round(freeBytes / 2 ** 20),
      },
      busyReadingsPerSecond: readingsPerSecond,
    };
  } finally {
    await server.kill();
  }
}

/** One meter, its register of ten years by month: nine years in files, the last months sealed and hot. */
async function benchDecade(data: string): Promise<object> {
  const meters = 20;
  const steps = Math.floor((Date.now() - Date.UTC(2016, 10, 1)) / STEP_MS);
  await fill(data, meters, Date.UTC(2016, 10, 1), steps);
  const server = await startProcess({ HISTORY_DATA: data, HISTORY_DEFAULT_LIMIT: '1000000' });
  try {
    const { archivedMonths } = JSON.parse(await call(server, '/tidy', 'POST'));
    const path = (at: number) =>
      `/v2/entities/urn:m:${at % meters}/attrs/${CHANNELS[0].name}?aggrMethod=max&aggrPeriod=month`;
    const byMonth = await timed(20, (at) => call(server, path(at)));
    const whole = await timed(5, (at) => call(server, `/v2/entities/urn:m:${at}/attrs/${CHANNELS[0].name}`));
    return { archivedMonths, byMonthP95Ms: quantile(byMonth, 0.95), everyReadingP95Ms: quantile(whole, 0.95) };
  } finally {
    await server.kill();
  }
}

async function ask(server: ServerProcess, meters: number, questions: number) {
  const [register, power] = CHANNELS;
  const day = (days: number) => new Date(YEAR + days * DAY_MS).toISOString();
  const range = await timed(questions, (at) =>
    call(
      server,
      `/v2/entities/urn:m:${(at * 37) % meters}/attrs/${power.name}?fromDate=${day((at * 7) % 330)}&toDate=${day(((at * 7) % 330) + 30)}`,
    ),
  );
  const hourly = await timed(questions, (at) =>
    call(
      server,
      `/v2/entities/urn:m:${(at * 37) % meters}/attrs/${power.name}?aggrMethod=avg&aggrPeriod=hour&toDate=${day(365)}`,
    ),
  );
  const fleet = await timed(Math.ceil(questions / 2), (at) =>
    call(
      server,
      `/v2/types/${TYPE}/attrs/${register.name}?aggrMethod=max&aggrPeriod=day&fromDate=${day((at % 11) * 30)}&toDate=${day((at % 11) * 30 + 30)}`,
    ),
  );
  return {
    ...{ range30dP50Ms: quantile(range, 0.5), range30dP95Ms: quantile(range, 0.95) },
    ...{ hourlyYearP50Ms: quantile(hourly, 0.5), hourlyYearP95Ms: quantile(hourly, 0.95) },
    ...{ fleetMonthP50Ms: quantile(fleet, 0.5), fleetMonthP95Ms: quantile(fleet, 0.95) },
  };
}

/** New readings of the same meters, 20,000 a second, until it is stopped; resolves with what was acknowledged a second. */
function readingsComing(server: ServerProcess, meters: number): { stop(): Promise<number> } {
  let isOn = true;
  let acknowledged = 0;
  const startedAt = performance.now();
  const flow = (async () => {
    for (let second = 0; isOn; second += 0.05) {
      const dueMs = startedAt + second * 1000 - performance.now();
      if (dueMs > 0) await new Promise((resolve) => setTimeout(resolve, dueMs));
      const observedAt = new Date(Date.UTC(2026, 0, 1) + Math.round(second * 20) * 1000).toISOString();
      const data = Array.from({ length: 334 }, (_, at) => ({
        ...{ id: `urn:m:${at % meters}`, type: TYPE },
        ...Object.fromEntries(CHANNELS.map(({ name }) => [name, { type: 'Property', value: at / 10, observedAt }])),
      }));
      await call(server, '/v2/notify', 'POST', JSON.stringify({ data }));
      acknowledged += data.length * CHANNELS.length;
    }
  })();
  return {
    async stop() {
      isOn = false;
      await flow;
      return Math.round(acknowledged / ((performance.now() - startedAt) / 1000));
    },
  };
}

/** The server makes the table by what it is told; the script adds the rest in the order in which it would have arrived. */
async function fill(data: string, meters: number, startMs: number, steps: number): Promise<void> {
  const server = await startProcess({ HISTORY_DATA: data });
  const observedAt = new Date(startMs).toISOString();
  const first = Array.from({ length: meters }, (_, meter) => ({
    ...{ id: `urn:m:${meter}`, type: TYPE },
    ...Object.fromEntries(CHANNELS.map(({ name }) => [name, { type: 'Property', value: 0.5, observedAt }])),
  }));
  await call(server, '/v2/notify', 'POST', JSON.stringify({ data: first }));
  await server.stop();
  const instance = await DuckDBInstance.create(join(data, 'history.duckdb'));
  const connection = await instance.connect();
  const names = CHANNELS.map(({ name }, column) => quote(columnName(column, name))).join(', ');
  await connection.run(
    `INSERT INTO ${quote(hotTable(0))} (e, t, v, ${names}) SELECT e, ${startMs} + q * ${STEP_MS}, -1, ${CHANNELS.map(({ sql }) => sql).join(', ')} ` +
      `FROM range(1, ${steps}) steps(q), range(${meters}) meters(e) ORDER BY q, e`,
  );
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
}

async function call(server: ServerProcess, path: string, method = 'GET', body?: string): Promise<string> {
  const headers = { 'Content-Type': 'application/json' };
  const response = await fetch(`${server.url}${path}`, { method, ...(body !== undefined && { body, headers }) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 300)}`);
  return text;
}

async function resident(server: ServerProcess): Promise<number> {
  const line = (await call(server, '/metrics'))
    .split('\n')
    .find((each) => each.startsWith('process_resident_memory_bytes'));
  return Math.round(Number(line?.split(' ').at(-1)) / 2 ** 20);
}

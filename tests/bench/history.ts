/**
 * History alone in its process: readings a second taken durably by HTTP notify, CPU of the server per reading, and how
 * long questions take on what was stored. The publisher runs in this process and shares the cores.
 */

import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServerProcess, startProcess } from '../contract/history/process.js';
import { quantile, timed } from './quantiles.js';

export interface HistoryBench {
  readonly readings: number;
  /** Rows that arrived behind their meter's newest, of parallel requests: merged in every question. */
  readonly lateRows: number;
  readonly ingestReadingsPerSecond: number;
  readonly ingestCpuMicrosPerReading: number;
  readonly rangeP50Ms: number;
  readonly rangeP95Ms: number;
  readonly hourlyP50Ms: number;
  readonly hourlyP95Ms: number;
  readonly lastP50Ms: number;
  readonly lastP95Ms: number;
  readonly residentIdleMiB: number;
  readonly residentMiB: number;
  readonly restartMs: number;
}

export interface HistoryBenchOptions {
  readonly meters?: number;
  readonly channels?: number;
  readonly instants?: number;
  readonly connections?: number;
  readonly questions?: number;
}

const START_MS = Date.UTC(2026, 0, 1);
const STEP_MS = 900_000;
const DAY_MS = 86_400_000;
const CHANNELS = [
  'totalActiveEnergyImport',
  'totalActiveEnergyExport',
  'totalActivePower',
  'voltageL1',
  'voltageL2',
  'voltageL3',
];

export async function benchHistory(options: HistoryBenchOptions = {}): Promise<HistoryBench> {
  const { meters = 100, channels = 4, instants = 2_500, connections = 8, questions = 100 } = options;
  const folder = await mkdtemp(join(tmpdir(), 'contor-bench-history-'));
  const environment = { HISTORY_DATA: folder };
  let server = await startProcess(environment);
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  try {
    const residentIdleMiB = await figure(agent, server, 'process_resident_memory_bytes', 2 ** 20);
    const names = CHANNELS.slice(0, channels);
    const cpuBefore = await figure(agent, server, 'process_cpu_seconds');
    const startedAt = performance.now();
    let next = 0;
    await Promise.all(
      Array.from({ length: connections }, async () => {
        for (let instant = next; instant < instants; instant = next) {
          next += 1;
          await call(agent, server, 'POST', '/v2/notify', notification(instant, meters, names));
        }
      }),
    );
    await call(agent, server, 'GET', '/v2/entities?limit=1');
    const seconds = (performance.now() - startedAt) / 1000;
    const cpu = (await figure(agent, server, 'process_cpu_seconds')) - cpuBefore;
    const readings = meters * names.length * instants;

    const range = await timed(questions, (at) => {
      const from = START_MS + (at % 10) * DAY_MS;
      return call(
        agent,
        server,
        'GET',
        `/v2/entities/urn:m:${at % meters}/attrs/${names[0]}?fromDate=${iso(from)}&toDate=${iso(from + 7 * DAY_MS)}`,
      );
    });
    const hourly = await timed(questions, (at) =>
      call(agent, server, 'GET', `/v2/entities/urn:m:${at % meters}/attrs/${names[2]}?aggrMethod=avg&aggrPeriod=hour`),
    );
    const last = await timed(questions, (at) =>
      call(agent, server, 'GET', `/v2/entities/urn:m:${at % meters}/attrs/${names[2]}?lastN=1`),
    );
    const lateRows = await figure(agent, server, 'history_late_rows_stored');
    const residentMiB = await figure(agent, server, 'process_resident_memory_bytes', 2 ** 20);
    await server.kill();
    const restartedAt = performance.now();
    server = await startProcess(environment);
    const restartMs = performance.now() - restartedAt;
    return {
      ...{ readings, lateRows },
      ingestReadingsPerSecond: Math.round(readings / seconds),
      ingestCpuMicrosPerReading: round((cpu * 1e6) / readings),
      ...{ rangeP50Ms: quantile(range, 0.5), rangeP95Ms: quantile(range, 0.95) },
      ...{ hourlyP50Ms: quantile(hourly, 0.5), hourlyP95Ms: quantile(hourly, 0.95) },
      ...{ lastP50Ms: quantile(last, 0.5), lastP95Ms: quantile(last, 0.95) },
      ...{
        residentIdleMiB: Math.round(residentIdleMiB),
        residentMiB: Math.round(residentMiB),
        restartMs: Math.round(restartMs),
      },
    };
  } finally {
    agent.destroy();
    await server.kill();
    await rm(folder, { recursive: true, force: true });
  }
}

function notification(instant: number, meters: number, names: readonly string[]): string {
  const observedAt = iso(START_MS + instant * STEP_MS);
  const entities = Array.from({ length: meters }, (_, meter) => {
    const attributes = names.map(
      (name, at) =>
        `"${name}":{"type":"Property","value":${(meter * 1000 + instant * (at + 1)) / 1000},"unitCode":"KWH","observedAt":"${observedAt}"}`,
    );
    return `{"id":"urn:m:${meter}","type":"ACMeasurement",${attributes.join(',')}}`;
  });
  return `{"id":"urn:n:${instant}","type":"Notification","subscriptionId":"urn:s:1","notifiedAt":"${observedAt}","data":[${entities.join(',')}]}`;
}

function call(agent: Agent, server: ServerProcess, method: string, path: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const headers =
      body === undefined ? {} : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) };
    const outgoing = request(`${server.url}${path}`, { agent, method, headers }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        response.statusCode === 200 ? resolve(text) : reject(new Error(`${response.statusCode}: ${text}`)),
      );
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

async function figure(agent: Agent, server: ServerProcess, name: string, unit = 1): Promise<number> {
  const text = await call(agent, server, 'GET', '/metrics');
  const line = text.split('\n').find((each) => each.startsWith(name));
  return Number(line?.split(' ').at(-1)) / unit;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}

/**
 * `npm run bench -- dlms-sweep`: the day-end sweep of simulated DLMS meters over real sockets. Each meter: connect, HLS GMAC, clock, serial
 * number, 96 intervals × 4 channels, release; 64 at once. The meters are another process; the CPU is that of the head end alone. And what an
 * open association costs in memory.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Device } from '@contor/agent-kit';
import { openCounters } from '@contor/dlms/agent/counters.js';
import { type Dialled, dial } from '@contor/dlms/agent/dial.js';
import { parseEndpoint } from '@contor/dlms/agent/endpoint.js';
import { dlmsReader } from '@contor/dlms/agent/reader.js';
import { SAMPLE_DLMS_SEED } from '@contor/dlms/sample-facts.js';
import { serialOf, simulatedSecurity } from '@contor/dlms/simulator/street.js';
import { realPorts } from '@contor/kit';
import { freePorts } from '../support/platform.js';
import { CONTOR } from '../support/service-process.js';

const IN_FLIGHT = 64;
const ASSOCIATIONS = 200;
const DAY_MS = 86_400_000;
const QUARTER_MS = 900_000;
const OWN_TITLE = Buffer.from('CTRbench');

export async function benchDlmsSweep({ isFull }: { readonly isFull: boolean }): Promise<object> {
  const meters = isFull ? 1_000 : 300;
  const [port = 0] = await freePorts(1);
  const child = spawn(
    process.execPath,
    [CONTOR, 'simulate', 'dlms', '--meters', String(meters), '--port', String(port)],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  try {
    await once(child.stdout, 'data');
    const memory = await memoryOfAssociations(port);
    return { meters, inFlight: IN_FLIGHT, ...(await sweep(meters, port)), ...memory };
  } finally {
    child.kill();
  }
}

async function sweep(meters: number, port: number): Promise<object> {
  const { clock } = realPorts();
  const reader = dlmsReader({ clock, dial: (device, signal) => dialDevice(device, port, signal) });
  const toMs = Math.floor(Date.now() / QUARTER_MS) * QUARTER_MS;
  const task = { kind: 'profile', profile: 'load-profile', fromMs: toMs - DAY_MS, toMs } as const;
  const cpu = process.cpuUsage();
  const startedAt = performance.now();
  let next = 0;
  let bytes = 0;
  await Promise.all(
    Array.from({ length: IN_FLIGHT }, async () => {
      for (let number = ++next; number <= meters; number = ++next) {
        const result = await reader.read(deviceOf(number), task, AbortSignal.timeout(60_000), () => undefined);
        if (result.kind !== 'value') throw new Error(`${result.code}: ${result.detail}`);
        bytes += result.bytesIn;
      }
    }),
  );
  const tookMs = performance.now() - startedAt;
  const { user, system } = process.cpuUsage(cpu);
  return {
    metersPerSecond: Math.round((meters * 1000) / tookMs),
    cpuMsPerMeter: Math.round((user + system) / 10 / meters) / 100,
    bytesPerMeter: Math.round(bytes / meters),
  };
}

async function memoryOfAssociations(port: number): Promise<object> {
  const before = heap();
  const open: Dialled[] = [];
  for (let number = 1; number <= ASSOCIATIONS; number += 1)
    open.push(await dialDevice(deviceOf(number), port, AbortSignal.timeout(60_000)));
  const kilobytesPerAssociation = Math.round((heap() - before) / ASSOCIATIONS / 1024);
  await Promise.all(open.map(({ conversation }) => conversation.close()));
  return { associations: ASSOCIATIONS, kilobytesPerAssociation };
}

/** What the process holds; without `--expose-gc` young garbage is counted too. */
function heap(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const documents = new Map<string, unknown>();
const counters = openCounters({
  get: (kind: string, id: string) => documents.get(`${kind} ${id}`),
  put: async ({ kind, id, value }: { kind: string; id: string; value: unknown }) => {
    documents.set(`${kind} ${id}`, value);
  },
} as never);

function dialDevice({ deviceId }: Device, port: number, signal: AbortSignal): Promise<Dialled> {
  const number = Number(deviceId);
  const { title, ...secrets } = simulatedSecurity(serialOf(SAMPLE_DLMS_SEED, number));
  return dial({
    ...{ ports: realPorts(), secrets, ownTitle: OWN_TITLE, counters, keyName: deviceId, signal },
    endpoint: { ...parseEndpoint(`dlms://127.0.0.1:${port}/${number}`), title },
  });
}

function deviceOf(number: number): Device {
  return {
    apiKey: 'bench',
    deviceId: String(number),
    tenant: 'default',
    name: `bench-${number}`,
    refDevice: `urn:ngsi-ld:Device:bench-${number}`,
    timeZone: 'UTC',
    registerDigits: 8,
    model: 'contor-simulated-dlms',
    serialNumber: serialOf(SAMPLE_DLMS_SEED, number),
  };
}

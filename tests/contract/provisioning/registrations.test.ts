/** What a broker forwards to an agent follows its registry: devices that come, change and go at run time, and those of another agent beside it. */

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toDevice } from '@contor/agent-kit';
import { type CommandedDevice, type Registrar, startRegistrar } from '@contor/agent-kit/commands/registrar.js';
import * as brokerServer from '@contor/broker';
import {
  createLogger,
  type Running,
  readSettings,
  realPorts,
  retrySchedule,
  SimulatedClock,
  seededRandom,
} from '@contor/kit';
import { afterAll, beforeAll, expect, it, jest } from '@jest/globals';
import { addTenant } from 'contor/commands/tenant.js';

const folder = mkdtempSync(join(tmpdir(), 'contor-registrations-'));
const log = createLogger({ service: 'test', write: () => undefined });
const clock = new SimulatedClock(Date.UTC(2026, 10, 20));
const nowhere = 'http://127.0.0.1:9';
let broker: Running;
let url: string;
const registrars: Registrar[] = [];

beforeAll(async () => {
  const source = { BROKER_DATA: folder, BROKER_PORT: '0', BROKER_HISTORY_URL: nowhere };
  broker = await brokerServer.start(readSettings(brokerServer.SETTINGS, source), { ports: realPorts(), log });
  url = broker.url ?? '';
  const said = jest.spyOn(console, 'log').mockReturnValue(undefined);
  await addTenant('default', { BROKER_URL: url, HISTORY_URL: nowhere });
  said.mockRestore();
}, 30_000);

afterAll(async () => {
  for (const registrar of registrars) await registrar.stop();
  await broker.stop();
  rmSync(folder, { recursive: true, force: true });
});

function commanded(...ids: readonly string[]): readonly CommandedDevice[] {
  return ids.map((deviceId) => ({
    device: toDevice({ apiKey: 'k', deviceId, tenant: 'default' }, undefined),
    commands: ['disconnect'],
  }));
}

function begin(endpoint: string, devices: () => readonly CommandedDevice[]): Registrar {
  const retry = retrySchedule({ firstMs: 500, factor: 2, maxMs: 30_000, jitter: 0 }, seededRandom(1));
  const registrar = startRegistrar({
    broker: { url, secret: undefined },
    agent: 'agent-test',
    endpoint,
    devices,
    clock,
    retry,
    log,
  });
  registrars.push(registrar);
  return registrar;
}

async function registered(): Promise<readonly string[]> {
  const answer = await fetch(`${url}/ngsi-ld/v1/csourceRegistrations?type=Device&limit=100`);
  const all = (await answer.json()) as { id: string }[];
  return all.map(({ id }) => id.slice(id.lastIndexOf(':') + 1)).sort();
}

async function until(wanted: readonly string[]): Promise<void> {
  for (let tries = 0; tries < 100; tries += 1) {
    if (JSON.stringify(await registered()) === JSON.stringify(wanted)) return;
    await clock.advance(1_000);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  expect(await registered()).toEqual(wanted);
}

it('follows the registry, and leaves alone what another agent registered', async () => {
  let own = commanded('m1', 'm2');
  begin('http://127.0.0.1:5999', () => commanded('other'));
  await until(['other']);
  const registrar = begin('http://127.0.0.1:5998', () => own);
  await until(['m1', 'm2', 'other']);
  own = commanded('m2', 'm3');
  registrar.nudge();
  registrar.nudge();
  expect(await registered()).toEqual(['m1', 'm2', 'other']);
  await until(['m2', 'm3', 'other']);
  own = [];
  registrar.nudge();
  await until(['other']);
});

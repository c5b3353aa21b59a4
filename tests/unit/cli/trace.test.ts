/** `contor trace` from end to end: a real history, the JSON agent's own codec and map, real files beside a running agent. */

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TRACEABLE } from '@contor/agent-json';
import { type Agent, historyOver, openAgent, provisionDevices } from '@contor/agent-kit';
import { type Clock, realClock, realPorts, toHex } from '@contor/kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { trace } from 'contor/trace/trace.js';
import { type Instance, openInstance } from '../../contract/history/instance.js';
import { eventually } from '../../support/metering-path.js';
import { SILENT, testDevice } from '../agent-kit/bench-agent.js';

const LIVE = new TextEncoder().encode(
  '{"timestamp":"2026-11-20T08:00:10.000Z","energyImport":12345.678,"voltageL1":231.4}',
);
const PROFILE = new TextEncoder().encode(
  '{"intervalSeconds":900,"start":"2026-11-20T07:00:00.000Z","registers":{"energyImport":[12345.1,12345.2,12345.4]}}',
);

let folder: string;
let history: Instance;
let agent: Agent;
let flags: Parameters<typeof trace>[1];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contor-trace-'));
  history = await openInstance();
  const tenant = history.tenant['NGSILD-Tenant'] ?? '';
  flags = { data: folder, historyUrl: history.url, tenant };
  const dataFolder = join(folder, 'agent-json');
  await provisionDevices(dataFolder, [
    { ...testDevice(1, tenant), model: 'landis-gyr-e350-json', serialNumber: 'SN-7' },
  ]);
  const clock: Clock = realClock();
  const door = historyOver({ url: history.url }, 'trace-test', clock);
  agent = await openAgent({
    ...{ dataFolder, ports: realPorts(), log: SILENT, history: door, broker: { upsert: door.append } },
    ...{ translator: TRACEABLE.translator, hasDeviceTime: () => true, limits: { logBytes: 2 ** 22 } },
    onFatal: (error) => {
      throw error;
    },
  });
  agent.start();
  await agent.take({ apiKey: 'key', deviceId: 'meter-1', channel: 'attrs', lane: 'live', bytes: LIVE });
  await agent.take({ apiKey: 'key', deviceId: 'meter-1', channel: 'profile', lane: 'late', bytes: PROFILE });
  await eventually(async () => {
    if (agent.figures.liveLag + agent.figures.lateLag > 0) throw new Error('not forwarded yet');
  });
  door.close();
});

afterAll(async () => {
  await agent.stop();
  await history.stop();
  await rm(folder, { recursive: true, force: true });
});

async function lines(entity: string, attribute: string, time: string): Promise<{ isFound: boolean; text: string }> {
  const said: string[] = [];
  const isFound = await trace({ entity, attribute, time }, flags, (line) => said.push(line));
  return { isFound, text: said.join('\n') };
}

it('from a live value to the message it came in, also a moment later', async () => {
  const { isFound, text } = await lines(
    'urn:ngsi-ld:ACMeasurement:meter-1',
    'totalActiveEnergyImport',
    '2026-11-20T08:00:19Z',
  );
  expect(isFound).toBe(true);
  expect(text).toContain('totalActiveEnergyImport = 12345.678');
  expect(text).toContain('observed   2026-11-20T08:00:10.000Z');
  expect(text).toContain('serial SN-7');
  expect(text).toContain(toHex(LIVE));
  expect(text).toMatch(/energyImport\s+12345.678 KWH → totalActiveEnergyImport/);
});

it.each(['IntervalReading', 'ValidatedReading'])('from an interval (%s) to the profile it was in', async (type) => {
  const { isFound, text } = await lines(`urn:ngsi-ld:${type}:meter-1`, 'activeEnergyImport', '2026-11-20T07:15:00Z');
  expect(isFound).toBe(true);
  expect(text).toContain('activeEnergyImport = 0.2');
  expect(text).toContain(toHex(PROFILE));
  expect(text).toContain('2026-11-20T07:30:00.000Z  12345.4');
});

it('as JSON', async () => {
  const said: string[] = [];
  const wanted = { entity: 'urn:ngsi-ld:ACMeasurement:meter-1', attribute: 'voltageL1', time: '2026-11-20T08:00:10Z' };
  await trace(wanted, { ...flags, json: true }, (line) => said.push(line));
  expect(JSON.parse(said.join(''))).toMatchObject({
    ...{ attribute: 'voltageL1', value: 231.4, source: 'live' },
    frames: [{ device: 'key/meter-1', channel: 'attrs', bytes: toHex(LIVE), made: { value: 231.4, unitCode: 'VLT' } }],
  });
});

it('says so when there is no such value, or its bytes are gone', async () => {
  expect(await lines('urn:ngsi-ld:ACMeasurement:meter-9', 'voltageL1', '2026-11-20T08:00:10Z')).toMatchObject({
    ...{ isFound: false, text: expect.stringContaining('has no voltageL1') },
  });
  const elsewhere = { ...flags, data: join(folder, 'nowhere') };
  const said: string[] = [];
  const wanted = { entity: 'urn:ngsi-ld:ACMeasurement:meter-1', attribute: 'voltageL1', time: '2026-11-20T08:00:10Z' };
  expect(await trace(wanted, elsewhere, (line) => said.push(line))).toBe(false);
  expect(said.join('\n')).toContain('not (or no longer) kept');
});

it.each([
  ['meter-1', 'voltageL1', '2026-11-20T08:00:10Z', 'trace.entity'],
  ['urn:ngsi-ld:ACMeasurement:meter-1', 'voltageL1', 'yesterday', 'trace.time'],
  ['urn:ngsi-ld:ACMeasurement:meter-1', 'a b', '2026-11-20T08:00:10Z', 'trace.attribute'],
])('%s %s %s: %s', async (entity, attribute, time, code) =>
  expect(trace({ entity, attribute, time }, flags, () => undefined)).rejects.toMatchObject({ code }),
);

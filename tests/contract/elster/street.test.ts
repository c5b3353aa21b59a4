/** `contor simulate elster` and the reader, over a real socket. */

import { toDevice } from '@contor/agent-kit';
import { elsterReader } from '@contor/elster/reader.js';
import { SETTINGS, SIMULATED_PASSWORD, start } from '@contor/elster/simulator/index.js';
import { serialOf } from '@contor/elster/simulator/street.js';
import { createLogger, type Running, readSettings, realPorts } from '@contor/kit';
import { afterAll, beforeAll, expect, it } from '@jest/globals';

const ports = realPorts();
const { clock, net } = ports;
const reader = elsterReader({ net, clock, passwordOf: async () => SIMULATED_PASSWORD });
let street: Running;

beforeAll(async () => {
  const log = createLogger({ service: 'test', level: 'error' });
  street = await start(readSettings(SETTINGS, { SIMULATE_ELSTER_PORT: '0' }), { ports, log });
});
afterAll(() => street.stop());

it.each([
  ['its registers', { kind: 'live' }, 'readout'],
  [
    'its profile',
    { kind: 'profile', profile: 'load-profile', fromMs: clock.nowMs() - 7_200_000, toMs: clock.nowMs() },
    'profile',
  ],
] as const)('a meter tells %s', async (_name, task, channel) => {
  const record = {
    ...{ apiKey: 'elster', deviceId: 'three', tenant: 'default', model: 'contor-simulated-elster' },
    ...{ timeZone: 'Europe/Bucharest', serialNumber: serialOf(3, 1), endpoint: `9600,e,7,1/${serialOf(3, 1)}` },
    connection: { kind: 'tcp', address: street.url?.replace('tcp://', '') ?? '' } as const,
  };
  const steps: string[] = [];
  const signal = new AbortController().signal;
  const result = await reader.read(toDevice(record, undefined), task, signal, (step) => steps.push(step));
  expect(result).toMatchObject({ kind: 'value', frames: [{ channel }] });
  expect(steps.slice(0, 2)).toEqual(['connected', 'identified']);
  if (result.kind === 'value') expect(Math.abs((result.deviceTimeMs ?? 0) - clock.nowMs())).toBeLessThan(10_000);
});

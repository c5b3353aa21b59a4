/** The reader of wired meters keeps the contract of readers: one simulated bus behind a gateway, on a simulated net. */

import { type Device, toDevice } from '@contor/agent-kit';
import { SimulatedClock, SimulatedNet, seededRandom } from '@contor/kit';
import { keyring } from '@contor/mbus/codec/radio/keyring.js';
import { radioMemory } from '@contor/mbus/codec/radio/telegram.js';
import { type BusFaults, NO_FAULTS, SimulatedBus } from '@contor/mbus/simulator/bus/bus.js';
import { openGateway } from '@contor/mbus/simulator/bus/gateway.js';
import { simulatedSlaves } from '@contor/mbus/simulator/bus/street.js';
import { mbusTranslator } from '@contor/mbus/translator.js';
import { targetOf, wiredReader } from '@contor/mbus/wired-reader.js';
import { describe, expect, it } from '@jest/globals';
import { itKeepsTheReaderContract, type Stage } from '../../support/reader-contract.js';

const slaves = () => simulatedSlaves({ seed: 'reader', meters: 3 });
const [HEAT, WATER] = slaves();
const PORT = 49_153;

function device(more: Partial<Device> = {}): Device {
  const serialNumber = HEAT?.meter.id;
  const connection = { kind: 'tcp', address: `127.0.0.1:${PORT}` } as const;
  const record = {
    apiKey: 'mbus',
    deviceId: 'heat-1',
    tenant: 'default',
    model: 'mbus-heat',
    serialNumber,
    connection,
  };
  return { ...toDevice({ ...record, endpoint: 'primary:1' }, undefined), ...more };
}

async function stage(faults: BusFaults = NO_FAULTS, isDead = false): Promise<Stage> {
  const clock = new SimulatedClock(Date.UTC(2026, 10, 20, 8));
  const random = seededRandom('reader');
  const net = new SimulatedNet({ clock, random, leastLatencyMs: 5, mostLatencyMs: 30, splitChance: 0.5 });
  const bus = new SimulatedBus(isDead ? [] : slaves(), seededRandom('faults'), faults);
  const gateway = await openGateway({ net, clock, host: '127.0.0.1', port: 0, bus });
  expect(gateway.port).toBe(PORT);
  return { reader: wiredReader({ net, clock }), ports: { clock, net, random }, advance: (ms) => clock.advance(ms) };
}

const registry = { size: 1, all: () => [device()], find: () => device() };

describe('the reader of wired meters', () => {
  itKeepsTheReaderContract({
    device: device(),
    translator: mbusTranslator({ registry, findKey: keyring().find, memory: radioMemory() }),
    hasDeviceTime: () => false,
    scenes: {
      answers: () => stage(),
      silent: () => stage(NO_FAULTS, true),
      garbles: () => stage({ damage: 1, loss: 0 }),
      async other() {
        const whole = await stage();
        const { reader } = whole;
        const read: typeof reader.read = (one, ...rest) => reader.read({ ...one, endpoint: 'primary:2' }, ...rest);
        return { ...whole, reader: { read } };
      },
      async broken() {
        const whole = await stage();
        const { reader } = whole;
        const nowhere = { kind: 'tcp', address: '127.0.0.1:1' } as const;
        const read: typeof reader.read = (one, ...rest) => reader.read({ ...one, connection: nowhere }, ...rest);
        return { ...whole, reader: { read } };
      },
    },
  });

  it.each([
    ['primary:7', undefined, { kind: 'primary', address: 7 }],
    ['primary:251', undefined, undefined],
    ['secondary:1234567A', undefined, { kind: 'secondary', selection: { id: '1234567a' } }],
    [undefined, 'KAM12345678', { kind: 'secondary', selection: { id: '12345678' } }],
    [undefined, undefined, undefined],
  ])('endpoint %s and serial number %s', (endpoint, serialNumber, target) => {
    const found = targetOf({ endpoint, serialNumber, deviceId: 'x' });
    if (target === undefined) expect(found).toBeUndefined();
    else expect(found).toMatchObject(target);
  });

  it.each([
    ['a profile', device(), { kind: 'profile', profile: 'p', fromMs: 0, toMs: 1 }, 'mbus.task'],
    ['without a gateway', device({ connection: undefined }), { kind: 'live' }, 'mbus.connection'],
    ['with an address that is none', device({ endpoint: 'primary:999' }), { kind: 'live' }, 'mbus.endpoint'],
  ] as const)('%s is not supported', async (_name, one, task, code) => {
    const { reader } = await stage();
    const result = await reader.read(one, task, new AbortController().signal, () => undefined);
    expect(result).toMatchObject({ kind: 'failed', fault: 'unsupported', code });
  });

  it('has somebody else to answer', () => expect(WATER?.primary).toBe(2));
});

/** Ports, read and tried before anything starts. */

import { createServer } from 'node:net';
import { ConfigError } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import { checkDoors, readDoors } from 'contor/up/doors.js';
import { DOORS, type Doors } from 'contor/up/layout.js';
import { freePorts } from '../../support/platform.js';

function faultsOf(body: () => unknown): readonly { code: string; message: string; fix: string }[] {
  try {
    body();
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

async function freeDoors(): Promise<Doors> {
  const ports = await freePorts(DOORS.length);
  return Object.fromEntries(DOORS.map(({ port }, at) => [port, ports[at]])) as Doors;
}

function holdPort(port: number): Promise<{ release(): Promise<void> }> {
  return new Promise((resolve) => {
    const server = createServer();
    server.listen(port, '127.0.0.1', () =>
      resolve({ release: () => new Promise((done) => server.close(() => done())) }),
    );
  });
}

describe('reading the doors', () => {
  it('takes what the environment says, and the usual port otherwise', () => {
    const doors = readDoors({ BROKER_PORT: '11026', MQTT_PORT: '' });
    expect(doors).toMatchObject({ BROKER_PORT: 11026, MQTT_PORT: 1883, GATEWAY_PORT: 3000 });
  });

  it.each(['abc', '0', '65536', '-1', '80.5', '1e9', '0x', ' '])('refuses %j as a port', (text) => {
    const [fault] = faultsOf(() => readDoors({ BROKER_PORT: text }));
    expect(fault).toMatchObject({ code: 'config.port' });
    expect(fault?.message).toContain('BROKER_PORT');
    expect(fault?.fix).toContain('65535');
  });

  it('names every fault together', () => {
    expect(faultsOf(() => readDoors({ BROKER_PORT: 'x', MQTT_PORT: 'y' }))).toHaveLength(2);
  });

  it('names two of our own servers on one port', () => {
    const [fault] = faultsOf(() => readDoors({ BROKER_PORT: '1883' }));
    expect(fault?.code).toBe('config.port-shared');
    expect(fault?.message).toMatch(/BROKER_PORT.*MQTT_PORT.*1883/);
  });
});

describe('trying the doors', () => {
  it('is content with free ones, and leaves them free', async () => {
    const doors = await freeDoors();
    await checkDoors(doors);
    await checkDoors(doors);
  });

  it('names a taken one and the way out, on a port that can exist', async () => {
    const doors = await freeDoors();
    const holder = await holdPort(doors.HISTORY_PORT);
    try {
      const error = await checkDoors(doors).catch((thrown: unknown) => thrown);
      const [fault, ...others] = error instanceof ConfigError ? error.faults : [];
      expect(others).toEqual([]);
      expect(fault).toMatchObject({ code: 'config.port-taken' });
      expect(fault?.message).toBe(`Port ${doors.HISTORY_PORT} for the history is taken by another program.`);
      const proposed = Number(/HISTORY_PORT=(\d+)/.exec(fault?.fix ?? '')?.[1]);
      expect(Math.abs(proposed - doors.HISTORY_PORT)).toBe(10_000);
      expect(proposed).toBeLessThanOrEqual(65_535);
    } finally {
      await holder.release();
    }
  });
});

/** The master over real sockets: a simulated bus behind a TCP-serial gateway is searched and read, also when the gateway goes away. */

import { realPorts, seededRandom } from '@contor/kit';
import { readMeter } from '@contor/mbus/session/read.js';
import { searchPrimary, searchSecondary } from '@contor/mbus/session/search.js';
import { selectionOf } from '@contor/mbus/session/select.js';
import { SimulatedBus } from '@contor/mbus/simulator/bus/bus.js';
import { type BusGateway, openGateway } from '@contor/mbus/simulator/bus/gateway.js';
import { simulatedSlaves } from '@contor/mbus/simulator/bus/street.js';
import { type Bus, openBus } from '@contor/mbus/transport/bus.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const BAUD = 38_400;
const { net, clock } = realPorts();
const slaves = simulatedSlaves({ seed: 'sockets', meters: 4, collidingMeter: 4 });
const open: (() => Promise<void>)[] = [];
let gateway: BusGateway;
let bus: Bus;

beforeAll(async () => {
  const wires = new SimulatedBus(slaves, seededRandom('sockets'));
  wires.baud = BAUD;
  for (const slave of slaves) slave.baud = BAUD;
  gateway = await openGateway({ net, clock, host: '127.0.0.1', port: 0, bus: wires });
  bus = await openBus({ net, clock, host: '127.0.0.1', port: gateway.port, baud: BAUD, latencyMs: 10 });
  open.push(
    () => bus.close(),
    () => gateway.close(),
  );
});
afterAll(async () => {
  for (const close of open) await close();
});

describe('over a socket', () => {
  it('the bus is searched by primary address', async () => {
    const { found, collisions } = await bus.carry(searchPrimary({ from: 1, to: 4 }));
    expect(found.map(({ primary }) => primary)).toEqual([1, 2]);
    expect(collisions).toEqual(['3']);
  });

  it('and by secondary, within the digits of its batch', async () => {
    const [first] = slaves;
    if (first === undefined) throw new RangeError('no meter');
    const within = {
      ...selectionOf(first.meter),
      manufacturer: 'wildcard',
      version: 'wildcard',
      medium: 'wildcard',
    } as const;
    const id = `${first.meter.id.slice(0, 7)}f`;
    const { found, collisions } = await bus.carry(searchSecondary({ tries: 1 }, { ...within, id }));
    const near = slaves.filter(({ meter }) => meter.id.startsWith(id.slice(0, 7)));
    expect(found.map(({ meter }) => meter?.id).sort()).toEqual(near.map(({ meter }) => meter.id).sort());
    expect(collisions).toEqual([]);
  });

  it('a meter is read, and who asks is told what went over the line', async () => {
    const before = bus.bytesIn;
    const { telegrams, error } = await bus.carry(readMeter({ kind: 'primary', address: 1 }));
    expect(error).toBeUndefined();
    expect(telegrams).toHaveLength(2);
    expect(bus.bytesIn - before).toBe(1 + telegrams.reduce((sum, { bytes }) => sum + bytes.length, 0));
  });

  it('whoever gives up is let go at once', async () => {
    const abort = new AbortController();
    const reading = bus.carry(readMeter({ kind: 'primary', address: 200 }), { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(reading).rejects.toThrow('enough');
  });

  it('a gateway that hangs up rejects', async () => {
    const other = await openBus({ net, clock, host: '127.0.0.1', port: gateway.port, baud: BAUD });
    const reading = other.carry(readMeter({ kind: 'primary', address: 200 }));
    await gateway.close();
    await expect(reading).rejects.toMatchObject({ code: expect.stringMatching(/^transport\./) });
    await other.close();
  });
});

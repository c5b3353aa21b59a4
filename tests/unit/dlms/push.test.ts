/** Pushes from the line to the log: every form of the line, and everything that is not to be believed. */

import { openCounters } from '@contor/dlms/agent/counters.js';
import { parseEndpoint } from '@contor/dlms/agent/endpoint.js';
import { openPushIntake } from '@contor/dlms/agent/push-intake.js';
import { encodeWrapper } from '@contor/dlms/codec/wrapper.js';
import { deviceModel } from '@contor/dlms/mapping/models.js';
import { readNotification } from '@contor/dlms/mapping/readings.js';
import { decodeNotification } from '@contor/dlms/mapping/records.js';
import { PushStream } from '@contor/dlms/session/push-stream.js';
import { notificationOf, pushOf } from '@contor/dlms/simulator/push.js';
import { SimulatedStreet, serialOf, simulatedSecurity } from '@contor/dlms/simulator/street.js';
import { createLogger, realPorts, SimulatedNet, seededRandom, toHex } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

const SEED = 4;
const { clock } = realPorts();
const random = seededRandom(9);
const street = new SimulatedStreet({ meters: 9, seed: SEED, random, clockMs: () => clock.nowMs() });
const meterOf = (number: number) => {
  const meter = street.meter(number);
  if (meter === undefined) throw new RangeError('the street has nine meters');
  return meter;
};
const security = simulatedSecurity(serialOf(SEED, 1));
const known = {
  device: { deviceId: 'one' },
  endpoint: parseEndpoint(`dlms://127.0.0.1/1?title=${toHex(security.title)}`),
};
const OPEN_SERIAL = serialOf(SEED, 2);
const open = { device: { deviceId: 'two' }, endpoint: undefined };

const kept = new Map<string, unknown>();
const documents = {
  get: (kind: string, id: string) => kept.get(`${kind} ${id}`),
  put: async ({ kind, id, value }: { kind: string; id: string; value: unknown }) => {
    kept.set(`${kind} ${id}`, value);
  },
};

async function intake() {
  const taken: Uint8Array[] = [];
  const strangers: string[] = [];
  const net = new SimulatedNet({ clock, random });
  const opened = await openPushIntake({
    ...{ net, clock, host: '127.0.0.1', port: 4061 },
    log: createLogger({ service: 'test', write: () => undefined }),
    directory: {
      withTitle: (title: Uint8Array) => (toHex(title) === toHex(security.title) ? known : undefined),
      withSerial: (serial: string) =>
        serial === OPEN_SERIAL ? open : serial === serialOf(SEED, 1) ? known : undefined,
    } as never,
    counters: openCounters(documents as never),
    secretsOf: async () => security,
    take: async (_known, bytes) => void taken.push(bytes),
    takeStranger: async (name) => void strangers.push(name),
  });
  async function send(...chunks: readonly Uint8Array[]): Promise<void> {
    const line = await net.connect('127.0.0.1', 4061, 1000);
    for (const chunk of chunks) await line.write(chunk);
    await line.close();
    for (let turn = 0; opened.figures.pushLines > 0 && turn < 500; turn += 1)
      await new Promise((resolve) => setImmediate(resolve));
  }
  return { taken, strangers, send, opened };
}

beforeEach(() => kept.clear());

describe.each(['wrapper', 'hdlc'] as const)('over %s', (form) => {
  it('a ciphered push is opened, kept in clear, and read', async () => {
    const { taken, send, opened } = await intake();
    await send(pushOf(meterOf(1), 1, form, clock.nowMs()));
    expect(opened.figures).toMatchObject({ pushes: 1, pushesRefused: 0 });
    const decoded = decodeNotification(taken[0] ?? new Uint8Array(0));
    const model = deviceModel('idis-dlms');
    if (decoded.kind !== 'value' || model === undefined) throw new Error('the push cannot be read');
    const { values, observedMs } = readNotification(decoded.value, model, () => 0);
    expect(Math.abs((observedMs ?? 0) - clock.nowMs())).toBeLessThan(5_000);
    expect(values.get('1-0:1.8.0')).toMatchObject({ unitCode: 'KWH', exponent: -3 });
    expect(values.get('1-0:32.7.0')).toMatchObject({ unitCode: 'VLT', exponent: -1 });
    expect(values.get('0-0:96.3.10')).toBe('1');
  });

  it('the stream is the same in any chunks', () => {
    const whole = Buffer.concat([1, 2, 3].map((number) => pushOf(meterOf(number), number, form, clock.nowMs())));
    const heard = new PushStream().hear(whole);
    expect(heard).toHaveLength(3);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 200 }), { minLength: 1, maxLength: 40 }), (sizes) => {
        const stream = new PushStream();
        const all = [];
        let at = 0;
        for (let turn = 0; at < whole.length; turn += 1) {
          const size = sizes[turn % sizes.length] ?? 1;
          all.push(...stream.hear(whole.subarray(at, at + size)));
          at += size;
        }
        expect(all).toEqual(heard);
      }),
      { numRuns: 20 },
    );
  });
});

describe('is not believed', () => {
  it('what was said before: not one of ten thousand', async () => {
    const { taken, send, opened } = await intake();
    const old = Array.from({ length: 20 }, () => pushOf(meterOf(1), 1, 'wrapper', clock.nowMs()));
    const newest = pushOf(meterOf(1), 1, 'wrapper', clock.nowMs());
    const again = Buffer.concat(Array.from({ length: 500 }, () => Buffer.concat(old)));
    await send(newest, again);
    expect(taken).toHaveLength(1);
    expect(opened.figures).toMatchObject({ pushes: 1, pushesRefused: 10_000 });
  });

  it('a changed byte, wherever it is', async () => {
    const { taken, send } = await intake();
    const push = pushOf(meterOf(1), 1, 'wrapper', clock.nowMs());
    // From behind the title to the end: header, text, tag.
    for (let at = 18; at < push.length; at += 7) {
      const changed = push.slice();
      changed[at] = (changed[at] ?? 0) ^ 1;
      await send(changed);
    }
    expect(taken).toHaveLength(0);
  });

  it('in plain, of a meter that ciphers', async () => {
    const { taken, send, opened } = await intake();
    const payload = notificationOf(meterOf(1), clock.nowMs());
    await send(encodeWrapper({ version: 1, source: 1, destination: 0x67, payload }));
    expect(taken).toHaveLength(0);
    expect(opened.figures.pushesRefused).toBe(1);
  });
});

it('in plain is believed of a meter for which nothing else was agreed', async () => {
  const { taken, send } = await intake();
  const payload = notificationOf(meterOf(2), clock.nowMs());
  await send(encodeWrapper({ version: 1, source: 1, destination: 0x67, payload }));
  expect(taken).toEqual([payload]);
});

it('strangers are kept by the name that they give', async () => {
  const { taken, strangers, send } = await intake();
  const payload = notificationOf(meterOf(3), clock.nowMs());
  await send(
    pushOf(meterOf(4), 4, 'wrapper', clock.nowMs()),
    encodeWrapper({ version: 1, source: 3, destination: 1, payload }),
  );
  expect(taken).toHaveLength(0);
  expect(strangers).toEqual([toHex(meterOf(4).title), serialOf(SEED, 3)]);
});

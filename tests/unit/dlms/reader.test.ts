/** The reader of the schedule at a simulated street, and what the translator makes of what it brought. */

import type { Device, IngestRecord, ReadResult, ReadTask } from '@contor/agent-kit';
import { openCounters } from '@contor/dlms/agent/counters.js';
import { dial } from '@contor/dlms/agent/dial.js';
import { parseEndpoint } from '@contor/dlms/agent/endpoint.js';
import { dlmsReader } from '@contor/dlms/agent/reader.js';
import { dlmsTranslator } from '@contor/dlms/mapping/translator.js';
import { SimulatedStreet, serialOf, simulatedSecurity } from '@contor/dlms/simulator/street.js';
import { serveMeters } from '@contor/dlms/transport/serve.js';
import { type Document, type DocumentStore, realPorts, SimulatedNet, seededRandom, toHex, toIso } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';

const SEED = 2;
const NUMBER = 7;
const { clock } = realPorts();
const random = seededRandom(5);
const net = new SimulatedNet({ clock, random });
const street = new SimulatedStreet({ meters: 20, seed: SEED, random, clockMs: () => clock.nowMs() });
const listening = serveMeters({ net, clock, host: '127.0.0.1', port: 4059, link: () => street.link() });
const serial = serialOf(SEED, NUMBER);
const security = simulatedSecurity(serial);
const OWN_TITLE = Buffer.from('CTRhead2');
const WINDOW = { notBeforeMs: 0, maxAheadMs: 86_400_000, maxAgeMs: undefined };
const QUARTER_MS = 900_000;

function device(more: Partial<Device> = {}): Device {
  return {
    apiKey: 'street',
    deviceId: 'dlms-7',
    tenant: 'default',
    name: 'dlms-7',
    refDevice: 'urn:ngsi-ld:Device:dlms-7',
    timeZone: 'Europe/Bucharest',
    registerDigits: 8,
    model: 'contor-simulated-dlms',
    serialNumber: serial,
    endpoint: `dlms://127.0.0.1:4059/${NUMBER}?title=${toHex(security.title)}`,
    ...more,
  };
}

function memoryDocuments(): DocumentStore & { readonly puts: Document[] } {
  const kept = new Map<string, unknown>();
  const puts: Document[] = [];
  return {
    puts,
    get: (kind, id) => kept.get(`${kind} ${id}`),
    all: () => [],
    put: async (document) => {
      puts.push(document);
      kept.set(`${document.kind} ${document.id}`, document.value);
    },
    remove: async () => undefined,
    size: 0,
    close: async () => undefined,
  };
}

const documents = memoryDocuments();
const counters = openCounters(documents);
const reader = dlmsReader({
  clock,
  dial: async (asked, signal) => {
    await listening;
    const { apiKey, deviceId, endpoint = '' } = asked;
    return dial({
      ports: { net, clock, random },
      endpoint: parseEndpoint(endpoint),
      secrets: { ...security, secret: Buffer.from('canary-lls') },
      ownTitle: OWN_TITLE,
      counters,
      keyName: `${apiKey}/${deviceId}`,
      signal,
    });
  },
});

const read = (task: ReadTask, asked = device()) =>
  reader.read(asked, task, new AbortController().signal, () => undefined);

function recordOf(result: ReadResult): IngestRecord {
  const [frame] = result.kind === 'value' ? result.frames : [];
  if (frame === undefined) throw new Error(JSON.stringify(result));
  const { lane, channel, bytes } = frame;
  return {
    lane,
    channel,
    bytes,
    tenant: 'default',
    device: 'street/dlms-7',
    receivedAtMs: clock.nowMs(),
    hash: '',
  } as never;
}

const translator = dlmsTranslator({ find: () => device() } as never, WINDOW);

describe('a reading', () => {
  it('becomes the live entity, with units of the vocabulary and the time of the meter', async () => {
    const result = await read({ kind: 'live' });
    expect(result).toMatchObject({ kind: 'value', frames: [{ channel: 'live', lane: 'live' }] });
    if (result.kind !== 'value') return;
    expect(Math.abs((result.deviceTimeMs ?? 0) - clock.nowMs())).toBeLessThan(5_000);
    const { states, refusals } = translator.live(recordOf(result));
    expect(refusals).toEqual([]);
    const meter = street.meter(NUMBER);
    const wh = meter?.state.importWh(clock.nowMs()) ?? 0;
    expect(states).toHaveLength(1);
    expect(states[0]?.entity).toMatchObject({
      id: 'urn:ngsi-ld:ACMeasurement:dlms-7',
      type: 'ACMeasurement',
      totalActiveEnergyImport: { value: expect.closeTo(wh / 1000, 1), unitCode: 'KWH' },
      activePowerLimit: { value: 11_000 },
      breakerState: { value: 'connected' },
      frequency: { value: 50 },
      voltageL1: { value: expect.closeTo(230, -1), unitCode: 'VLT' },
    });
  });

  it('is read again with the scalers that are known', async () => {
    const [first, second] = [await read({ kind: 'live' }), await read({ kind: 'live' })];
    expect(second.bytesIn).toBeLessThanOrEqual(first.bytesIn);
    expect(translator.live(recordOf(second)).states).toHaveLength(1);
  });
});

it('a load profile becomes intervals whose energies are the differences of the registers', async () => {
  const toMs = Math.floor(clock.nowMs() / QUARTER_MS) * QUARTER_MS;
  const fromMs = toMs - 96 * QUARTER_MS;
  const result = await read({ kind: 'profile', profile: 'load-profile', fromMs, toMs });
  const { states, acquired, refusals } = translator.late(recordOf(result));
  expect(refusals).toEqual([]);
  expect(states).toHaveLength(96);
  expect(acquired).toMatchObject([{ profile: 'load-profile', intervalSeconds: 900 }]);
  expect(acquired[0]?.startsMs[0]).toBe(fromMs);
  const meter = street.meter(NUMBER);
  const energy = (meter?.state.importWh(fromMs + QUARTER_MS) ?? 0) - (meter?.state.importWh(fromMs) ?? 0);
  expect(states[0]?.entity).toMatchObject({
    type: 'IntervalReading',
    activeEnergyImport: { value: energy / 1000, observedAt: toIso(fromMs) },
  });
});

it('an event log becomes alerts', async () => {
  const toMs = clock.nowMs();
  const result = await read({ kind: 'events', fromMs: toMs - 366 * 86_400_000, toMs });
  const { states } = translator.live(recordOf(result));
  expect(states.length).toBeGreaterThan(0);
  expect(states[0]?.entity).toMatchObject({ type: 'Alert', subCategory: { value: 'powerDown' } });
});

it('the clock is read and set', async () => {
  const before = await read({ kind: 'clock' });
  const after = await read({ kind: 'setClock', byMs: 3_600_000 });
  if (before.kind !== 'value' || after.kind !== 'value') throw new Error('the clock was not read');
  const moved = (after.deviceTimeMs ?? 0) - (before.deviceTimeMs ?? 0);
  expect(Math.abs(moved - 3_600_000)).toBeLessThan(3_000);
  await read({ kind: 'setClock', byMs: -3_600_000 });
});

describe('what goes wrong is a value', () => {
  it.each([
    ['another serial number', { serialNumber: '99999999' }, 'identity'],
    ['another title', { endpoint: `dlms://127.0.0.1:4059/${NUMBER}?title=4354520000000099` }, 'identity'],
    ['a model that nobody knows', { model: 'no-such' }, 'unsupported'],
    ['a client without rights', { endpoint: `dlms://127.0.0.1:4059/${NUMBER}?client=9&security=none` }, 'timeout'],
    ['HLS that is not allowed', { endpoint: `dlms://127.0.0.1:4059/${NUMBER}?client=5&security=sha1` }, 'protocol'],
  ])('%s', async (_name, more, fault) => {
    const result = await reader.read(device(more), { kind: 'live' }, AbortSignal.timeout(400), () => undefined);
    expect(result).toMatchObject({ kind: 'failed', fault });
  });

  it('a line that cannot be opened rejects', async () => {
    const gone = device({ endpoint: 'dlms://127.0.0.1:1/1' });
    await expect(read({ kind: 'live' }, gone)).rejects.toMatchObject({ code: 'transport.broken' });
  });

  it.each(['http://x', 'dlms://h:1/70000', 'dlms://h?colour=red', 'dlms://h?security=none2', 'dlms://h?title=12'])(
    'an endpoint such as %s is refused',
    (text) => expect(() => parseEndpoint(text)).toThrow(expect.objectContaining({ code: 'dlms.endpoint' })),
  );
});

describe('invocation counters', () => {
  it('are on disk before they are used, and never come twice, whatever a crash leaves', async () => {
    const store = memoryDocuments();
    const used: number[] = [];
    for (let life = 0; life < 20; life += 1) {
      const counters = openCounters(store);
      const next = await counters.lease('key');
      for (let count = 0; count < 1 + ((life * 131) % 500); count += 1) {
        const counter = next() ?? 0;
        if (counter >= (store.get('sent', 'key') as number)) throw new Error(`${counter} is not reserved`);
        used.push(counter);
      }
    }
    expect(new Set(used).size).toBe(used.length);
  });

  it('end rather than begin anew', async () => {
    const store = memoryDocuments();
    const counters = openCounters(store);
    await counters.raise('key', 0xffff_fffe);
    const next = await counters.lease('key');
    expect([next(), next()]).toEqual([undefined, undefined]);
  });

  it('of a meter that another head end has read begin above those', async () => {
    expect(documents.puts.some(({ kind }) => kind === 'sent')).toBe(true);
    expect(counters.highest(toHex(security.title))).toBeGreaterThan(0);
  });
});

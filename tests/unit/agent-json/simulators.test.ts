/** The newer simulators: whatever they say, the agent understands, and what is a register never runs backwards. */

import { decodeAttrs } from '@contor/agent-json/codec/attrs.js';
import { deviceModel } from '@contor/agent-json/mapping/models.js';
import { SimulatedMeter } from '@contor/agent-json/simulator';
import { OneSecondHome } from '@contor/agent-json/simulator/home.js';
import { HUB_KINDS, hubDevices, type Said } from '@contor/agent-json/simulator/hub-devices.js';
import { SmxMeter } from '@contor/agent-json/simulator/smx-meter.js';
import { jsonTranslator } from '@contor/agent-json/translator.js';
import { contentHash, DEFAULT_TIME_WINDOW, type Device } from '@contor/agent-kit';
import { describe, expect, it } from '@jest/globals';

const T = Date.UTC(2026, 10, 20, 8);
const TIMES = Array.from({ length: 48 }, (_, half) => T + half * 1_800_000);

const device = (model: string): Device => ({
  ...{ apiKey: 'k', deviceId: 'd', tenant: 'default', model, name: 'd', refDevice: 'urn:ngsi-ld:Device:d' },
  ...{ timeZone: 'UTC', registerDigits: 9 },
});

function translate(model: string, bytes: Uint8Array, atMs: number) {
  const known = { size: 1, find: () => device(model), all: () => [device(model)] };
  const base = { lane: 'live' as const, tenant: 'default', device: 'k/d', channel: 'attrs', receivedAtMs: atMs };
  return jsonTranslator(known, DEFAULT_TIME_WINDOW).live({ ...base, bytes, hash: contentHash('k/d', bytes) });
}

const bytesOf = (said: Said) => new TextEncoder().encode(JSON.stringify(said));

const SPEAKERS = [
  ...hubDevices('seed', 1).map(({ deviceId, model, at }) => ({
    deviceId,
    model,
    at: (atMs: number) => bytesOf(at(atMs)),
  })),
  {
    deviceId: 'home',
    model: 'midori-1s',
    at: (atMs: number) => new OneSecondHome({ seed: 'seed', number: 1 }).message(atMs),
  },
  {
    deviceId: 'smx',
    model: 'smx-rest',
    at: (atMs: number) => new SmxMeter({ seed: 'seed', number: 1 }).measureAt(atMs),
  },
] as const;

describe.each(SPEAKERS)('$deviceId', ({ model, at }) => {
  it('says every value of its map, and nothing that is refused', () => {
    const { states, refusals } = translate(model, at(T), T);
    expect(refusals).toEqual([]);
    expect(states).toHaveLength(1);
    const known = deviceModel(model)?.values.map(({ objectId }) => objectId) ?? [];
    const decoded = decodeAttrs(at(T));
    const first = decoded.kind === 'value' ? decoded.value[0] : undefined;
    const said = first?.kind === 'measure' ? [...first.measure.values.keys()] : [];
    // Two tariffs of four, and no lowest and highest flow: not every device has all.
    const silent = known.filter((name) => !said.includes(name) && !/T[1-4]$|^m(in|ax)Flow$/.test(name));
    expect(silent).toEqual([]);
  });

  it('never counts backwards in a day', () => {
    const rows = deviceModel(model)?.values.filter(({ kind }) => kind === 'register') ?? [];
    const said = TIMES.map((atMs) => JSON.parse(new TextDecoder().decode(at(atMs))) as Record<string, number>);
    for (const { objectId } of rows) {
      const series = said.flatMap((one) => one[objectId] ?? []);
      expect([...series].sort((a, b) => a - b)).toEqual(series);
    }
  });

  it('says the same again', () => expect(at(T + 77_000)).toEqual(at(T + 77_000)));
});

it('every kind of a hub has its own map', () => {
  expect(new Set(HUB_KINDS.map(({ model }) => model)).size).toBe(HUB_KINDS.length);
  expect(hubDevices('seed', 3)).toHaveLength(3 * HUB_KINDS.length);
});

it('a home with a clock that gains says so', () => {
  const home = new OneSecondHome({ seed: 'seed', number: 1, driftMsADay: 86_400 });
  const decoded = JSON.parse(new TextDecoder().decode(home.message(T, 10_000))) as { timestamp: string };
  expect(Date.parse(decoded.timestamp)).toBe(T + 10);
});

describe('a meter of the street without supply', () => {
  const outage = { fromMs: T + 100_000, toMs: T + 700_000 };
  const [meter, other] = [
    new SimulatedMeter({ seed: 's', number: 1, outage }),
    new SimulatedMeter({ seed: 's', number: 1 }),
  ];

  it('counts nothing meanwhile, and goes on from there', () => {
    const flowed = (one: SimulatedMeter, from: number, to: number) =>
      one.shownAt(to).importWh - one.shownAt(from).importWh;
    expect(flowed(meter, outage.fromMs, outage.toMs)).toBe(0);
    expect(flowed(meter, outage.toMs, outage.toMs + 3_600_000)).toBe(
      flowed(other, outage.toMs, outage.toMs + 3_600_000),
    );
  });

  it('says that it is back, once, and its last word has no reading', () => {
    const slots = Array.from({ length: 20 }, (_, slot) => outage.toMs - 100_000 + slot * 10_000);
    const back = slots.filter((slotMs) => meter.eventsAt(slotMs).includes('powerRestored'));
    expect(back).toEqual([outage.toMs]);
    expect(JSON.parse(new TextDecoder().decode(meter.lastGasp(T, 2)))).toEqual({
      timestamp: '2026-11-20T08:00:00.000Z',
      seq: 2,
      events: ['lastGasp'],
    });
  });

  it('with an open breaker at the same time is taken off once', () => {
    const both = new SimulatedMeter({ seed: 's', number: 1, outage });
    both.breaker = {
      ...both.breaker,
      switchings: [
        { atMs: T + 400_000, isClosed: false },
        { atMs: T + 900_000, isClosed: true },
      ],
    };
    const flowedTo = (one: SimulatedMeter, toMs: number) => one.shownAt(toMs).importWh;
    expect(flowedTo(both, T + 900_000)).toBe(flowedTo(other, outage.fromMs));
  });
});

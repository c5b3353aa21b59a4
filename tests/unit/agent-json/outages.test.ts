/** Last words: what they mean (a table), what becomes of them across copies, crashes and a storm. */

import { outageIntake, type Take } from '@contor/agent-json/outages.js';
import { jsonTranslator } from '@contor/agent-json/translator.js';
import {
  type Agent,
  DEFAULT_TIME_WINDOW,
  deviceKey,
  type Message,
  openOutageDesk,
  PAIRS,
  parseOutageChannel,
} from '@contor/agent-kit';
import { meaningOf, outageChannel, type PairState, type Sign } from '@contor/agent-kit/outages/pairing.js';
import { type Disk, SimulatedClock, SimulatedDisk, seededRandom, toIso } from '@contor/kit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FOLDER, TestBench } from '../agent-kit/bench-agent.js';

const T = Date.UTC(2026, 10, 20, 8);
const [OUTAGE, LINK] = PAIRS;
const SILENT = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => SILENT };

const gasp = (atS: number): Sign => ({
  words: ['lastGasp'],
  hasReadings: false,
  atMs: T + atS * 1_000,
  receivedMs: T + atS * 1_000,
});
const reading = (atS: number, receivedS = atS): Sign => ({
  ...{ words: [], hasReadings: true },
  ...{ atMs: T + atS * 1_000, receivedMs: T + receivedS * 1_000 },
});
const state = (sinceS: number, endS?: number): PairState => ({
  sinceMs: T + sinceS * 1_000,
  endMs: endS === undefined ? undefined : T + endS * 1_000,
});

describe('what is said means', () => {
  it.each([
    { why: 'the beginning', known: undefined, sign: gasp(0), kind: 'opened', to: state(0) },
    { why: 'a copy', known: state(0), sign: gasp(2), kind: 'copy' },
    { why: 'a copy that took its time', known: state(0, 30), sign: gasp(0), kind: 'copy' },
    { why: 'a copy of another moment, late', known: state(0, 30), sign: gasp(3), kind: 'copy' },
    { why: 'flutter: one event', known: state(0, 30), sign: gasp(36), kind: 'opened', to: state(0) },
    { why: 'the next one', known: state(0, 30), sign: gasp(50), kind: 'opened', to: state(50) },
    { why: 'after the clock was set back', known: state(7_200, 7_300), sign: gasp(0), kind: 'opened', to: state(0) },
    { why: 'the end', known: state(0), sign: reading(30), kind: 'closed', to: state(0, 30) },
    {
      why: 'the end in a word',
      known: state(0),
      sign: { ...reading(9), hasReadings: false, words: ['powerRestored'] },
      kind: 'closed',
      to: state(0, 9),
    },
    { why: 'nothing: measured before', known: state(0), sign: reading(-10, 20), kind: 'nothing' },
    {
      why: 'the end, from a clock that is behind',
      known: state(0),
      sign: reading(-10, 1_000),
      kind: 'closed',
      to: state(0, 1_000),
    },
    { why: 'nothing: no reading', known: state(0), sign: { ...reading(30), hasReadings: false }, kind: 'nothing' },
    { why: 'nothing: the supply was there', known: undefined, sign: reading(0), kind: 'nothing' },
    { why: 'nothing: it is over', known: state(0, 30), sign: reading(60), kind: 'nothing' },
  ])('$why', ({ known, sign, kind, to }) => {
    expect(meaningOf(OUTAGE, known, sign)).toEqual(to === undefined ? { kind } : { kind, state: to });
  });

  it('the will of a gateway is no outage', () => {
    const will = { ...gasp(0), words: ['linkLost'] };
    expect(meaningOf(OUTAGE, undefined, will)).toEqual({ kind: 'nothing' });
    expect(meaningOf(LINK, undefined, will)).toMatchObject({ kind: 'opened' });
  });

  it('an end is never before its beginning, and a channel goes there and back', () =>
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            isGasp: fc.boolean(),
            atS: fc.integer({ min: 0, max: 300 }),
            late: fc.integer({ min: 0, max: 2_000 }),
          }),
          { maxLength: 30 },
        ),
        (said) => {
          let known: PairState | undefined;
          for (const { isGasp, atS, late } of said) {
            const sign = isGasp ? gasp(atS) : reading(atS, atS + late);
            const meaning = meaningOf(OUTAGE, known, sign);
            if (!('state' in meaning)) continue;
            known = meaning.state;
            expect(known.endMs === undefined || known.endMs > known.sinceMs).toBe(true);
            expect(parseOutageChannel(outageChannel('powerOutage', known))).toEqual({ row: OUTAGE, state: known });
          }
        },
      ),
      { numRuns: 100 },
    ));
});

const device = (id: string) => ({
  ...{ apiKey: 'key', deviceId: id, tenant: 'default', model: 'landis-gyr-e350-json', name: id },
  ...{
    refDevice: `urn:ngsi-ld:Device:${id}`,
    refPoint: `urn:ngsi-ld:ConsumptionPoint:${id}`,
    timeZone: 'UTC',
    registerDigits: 6,
  },
});
const registry = {
  size: 1,
  find: (key: string) => (key.startsWith('key/m') ? device(key.slice('key/'.length)) : undefined),
  all: () => [],
};
const message = (id: string, said: object): Message => ({
  ...{ apiKey: 'key', deviceId: id, channel: 'attrs', lane: 'live' as const },
  bytes: new TextEncoder().encode(JSON.stringify(said)),
});

async function openIntake(disk: Disk, clock: SimulatedClock, store: Take) {
  const onFatal = (error: Error) => {
    throw error;
  };
  const desk = await openOutageDesk({ disk, clock, log: SILENT, dataFolder: FOLDER, onFatal });
  return { desk, take: outageIntake({ desk, registry, clock, store }) };
}

describe('on its way to the log', () => {
  it('copies become one record, restoration another, and readings go on as they are', async () => {
    const [disk, clock] = [new SimulatedDisk({ random: seededRandom('outage') }), new SimulatedClock(T)];
    const channels: string[] = [];
    const { desk, take } = await openIntake(disk, clock, async ({ channel }) => void channels.push(channel));
    const last = { timestamp: toIso(T), events: ['lastGasp'] };
    await Promise.all([take(message('m1', last)), take(message('m1', { ...last, seq: 1 })), take(message('m1', last))]);
    expect(desk.figures).toEqual({ outagesOpen: 1, outagesOpened: 1, outagesClosed: 0, outageCopies: 2 });
    await take(message('m1', { timestamp: toIso(T + 60_000), powerL1: 5 }));
    await take(message('m1', { timestamp: toIso(T + 70_000), powerL1: 6 }));
    expect(channels).toEqual([`outage/powerOutage@${T}`, `outage/powerOutage@${T}~${T + 60_000}`, 'attrs', 'attrs']);
    expect(desk.figures).toMatchObject({ outagesOpen: 0, outagesClosed: 1 });
    await desk.close();
  });

  it('what else stands in the message is not lost, nor is a fault in it', async () => {
    const [disk, clock] = [new SimulatedDisk({ random: seededRandom('outage') }), new SimulatedClock(T)];
    const channels: string[] = [];
    const { desk, take } = await openIntake(disk, clock, async ({ channel }) => void channels.push(channel));
    await take(message('m1', { events: ['lastGasp', 'coverOpened'] }));
    await take(message('m2', { powerL1: 3, events: ['lastGasp'] }));
    await take(message('m3', [{ events: ['lastGasp'] }, 'fault']));
    await take(message('stranger', { events: ['lastGasp'] }));
    expect(channels).toEqual([
      `outage/powerOutage@${T}`,
      'attrs',
      `outage/powerOutage@${T}`,
      'attrs',
      'attrs',
      'attrs',
    ]);
    await desk.close();
  });

  it('a crash before the record was stored makes a copy store it, with the time of the first', async () => {
    const [disk, clock] = [new SimulatedDisk({ random: seededRandom('outage') }), new SimulatedClock(T)];
    const first = await openIntake(disk, clock, () => Promise.reject(new Error('power cut')));
    await expect(first.take(message('m1', { events: ['lastGasp'] }))).rejects.toThrow('power cut');
    await clock.advance(3_000);
    const channels: string[] = [];
    const second = await openIntake(disk.boot(), clock, async ({ channel }) => void channels.push(channel));
    await second.take(message('m1', { events: ['lastGasp'] }));
    await second.take(message('m1', { events: ['lastGasp'] }));
    expect(channels).toEqual([`outage/powerOutage@${T}`]);
    await second.desk.close();
  });
});

const STORM = 500;

async function settled(bench: TestBench, agent: Agent, take: Promise<unknown>, withinMs: number): Promise<void> {
  let isTaken = false;
  void take.then(() => {
    isTaken = true;
  });
  for (let waitedMs = 0; waitedMs < withinMs && !(isTaken && agent.figures.liveLag === 0); waitedMs += 50)
    await bench.clock.advance(50);
  await take;
}

describe('a storm', () => {
  it(`of ${STORM} meters, three copies each, is ${STORM} alerts in the broker within five seconds, and as many ends`, async () => {
    const bench = new TestBench('storm');
    bench.city.flakiness = { failing: 0, slowestMs: 200 };
    const ids = Array.from({ length: STORM }, (_, index) => `m${index}`);
    await bench.provision(ids.map(device));
    const agent = await bench.open({}, jsonTranslator(registry, DEFAULT_TIME_WINDOW));
    agent.start();
    const { desk, take } = await openIntake(bench.disk, bench.clock, (one) => agent.take(one));
    const startMs = bench.clock.nowMs();
    const last = (copy: number) => ({ timestamp: toIso(startMs), seq: copy, events: ['lastGasp'] });
    const said = Promise.all([0, 1, 2].flatMap((copy) => ids.map((id) => take(message(id, last(copy))))));
    await settled(bench, agent, said, 5_000);
    expect(bench.clock.nowMs() - startMs).toBeLessThanOrEqual(5_000);
    const alerts = () => [...bench.city.present].filter(([key]) => key.startsWith('default/urn:ngsi-ld:Alert:'));
    const statuses = () => alerts().map(([, attributes]) => attributes.get('status')?.value);
    expect(statuses()).toEqual(ids.map(() => 'open'));
    expect(desk.figures).toMatchObject({ outagesOpen: STORM, outageCopies: 2 * STORM });

    const back = ids.map((id) => take(message(id, { timestamp: toIso(startMs + 600_000), powerL1: 1 })));
    await settled(bench, agent, Promise.all(back), 5_000);
    expect(statuses()).toEqual(ids.map(() => 'closed'));
    expect(alerts()[0]?.[1].get('validTo')?.value).toBe(toIso(startMs + 600_000));
    expect(bench.city.present.has(`default/urn:ngsi-ld:ACMeasurement:${deviceKey('', 'm0').slice(1)}`)).toBe(true);
    expect(bench.city.faults).toMatchObject({ twiceInBatch: 0, twoInFlight: 0, backwards: 0 });
    await agent.stop();
    await desk.close();
  });
});

/** What an agent itself has to say: never in the way of a reading, in order, bounded; and what the communication log makes of a read. */

import type { ReadReport, Result } from '@contor/agent-kit';
import { communicationOf, toCommunicationRow } from '@contor/agent-kit/acquisition/communication.js';
import { keepRecords } from '@contor/agent-kit/acquisition/record-keeper.js';
import { type Outbox, type OutboxEntry, openOutbox } from '@contor/agent-kit/outbox.js';
import { SimulatedClock, SimulatedDisk, seededRandom, toIso } from '@contor/kit';
import { beforeEach, describe, expect, it } from '@jest/globals';
import { SILENT, testDevice } from './bench-agent.js';
import { FakeCity } from './fake-city.js';

const START_MS = Date.UTC(2026, 10, 20, 8);
const DEVICE = testDevice(1);

function report(fields: Partial<ReadReport>): ReadReport {
  return {
    ...{
      key: 'key/meter-1',
      device: DEVICE,
      task: { kind: 'live' },
      priority: 'scheduled',
      line: 'bus',
      asked: undefined,
    },
    ...{
      result: { kind: 'stored', frames: [] },
      startedMs: START_MS,
      endedMs: START_MS + 900,
      waitedMs: 300.4,
      tookMs: 600,
    },
    ...{
      attempts: 2,
      bytesIn: 120,
      bytesOut: 40,
      steps: [],
      deviceTimeMs: undefined,
      clockReading: undefined,
      deviation: undefined,
    },
    ...fields,
  };
}

const value = (entity: object, name: string) => (entity as Record<string, { value?: unknown; object?: unknown }>)[name];

describe('a row of the communication log', () => {
  it('says who asked what, and what came of it', () => {
    const task = { kind: 'profile', profile: 'load', fromMs: START_MS - 3_600_000, toMs: START_MS } as const;
    const asked = { by: 'ana', correlation: 'c-1' };
    const row = toCommunicationRow(
      communicationOf(
        report({ task, asked, deviceTimeMs: START_MS + 400, deviation: { deviationMs: -50, uncertaintyMs: 20 } }),
      ),
    );
    expect(row).toMatchObject({ id: 'urn:ngsi-ld:AuditRecord:communication:meter-1', type: 'AuditRecord' });
    expect(value(row, 'category')).toMatchObject({ value: 'communication', observedAt: toIso(START_MS + 900) });
    expect(value(row, 'actor')?.value).toBe('ana');
    expect(value(row, 'operation')?.value).toBe('read.profile');
    expect(value(row, 'status')?.value).toBe('done');
    expect(value(row, 'refTarget')?.object).toBe(DEVICE.refDevice);
    expect(JSON.parse(String(value(row, 'valueBefore')?.value))).toEqual({
      ...{
        profile: 'load',
        from: '2026-11-20T07:00:00.000Z',
        to: '2026-11-20T08:00:00.000Z',
        line: 'bus',
        startedAt: toIso(START_MS),
      },
    });
    expect(JSON.parse(String(value(row, 'valueAfter')?.value))).toEqual({
      ...{ attempts: 2, bytesIn: 120, bytesOut: 40, frames: 0, waitedMs: 300, tookMs: 600 },
      ...{ deviceTime: toIso(START_MS + 400), deviationMs: -50 },
    });
  });
  it.each<[string, Result]>([
    ['done', { kind: 'stored', frames: [] }],
    ['shown', { kind: 'shown', frames: [] }],
    ['failed: wire.checksum', { kind: 'failed', fault: 'garbled', code: 'wire.checksum', detail: '' }],
    ['failed: log.full', { kind: 'not stored', code: 'log.full' }],
    ['refused: queue.full', { kind: 'refused', reason: 'queue.full' }],
  ])('%s', (status, result) => expect(communicationOf(report({ result })).outcome).toBe(status));
});

describe('who keeps account', () => {
  const clock = new SimulatedClock(START_MS);
  let told: OutboxEntry[];
  const keeper = () => {
    told = [];
    return keepRecords({ put: (entry) => told.push(entry) }, clock);
  };

  it('tells history and broker, in the tenant of the trail; two in a millisecond are two rows', () => {
    const records = keeper();
    records.report(report({}));
    records.report(report({}));
    expect(told.map(({ to, tenant }) => `${to} ${tenant}`)).toEqual(
      [...['history', 'broker', 'history', 'broker']].map((to) => `${to} default_audit`),
    );
    const times = told
      .filter(({ to }) => to === 'history')
      .map(({ entity }) => JSON.stringify(value(entity, 'status')));
    expect(new Set(times).size).toBe(2);
  });
  it('alerts of a wrong key once an hour, and of noise by its own word', () => {
    const records = keeper();
    const wrong: Result = { kind: 'failed', fault: 'authentication', code: 'dlms.key', detail: '' };
    records.report(report({ result: wrong }));
    records.report(report({ result: wrong }));
    records.report(report({ result: { ...wrong, fault: 'no-answer' } }));
    const alerts = told.filter(({ entity }) => entity.type === 'Alert');
    expect(
      alerts.map(({ tenant, entity }) => [tenant, value(entity, 'eventCode')?.value, value(entity, 'source')?.value]),
    ).toEqual([['default', 'authenticationFailed', 'agent']]);
  });
  it('of a device that nobody knows it keeps nothing', () => {
    keeper().report(report({ device: undefined }));
    expect(told).toEqual([]);
  });
});

describe('an outbox', () => {
  let clock: SimulatedClock;
  let disk: SimulatedDisk;
  let city: FakeCity;

  beforeEach(() => {
    clock = new SimulatedClock(START_MS);
    disk = new SimulatedDisk({ random: seededRandom('outbox') });
    city = new FakeCity(clock, seededRandom('outbox city'));
  });

  async function open(maxBytes = 2 ** 20): Promise<Outbox> {
    const outbox = await openOutbox({
      ...{ disk: disk.boot(), clock, random: seededRandom('outbox'), log: SILENT, directory: '/data/outbox', maxBytes },
      ...city.doors(() => true),
      onFatal: (error) => {
        throw error;
      },
    });
    outbox.start();
    return outbox;
  }
  const entry = (number: number, to: OutboxEntry['to'] = 'broker', size = 0): OutboxEntry => {
    const observedAt = toIso(START_MS + number);
    const attributes = {
      n: { type: 'Property', value: number, observedAt },
      pad: { type: 'Property', value: 'x'.repeat(size) },
    };
    return { to, tenant: 'default', entity: { id: 'urn:ngsi-ld:AuditRecord:1', type: 'AuditRecord', ...attributes } };
  };

  it('tells in order, and again what a peer missed', async () => {
    const outbox = await open();
    city.isBrokerDown = true;
    for (let number = 0; number < 5; number += 1) outbox.put(entry(number));
    await clock.advance(2_000);
    expect(outbox.figures.untold).toBe(5);
    city.isBrokerDown = false;
    await clock.advance(10_000);
    expect(city.journal.get('default/urn:ngsi-ld:AuditRecord:1')).toEqual(
      [0, 1, 2, 3, 4].map((n) => toIso(START_MS + n)),
    );
    expect(outbox.figures).toEqual({ untold: 0, untoldGivenUp: 0 });
    expect(city.faults).toMatchObject({ twiceInBatch: 0, twoInFlight: 0, backwards: 0 });
    await outbox.stop();
  });

  it('what was put before a stop is told by the next life', async () => {
    city.isHistoryDown = true;
    const outbox = await open();
    for (let number = 0; number < 3; number += 1) outbox.put(entry(number, 'history'));
    const stopped = outbox.stop();
    await clock.advance(10_000);
    await stopped;
    city.isHistoryDown = false;
    const again = await open();
    await clock.advance(1_000);
    expect([...city.rows.keys()].filter((key) => key.includes('/n/'))).toHaveLength(3);
    await again.stop();
  });

  it('when it is full its oldest entries make room, and that is counted', async () => {
    city.isBrokerDown = true;
    const outbox = await open(64 * 1024);
    for (let number = 0; number < 200; number += 1) {
      outbox.put(entry(number, 'broker', 1_000));
      await clock.advance(10);
    }
    expect(outbox.figures.untoldGivenUp).toBeGreaterThan(100);
    expect(outbox.figures.untold + outbox.figures.untoldGivenUp).toBe(200);
    city.isBrokerDown = false;
    await clock.advance(10_000);
    expect(city.journal.get('default/urn:ngsi-ld:AuditRecord:1')?.at(-1)).toBe(toIso(START_MS + 199));
    await outbox.stop();
  });
});

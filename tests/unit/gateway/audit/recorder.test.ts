/** The recorder and the routes of the trail, on the finished application over real sockets, with the trail on a simulated disk. */

import type { AuditTrail } from '@contor/gateway/audit/audit.js';
import { openAuditDesk } from '@contor/gateway/audit/desk.js';
import { noteChange } from '@contor/gateway/audit/intake/note.js';
import { createRecorder, type Recorder } from '@contor/gateway/audit/intake/recorder.js';
import type { ShownRecord } from '@contor/gateway/audit/record.js';
import type { AuditQuery } from '@contor/gateway/audit/search/query.js';
import { type GuardParts, register } from '@contor/gateway/guard.js';
import { createLogger } from '@contor/kit';
import { createScopeIndex, type RouteName } from '@contor/policy';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import express, { type Application, type Handler } from 'express';
import { type Caller, Door } from '../support/door.js';
import { ENTRY, TrailHouse } from './support.js';

const WRITE = 'PATCH /api/ngsi-ld/v1/entities/:entityId' as const;
const TARIFF = '/api/ngsi-ld/v1/entities/urn:ngsi-ld:Tariff:night';
const CUSTOMER = '/api/ngsi-ld/v1/entities/urn:ngsi-ld:Customer:7';

let house: TrailHouse;
let trail: AuditTrail;
let recorder: Recorder;
let door: Door;
/** What stands behind a route in a test. */
const handlers = new Map<RouteName, Handler>();

async function openDoor(platformSecret?: string): Promise<void> {
  house = new TrailHouse();
  trail = await house.open();
  const { clock } = house;
  recorder = createRecorder({ audit: trail, clock, log: createLogger({ service: 'test', write: () => undefined }) });
  const people = { all: () => [{ subject: 'subject-9', username: 'ana' }] };
  const scopes = { index: createScopeIndex(), isLive: () => true, liveVersion: 0, isTrue: true, isHistoryTrue: true };
  const desk = openAuditDesk({ trail, recorder, scopes, platformSecret, clock, book: { people } as never });
  const enforcement = {
    register: (app: Application, guard: GuardParts) => {
      for (const [name, handler] of handlers) register(app, guard, name, express.json(), handler);
    },
  };
  door = await Door.open({}, { auditDesk: desk, enforcement });
}

beforeEach(() => {
  handlers.clear();
});
afterEach(() => door.close());

async function records(query: AuditQuery = {}): Promise<readonly ShownRecord[]> {
  return (await trail.page({ query, limit: 100 })).records;
}

/** Writes back: a special function, which a role of its own has. */
async function writer(): Promise<Caller> {
  const role = { name: 'writer', title: 'Writer', functions: ['context.write', 'live.view'] } as const;
  await door.book.roles.change(role, 'new');
  return door.signIn('ion', ['writer']);
}

describe('a change', () => {
  it('is on disk before it is made, and its outcome before it is answered', async () => {
    let atHandler: readonly ShownRecord[] = [];
    handlers.set(WRITE, async (request, response) => {
      atHandler = await records({ outcomes: ['begun'] });
      noteChange(request, { before: { price: 12 } });
      response.status(204).end();
    });
    await openDoor();
    const ion = await writer();
    const answer = await door.ask('PATCH', TARIFF, ion, { price: 13 });
    expect(answer.status).toBe(204);
    expect(atHandler).toEqual([expect.objectContaining({ operation: 'entity.change', outcome: 'begun' })]);
    expect(await records()).toEqual([
      expect.objectContaining({
        log: 'parametrisation',
        actor: { id: 'ion', kind: 'person', name: 'ion' },
        page: 'partners',
        targets: ['urn:ngsi-ld:Tariff:night'],
        before: { price: 12 },
        after: { price: 13 },
        address: expect.stringContaining('127.0.0.1'),
        correlation: answer.headers.get('fiware-correlator'),
        outcome: 'done',
        of: 1,
      }),
    ]);
  });

  it('of personal data is closed under the key of the person', async () => {
    handlers.set(WRITE, (_request, response) => void response.json({}));
    await openDoor();
    await door.ask('PATCH', CUSTOMER, await writer(), { name: 'Ion Popescu' });
    expect(await house.everything()).not.toContain('Popescu');
    expect((await records())[0]).toMatchObject({ after: { name: 'Ion Popescu' } });
    await trail.erase('urn:ngsi-ld:Customer:7', { actor: { id: 'x', kind: 'service' } });
    expect((await records({ outcomes: ['done'], operations: ['entity.change'] }))[0]).toMatchObject({
      erased: ['values'],
    });
  });

  it('that cannot be recorded is not made', async () => {
    let wasAsked = false;
    handlers.set(WRITE, (_request, response) => {
      wasAsked = true;
      response.end();
    });
    await openDoor();
    const ion = await writer();
    house.disk.setCapacity(house.disk.usedBytes);
    const answer = await door.ask('PATCH', TARIFF, ion, {});
    expect([answer.status, answer.body.error, wasAsked]).toEqual([503, 'audit.full', false]);
  });

  it.each([
    ['fails', () => Promise.reject(new Error('broken')), 500, 'failed'],
    ['is refused', undefined, 403, 'refused'],
  ])('that %s is recorded as such, once', async (_name, failure, status, outcome) => {
    handlers.set(WRITE, async (_request, response) => {
      await failure?.();
      response.status(403).end();
    });
    await openDoor();
    expect((await door.ask('PATCH', TARIFF, await writer(), {})).status).toBe(status);
    await recorder.close();
    expect((await records()).map((record) => record.outcome)).toEqual([outcome]);
  });

  it('whose handler falls over after its answer was answered nevertheless', async () => {
    handlers.set(WRITE, async (_request, response) => {
      response.json({ isDone: true });
      await Promise.reject(new Error('too late'));
    });
    await openDoor();
    const ion = await writer();
    await door.ask('PATCH', TARIFF, ion, {}).catch(() => undefined);
    expect((await records()).map((record) => record.outcome)).toEqual(['done']);
    expect((await door.get('/health')).status).toBe(200);
  });

  it('that its handler records itself is recorded once; one that its handler forgets, too', async () => {
    let isForgotten = false;
    handlers.set('POST /api/commands/stop', async (_request, response) => {
      const correlation = response.get('Fiware-Correlator') ?? '';
      const entry = { ...ENTRY, operation: 'own.words', correlation } as const;
      if (!isForgotten) await recorder.audit.record({ ...entry, outcome: 'begun' });
      if (!isForgotten) await recorder.audit.record({ ...entry, of: 1 });
      response.json({});
    });
    await openDoor();
    const eva = await door.signIn('eva', ['approver']);
    await door.ask('POST', '/api/commands/stop', eva, {});
    isForgotten = true;
    await door.ask('POST', '/api/commands/stop', eva, {});
    expect((await records()).map(({ operation }) => operation)).toEqual(['supply.stop', 'own.words']);
  });

  it('never carries a secret', async () => {
    handlers.set('POST /api/ngsi-ld/v1/subscriptions', (_request, response) => void response.status(201).end());
    handlers.set('PUT /api/secrets/:reference', (request, response) => {
      noteChange(request, {
        before: { password: 'canary-one' },
        after: { note: 'Bearer canary-two', url: 'mqtt://u:canary-three@h' },
      });
      response.json({});
    });
    await openDoor();
    const admin = await door.signIn('eva', ['data-administrator']);
    const answer = await door.ask('PUT', '/api/secrets/meter-1', admin, {
      value: 'canary-four',
      apiKey: 'canary-five',
    });
    const role = { name: 'listener', title: 'Listener', functions: ['context.subscribe', 'live.view'] } as const;
    await door.book.roles.change(role, 'new');
    const receiverInfo = [{ key: 'X-Api-Key', value: 'canary-six' }];
    const listener = await door.signIn('leo', ['listener']);
    await door.ask('POST', '/api/ngsi-ld/v1/subscriptions', listener, { notification: { endpoint: { receiverInfo } } });
    await recorder.close();
    expect(answer.status).toBeLessThan(500);
    expect(await house.everything()).not.toContain('canary');
    const exported = await fetch(`${door.url}/api/audit/export?format=jsonl`, { headers: admin });
    expect(await exported.text()).not.toContain('canary');
  });
});

describe('refusals and reads', () => {
  it('by somebody we know name them; by nobody, their address', async () => {
    await openDoor();
    const customer = await door.signIn('ion', ['customer']);
    await door.get('/api/audit', customer);
    await door.get('/api/audit', customer);
    await door.ask('PATCH', TARIFF, {}, {});
    await door.ask('DELETE', TARIFF, { cookie: customer.cookie ?? '' });
    await door.get('/api/nothing');
    await door.get('/api/session');
    await recorder.close();
    const found = await records({ operations: ['refusal'] });
    expect(found.map(({ actor, reason, count, page }) => [actor.id, reason, page, count ?? 1]).sort()).toEqual([
      ['', 'route.unknown', '', 1],
      ['', 'signed-out', 'partners', 1],
      ['ion', 'function.missing', 'audit', 1],
      ['ion', 'function.missing', 'audit', 1],
      ['ion', 'function.missing', 'partners', 1],
    ]);
    expect(found.every(({ address }) => address?.includes('127.0.0.1'))).toBe(true);
  });

  it('of load profiles say whose, which values and which time', async () => {
    handlers.set('GET /api/quantumleap/v2/entities/:entityId', (_request, response) => void response.json({}));
    await openDoor();
    const ana = await door.signIn('ana', ['viewer']);
    const path =
      '/api/quantumleap/v2/entities/urn:ngsi-ld:IntervalReading:1?attrs=activeEnergyImport&fromDate=2026-01-01T00:00:00Z';
    await door.get(path, ana);
    await house.clock.advance(2_000);
    await recorder.close();
    expect(await records()).toEqual([
      expect.objectContaining({
        operation: 'history.read',
        actor: expect.objectContaining({ id: 'ana' }),
        targets: ['urn:ngsi-ld:IntervalReading:1'],
        after: { attrs: 'activeEnergyImport', fromDate: '2026-01-01T00:00:00Z' },
      }),
    ]);
  });
});

describe('the trail over HTTP', () => {
  async function filled(): Promise<Caller> {
    await openDoor();
    await trail.record({ ...ENTRY, actor: { id: 'subject-9', kind: 'person', name: 'ana' } });
    await trail.record({ ...ENTRY, page: 'meters', operation: '=cmd|calc', after: '\u001b[31m"red"\nline' });
    await trail.record({ ...ENTRY, log: 'application', page: 'people', targets: ['urn:a', 'urn:b'] });
    return door.signIn('eva', ['data-administrator']);
  }

  it.each([
    ['', [3, 2, 1]],
    ['?log=parametrisation', [2, 1]],
    ['?log=application,communication', [3]],
    ['?actor=ana', [1]],
    ['?actor=subject-1', [3, 2]],
    ['?page=meters,people', [3, 2]],
    ['?operation=context.write', [3, 1]],
    ['?target=urn:b', [3]],
    ['?outcome=refused', []],
    ['?from=2026-03-01&to=2026-03-02', [3, 2, 1]],
    ['?to=2026-03-01T00:00:00Z', []],
    ['?limit=1', [3]],
    ['?before=3&limit=1', [2]],
    ['?page=&actor=', [3, 2, 1]],
  ])('lists %s', async (query, sequences) => {
    const eva = await filled();
    const { status, body } = await door.get(`/api/audit${query}`, eva);
    expect(status).toBe(200);
    expect((body.records as ShownRecord[]).map(({ sequence }) => sequence)).toEqual(sequences);
    expect(body.next).toBe(query.includes('limit=1') ? sequences[0] : null);
  });

  it.each([
    '?log=secrets',
    '?limit=0',
    '?limit=1001',
    '?limit=x',
    '?from=yesterday',
    '?sort=up',
    '?page=a&page=b',
    '?before=-1',
  ])('refuses %s', async (query) => {
    const answer = await door_(query);
    expect([answer.status, answer.body.error]).toEqual([400, 'query.refused']);
  });

  async function door_(query: string) {
    const eva = await filled();
    return door.get(`/api/audit${query}`, eva);
  }

  it('exports what matches as CSV that no spreadsheet obeys, and records that', async () => {
    const eva = await filled();
    const { status, headers, body } = await door.get('/api/audit/export?format=csv&log=parametrisation', eva);
    expect(status).toBe(200);
    expect(headers.get('content-disposition')).toBe('attachment; filename="audit-2026-03-01.csv"');
    const lines = String(body.text).split('\r\n');
    expect(lines).toHaveLength(4);
    expect(lines[1]).toContain("'=cmd|calc");
    expect(lines[1]).toContain('\\u001b[31m""red""\\u000aline');
    expect(String(body.text)).not.toContain('\u001b');
    const [exported] = await records({ operations: ['audit.export'] });
    expect(exported).toMatchObject({
      actor: { id: 'eva' },
      outcome: 'done',
      after: { format: 'csv', log: 'parametrisation', records: 2 },
    });
  });

  it('exports thousands of records as lines of JSON', async () => {
    const eva = await filled();
    await Promise.all(Array.from({ length: 2_000 }, () => trail.record(ENTRY)));
    const answer = await fetch(`${door.url}/api/audit/export?format=jsonl`, { headers: eva });
    const lines = (await answer.text()).trim().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as ShownRecord).sequence)).toEqual(
      Array.from({ length: 2_003 }, (_, at) => 2_003 - at),
    );
  });

  it('shows where it stands', async () => {
    const eva = await filled();
    const { body } = await door.get('/api/audit/anchors', eva);
    expect(body).toMatchObject({ head: { sequence: 3, hash: expect.stringMatching(/^[0-9a-f]{64}$/) }, anchors: [] });
  });

  it('forgets a person when the platform says so, and nobody else', async () => {
    await openDoor('platform-secret');
    await trail.record({ ...ENTRY, actor: { id: 'subject-9', kind: 'person', name: 'ana' } });
    const wish = { subject: 'subject-9' };
    expect((await door.ask('POST', '/notify/erase', {}, wish)).status).toBe(401);
    const eva = await door.signIn('eva', ['data-administrator']);
    expect((await door.ask('POST', '/notify/erase', eva, wish)).status).toBe(401);
    const platform = { authorization: 'Bearer platform-secret' };
    expect((await door.ask('POST', '/notify/erase', platform, {})).status).toBe(400);
    expect((await door.ask('POST', '/notify/erase', platform, wish)).body).toEqual({ ...wish, isErased: true });
    expect((await door.ask('POST', '/notify/erase', platform, wish)).body).toEqual({ ...wish, isErased: false });
    const [first] = [...(await records())].reverse();
    expect(first).toMatchObject({ erased: ['actor'], actor: { id: 'subject-9' } });
  });
});

/** The routes of commands against trust T21: who may ask, who may approve, what is signed, and that the trail knows it before it is done. */

import { randomUUID } from 'node:crypto';
import type { AuditEntry } from '@contor/gateway/audit/entry.js';
import type { RequestStore, SignedRequest } from '@contor/gateway/commands/request-store.js';
import { entity, type NgsiEntity } from '@contor/orion-config';
import type { ControlStatement, DecisionStatement, RequestStatement } from '@contor/policy';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { CommandGateway, type Token, type Told } from '../../support/command-gateway.js';

const METER = 'urn:ngsi-ld:Device:m-1';
const ANA: Token = { person: 'ana' };
const DAN: Token = { person: 'dan' };
const HASH = 'h'.repeat(43);

/** A store whose command service answers at once, by what a test says. */
class MemoryStore implements RequestStore {
  readonly requests = new Map<string, SignedRequest>();
  readonly decisions: DecisionStatement[] = [];
  readonly said: ControlStatement[] = [];
  isAway = false;
  status = 'requested';
  needsSecondFactor = false;

  async create(request: RequestStatement): Promise<SignedRequest> {
    if (this.isAway) throw new Error('away');
    const view = this.#view(request.id);
    const made = { request, hash: HASH, decisions: [], entity: view };
    this.requests.set(request.id, made);
    return made;
  }

  async decide(decision: DecisionStatement): Promise<void> {
    this.decisions.push(decision);
  }

  async get(id: string): Promise<SignedRequest | undefined> {
    const found = this.requests.get(id);
    return found && { ...found, entity: this.#view(id), decisions: this.decisions.filter((one) => one.id === id) };
  }

  async list({ limit }: { limit: number }): Promise<readonly SignedRequest[]> {
    return [...this.requests.values()].slice(0, limit);
  }

  async say(control: ControlStatement): Promise<void> {
    this.said.push(control);
  }

  async control(): Promise<NgsiEntity | undefined> {
    const result = {
      heard: this.said.length,
      voices: { resume: [{ by: 'eva', at: 'x' }], unfreeze: [] },
      caps: { tenantPerHour: 5, personsUsed: { ana: 3 } },
    };
    return entity('CommandControl', 'urn:ngsi-ld:CommandControl:default')
      .property('status', 'running')
      .property('result', result)
      .build();
  }

  async known(devices: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(devices.filter((device) => !device.includes('none')));
  }

  #view(id: string): NgsiEntity {
    const asked = this.decisions.length;
    return entity('CommandRequest', id)
      .property('status', this.status)
      .property('resultText', `after ${asked}`)
      .property('needsSecondFactor', this.needsSecondFactor)
      .build();
  }
}

let store: MemoryStore;
let gateway: CommandGateway;
let trail: AuditEntry[];
beforeEach(async () => {
  store = new MemoryStore();
  trail = [];
  gateway = await CommandGateway.over(store, (entry) => trail.push(entry));
});
afterEach(() => gateway.close());

const ask = (token: Token, body: object): Promise<Told> => gateway.post('/api/commands', token, body);
const disconnect = { command: 'disconnect', targets: [METER], reason: 'Contract ended' };

describe('asking for a command', () => {
  it('is signed with who asked, and is in the trail before it is done and after', async () => {
    const { status, body } = await ask(ANA, disconnect);
    expect(status).toBe(201);
    expect(body).toMatchObject({
      command: 'disconnect',
      count: 1,
      requestHash: HASH,
      requestedBy: { id: 'ana', name: 'ana' },
    });
    const [made] = store.requests.values();
    expect(made?.request).toMatchObject({ kind: 'request', by: 'ana', tenant: 'default', targets: [METER] });
    expect(trail.map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['command.disconnect', 'begun'],
      ['command.disconnect', 'done'],
    ]);
  });

  it.each([
    ['disconnect', {}, 'supply.request'],
    ['limit', { watts: 100 }, 'supply.request'],
    ['reconnect', {}, 'supply.request'],
    ['read', {}, 'meter.read'],
    ['setClock', {}, 'meter.clock'],
  ] as const)('%s %j needs %s and nothing else', async (command, parameters, name) => {
    const body = { ...disconnect, command, parameters };
    expect((await ask({ ...ANA, functions: ['live.view', name] }, body)).status).toBe(201);
    const others = (['supply.request', 'meter.read', 'meter.clock', 'supply.approve'] as const).filter(
      (one) => one !== name,
    );
    expect((await ask({ ...ANA, functions: ['live.view', ...others] }, body)).body.error).toBe('function.missing');
  });

  it('storing what is read takes a function of its own (S0-21)', async () => {
    const body = { ...disconnect, command: 'read', parameters: { store: true } };
    expect((await ask({ ...ANA, functions: ['live.view', 'meter.read'] }, body)).status).toBe(403);
    expect((await ask({ ...ANA, functions: ['live.view', 'meter.read', 'meter.store'] }, body)).status).toBe(201);
  });

  it.each([
    ['nothing', {}],
    ['no targets', { command: 'disconnect', targets: [], reason: 'x' }],
    ['something that is no meter', { command: 'disconnect', targets: ['urn:ngsi-ld:Site:1'], reason: 'x' }],
    [
      'too many',
      { command: 'disconnect', targets: Array.from({ length: 10_001 }, (_, at) => `${METER}${at}`), reason: 'x' },
    ],
    ['a command nobody knows', { command: 'explode', targets: [METER], reason: 'x' }],
    ['no reason', { command: 'disconnect', targets: [METER] }],
    ['a stray parameter', { command: 'disconnect', targets: [METER], reason: 'x', parameters: { now: true } }],
    ['a limit without watts', { command: 'limit', targets: [METER], reason: 'x' }],
    ['a word of objects', { command: 'constructor', targets: [METER], reason: 'x' }],
  ])('%s is a 400', async (_, body) => {
    const answer = await gateway.post('/api/commands', ANA, body);
    expect([answer.status, store.requests.size]).toEqual([400, 0]);
  });

  it('about a meter that does not exist, or that is outside the scope, is a 404 and not a 403 (T1)', async () => {
    const nowhere = await ask(ANA, { ...disconnect, targets: ['urn:ngsi-ld:Device:none'] });
    const foreign = await ask({ ...ANA, grants: ['urn:ngsi-ld:Site:other'] }, disconnect);
    expect([nowhere.body.error, foreign.body.error]).toEqual(['commands.target-unknown', 'commands.target-unknown']);
    expect(foreign.body).toEqual(nowhere.body);
  });

  it('is refused when fifty of this person wait, and when the broker is away', async () => {
    for (let at = 0; at < 50; at += 1) await ask(ANA, disconnect);
    expect((await ask(ANA, disconnect)).body.error).toBe('commands.too-many');
    expect((await ask(DAN, disconnect)).status).toBe(201);
    store.isAway = true;
    expect((await ask(DAN, disconnect)).body.error).toBe('broker.unreachable');
    expect(trail.at(-1)).toMatchObject({ outcome: 'failed' });
  });
});

describe('approving', () => {
  const approve = async (token: Token, body: object = { requestHash: HASH }): Promise<Told> => {
    const asked = await ask(ANA, disconnect);
    return gateway.post(`/api/commands/${encodeURIComponent(String(asked.body.id))}/approve`, token, body);
  };

  it('is signed with the hash, the person, and how they showed who they are', async () => {
    expect((await approve(DAN)).status).toBe(200);
    expect(store.decisions[0]).toMatchObject({
      kind: 'approval',
      by: 'dan',
      requestHash: HASH,
      methods: ['pwd', 'otp'],
    });
    expect(trail.slice(2).map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['command.approval', 'begun'],
      ['command.approval', 'done'],
    ]);
  });

  it.each([
    ['who asked', ANA, {}, 403, 'commands.same-person'],
    ['a sign-in of six minutes ago', { ...DAN, signedInAgoMs: 360_000 }, {}, 403, 'sign-in.stale'],
    ['another request than was seen', DAN, { requestHash: 'x'.repeat(43) }, 409, 'commands.other-request'],
    ['nothing that was seen', DAN, { requestHash: undefined }, 400, 'commands.malformed'],
    [
      'somebody who may not see the meters',
      { ...DAN, grants: ['urn:ngsi-ld:Site:other'] },
      {},
      404,
      'commands.unknown',
    ],
  ] as const)('by %s is refused and not signed', async (_, token, more, status, error) => {
    const answer = await approve(token, { requestHash: HASH, ...more });
    expect([answer.status, answer.body.error, store.decisions.length]).toEqual([status, error, 0]);
  });

  it('by one factor is refused when a meter is no simulator', async () => {
    store.needsSecondFactor = true;
    expect((await approve({ ...DAN, methods: ['pwd'] })).body.error).toBe('second-factor.missing');
    expect((await approve(DAN)).status).toBe(200);
  });

  it.each(['done', 'waiting', 'rejected', 'stopped'])('what is %s already is refused', async (status) => {
    store.status = status;
    expect((await approve(DAN)).body.error).toBe('commands.decided');
  });

  it('says to each what they may', async () => {
    const asked = await ask(ANA, disconnect);
    const path = `/api/commands/${encodeURIComponent(String(asked.body.id))}`;
    const may = async (token: Token) => (await gateway.get(path, token)).body.may;
    expect(await may(ANA)).toEqual({ approve: false, reject: false, withdraw: true, because: 'commands.same-person' });
    expect(await may(DAN)).toEqual({ approve: true, reject: true, withdraw: false });
    expect(await may({ ...DAN, signedInAgoMs: 360_000 })).toMatchObject({ approve: false, because: 'sign-in.stale' });
    expect(await may({ ...DAN, functions: ['live.view', 'meter.read'] })).toEqual({
      approve: false,
      reject: false,
      withdraw: false,
    });
  });
});

describe('the other routes', () => {
  it.each([
    ['reject', DAN, 200],
    ['reject', ANA, 403],
    ['withdraw', ANA, 200],
    ['withdraw', DAN, 403],
  ] as const)('%s by %j is a %i', async (word, token, status) => {
    const asked = await ask(ANA, disconnect);
    const path = `/api/commands/${encodeURIComponent(String(asked.body.id))}/${word}`;
    expect((await gateway.post(path, token, { requestHash: HASH })).status).toBe(status);
  });

  it.each([
    ['stop', { ...DAN, signedInAgoMs: 3_600_000 }, 200],
    ['resume', DAN, 200],
    ['resume', { ...DAN, signedInAgoMs: 360_000 }, 403],
    ['unfreeze', { ...DAN, signedInAgoMs: 360_000 }, 403],
  ] as const)('%s by %j is a %i', async (word, token, status) => {
    expect((await gateway.post(`/api/commands/${word}`, token, { reason: 'because' })).status).toBe(status);
    expect(store.said).toHaveLength(status === 200 ? 1 : 0);
  });

  it('the switch needs a reason', async () => {
    expect((await gateway.post('/api/commands/stop', DAN, {})).status).toBe(400);
  });

  it('control shows the voices by name and what is left for the person who looks', async () => {
    expect((await gateway.get('/api/commands/control', ANA)).body).toMatchObject({
      state: 'running',
      voices: { resume: [{ by: { id: 'eva', name: 'eva' } }] },
      caps: { tenantPerHour: 5, personUsed: 3 },
      may: { stop: true, resume: false, unfreeze: false },
    });
  });

  it.each(['limit=0', 'limit=201', 'limit=x', 'before=yesterday', 'status=%3B'])(
    'a list with %s is a 400',
    async (query) => {
      expect((await gateway.get(`/api/commands?${query}`, ANA)).status).toBe(400);
    },
  );

  it.each([`urn:ngsi-ld:CommandRequest:${randomUUID()}`, '%2e%2e', 'urn:ngsi-ld:Device:m-1'])(
    '%s is a 404',
    async (id) => {
      expect((await gateway.get(`/api/commands/${encodeURIComponent(id)}`, ANA)).status).toBe(404);
    },
  );
});

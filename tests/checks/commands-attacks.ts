/** What an attacker does about commands: with one token, with two, by every side door there is (trust T21, T23). */

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openSigner } from '@contor/commands/keys.js';
import { realDisk } from '@contor/kit';
import { contextLink } from '@contor/orion-config';
import { createSigner, newSigningKey, type OrderStatement, type Signer } from '@contor/policy';
import { connectAsync } from 'mqtt';
import type { Token } from '../support/command-gateway.js';
import { type CommandPath, eventually, serialOf } from '../support/command-path.js';

/** An operator who may do everything, and whose token somebody else has. */
const STOLEN: Token = { person: 'mallory' };
const OTHER_STOLEN: Token = { person: 'trudy' };

export interface OneTokenOutcome {
  readonly tries: number;
  readonly accepted: number;
  readonly executed: number;
}

/** Asks for everything, approves it under every name there is, and never gets a second person. */
export async function attackWithOneToken(path: CommandPath, tries: number): Promise<OneTokenOutcome> {
  const before = path.executions.length;
  let accepted = 0;
  for (let at = 0; at < tries; at += 1) {
    const target = path.devices[at % path.devices.length] ?? '';
    const command = at % 5 === 0 ? 'limit' : 'disconnect';
    const asked = await path.gateway.request(STOLEN, command, [target], command === 'limit' ? { watts: 100 } : {});
    if (asked.status !== 201) continue;
    accepted += 1;
    const address = `/api/commands/${encodeURIComponent(String(asked.body.id))}`;
    const { requestHash } = asked.body;
    await path.gateway.approve(STOLEN, asked);
    await path.gateway.post(`${address}/approve`, STOLEN, { requestHash, by: 'somebody', person: 'somebody' });
    await path.gateway.post(
      `${address}/approve`,
      { ...STOLEN, functions: ['live.view', 'supply.request'] },
      { requestHash },
    );
    await path.gateway.post(`${address}/approve`, { person: 'dan', signedInAgoMs: 6 * 60_000 }, { requestHash });
    await path.gateway.post(`${address}/approve`, { person: 'dan' }, { requestHash: 'A'.repeat(43) });
  }
  await sleep(2_000);
  return { tries, accepted, executed: path.executions.length - before };
}

export interface TwoTokensOutcome {
  readonly approved: number;
  readonly executed: number;
  readonly state: unknown;
  readonly alarmMs: number;
}

/** Two people in one hand: each asks, the other approves, as fast as it goes. */
export async function attackWithTwoTokens(path: CommandPath, requests: number): Promise<TwoTokensOutcome> {
  const before = path.executions.length;
  const startedAt = performance.now();
  let approved = 0;
  let alarmMs = Number.POSITIVE_INFINITY;
  for (let at = 0; at < requests; at += 1) {
    const [one, other] = at % 2 === 0 ? [STOLEN, OTHER_STOLEN] : [OTHER_STOLEN, STOLEN];
    const asked = await path.gateway.request(one, 'disconnect', [path.devices[at % path.devices.length] ?? '']);
    if (asked.status === 201 && (await eventuallyApproved(path, other, asked))) approved += 1;
    if (alarmMs === Number.POSITIVE_INFINITY && (await hasAlarm(path, 'frozen')))
      alarmMs = performance.now() - startedAt;
  }
  for (let waitedMs = 0; alarmMs === Number.POSITIVE_INFINITY && waitedMs < 5_000; waitedMs += 100) {
    await sleep(100);
    if (await hasAlarm(path, 'frozen')) alarmMs = performance.now() - startedAt;
  }
  await sleep(2_000);
  const { body } = await path.gateway.get('/api/commands/control', STOLEN);
  return { approved, executed: path.executions.length - before, state: body.state, alarmMs: Math.round(alarmMs) };
}

/** The service has looked at it, or has closed it. */
async function eventuallyApproved(
  path: CommandPath,
  token: Token,
  asked: Parameters<CommandPath['gateway']['approve']>[1],
): Promise<boolean> {
  const answer = await path.gateway.approve(token, asked);
  return answer.status === 200;
}

export async function hasAlarm({ broker }: CommandPath, kind: string): Promise<boolean> {
  const alerts = await broker.query({ type: 'Alert', q: `subCategory=="commands.${kind}"` });
  return alerts.length > 0;
}

export interface DoorOutcome {
  readonly door: string;
  readonly tries: number;
  readonly executed: number;
}

/** Every way to a meter but the one through two people. What was executed must be nothing, door by door. */
export async function trySideDoors(path: CommandPath, tries: number): Promise<readonly DoorOutcome[]> {
  const doors = await sideDoors(path);
  const outcomes: DoorOutcome[] = [];
  for (const [door, knock] of Object.entries(doors)) {
    const before = path.executions.length;
    for (let at = 0; at < tries; at += 1)
      await knock(path.devices[at % path.devices.length] ?? '', at).catch(() => undefined);
    await sleep(150);
    outcomes.push({ door, tries, executed: path.executions.length - before });
  }
  await sleep(1_500);
  const late = path.executions.length - outcomes.reduce((sum, { executed }) => sum + executed, 0);
  return [...outcomes, { door: 'a moment later', tries: 0, executed: late }];
}

type Knock = (device: string, at: number) => Promise<unknown>;

async function sideDoors(path: CommandPath): Promise<Readonly<Record<string, Knock>>> {
  const { broker, pen, agentUrl, folder } = path;
  const link = contextLink(await broker.contextUrl());
  const stranger = await createSigner(await newSigningKey());
  const service = await openSigner({
    ...{ disk: realDisk(), dataFolder: join(folder, 'commands'), tenant: 'default' },
    publicKeyFile: join(folder, 'copy-of-key.json'),
  });
  const write = (method: 'PATCH' | 'POST' | 'PUT', at: string, body: unknown) =>
    broker.request({ method, path: `/ngsi-ld/v1/${at}`, body, headers: { Link: link } });
  const patch = (device: string, value: unknown) =>
    write('PATCH', `entities/${encodeURIComponent(device)}/attrs/disconnect`, { type: 'Property', value });
  const property = (value: unknown) => ({ type: 'Property', value });
  const order = (device: string, signer: Signer, more: Partial<OrderStatement> = {}) =>
    signer.sign(orderFor(device, more));
  const direct = (device: string, value: unknown, tenant?: string) =>
    fetch(`${agentUrl}/ngsi-ld/v1/entities/${encodeURIComponent(device)}/attrs/disconnect`, {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...(tenant === undefined ? {} : { 'NGSILD-Tenant': tenant }) },
      body: JSON.stringify({ type: 'Property', value }),
    });
  const forgedRequest = async (device: string, sign: (at: number) => Promise<readonly string[]>) => {
    const id = `urn:ngsi-ld:CommandRequest:${randomUUID()}`;
    const statements = await sign(Date.now());
    await pen.put(id, statements[0] ?? '');
    for (const [at, one] of statements.slice(1).entries()) await pen.add('CommandRequest', id, one, `approval:${at}`);
    await write('PATCH', `entities/${encodeURIComponent(id)}/attrs`, {
      status: property('approved'),
      targets: property([{ device, status: 'waiting' }]),
    });
  };
  return {
    'PATCH of the command attribute with a word': (device) => patch(device, 'true'),
    'PATCH of it with an unsigned token': (device) => patch(device, unsigned(orderFor(device))),
    'PATCH of it with an order of another key': async (device) => patch(device, await order(device, stranger)),
    'PATCH of it with what the gateway signed': async (device) => patch(device, await pen.sign(orderFor(device))),
    'an order that has expired': async (device) =>
      patch(device, await order(device, service, { issuedAtMs: Date.now() - 900_000, notAfterMs: Date.now() - 1 })),
    'an order for another serial number': async (device) =>
      patch(device, await order(device, service, { serialNumber: 'SN-other' })),
    'an order of another tenant': async (device) => patch(device, await order(device, service, { tenant: 'other' })),
    'an order for another meter': async (device, at) =>
      patch(device, await order(path.devices[(at + 1) % path.devices.length] ?? '', service)),
    'an order that holds for a day': async (device) =>
      patch(device, await order(device, service, { notAfterMs: Date.now() + 86_400_000 })),
    'replacing the attribute': (device) =>
      write('PUT', `entities/${encodeURIComponent(device)}/attrs/disconnect`, property('true')),
    'appending the attribute': (device) =>
      write('POST', `entities/${encodeURIComponent(device)}/attrs`, { disconnect: property('true') }),
    'merging the entity': (device) =>
      write('PATCH', `entities/${encodeURIComponent(device)}`, { disconnect: property('true') }),
    'bulk import: upsert': (device) =>
      write('POST', 'entityOperations/upsert?options=update', [
        { id: device, type: 'Device', disconnect: property('true') },
      ]),
    'bulk import: update': (device) =>
      write('POST', 'entityOperations/update', [{ id: device, type: 'Device', disconnect: property('true') }]),
    'bulk import: merge': (device) =>
      write('POST', 'entityOperations/merge', [{ id: device, type: 'Device', disconnect: property('true') }]),
    'bulk import: create': (device) =>
      write('POST', 'entityOperations/create', [{ id: device, type: 'Device', disconnect: property('true') }]),
    'the agent itself, with a word': (device) => direct(device, 'true'),
    'the agent itself, with an order of another key': async (device) => direct(device, await order(device, stranger)),
    'the agent itself, as another tenant': async (device) =>
      direct(device, await order(device, service, { tenant: 'other' }), 'other'),
    'a request that nobody signed': (device) =>
      forgedRequest(device, async (atMs) => [unsigned({ kind: 'request', atMs, targets: [device] })]),
    'a request and an approval of another key': (device) =>
      forgedRequest(device, (atMs) => pair(stranger, device, atMs)),
    'one person who signs both': async (device) => {
      const asked = await pen.request({ command: 'disconnect', targets: [device], by: 'forger' });
      await pen.decide(asked, 'forger');
    },
    'an approval of another request': async (device) => {
      const asked = await pen.request({ command: 'disconnect', targets: [device], by: 'forger' });
      const other = await pen.request({ command: 'disconnect', targets: [device], by: 'ana' });
      await pen.decide({ id: asked.id, hash: other.hash }, 'dan');
    },
    'an approval by an old sign-in': async (device) => {
      const asked = await pen.request({ command: 'disconnect', targets: [device], by: 'forger' });
      await pen.decide(asked, 'dan', { authenticatedAtMs: Date.now() - 6 * 60_000 });
    },
    'a statement moved to another entity': async (device) => {
      const asked = await pen.request({ command: 'reconnect', targets: [device], by: 'ana', tenant: 'other' });
      await pen.put(`urn:ngsi-ld:CommandRequest:${randomUUID()}`, asked.compact);
    },
    'a forged notification': () =>
      fetch(`${agentUrl.replace(/:\d+$/, `:${path.commandsPort}`)}/notify`, { method: 'POST', body: '{"data":[]}' }),
    ...(await mqttDoors(path)),
  };
}

async function mqttDoors(path: CommandPath): Promise<Readonly<Record<string, Knock>>> {
  const [first = ''] = path.passwords.keys();
  const password = path.passwords.get(first) ?? '';
  const payload = JSON.stringify({ disconnect: { order: 'x', notAfter: new Date(Date.now() + 60_000).toISOString() } });
  const publish = async (account: object, deviceId: string) => {
    const client = await connectAsync(path.mqttUrl, { ...account, reconnectPeriod: 0, connectTimeout: 2_000 });
    // A broker that refuses the publish closes the line; whether it says so is its own affair.
    client.on('error', () => undefined);
    client.publish(`/json/contor-check/${deviceId}/cmd`, payload, { qos: 0 });
    await sleep(30);
    await client.endAsync(true);
  };
  const name = (device: string) => device.slice(device.lastIndexOf(':') + 1);
  const device = { clientId: `${first}:attack`, username: first, password };
  return {
    'MQTT: a meter to itself': () => publish(device, first),
    'MQTT: a meter to another': (target) => publish(device, name(target)),
    'MQTT: a stranger': (target) =>
      publish({ clientId: 'stranger', username: 'stranger', password: 'x' }, name(target)),
    'MQTT: the agent’s name with a guess': (target) =>
      publish({ clientId: 'agent-json:2', username: 'agent-json', password: 'guess' }, name(target)),
  };
}

function orderFor(device: string, more: Partial<OrderStatement> = {}): OrderStatement {
  const issuedAtMs = Date.now();
  return {
    ...{ kind: 'order', id: randomUUID(), tenant: 'default', command: 'disconnect', device },
    ...{
      serialNumber: serialOf(device.slice(device.lastIndexOf(':') + 1)),
      issuedAtMs,
      notAfterMs: issuedAtMs + 60_000,
    },
    ...more,
  };
}

async function pair(signer: Signer, device: string, atMs: number): Promise<readonly string[]> {
  const id = `urn:ngsi-ld:CommandRequest:${randomUUID()}`;
  const request = await signer.sign({
    kind: 'request',
    id,
    tenant: 'default',
    command: 'disconnect',
    targets: [device],
    by: 'a',
    atMs,
  });
  const approval = await signer.sign({
    ...{
      kind: 'approval',
      id,
      tenant: 'default',
      requestHash: 'x',
      by: 'b',
      atMs,
      authenticatedAtMs: atMs,
      methods: ['pwd', 'otp'],
    },
  });
  return [request, approval];
}

/** RFC 7515, appendix A.5: a token that says of itself that it needs no signature. */
function unsigned(payload: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'none', typ: 'contor-statement' })}.${part(payload)}.`;
}

export interface SwitchOutcome {
  readonly waiting: number;
  readonly stoppedMs: number;
  readonly executedAfter: number;
  readonly resumed: unknown;
}

/** Several disconnects wait for their moment; somebody presses the switch. Then two people let it go on. */
export async function pressTheSwitch(path: CommandPath): Promise<SwitchOutcome> {
  const asked: string[] = [];
  for (let at = 0; at < 5; at += 1) {
    const one = await path.gateway.request({ person: `op-${at}` }, 'disconnect', [path.devices[at] ?? '']);
    await path.gateway.approve({ person: `boss-${at}` }, one);
    asked.push(String(one.body.id));
  }
  await eventually(async () => {
    for (const id of asked)
      if (!['waiting', 'sending', 'done'].includes(await statusOf(path, id))) throw new Error('not yet');
  });
  const pressedAt = performance.now();
  await path.gateway.post('/api/commands/stop', { person: 'eva' }, { reason: 'a check' });
  const isStopped = async () => {
    for (const id of asked) if ((await statusOf(path, id)) === 'waiting') throw new Error('still waiting');
  };
  for (let isOver = false; !isOver && performance.now() - pressedAt < 10_000; ) {
    isOver = await isStopped().then(
      () => true,
      () => false,
    );
    if (!isOver) await sleep(20);
  }
  const stoppedMs = Math.round(performance.now() - pressedAt);
  const before = path.executions.length;
  await sleep(6_000);
  const executedAfter = path.executions.length - before;
  await path.gateway.post('/api/commands/resume', { person: 'eva' }, { reason: 'a check' });
  await sleep(300);
  const alone = (await path.gateway.get('/api/commands/control', STOLEN)).body.state;
  if (alone !== 'stopped') throw new Error(`one voice was enough: ${alone}`);
  await path.gateway.post('/api/commands/resume', { person: 'ion' }, { reason: 'a check' });
  const resumed = await eventually(async () => {
    const { state } = (await path.gateway.get('/api/commands/control', STOLEN)).body;
    if (state === 'stopped') throw new Error('still stopped');
    return state;
  }, 5_000);
  return { waiting: asked.length, stoppedMs, executedAfter, resumed };
}

export async function statusOf(path: CommandPath, id: string): Promise<string> {
  const { status, body } = await path.gateway.get(`/api/commands/${encodeURIComponent(id)}`, STOLEN);
  if (status !== 200) throw new Error(`the gateway answered ${status}`);
  return String(body.status);
}

/** Keys of meters through the gateway: they go in, they never come out, and only those who may see that they are there (T30). */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { keyringOf, newMasterKey, openSecretReader, openSecretStore, SimulatedClock } from '@contor/kit';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ROOT } from '../../support/root.js';
import { newDisk } from '../kit/support.js';
import { type Caller, Door } from './support/door.js';

const CANARY = '00112233445566778899aabbccddeeff';
const store = () => ({
  ...{ folder: '/vault', keyring: keyringOf(newMasterKey(), 'a test'), disk: newDisk(), clock: new SimulatedClock(0) },
  lock: async () => ({ release: async () => undefined }),
});

let door: Door;
let kept: ReturnType<typeof store>;
let administrator: Caller;
beforeEach(async () => {
  kept = store();
  door = await Door.open({}, { vault: openSecretStore(kept) });
  administrator = await door.signIn('root', ['data-administrator']);
});
afterEach(() => door.close());
const used = async (reference: string) => {
  const value = await openSecretReader(kept).use(reference);
  return value === undefined ? undefined : Buffer.from(value).toString('hex');
};

describe('PUT /api/secrets/:reference', () => {
  it.each([
    ['hex', CANARY],
    ['base64', Buffer.from(CANARY, 'hex').toString('base64')],
    ['base64', Buffer.from(CANARY, 'hex').toString('base64url')],
  ])('keeps a value written in %s', async (encoding, value) => {
    expect((await door.ask('PUT', '/api/secrets/meter.1.ek', administrator, { value, encoding })).status).toBe(204);
    expect(await used('meter.1.ek')).toBe(CANARY);
  });
  it('takes a name with colons, percent-encoded', async () => {
    const reference = 'urn:ngsi-ld:Device:e350-0001';
    const path = `/api/secrets/${encodeURIComponent(reference)}`;
    expect((await door.ask('PUT', path, administrator, { value: 'pass' })).status).toBe(204);
    expect(await used(reference)).toBe(Buffer.from('pass').toString('hex'));
  });
  it.each([
    ['no body', undefined],
    ['no JSON', `{"value":"${CANARY}`],
    ['another shape', { secret: CANARY }],
    ['an unknown encoding', { value: CANARY, encoding: 'rot13' }],
    ['an encoding of the prototype', { value: CANARY, encoding: 'constructor' }],
    ['no hexadecimal', { value: 'xyz', encoding: 'hex' }],
    ['an empty value', { value: '' }],
    ['a value that is too large', { value: 'x'.repeat(16 * 1024 + 1) }],
  ])('refuses %s, and repeats nothing of it', async (_, body) => {
    const answer = await door.ask('PUT', '/api/secrets/meter.1.ek', administrator, body);
    expect(answer).toMatchObject({ status: 400, body: { error: 'secret.value' } });
    expect(JSON.stringify(answer.body)).not.toContain(CANARY);
  });
  it.each(['..', '-a', 'a b', 'a'.repeat(129), 'a/b', 'é'])('refuses the name %p', async (name) => {
    const path = `/api/secrets/${encodeURIComponent(name)}`;
    expect((await door.ask('PUT', path, administrator, { value: 'x' })).status).toBeGreaterThanOrEqual(400);
    expect(await openSecretStore(kept).list()).toEqual([]);
  });
  it.each(['manager', 'viewer', 'operator', 'approver'])('is not for a %s', async (role) => {
    const other = await door.signIn('other', [role]);
    const answer = await door.ask('PUT', '/api/secrets/meter.1.ek', other, { value: CANARY });
    expect(answer).toMatchObject({ status: 403, body: { error: 'function.missing' } });
    expect((await door.get('/api/secrets', other)).status).toBe(403);
  });
  it('wants a fresh sign-in', async () => {
    await door.clock.advance(10 * 60_000);
    const answer = await door.ask('PUT', '/api/secrets/meter.1.ek', administrator, { value: CANARY });
    expect(answer).toMatchObject({ status: 403, body: { error: 'sign-in.stale' } });
  });
});

describe('the gateway', () => {
  it('is not handed what reads a secret', () => {
    const folder = join(ROOT, 'dashboard/gateway/src');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    expect(files.length).toBeGreaterThan(40);
    expect(files.filter((name) => readFileSync(join(folder, name), 'utf8').includes('SecretReader'))).toEqual([]);
  });
});

describe('GET /api/secrets', () => {
  it('tells names, ages and keys, and no value in any form', async () => {
    await door.ask('PUT', '/api/secrets/meter.1.ek', administrator, { value: CANARY, encoding: 'hex' });
    await door.ask('PUT', '/api/secrets/meter.1.pw', administrator, { value: CANARY });
    const answer = await door.get('/api/secrets', administrator);
    const { keyId } = kept.keyring;
    const at = '1970-01-01T00:00:00.000Z';
    expect(answer.body).toEqual({
      secrets: ['meter.1.ek', 'meter.1.pw'].map((reference) => ({ reference, keyId, createdAt: at, changedAt: at })),
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/0011|sealed|ABEi/);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });
  it.each(['GET', 'DELETE', 'POST'])('there is no %s of a single one', async (method) =>
    expect((await door.ask(method, '/api/secrets/meter.1.ek', administrator)).status).toBeGreaterThanOrEqual(404),
  );
});

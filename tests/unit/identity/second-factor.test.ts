/** Sign-in with a second factor, from end to end: real identity, real gateway, a browser with cookies. */

import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { House } from '../gateway/support/house.js';
import { codeOf, Realm, type Visit } from './support/realm.js';

let house: House;
let realm: Realm;
beforeAll(async () => {
  house = await (await House.open({ IDENTITY_OTP: 'privileged' })).start();
  realm = await Realm.of(house);
});
afterAll(() => house.close());

/** Signs in for the first time and sets up the app, as an operator must here. */
async function enrol(): Promise<{
  username: string;
  id: string;
  visit: Visit;
  secret: Uint8Array;
  recovery: readonly string[];
}> {
  const { id, username } = await realm.makeUser({}, ['operator']);
  const visit = await realm.begin(username);
  const { secret } = visit;
  await visit.answer({ code: codeOf(secret, -1) });
  const recovery = visit.recoveryCodes;
  await visit.answer({});
  return { id, username, visit, secret, recovery };
}

describe('an operator, where the privileged need a second factor', () => {
  it('sets it up at the first sign-in, with a picture, a key and recovery codes', async () => {
    const { username } = await realm.makeUser({}, ['operator']);
    const visit = await realm.begin(username);
    expect(visit.heading).toBe('Set up a second factor');
    expect(visit.last.body).toContain('<svg class="qr"');
    expect(await visit.session()).toBe(401);
    const { secret } = visit;
    await visit.answer({ code: '000000' });
    expect(visit.last.body).toContain('This code is not right');
    expect(visit.secret).toEqual(secret);
    await visit.answer({ code: codeOf(secret) });
    expect(visit.heading).toBe('Keep these recovery codes');
    expect(visit.recoveryCodes).toHaveLength(10);
    expect(await visit.session()).toBe(401);
    await visit.answer({});
    expect(await visit.session()).toMatchObject({ user: { name: username }, methods: ['pwd', 'otp'] });
  });

  it('is asked for it afterwards: a code once, a recovery code once, nothing else', async () => {
    const { username, secret, recovery } = await enrol();
    const code = codeOf(secret);
    const first = await realm.begin(username);
    expect(first.heading).toBe('Second factor');
    expect(await first.session()).toBe(401);
    await first.answer({ code: '' });
    expect(first.last.body).toContain('Enter the code.');
    await first.answer({ code: ` ${code.slice(0, 3)} ${code.slice(3)} ` });
    expect(await first.session()).toMatchObject({ methods: ['pwd', 'otp'] });

    const replayed = await (await realm.begin(username)).answer({ code });
    expect(replayed.last.body).toContain('used before');
    await replayed.answer({ code: recovery[0]?.toUpperCase() ?? '' });
    expect(await replayed.session()).toMatchObject({ methods: ['pwd', 'otp'] });
    const again = await (await realm.begin(username)).answer({ code: recovery[0] ?? '' });
    expect(await again.session()).toBe(401);
    expect(await (await again.answer({ code: recovery[1] ?? '' })).session()).toMatchObject({
      methods: ['pwd', 'otp'],
    });
  }, 30_000);

  it('cannot have one code taken twice by two who come at once', async () => {
    const { username, secret } = await enrol();
    const [one, two] = [await realm.begin(username), await realm.begin(username)];
    const code = codeOf(secret);
    await Promise.all([one.answer({ code }), two.answer({ code })]);
    const sessions = [await one.session(), await two.session()];
    expect(sessions.filter((session) => session === 401)).toHaveLength(1);
  }, 30_000);

  it('is not let guess: five wrong codes and everybody waits, also after a restart', async () => {
    const { username, secret } = await enrol();
    const visit = await realm.begin(username);
    for (let n = 0; n < 5; n += 1) expect((await visit.answer({ code: '000000' })).last.status).toBe(200);
    expect((await visit.answer({ code: codeOf(secret) })).last.status).toBe(429);
    await house.stopIdentity();
    await house.startIdentity();
    const elsewhere = await realm.begin(username);
    expect(elsewhere.heading).toBe('Second factor');
    expect((await elsewhere.answer({ code: codeOf(secret) })).last.status).toBe(429);
  }, 30_000);

  it('goes on in the middle after a restart of the server', async () => {
    const { username } = await realm.makeUser({}, ['operator']);
    const visit = await realm.begin(username);
    const { secret } = visit;
    await house.stopIdentity();
    await house.startIdentity();
    await visit.answer({ code: codeOf(secret) });
    expect(visit.recoveryCodes).toHaveLength(10);
  }, 30_000);

  it('starts anew when an administrator takes the second factor away, or locks the account in the middle', async () => {
    const { id, username } = await enrol();
    const waiting = await realm.begin(username);
    const { body } = await realm.call('GET', `/users/${id}/credentials`);
    const otp = (body as { id: string; type: string }[]).find(({ type }) => type === 'otp');
    expect((await realm.call('GET', `/users/${id}`)).body.totp).toBe(true);
    expect((await realm.call('DELETE', `/users/${id}/credentials/${otp?.id}`)).status).toBe(204);
    expect((await waiting.answer({ code: '123456' })).heading).toBe('Sign in');
    const visit = await realm.begin(username);
    expect(visit.heading).toBe('Set up a second factor');
    await realm.call('PUT', `/users/${id}`, { enabled: false });
    expect((await visit.answer({ code: codeOf(visit.secret) })).heading).toBe('Sign in');
  }, 30_000);

  it('leaves no secret in the data folder', async () => {
    const { secret, recovery } = await enrol();
    const folder = join(house.folder, 'identity', 'log');
    const kept = (
      await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'latin1')))
    ).join('');
    expect(kept).toContain('sealed:1:');
    for (const form of [
      Buffer.from(secret).toString('base64url'),
      Buffer.from(secret).toString('hex'),
      recovery[0] ?? '-',
    ])
      expect(kept).not.toContain(form);
    expect(house.log.join('\n')).not.toContain(recovery[0]);
  }, 30_000);
});

describe('a new master key in front of the old one', () => {
  it('wraps second factors anew at the next start, and the old one can go', async () => {
    const { username, recovery } = await enrol();
    const path = join(house.folder, 'identity', 'master-key');
    const old = await readFile(path, 'utf8');
    const newer = `contor-key-${randomBytes(32).toString('base64url')}`;
    await house.stopIdentity();
    await writeFile(path, `${newer}\n${old}`, { mode: 0o600 });
    await house.startIdentity();
    await house.stopIdentity();
    await writeFile(path, `${newer}\n`, { mode: 0o600 });
    await house.startIdentity();
    const visit = await (await realm.begin(username)).answer({ code: recovery[0] ?? '' });
    expect(await visit.session()).toMatchObject({ methods: ['pwd', 'otp'] });
  }, 30_000);
});

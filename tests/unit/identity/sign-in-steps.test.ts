/** Sign-in with duties, afresh and with an old hash, from end to end: real identity, real gateway, a browser with cookies. */

import { PASSWORD_LEAST } from '@contor/identity/password-policy.js';
import { passwordsAt } from '@contor/identity/passwords.js';
import { passwordStep } from '@contor/identity/sign-in/password.js';
import type { SignInParts } from '@contor/identity/sign-in/routes.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { House } from '../gateway/support/house.js';
import { PASSWORD, Realm } from './support/realm.js';

let house: House;
let realm: Realm;
beforeAll(async () => {
  house = await (await House.open()).start();
  realm = await Realm.of(house);
});
afterAll(() => house.close());

describe('a temporary password', () => {
  it('is changed before anything else, and what was signed in with it ends', async () => {
    const credentials = [{ type: 'password', value: PASSWORD, temporary: true }];
    const { id, username } = await realm.makeUser({ credentials });
    const other = await realm.begin(username);
    const visit = await realm.begin(username);
    expect(visit.heading).toBe('Choose a new password');
    for (const [fields, words] of [
      [{ newPassword: 'short', repeat: 'short' }, `at least ${PASSWORD_LEAST} characters`],
      [{ newPassword: `${username} is my name`, repeat: 'x' }, 'Your name is part of this password'],
      [{ newPassword: 'alta parola mai lunga', repeat: 'alta parola' }, 'are not the same'],
      [{ newPassword: PASSWORD, repeat: PASSWORD }, 'This is your password already'],
    ] as const) {
      expect((await visit.answer(fields)).last.body).toContain(words);
    }
    await visit.answer({ newPassword: 'alta parola mai lunga', repeat: 'alta parola mai lunga' });
    expect(await visit.session()).toMatchObject({ user: { id }, methods: ['pwd'] });
    expect((await realm.call('GET', `/users/${id}`)).body.requiredActions).toEqual([]);
    expect((await other.answer({ newPassword: 'a third password!', repeat: 'a third password!' })).heading).toBe(
      'Sign in',
    );
    expect(await (await realm.begin(username)).session()).toBe(401);
  }, 30_000);
});

describe('a fresh sign-in', () => {
  it('is only for whoever is signed in: the name is given, and another one is not taken', async () => {
    const { id, username } = await realm.makeUser();
    const visit = await realm.begin(username);
    const form = await visit.browser.get(`${house.gatewayUrl}/auth/signin?fresh=1`);
    expect(form.body).toMatch(new RegExp(`value="${username}"[^>]* readonly`));
    expect(form.body).toContain('Not you?');
    await visit.browser.post(form.url, await house.credentials());
    expect(await visit.session()).toMatchObject({ user: { id } });
    const again = await visit.browser.get(`${house.gatewayUrl}/auth/signin?fresh=1`);
    await visit.browser.post(again.url, { username: 'manager', password: PASSWORD });
    expect(await visit.session()).toMatchObject({ user: { id } });
  }, 30_000);
});

describe('an older hash', () => {
  it('is made anew with today’s cost when the password is right, and only then', async () => {
    // RFC 7914, 12: scrypt("password", "NaCl", 1024, 8, 16), first 32 bytes.
    const vector = Buffer.from('fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162', 'hex');
    const password = `scrypt$1024$8$16$${Buffer.from('NaCl').toString('base64url')}$${vector.toString('base64url')}`;
    const passwords = passwordsAt();
    const changes: { password?: string }[] = [];
    const parts = {
      users: {
        passwords,
        byName: () => ({ id: 'u-1', username: 'ana', password, isEnabled: true }),
        change: async (_id: string, fields: { password?: string }) => void changes.push(fields),
      },
      backOff: { tryOnce: () => 0, succeeded: () => undefined },
      attempts: { inc: () => undefined },
      log: { warn: () => undefined },
    } as unknown as SignInParts;
    const interaction = { uid: 'i', language: 'en', address: '', known: undefined, sessionUid: undefined } as const;
    const read = (word: string) =>
      passwordStep.read(parts, interaction, new URLSearchParams({ username: 'ana', password: word }), undefined);
    expect((await read('wrong')).kind).toBe('page');
    expect(changes).toEqual([]);
    expect((await read('password')).kind).toBe('progress');
    expect(changes).toEqual([{ password: expect.stringMatching(/^scrypt\$32768\$8\$3\$/) }]);
    expect(await passwords.verify('password', changes[0]?.password)).toBe(true);
  });
});

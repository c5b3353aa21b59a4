/** One's own account: password, second factor, sessions; and that nobody else can press its buttons. */

import { agentInWords } from '@contor/identity/account/agent.js';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Browser } from '../gateway/support/browser.js';
import { House } from '../gateway/support/house.js';
import { codeOf, PASSWORD, Realm, recoveryCodesOn, secretOn } from './support/realm.js';

let house: House;
let realm: Realm;
beforeAll(async () => {
  house = await (await House.open({ IDENTITY_OTP: 'privileged' })).start();
  realm = await Realm.of(house);
});
afterAll(() => house.close());

/** Refused without being hashed, which would take the most of the time here. */
const TOO_LONG = 'guess'.repeat(60);

const account = (path = '') => `${house.identityUrl}/realms/contor/account${path}`;
const headingOf = (page: { body: string }) => /<h1>([^<]*)<\/h1>/.exec(page.body)?.[1];
const csrfOf = (page: { body: string }) => /name="csrf" value="([^"]*)"/.exec(page.body)?.[1] ?? '';

async function visit(username: string, browser = new Browser()): Promise<Browser> {
  const form = await browser.get(account());
  const page = await browser.post(form.url, { username, password: PASSWORD });
  expect([page.url, headingOf(page)]).toEqual([account('?language=en'), 'Your account']);
  return browser;
}

describe('the account page', () => {
  it('asks who is there, without the dashboard, and is for them alone', async () => {
    const { username } = await realm.makeUser({ firstName: 'Ana', lastName: '<Pop>' });
    const browser = await visit(username);
    const page = await browser.get(account('/?language=ro'));
    expect(headingOf(page)).toBe('Contul dumneavoastră');
    expect(page.body).toContain('Ana &lt;Pop&gt;');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(page.headers.get('cache-control')).toBe('no-store');
    expect((await browser.get(account('/none'))).status).toBe(404);
    expect((await browser.raw('PUT', account())).status).toBe(404);
  });

  it('is known to whoever is signed in to the dashboard', async () => {
    const { username } = await realm.makeUser();
    const { browser } = await realm.begin(username);
    expect(headingOf(await browser.get(account()))).toBe('Your account');
  });

  it('takes no form from another site, another session or nobody', async () => {
    const browser = await visit((await realm.makeUser()).username);
    const stranger = await visit((await realm.makeUser()).username);
    const csrf = csrfOf(await browser.get(account('/password')));
    const foreign = csrfOf(await stranger.get(account('/password')));
    expect(foreign).not.toBe(csrf);
    for (const path of [
      '/password',
      '/second-factor',
      '/second-factor/remove',
      '/second-factor/recovery',
      '/sessions',
    ]) {
      const fields = {
        session: 'others',
        currentPassword: PASSWORD,
        newPassword: 'o parola noua!',
        repeat: 'o parola noua!',
      };
      expect((await browser.post(account(path), fields)).status).toBe(403);
      expect((await browser.post(account(path), { ...fields, csrf: foreign })).status).toBe(403);
      const elsewhere = { 'sec-fetch-site': 'cross-site' };
      expect((await browser.post(account(path), { ...fields, csrf }, elsewhere)).status).toBe(403);
      expect(headingOf(await new Browser().post(account(path), { ...fields, csrf }))).toBe('Sign in');
    }
  });

  it('keeps the language that somebody came with', async () => {
    const { username } = await realm.makeUser();
    const browser = new Browser();
    const form = await browser.get(account('?language=ro'));
    expect(headingOf(form)).toBe('Autentificare');
    expect(headingOf(await browser.post(form.url, { username, password: PASSWORD }))).toBe('Contul dumneavoastră');
  });
});

describe('the password', () => {
  it('is changed with the old one; other sessions end, this one goes on', async () => {
    const { username } = await realm.makeUser();
    const elsewhere = await visit(username);
    const browser = await visit(username);
    const csrf = csrfOf(await browser.get(account('/password')));
    const change = (fields: object) => browser.post(account('/password'), { csrf, ...fields });
    const good = { newPassword: 'alta parola mai lunga', repeat: 'alta parola mai lunga' };
    expect((await change({ currentPassword: 'wrong', ...good })).body).toContain('This is not your password.');
    expect((await change({ currentPassword: PASSWORD, newPassword: 'short', repeat: 'short' })).body).toContain(
      'at least 12',
    );
    expect((await change({ currentPassword: PASSWORD, ...good })).body).toContain('Saved.');
    expect(headingOf(await browser.get(account()))).toBe('Your account');
    expect(headingOf(await elsewhere.get(account()))).toBe('Sign in');
    expect(await (await realm.begin(username)).session()).toBe(401);
    expect(await (await realm.begin(username, good.newPassword)).session()).toMatchObject({ user: { name: username } });
  }, 30_000);

  it('cannot be guessed at a browser that was left open', async () => {
    const { username } = await realm.makeUser();
    const browser = await visit(username);
    const csrf = csrfOf(await browser.get(account('/password')));
    const guess = () =>
      browser.post(account('/password'), { csrf, currentPassword: TOO_LONG, newPassword: 'x', repeat: 'x' });
    await Promise.all(Array.from({ length: 10 }, guess));
    expect((await guess()).status).toBe(429);
  }, 30_000);
});

describe('the second factor', () => {
  it('is set up, gets new recovery codes and is given up, where nobody must have one', async () => {
    const { username } = await realm.makeUser();
    const browser = await visit(username);
    const page = await browser.get(account('/second-factor'));
    const csrf = csrfOf(page);
    expect((await browser.post(account('/second-factor'), { csrf, code: '' })).body).toContain('Enter the code.');
    expect((await browser.post(account('/second-factor'), { csrf, code: '000000' })).body).toContain('not right');
    const codes = recoveryCodesOn(
      (await browser.post(account('/second-factor'), { csrf, code: codeOf(secretOn(page.body), -1) })).body,
    );
    expect(codes).toHaveLength(10);
    expect((await browser.get(account())).body).toContain('Recovery codes left: 10.');
    const newer = recoveryCodesOn((await browser.post(account('/second-factor/recovery'), { csrf })).body);
    const attempt = await realm.begin(username);
    expect(await (await attempt.answer({ code: codes[0] ?? '' })).session()).toBe(401);
    expect(await (await attempt.answer({ code: newer[0] ?? '' })).session()).toMatchObject({ methods: ['pwd', 'otp'] });
    expect((await browser.get(account())).body).toContain('Recovery codes left: 9.');
    expect((await browser.post(account('/second-factor/remove'), { csrf })).body).toContain('Saved.');
    expect(await (await realm.begin(username)).session()).toMatchObject({ methods: ['pwd'] });
  }, 30_000);

  it('cannot be given up by whoever must have one', async () => {
    const { username } = await realm.makeUser({}, ['approver']);
    const first = await realm.begin(username);
    await first.answer({ code: codeOf(first.secret) });
    await first.answer({});
    const page = await first.browser.get(account());
    expect(page.body).toContain('Your account needs its second factor.');
    expect((await first.browser.post(account('/second-factor/remove'), { csrf: csrfOf(page) })).status).toBe(403);
  }, 30_000);
});

describe('sessions', () => {
  it('are listed with browser and address, ended one by one or all others, never those of somebody else', async () => {
    const { id, username } = await realm.makeUser();
    const others = [await visit(username), await visit(username), await visit(username)];
    const stranger = await realm.makeUser();
    await visit(stranger.username);
    const [foreign] = (await realm.call('GET', `/users/${stranger.id}/sessions`)).body as { id: string }[];
    const browser = await visit(username);
    const page = await browser.get(account());
    const uids = [...page.body.matchAll(/name="session" value="([^"]*)"/g)].map(([, uid]) => uid ?? '');
    expect(uids).toHaveLength(4); // Three others, and the button for all of them.
    expect(page.body).toContain('from 127.0.0.1');
    expect(page.body).not.toContain(browser.cookie('contor_identity') ?? '?');
    const csrf = csrfOf(page);
    await browser.post(account('/sessions'), { csrf, session: uids[0] ?? '' });
    await browser.post(account('/sessions'), { csrf, session: foreign?.id ?? '' });
    expect((await realm.call('GET', `/users/${id}/sessions`)).body).toHaveLength(3);
    expect((await realm.call('GET', `/users/${stranger.id}/sessions`)).body).toHaveLength(1);
    await browser.post(account('/sessions'), { csrf, session: 'others' });
    for (const other of others) expect(headingOf(await other.get(account()))).toBe('Sign in');
    expect(headingOf(await browser.get(account()))).toBe('Your account');
  }, 30_000);
});

describe('a browser in words', () => {
  it.each([
    ['Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0', 'Firefox, Linux'],
    [
      'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36',
      'Chrome, Windows',
    ],
    [
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537.36 Edg/140.0',
      'Edge, Windows',
    ],
    [
      'Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 Version/18.0 Safari/604.1',
      'Safari, iOS',
    ],
    ['curl/8.0', undefined],
    [undefined, undefined],
  ])('%s', (agent, words) => expect(agentInWords(agent)).toBe(words));
});

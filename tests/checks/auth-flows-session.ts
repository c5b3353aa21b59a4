/** Flows around sessions: whose they are, how they begin and end, and who may make somebody's browser do something. */

import { stepAt } from '@contor/identity/second-factor/totp.js';
import { Browser } from '../unit/gateway/support/browser.js';
import { codeOf as appCodeOf, PASSWORD } from '../unit/identity/support/realm.js';
import { authUrl, callbackOf, endpoint, expect, type Flow, sessionOf } from './auth-flows-kit.js';

/** Refused without being hashed: the waiting is what is looked at here. */
const GUESS = 'guess'.repeat(60);

export const SESSION_FLOWS: readonly Flow[] = [
  {
    name: 'login CSRF',
    about: 'a finished sign-in in somebody else’s browser signs nobody in, RFC 6819, 4.4.1.13',
    async run({ house }) {
      const attacker = new Browser();
      const begun = (await attacker.raw('GET', `${house.gatewayUrl}/auth/signin`)).headers.get('location') ?? '';
      const callback = await callbackOf(house, begun, attacker);
      const victim = new Browser();
      expect((await victim.get(callback)).status === 400, 'the callback was taken');
      expect((await sessionOf(house, victim)) === 401, 'the victim is signed in');
    },
  },
  {
    name: 'state',
    about: 'missing, foreign, forged and used twice',
    async run({ house }) {
      const browser = new Browser();
      const begun = (await browser.raw('GET', `${house.gatewayUrl}/auth/signin`)).headers.get('location') ?? '';
      const state = new URL(begun).searchParams.get('state') ?? '';
      for (const query of ['code=x', 'code=x&state=', 'code=x&state=foreign', `code=x&state=${state.slice(0, 8)}`])
        expect((await browser.get(`${house.gatewayUrl}/auth/callback?${query}`)).status === 400, query);
      const name = `contor_signin_${state.slice(0, 8)}`;
      browser.setCookie(house.gatewayUrl, name, `${browser.cookie(name)?.slice(0, -4)}AAAA`, '/auth');
      expect((await browser.get(`${house.gatewayUrl}/auth/callback?code=x&state=${state}`)).status === 400, 'forged');
      const again = new Browser();
      const second = (await again.raw('GET', `${house.gatewayUrl}/auth/signin`)).headers.get('location') ?? '';
      const callback = await callbackOf(house, second, again);
      const cookie = again.cookiesFor(callback);
      const use = () => fetch(callback, { redirect: 'manual', headers: { cookie } });
      expect((await use()).status === 302 && (await use()).status === 400, 'it was good twice');
    },
  },
  {
    name: 'fixation at the gateway',
    about: 'a planted session id is never the one that is signed in',
    async run({ house }) {
      const planted = 'p'.repeat(43);
      const browser = new Browser();
      browser.setCookie(house.gatewayUrl, 'contor_session', planted);
      const form = await browser.get(`${house.gatewayUrl}/auth/signin`);
      await browser.post(form.url, await house.credentials());
      expect((await sessionOf(house, browser)) === 200, 'nobody is signed in');
      const thief = await fetch(`${house.gatewayUrl}/api/session`, {
        headers: { cookie: `contor_session=${planted}` },
      });
      expect(browser.cookie('contor_session') !== planted && thief.status === 401, 'the planted id is signed in');
    },
  },
  {
    name: 'fixation at the provider',
    about: 'the provider’s session id of before is worth nothing after',
    async run({ house }) {
      const browser = new Browser();
      const form = await browser.get(authUrl(house));
      const before = browser.cookiesFor(form.url);
      await callbackOf(house, authUrl(house), browser);
      const thief = await fetch(authUrl(house), { redirect: 'manual', headers: { cookie: before } });
      const location = thief.headers.get('location') ?? '';
      expect(!location.includes('code='), 'what was there before the sign-in is signed in');
      const planted = new Browser();
      planted.setCookie(house.identityUrl, 'contor_identity', 'planted');
      planted.setCookie(house.identityUrl, 'contor_identity.sig', 'x'.repeat(27));
      await callbackOf(house, authUrl(house), planted);
      expect(planted.cookie('contor_identity') !== 'planted', 'a planted id is kept');
    },
  },
  {
    name: 'brute force',
    about: 'ten guesses, then waiting, also after a restart of the server',
    async run({ house, realm }) {
      const { username } = await realm.makeUser();
      const browser = new Browser();
      const form = await browser.get(authUrl(house));
      const guess = () => browser.post(form.url, { username, password: GUESS });
      for (let n = 0; n < 10; n += 1) await guess();
      const eleventh = await browser.post(form.url, { username, password: PASSWORD });
      expect(eleventh.status === 429 && Number(eleventh.headers.get('retry-after')) > 10, `${eleventh.status}`);
      await house.stopIdentity();
      await house.startIdentity();
      const later = await browser.get(authUrl(house));
      expect((await browser.post(later.url, { username, password: PASSWORD })).status === 429, 'a restart forgives');
      // The others of the stage come from the same address, which has misses now but free tries left.
      expect(
        (await browser.post(later.url, { username: 'nobody', password: GUESS })).status === 200,
        'everybody waits',
      );
    },
  },
  {
    name: 'second factor',
    about: 'a code once, in its time, and only few guesses, RFC 6238, 5.2',
    async run({ realm }) {
      const { username } = await realm.makeUser({ requiredActions: ['CONFIGURE_TOTP'] });
      const first = await realm.begin(username);
      const { secret } = first;
      await first.answer({ code: appCodeOf(secret, -1) });
      await first.answer({});
      const step = stepAt(Date.now());
      const second = await (await realm.begin(username)).answer({ code: appCodeOf(secret) });
      expect((await second.session()).methods?.includes('otp') === true, 'a good code was refused');
      const replay = await (await realm.begin(username)).answer({ code: appCodeOf(secret, step - stepAt(Date.now())) });
      expect((await replay.session()) === 401, 'a code was good twice');
      for (const shift of [-3, 3])
        expect((await (await replay.answer({ code: appCodeOf(secret, shift) })).session()) === 401, 'out of time');
      for (let n = 0; n < 3; n += 1) await replay.answer({ code: '000000' });
      expect((await replay.answer({ code: appCodeOf(secret, 1) })).last.status === 429, 'guessing goes on');
    },
  },
  {
    name: 'sign-out',
    about: 'ends both sessions and what was issued, and leads nowhere else',
    async run({ house }) {
      const browser = await house.signedIn();
      const session = JSON.parse((await browser.get(`${house.gatewayUrl}/api/session`)).body) as { csrfToken: string };
      const old = browser.cookiesFor(house.gatewayUrl);
      const headers = { 'x-csrf-token': session.csrfToken, origin: house.gatewayUrl };
      const answer = await browser.raw('POST', `${house.gatewayUrl}/auth/signout`, headers);
      const { location } = (await answer.json()) as { location: string };
      expect(
        (await fetch(`${house.gatewayUrl}/api/session`, { headers: { cookie: old } })).status === 401,
        'the old cookie works',
      );
      const foreign = new URL(location);
      foreign.searchParams.set('post_logout_redirect_uri', 'http://evil.example/');
      const refused = await browser.raw('GET', foreign.href);
      expect(refused.status === 400 && refused.headers.get('location') === null, 'a foreign address was taken');
      const page = await browser.get(location);
      const xsrf = /name="xsrf" value="([^"]+)"/.exec(page.body)?.[1] ?? '';
      await browser.post(`${endpoint(house, 'logout')}/confirm`, { xsrf, logout: 'yes' });
      const again = await browser.get(`${house.gatewayUrl}/auth/signin`);
      expect(again.url.includes('/login-actions/'), 'the provider still knows the browser');
    },
  },
  {
    name: 'open redirect',
    about: 'a sign-in ends at a page of ours',
    async run({ house }) {
      const browser = await house.signedIn();
      for (const wish of [
        'https://evil.example/',
        '//evil.example',
        '/\\evil.example',
        '/%5Cevil.example',
        'javascript:alert(1)',
        '/auth/signin',
        '/\t/evil.example',
      ]) {
        const own = [house.gatewayUrl, house.identityUrl];
        let at = `${house.gatewayUrl}/auth/signin?returnTo=${encodeURIComponent(wish)}`;
        for (let hops = 0; hops < 8; hops += 1) {
          const location = (await browser.raw('GET', at)).headers.get('location');
          if (location === null) break;
          at = new URL(location, at).href;
          expect(own.includes(new URL(at).origin), `${JSON.stringify(wish)} leads to ${at}`); // And is not followed there.
        }
        expect(new URL(at).origin === house.gatewayUrl, `${JSON.stringify(wish)} ends at ${at}`);
      }
    },
  },
  {
    name: 'forged forms',
    about: 'another site presses no button of ours',
    async run({ house, realm }) {
      const { username } = await realm.makeUser();
      const browser = (await realm.begin(username)).browser;
      const signOut = `${house.gatewayUrl}/auth/signout`;
      expect((await browser.raw('POST', signOut)).status === 403, 'sign-out without a token');
      const evil = { 'x-csrf-token': 'x', origin: 'http://evil.example' };
      expect((await browser.raw('POST', signOut, evil)).status === 403, 'sign-out from another origin');
      const account = `${house.identityUrl}/realms/contor/account`;
      for (const path of ['/password', '/sessions']) {
        const form = {
          currentPassword: PASSWORD,
          newPassword: 'alta parola mai lunga',
          repeat: 'alta parola mai lunga',
          session: 'others',
        };
        expect((await browser.post(account + path, form)).status === 403, path);
        expect(
          (await browser.post(account + path, form, { 'sec-fetch-site': 'cross-site' })).status === 403,
          `${path} from elsewhere`,
        );
      }
      const page = await browser.get(account);
      const policy = page.headers.get('content-security-policy') ?? '';
      expect(
        policy.includes("frame-ancestors 'none'") && page.headers.get('x-frame-options') === 'DENY',
        'it can be framed',
      );
    },
  },
  {
    name: 'fresh sign-in',
    about: 'prompt=login, max_age=0 and prompt=none mean what they say, OpenID Connect Core, 3.1.2.1',
    async run({ house, realm }) {
      const { username } = await realm.makeUser();
      const visit = await realm.begin(username);
      const form = await visit.browser.get(`${house.gatewayUrl}/auth/signin?fresh=1`);
      expect(form.url.includes('/login-actions/'), 'nobody was asked');
      await visit.browser.post(form.url, await house.credentials());
      expect((await visit.session()).user.name === username, 'somebody else took over the session');
      const silent = await new Browser().raw('GET', authUrl(house, { prompt: 'none' }));
      expect((silent.headers.get('location') ?? '').includes('login_required'), 'a stranger got something silently');
      const aged = await visit.browser.raw('GET', authUrl(house, { max_age: '0' }));
      expect((aged.headers.get('location') ?? '').includes('/login-actions/'), 'max_age was not looked at');
    },
  },
];

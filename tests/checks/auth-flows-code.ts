/** Flows around codes and tokens: where they go, for what they are good, and how often. */

import { Browser } from '../unit/gateway/support/browser.js';
import {
  authUrl,
  callbackOf,
  codeOf,
  exchange,
  expect,
  type Flow,
  newVerifier,
  partnerOf,
  redeem,
  renew,
} from './auth-flows-kit.js';

/** Where a code must never go. */
const ADDRESSES = (own: string) => [
  'http://evil.example/auth/callback',
  `${own}/auth/callback/`,
  `${own}/auth/callback/../../evil`,
  `${own}/auth/callback?next=evil`,
  `${own}/auth/Callback`,
  `${own}/auth/callback#`,
  own.replace('://', '://evil.example@'),
  `${own.replace(/:\d+$/, ':1')}/auth/callback`,
  `${own}.evil.example/auth/callback`,
  'javascript:alert(1)',
];

export const CODE_FLOWS: readonly Flow[] = [
  {
    name: 'redirect',
    about: 'only the exact address, RFC 9700, 2.1',
    async run({ house }) {
      for (const address of ADDRESSES(house.gatewayUrl)) {
        const answer = await new Browser().raw('GET', authUrl(house, { redirect_uri: address }));
        expect(answer.status === 400 && answer.headers.get('location') === null, `${address}: ${answer.status}`);
      }
    },
  },
  {
    name: 'PKCE',
    about: 'S256 or nothing, RFC 9700, 2.1.1',
    async run({ house }) {
      for (const changes of [
        { code_challenge: undefined, code_challenge_method: undefined },
        { code_challenge_method: 'plain' },
        { code_challenge_method: undefined },
        { code_challenge: 'short' },
      ]) {
        const location = (await new Browser().raw('GET', authUrl(house, changes))).headers.get('location') ?? '';
        expect(location.includes('error=') && !location.includes('code='), `${JSON.stringify(changes)}: ${location}`);
      }
    },
  },
  {
    name: 'tokens in addresses',
    about: 'no implicit and no hybrid flow, RFC 9700, 2.1.2',
    async run({ house }) {
      for (const type of ['token', 'id_token', 'id_token token', 'code id_token', 'none']) {
        const location = (await new Browser().raw('GET', authUrl(house, { response_type: type }))).headers.get(
          'location',
        );
        expect(location?.includes('error=') === true, `${type}: ${location}`);
      }
    },
  },
  {
    name: 'wrong verifier',
    about: 'a stolen code is worth nothing alone, RFC 7636, 4.6',
    async run({ house }) {
      for (const verifier of [newVerifier(), '', 'x'.repeat(43)]) {
        const { body } = await redeem(house, await codeOf(house, newVerifier()), verifier);
        expect(body.error === 'invalid_grant' || body.error === 'invalid_request', JSON.stringify(body));
      }
    },
  },
  {
    name: 'code replay',
    about: 'a second use takes back what the first gave, RFC 6749, 4.1.2',
    async run({ house }) {
      const verifier = newVerifier();
      const code = await codeOf(house, verifier);
      const first = await redeem(house, code, verifier);
      const second = await redeem(house, code, verifier);
      expect(first.status === 200 && second.body.error === 'invalid_grant', `${first.status}, ${second.status}`);
      expect((await renew(house, first.body.refresh_token)).body.error === 'invalid_grant', 'the family lives on');
    },
  },
  {
    name: 'code race',
    about: 'of eight who come at once at most one gets tokens',
    async run({ house }) {
      const verifier = newVerifier();
      const code = await codeOf(house, verifier);
      const answers = await Promise.all(Array.from({ length: 8 }, () => redeem(house, code, verifier)));
      const winners = answers.filter(({ status }) => status === 200).length;
      expect(winners <= 1, `${winners} got tokens`);
    },
  },
  {
    name: 'another client’s code',
    about: 'a partner cannot redeem or renew what is the dashboard’s',
    async run({ house, realm }) {
      const partner = await partnerOf(realm);
      const verifier = newVerifier();
      const stolen = await redeem(house, await codeOf(house, verifier), verifier, partner);
      expect(stolen.status === 400 || stolen.status === 401, `redeemed: ${stolen.status}`);
      const { body } = await redeem(house, await codeOf(house, verifier), verifier);
      expect((await renew(house, body.refresh_token, partner)).status !== 200, 'renewed');
    },
  },
  {
    name: 'refresh reuse',
    about: 'once each; a second use ends the family, RFC 9700, 4.14.2',
    async run({ house }) {
      const verifier = newVerifier();
      const { body } = await redeem(house, await codeOf(house, verifier), verifier);
      const second = await renew(house, body.refresh_token);
      expect(second.status === 200 && second.body.refresh_token !== body.refresh_token, 'it is not rotated');
      expect((await renew(house, body.refresh_token)).body.error === 'invalid_grant', 'a used one is taken');
      expect((await renew(house, second.body.refresh_token)).body.error === 'invalid_grant', 'the family lives on');
    },
  },
  {
    name: 'tokens for passwords',
    about: 'no other grant than what the client has, RFC 9700, 2.4',
    async run({ house }) {
      const { username, password } = await house.credentials();
      for (const grant of ['password', 'implicit', 'urn:ietf:params:oauth:grant-type:device_code'])
        expect((await exchange(house, { grant_type: grant, username, password })).status === 400, grant);
      const wrong = await exchange(house, { grant_type: 'client_credentials' }, ['contor-dashboard', 'guess']);
      expect(wrong.status === 401 || wrong.body.error === 'invalid_client', 'a wrong secret was taken');
    },
  },
  {
    name: 'code injection',
    about: 'a code of one sign-in does not finish another, nor from another provider, RFC 9700, 4.5 and RFC 9207',
    async run({ house }) {
      const browser = new Browser();
      const begin = async () =>
        (await browser.raw('GET', `${house.gatewayUrl}/auth/signin`)).headers.get('location') ?? '';
      const [first, second] = [await begin(), await begin()];
      const callback = new URL(await callbackOf(house, first, browser));
      const state = new URL(second).searchParams.get('state') ?? '';
      const injected = new URL(callback);
      injected.searchParams.set('state', state);
      expect((await browser.get(injected.href)).status === 400, 'the code of another sign-in was taken');
      callback.searchParams.set('iss', 'http://evil.example/realms/contor');
      expect((await browser.get(callback.href)).status === 400, 'the code of another provider was taken');
      expect(browser.cookie('contor_session') === undefined, 'there is a session');
    },
  },
];

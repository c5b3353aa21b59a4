/** The token table: what an access token must be to be believed (RFC 8725, RFC 9068). */

import { createHmac } from 'node:crypto';
import { type TokenRules, verifyAccessToken } from '@contor/gateway/oidc/verify-token.js';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  createLocalJWKSet,
  exportJWK,
  exportSPKI,
  type GenerateKeyPairResult,
  generateKeyPair,
  type JWTHeaderParameters,
  SignJWT,
} from 'jose';

const ISSUER = 'http://127.0.0.1:3002/realms/contor';
const NOW = 1_800_000_000;

let ours: GenerateKeyPairResult;
let theirs: GenerateKeyPairResult;
let rules: TokenRules;
beforeAll(async () => {
  ours = await generateKeyPair('RS256', { extractable: true });
  theirs = await generateKeyPair('RS256');
  const keys = createLocalJWKSet({
    keys: [{ ...(await exportJWK(ours.publicKey)), kid: 'one', alg: 'RS256', use: 'sig' }],
  });
  rules = {
    issuer: ISSUER,
    audience: 'contor-api',
    isParty: (party) => party === 'contor-dashboard',
    keys,
    now: () => new Date(NOW * 1000),
  };
});

const CLAIMS = {
  iss: ISSUER,
  aud: 'contor-api',
  sub: 'subject-1',
  azp: 'contor-dashboard',
  typ: 'Bearer',
  iat: NOW - 10,
  exp: NOW + 290,
  preferred_username: 'manager',
  realm_access: { roles: ['manager'] },
};
const HEADER = { alg: 'RS256', kid: 'one', typ: 'at+jwt' };

const sign = (claims: object, header: Partial<JWTHeaderParameters> = {}, key = ours.privateKey) =>
  new SignJWT({ ...claims }).setProtectedHeader({ ...HEADER, ...header }).sign(key);
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const without = (name: keyof typeof CLAIMS) =>
  Object.fromEntries(Object.entries(CLAIMS).filter(([key]) => key !== name));

describe('believed', () => {
  it.each([
    ['as the embedded provider makes it', () => sign(CLAIMS)],
    ['as Keycloak makes it, typ JWT', () => sign(CLAIMS, { typ: 'JWT' })],
    ['one of several audiences', () => sign({ ...CLAIMS, aud: ['account', 'contor-api'] })],
    ['run out within the skew of clocks', () => sign({ ...CLAIMS, exp: NOW - 50 })],
  ])('%s', async (_name, make) => {
    expect(await verifyAccessToken(await make(), rules)).toMatchObject({
      kind: 'value',
      facts: { subject: 'subject-1', username: 'manager', roles: ['manager'] },
    });
  });

  it.each([
    [undefined, []],
    [{}, []],
    [{ roles: 'manager' }, []],
    [{ roles: [1, null, 'viewer'] }, ['viewer']],
  ])('roles out of %j are %j', async (realmAccess, roles) => {
    const verified = await verifyAccessToken(await sign({ ...CLAIMS, realm_access: realmAccess }), rules);
    expect(verified).toMatchObject({ facts: { roles } });
  });
});

describe('refused', () => {
  it.each([
    ['nothing', async () => ''],
    ['no token at all', async () => 'not.a.token'],
    ['algorithm none', async () => `${encode({ ...HEADER, alg: 'none' })}.${encode(CLAIMS)}.`],
    ['algorithm none, with a signature', async () => `${encode({ ...HEADER, alg: 'nOnE' })}.${encode(CLAIMS)}.AAAA`],
    [
      'the public key used as an HMAC secret',
      async () => {
        const head = `${encode({ ...HEADER, alg: 'HS256' })}.${encode(CLAIMS)}`;
        return `${head}.${createHmac('sha256', await exportSPKI(ours.publicKey))
          .update(head)
          .digest('base64url')}`;
      },
    ],
    ['another key under our kid', async () => sign(CLAIMS, {}, theirs.privateKey)],
    ['an unknown kid', async () => sign(CLAIMS, { kid: 'two' })],
    ['a kid that is a path', async () => sign(CLAIMS, { kid: '../../../../dev/null' })],
    ['a kid that is SQL', async () => sign(CLAIMS, { kid: "x' UNION SELECT 'key" })],
    [
      'keys of its own choice (jku)',
      async () => sign(CLAIMS, { kid: 'two', jku: 'http://evil.example/keys' }, theirs.privateKey),
    ],
    ['a key of its own (jwk)', async () => sign(CLAIMS, { jwk: await exportJWK(theirs.publicKey) }, theirs.privateKey)],
    ['a certificate of its own (x5u)', async () => sign(CLAIMS, { x5u: 'http://evil.example/c' }, theirs.privateKey)],
    [
      'an unknown critical header',
      async () => {
        const [, payload = '', signature = ''] = (await sign(CLAIMS)).split('.');
        return `${encode({ ...HEADER, crit: ['b65'], b65: true })}.${payload}.${signature}`;
      },
    ],
    [
      'a changed payload',
      async () => {
        const [header = '', , signature = ''] = (await sign(CLAIMS)).split('.');
        return `${header}.${encode({ ...CLAIMS, realm_access: { roles: ['admin'] } })}.${signature}`;
      },
    ],
    ['no signature', async () => (await sign(CLAIMS)).replace(/[^.]+$/, '')],
    ['another issuer', async () => sign({ ...CLAIMS, iss: 'http://127.0.0.1:3002/realms/other' })],
    ['an issuer with a slash more', async () => sign({ ...CLAIMS, iss: `${ISSUER}/` })],
    ['another audience', async () => sign({ ...CLAIMS, aud: 'contor-dashboard' })],
    ['no audience', async () => sign(without('aud'))],
    [
      'an ID token (other purpose)',
      async () => sign({ ...CLAIMS, typ: 'ID', aud: ['contor-dashboard', 'contor-api'] }),
    ],
    ['a refresh token of Keycloak', async () => sign({ ...CLAIMS, typ: 'Refresh' })],
    ['no purpose', async () => sign(without('typ'))],
    ['a logout token by its header', async () => sign(CLAIMS, { typ: 'logout+jwt' })],
    ['another party', async () => sign({ ...CLAIMS, azp: 'partner' })],
    ['no party', async () => sign(without('azp'))],
    ['run out', async () => sign({ ...CLAIMS, exp: NOW - 61 })],
    ['no end', async () => sign(without('exp'))],
    ['not yet valid', async () => sign({ ...CLAIMS, nbf: NOW + 61 })],
    ['issued in the future', async () => sign({ ...CLAIMS, iat: NOW + 61 })],
    ['no time of issue', async () => sign(without('iat'))],
    ['nobody', async () => sign(without('sub'))],
    ['an empty somebody', async () => sign({ ...CLAIMS, sub: '' })],
    ['more than 8 KiB', async () => sign({ ...CLAIMS, padding: 'x'.repeat(8 * 1024) })],
  ])('%s', async (_name, make) => {
    expect(await verifyAccessToken(await make(), rules)).toMatchObject({ kind: 'refused' });
  });

  it('says nothing about the token when the keys cannot be fetched', async () => {
    const keys = () => Promise.reject(new TypeError('fetch failed'));
    expect(await verifyAccessToken(await sign(CLAIMS), { ...rules, keys })).toEqual({ kind: 'unreachable' });
  });
});

/** The token table against our verifier (RFC 8725, RFC 9068), without a network; and what we take out of a good token. */

import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { type TokenRules, verifyAccessToken } from '@contor/gateway/oidc/verify-token.js';
import { describe, expect, it } from '@jest/globals';
import { createLocalJWKSet, exportJWK, SignJWT } from 'jose';
import { SUBJECT, TOKENS, type TokenMint } from '../../support/token-table.js';

const NOW = 1_800_000_000;
const { privateKey: key } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const mint = (type: string): TokenMint => ({
  ...{ issuer: 'http://127.0.0.1:3002/realms/contor', audience: 'contor-api', party: 'contor-dashboard' },
  ...{ kid: 'one', key, type, now: NOW },
});

async function rulesOf({ issuer, audience, party, kid }: TokenMint): Promise<TokenRules> {
  const jwk = { ...(await exportJWK(createPublicKey(key))), kid, alg: 'RS256', use: 'sig' };
  const keys = createLocalJWKSet({ keys: [jwk] });
  return { issuer, audience, isParty: (client) => client === party, keys, now: () => new Date(NOW * 1000) };
}

it('the table has forty tokens', () => expect(TOKENS).toHaveLength(40));

describe.each(['at+jwt', 'JWT'])('tokens with the header typ %s', (type) => {
  it.each(TOKENS)('$name: $isGood', async ({ isGood, make }) => {
    const verified = await verifyAccessToken(await make(mint(type)), await rulesOf(mint(type)));
    expect(verified.kind).toBe(isGood ? 'value' : 'refused');
    if (isGood) expect(verified).toMatchObject({ facts: { subject: SUBJECT, username: 'ana', isOfClient: false } });
  });
});

describe('of a good token', () => {
  const claims = {
    ...{ iss: mint('').issuer, aud: 'contor-api', sub: SUBJECT, azp: 'contor-dashboard' },
    typ: 'Bearer',
  };
  const verify = async (more: object) => {
    const token = new SignJWT({ ...claims, iat: NOW - 10, exp: NOW + 290, ...more });
    return verifyAccessToken(
      await token.setProtectedHeader({ alg: 'RS256', kid: 'one' }).sign(key),
      await rulesOf(mint('')),
    );
  };

  it.each([
    [undefined, []],
    [{}, []],
    [{ roles: 'manager' }, []],
    [{ roles: [1, null, 'viewer'] }, ['viewer']],
  ])('roles out of %j are %j', async (realmAccess, roles) => {
    expect(await verify({ realm_access: realmAccess })).toMatchObject({ facts: { roles } });
  });

  it('the clocks may differ by a minute', async () => {
    expect(await verify({ exp: NOW - 50 })).toMatchObject({ kind: 'value' });
    expect(await verify({ iat: NOW + 50, nbf: NOW + 50 })).toMatchObject({ kind: 'value' });
  });

  it('a client that speaks for itself is known as one, as we and as Keycloak write it', async () => {
    expect(await verify({ sub: 'contor-dashboard' })).toMatchObject({ facts: { isOfClient: true } });
    const name = { preferred_username: 'service-account-contor-dashboard' };
    expect(await verify(name)).toMatchObject({ facts: { isOfClient: true } });
  });
});

it('says nothing about the token when the keys cannot be fetched', async () => {
  const [row] = TOKENS;
  const keys = () => Promise.reject(new TypeError('fetch failed'));
  const token = (await row?.make(mint('JWT'))) ?? '';
  expect(await verifyAccessToken(token, { ...(await rulesOf(mint('JWT'))), keys })).toEqual({ kind: 'unreachable' });
});

/**
 * The forty tokens (T19) against the gateway's verifier, with keys fetched over HTTP: those of a running embedded provider, and those of
 * a provider that writes tokens as Keycloak does. Each way to weaken the verifier must be caught by a row of the table.
 */

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TokenRules, verifyAccessToken } from '@contor/gateway/oidc/verify-token.js';
import { openKeys } from '@contor/identity/keys.js';
import { openKeyring } from '@contor/kit';
import { createRemoteJWKSet } from 'jose';
import { type Mutation, makeMutant } from '../support/mutant.js';
import type { Tally } from '../support/tally.js';
import { TOKENS, type TokenMint } from '../support/token-table.js';
import type { House } from '../unit/gateway/support/house.js';

type Verify = typeof verifyAccessToken;

const FILE = { folder: 'dashboard/gateway', file: 'oidc/verify-token.js' } as const;

/** Each takes one wall away. */
const MUTATIONS: readonly (Mutation & { readonly name: string })[] = [
  { ...FILE, name: 'any issuer', find: 'issuer: rules.issuer,', replace: '' },
  { ...FILE, name: 'any audience', find: 'audience: rules.audience,', replace: '' },
  { ...FILE, name: 'any client', find: '!isParty(party)', replace: 'false' },
  { ...FILE, name: 'any purpose', find: 'payload.typ !== PURPOSE', replace: 'false' },
  { ...FILE, name: 'any header type', find: '!HEADER_TYPES.has(type)', replace: 'false' },
  { ...FILE, name: 'no need of times', find: "['exp', 'iat', 'sub']", replace: '[]' },
  { ...FILE, name: 'clocks an hour apart', find: 'CLOCK_SKEW_SECONDS = 60', replace: 'CLOCK_SKEW_SECONDS = 3600' },
  { ...FILE, name: 'issued whenever', find: 'iat > nowSeconds', replace: 'false && iat > nowSeconds' },
  { ...FILE, name: 'nobody in particular', find: "sub === ''", replace: 'false' },
  { ...FILE, name: 'any length', find: '8 * 1024', replace: '800 * 1024' },
  {
    ...FILE,
    name: 'no signature',
    find: /import \{ errors, jwtVerify \} from 'jose';/,
    replace:
      "import { errors, decodeJwt, decodeProtectedHeader } from 'jose';\nconst jwtVerify = async (token) => ({ payload: decodeJwt(token), protectedHeader: decodeProtectedHeader(token) });",
  },
];

export async function checkTokens(tally: Tally, house: House, report: (figures: object) => void) {
  const issuer = `${house.identityUrl}/realms/contor`;
  const dataFolder = join(house.folder, 'identity');
  const embedded = await embeddedMint(dataFolder, issuer);
  const keycloak = await keycloakShaped();
  try {
    for (const [shape, mint] of [
      ['embedded', embedded],
      ['keycloak-shaped', keycloak.mint],
    ] as const) {
      await tally.check(`forty tokens, ${shape} issuer, keys over HTTP`, async () => {
        const { wrong, right } = await judge(verifyAccessToken, mint);
        report({ part: 'tokens', issuer: shape, tokens: TOKENS.length, right });
        if (wrong.length > 0) throw new Error(wrong.join('\n'));
      });
    }
    await tally.check('forty tokens shown to the running gateway as a partner’s', async () => {
      const { wrong, right } = await judgeAtTheDoor(house, embedded);
      report({ part: 'tokens', issuer: 'embedded, at the gateway', tokens: TOKENS.length, right });
      if (wrong.length > 0) throw new Error(wrong.join('\n'));
    });
    for (const { name, ...mutation } of MUTATIONS) {
      await tally.check(`control: a verifier that takes ${name} is caught`, async () => {
        const mutant = await makeMutant(mutation);
        try {
          const { verifyAccessToken: weak } = await mutant.load<{ verifyAccessToken: Verify }>(mutation.file);
          const { wrong } = await judge(weak, embedded);
          if (wrong.length === 0) throw new Error('no token tells it from the real one');
        } finally {
          await mutant.remove();
        }
      });
    }
  } finally {
    await keycloak.close();
  }
}

/** How many rows the verifier judges rightly. */
async function judge(verify: Verify, mint: TokenMint): Promise<{ right: number; wrong: readonly string[] }> {
  const { issuer, audience, party, now } = mint;
  const keys = createRemoteJWKSet(new URL(`${issuer}/protocol/openid-connect/certs`));
  const rules: TokenRules = { issuer, audience, isParty: (id) => id === party, keys, now: () => new Date(now * 1000) };
  const wrong: string[] = [];
  for (const { name, isGood, make } of TOKENS) {
    const { kind } = await verify(await make(mint), rules).catch(() => ({ kind: 'thrown' }));
    if (kind !== (isGood ? 'value' : 'refused')) wrong.push(`${name}: ${kind}`);
  }
  return { right: TOKENS.length - wrong.length, wrong };
}

/** A partner's program comes with a token of its own; everything else in the table stays as it is. */
async function judgeAtTheDoor(house: House, mint: TokenMint): Promise<{ right: number; wrong: readonly string[] }> {
  const party = 'check-app';
  const manager = await house.signedIn();
  const { csrfToken } = JSON.parse((await manager.get(`${house.gatewayUrl}/api/session`)).body) as {
    csrfToken: string;
  };
  const partner = { id: 'check', name: 'Check', clientId: party, roles: ['viewer'], everything: true };
  const headers = { 'x-csrf-token': csrfToken, origin: house.gatewayUrl, 'content-type': 'application/json' };
  const made = await manager.raw('POST', `${house.gatewayUrl}/api/admin/partners`, headers, JSON.stringify(partner));
  if (made.status !== 201) throw new Error(`The partner was not made: ${made.status} ${await made.text()}`);
  const own: TokenMint = { ...mint, party, claims: { sub: party, preferred_username: `service-account-${party}` } };
  const wrong: string[] = [];
  for (const { name, isGood, make } of TOKENS) {
    const authorization = `Bearer ${await make(own)}`;
    const { status } = await fetch(`${house.gatewayUrl}/api/ngsi-ld/v1/types`, { headers: { authorization } });
    if (isGood ? status !== 200 : status !== 401) wrong.push(`${name}: ${status}`);
  }
  return { right: TOKENS.length - wrong.length, wrong };
}

/** With the real key of the running provider, which only a test on its own machine can read. */
async function embeddedMint(dataFolder: string, issuer: string): Promise<TokenMint> {
  const { signing } = await openKeys(dataFolder, await openKeyring({ folder: dataFolder }));
  const [jwk] = signing;
  if (jwk === undefined) throw new Error('The provider has no key.');
  return mintOf(issuer, createPrivateKey({ key: jwk, format: 'jwk' }), jwk.kid, 'at+jwt');
}

function mintOf(issuer: string, key: KeyObject, kid: string, type: string): TokenMint {
  const now = Math.floor(Date.now() / 1000);
  return { issuer, audience: 'contor-api', party: 'contor-dashboard', kid, key, type, now };
}

/** Keycloak serves its realm's keys at the same path, an encryption key among them, and writes `JWT` into the header. */
async function keycloakShaped(): Promise<{ mint: TokenMint; close: () => Promise<void> }> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const keys = [
    { ...createPublicKey(other.privateKey).export({ format: 'jwk' }), kid: 'enc-1', use: 'enc', alg: 'RSA-OAEP' },
    { ...createPublicKey(privateKey).export({ format: 'jwk' }), kid: 'sig-1', use: 'sig', alg: 'RS256' },
  ];
  const server = createServer((_request, response) => {
    response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}/realms/contor`;
  const close = () => new Promise<void>((resolve) => server.close(() => resolve()));
  return { mint: mintOf(issuer, privateKey, 'sig-1', 'JWT'), close };
}

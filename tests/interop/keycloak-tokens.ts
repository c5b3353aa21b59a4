/**
 * Forty tokens around a real Keycloak: its own, for us and for others; what a thief without its key can make of them; and its own at the wrong
 * time or shown to somebody they are not for.
 */

import { createHmac, createPublicKey, generateKeyPairSync, type JsonWebKey, sign } from 'node:crypto';
import { type TokenRules, verifyAccessToken } from '@contor/gateway/oidc/verify-token.js';
import { createRemoteJWKSet, decodeJwt, decodeProtectedHeader } from 'jose';

export interface RealTokens {
  readonly issuer: string;
  /** Of a person, for the dashboard. */
  readonly access: string;
  readonly id: string;
  readonly refresh: string;
  /** Of a partner's client. */
  readonly partner: string;
  readonly partnerId: string;
  /** Of the dashboard's own service account, for the administration. */
  readonly service: string;
  /** Of a person, without the scope that names our audience. */
  readonly withoutScope: string;
  /** Of another realm of the same server. */
  readonly otherRealm: string;
}

interface Row {
  readonly name: string;
  readonly token: string;
  readonly isGood?: true;
  readonly rules?: Partial<TokenRules>;
}

type Claims = Readonly<Record<string, unknown>>;

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** How many of the forty are judged rightly, and which are not. */
export async function judgeRealTokens(tokens: RealTokens): Promise<{ tokens: number; wrong: readonly string[] }> {
  const keysUrl = `${tokens.issuer}/protocol/openid-connect/certs`;
  const rules: TokenRules = {
    ...{ issuer: tokens.issuer, audience: 'contor-api', isParty: (id) => id === 'contor-dashboard' },
    keys: createRemoteJWKSet(new URL(keysUrl)),
  };
  const { keys } = (await (await fetch(keysUrl)).json()) as { keys: (JsonWebKey & { kid: string })[] };
  const rows = rowsOf(tokens, keys);
  const wrong: string[] = [];
  for (const { name, token, isGood, rules: own } of rows) {
    const verified = await verifyAccessToken(token, { ...rules, ...own });
    if (verified.kind !== (isGood === true ? 'value' : 'refused')) wrong.push(`${name}: ${JSON.stringify(verified)}`);
  }
  return { tokens: rows.length, wrong };
}

function rowsOf(tokens: RealTokens, keys: readonly (JsonWebKey & { kid: string })[]): readonly Row[] {
  const { access } = tokens;
  const header = decodeProtectedHeader(access) as Claims;
  const claims = decodeJwt(access) as Claims;
  const [, , signature = ''] = access.split('.');
  const thief = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const body = (head: Claims, payload: Claims = claims) => `${encode({ ...header, ...head })}.${encode(payload)}`;
  const forged = (head: Claims, hash = 'sha256') =>
    `${body(head)}.${sign(hash, Buffer.from(body(head)), thief.privateKey).toString('base64url')}`;
  const hmac = (secret: string | Buffer) =>
    `${body({ alg: 'HS256' })}.${createHmac('sha256', secret)
      .update(body({ alg: 'HS256' }))
      .digest('base64url')}`;
  const edited = (head: Claims, payload: Claims = {}) => `${body(head, { ...claims, ...payload })}.${signature}`;
  const ours = keys.find(({ kid }) => kid === header.kid) ?? {};
  const pem = createPublicKey({ key: ours, format: 'jwk' }).export({ type: 'spki', format: 'pem' });
  const at = (seconds: number) => ({ now: () => new Date(seconds * 1000) });
  const { iat = 0, exp = 0 } = claims as { iat?: number; exp?: number };
  const flipped = Buffer.from(signature, 'base64url');
  flipped.writeUInt8(flipped.readUInt8(9) ^ 4, 9);

  return [
    { name: 'of a person', token: access, isGood: true },
    { name: 'of a person, just run out', token: access, isGood: true, rules: at(exp + 50) },
    {
      name: 'of a partner, to whom partners may show',
      token: tokens.partner,
      isGood: true,
      rules: { isParty: (id) => id === tokens.partnerId },
    },
    { name: 'of a partner, to whom they may not', token: tokens.partner },
    { name: 'an ID token', token: tokens.id },
    { name: 'a refresh token', token: tokens.refresh },
    { name: 'for the administration', token: tokens.service },
    { name: 'without our audience', token: tokens.withoutScope },
    { name: 'of another realm', token: tokens.otherRealm },
    { name: 'run out', token: access, rules: at(exp + 61) },
    { name: 'run out for a year', token: access, rules: at(exp + 365 * 86_400) },
    { name: 'issued in the future', token: access, rules: at(iat - 61) },
    { name: 'shown to another realm', token: access, rules: { issuer: tokens.issuer.replace(/[^/]+$/, 'other') } },
    { name: 'shown where the issuer has a slash', token: access, rules: { issuer: `${tokens.issuer}/` } },
    { name: 'shown to another audience', token: access, rules: { audience: 'other-api' } },
    { name: 'shown to another party', token: access, rules: { isParty: () => false } },
    { name: 'algorithm none', token: `${body({ alg: 'none' })}.` },
    { name: 'algorithm None, with the signature', token: edited({ alg: 'None' }) },
    { name: 'the public key as an HMAC secret', token: hmac(pem) },
    { name: 'the public key as an HMAC secret, trimmed', token: hmac(pem.toString().trim()) },
    { name: 'an empty HMAC secret', token: hmac('') },
    { name: 'another key under its kid', token: forged({}) },
    { name: 'another key, RS512', token: forged({ alg: 'RS512' }, 'sha512') },
    {
      name: 'another key under its encryption kid',
      token: forged({ kid: keys.find(({ kid }) => kid !== header.kid)?.kid ?? 'x' }),
    },
    { name: 'an unknown kid', token: forged({ kid: 'no-such-key' }) },
    { name: 'a kid that is a path', token: forged({ kid: '../../dev/null' }) },
    { name: 'a kid that is SQL', token: forged({ kid: "x' OR '1'='1" }) },
    { name: 'no kid', token: forged({ kid: undefined }) },
    { name: 'keys of its own choice', token: forged({ kid: 'mine', jku: 'http://127.0.0.1:1/keys' }) },
    { name: 'a key of its own', token: forged({ jwk: thief.publicKey.export({ format: 'jwk' }) }) },
    { name: 'a certificate of its own', token: forged({ x5u: 'http://127.0.0.1:1/cert' }) },
    { name: 'a critical header', token: edited({ crit: ['exp'] }) },
    { name: 'more roles', token: edited({}, { realm_access: { roles: ['data-administrator'] } }) },
    { name: 'another subject', token: edited({}, { sub: 'somebody-else' }) },
    { name: 'a longer life', token: edited({}, { exp: exp + 3600 }) },
    { name: 'a signature cut off', token: access.slice(0, access.lastIndexOf('.') + 1) },
    {
      name: 'a signature with one bit turned',
      token: `${access.slice(0, access.lastIndexOf('.'))}.${flipped.toString('base64url')}`,
    },
    { name: 'more than 8 KiB', token: edited({}, { padding: 'x'.repeat(8 * 1024) }) },
    { name: 'no token', token: 'not.a.token' },
    { name: 'nothing', token: '' },
  ];
}

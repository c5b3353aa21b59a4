/**
 * Forty access tokens and what is to be thought of each (RFC 8725, RFC 9068; T19). The table knows no verifier: it is held against our own
 * on the embedded provider's keys, on a provider that writes tokens as Keycloak does, and against verifiers of others.
 */

import { createHmac, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { exportJWK, type GenerateKeyPairResult, generateKeyPair, SignJWT } from 'jose';

/** A provider whose keys we hold, so that every token can be made. */
export interface TokenMint {
  readonly issuer: string;
  readonly audience: string;
  /** The client that tokens for us are issued to. */
  readonly party: string;
  readonly kid: string;
  readonly key: KeyObject;
  /** The header `typ` of its access tokens. */
  readonly type: string;
  /** Seconds. */
  readonly now: number;
  /** What a good token says besides or instead. */
  readonly claims?: Claims;
}

export interface TokenRow {
  readonly name: string;
  readonly isGood: boolean;
  readonly make: (mint: TokenMint) => Promise<string>;
}

export const SUBJECT = 'd6a1b7e4-5a0f-4c1c-9f2e-0c8a6b1f7e11';

let stranger: Promise<GenerateKeyPairResult> | undefined;
const strange = () => (stranger ??= generateKeyPair('RS256', { extractable: true }));

type Claims = Readonly<Record<string, unknown>>;

function claimsOf({ issuer, audience, party, now, claims }: TokenMint): Claims {
  return {
    ...{ iss: issuer, aud: audience, sub: SUBJECT, azp: party, typ: 'Bearer', iat: now - 10, exp: now + 290 },
    ...{ jti: 'a1b2', preferred_username: 'ana', scope: 'openid profile api', realm_access: { roles: ['viewer'] } },
    ...claims,
  };
}

async function signed(
  mint: TokenMint,
  claims: Claims = {},
  header: Claims = {},
  key: Parameters<SignJWT['sign']>[0] = mint.key,
) {
  const all = Object.entries({ ...claimsOf(mint), ...claims }).filter(([, value]) => value !== undefined);
  return new SignJWT(Object.fromEntries(all))
    .setProtectedHeader({ alg: 'RS256', kid: mint.kid, typ: mint.type, ...header })
    .sign(key);
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

function unsigned(mint: TokenMint, alg: string, signature: string): string {
  return `${encode({ alg, kid: mint.kid, typ: mint.type })}.${encode(claimsOf(mint))}.${signature}`;
}

async function withHmac(mint: TokenMint, secret: string | Buffer): Promise<string> {
  const head = unsigned(mint, 'HS256', '').slice(0, -1);
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

async function edited(
  mint: TokenMint,
  change: (header: Claims, payload: Claims) => readonly [Claims, Claims],
): Promise<string> {
  const [header = '', payload = '', signature = ''] = (await signed(mint)).split('.');
  const parse = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString()) as Claims;
  const [newHeader, newPayload] = change(parse(header), parse(payload));
  return `${encode(newHeader)}.${encode(newPayload)}.${signature}`;
}

const good = (name: string, make: TokenRow['make']): TokenRow => ({ name, isGood: true, make });
const bad = (name: string, make: TokenRow['make']): TokenRow => ({ name, isGood: false, make });

// biome-ignore format: a table
export const TOKENS: readonly TokenRow[] = [
  good('as the provider makes it', (mint) => signed(mint)),
  good('for several audiences, ours among them', (mint) => signed(mint, { aud: ['account', mint.audience] })),
  good('without roles', (mint) => signed(mint, { realm_access: undefined })),
  good('with a claim that nobody knows', (mint) => signed(mint, { constructor: { roles: ['x'] }, extra: [1, { a: null }] })),
  bad('nothing', async () => ''),
  bad('no token at all', async () => 'not.a.token'),
  bad('algorithm none (RFC 8725, 3.1)', async (mint) => unsigned(mint, 'none', '')),
  bad('algorithm nOnE, with a signature', async (mint) => unsigned(mint, 'nOnE', 'AAAA')),
  bad('the public key as an HMAC secret (RFC 8725, 3.1)', async (mint) =>
    withHmac(mint, createPublicKey(mint.key).export({ type: 'spki', format: 'pem' }))),
  bad('an empty HMAC secret', (mint) => withHmac(mint, '')),
  bad('RS512, which nobody agreed to', async (mint) => {
    const head = `${encode({ alg: 'RS512', kid: mint.kid, typ: mint.type })}.${encode(claimsOf(mint))}`;
    return `${head}.${sign('sha512', Buffer.from(head), mint.key).toString('base64url')}`;
  }),
  bad('another key under our kid', async (mint) => signed(mint, {}, {}, (await strange()).privateKey)),
  bad('an unknown kid', (mint) => signed(mint, {}, { kid: 'no-such-key' })),
  bad('a kid that is a path', (mint) => signed(mint, {}, { kid: '../../../../dev/null' })),
  bad('a kid that is SQL', (mint) => signed(mint, {}, { kid: "x' UNION SELECT 'key" })),
  bad('keys of its own choice (jku)', async (mint) =>
    signed(mint, {}, { kid: 'no-such-key', jku: 'http://127.0.0.1:1/keys' }, (await strange()).privateKey)),
  bad('a key of its own (jwk)', async (mint) =>
    signed(mint, {}, { jwk: await exportJWK((await strange()).publicKey) }, (await strange()).privateKey)),
  bad('a certificate of its own (x5u)', async (mint) =>
    signed(mint, {}, { x5u: 'http://127.0.0.1:1/cert' }, (await strange()).privateKey)),
  bad('an unknown critical header (RFC 7515, 4.1.11)', (mint) =>
    edited(mint, (header, payload) => [{ ...header, crit: ['b65'], b65: true }, payload])),
  bad('a payload changed after signing', (mint) =>
    edited(mint, (header, payload) => [header, { ...payload, realm_access: { roles: ['manager'] } }])),
  bad('a signature cut off', async (mint) => (await signed(mint)).replace(/[^.]+$/, '')),
  bad('a signature with one bit turned', async (mint) => {
    const [header = '', payload = '', signature = ''] = (await signed(mint)).split('.');
    const bytes = Buffer.from(signature, 'base64url');
    bytes.writeUInt8(bytes.readUInt8(20) ^ 1, 20);
    return `${header}.${payload}.${bytes.toString('base64url')}`;
  }),
  bad('another realm', (mint) => signed(mint, { iss: mint.issuer.replace(/[^/]+$/, 'other') })),
  bad('an issuer with a slash more', (mint) => signed(mint, { iss: `${mint.issuer}/` })),
  bad('no issuer', (mint) => signed(mint, { iss: undefined })),
  bad('another audience (RFC 8725, 3.9)', (mint) => signed(mint, { aud: 'account' })),
  bad('no audience', (mint) => signed(mint, { aud: undefined })),
  bad('an ID token (RFC 8725, 3.12)', (mint) => signed(mint, { typ: 'ID', aud: [mint.party, mint.audience] })),
  bad('a refresh token', (mint) => signed(mint, { typ: 'Refresh' })),
  bad('no purpose', (mint) => signed(mint, { typ: undefined })),
  bad('a logout token by its header (RFC 8725, 3.11)', (mint) => signed(mint, {}, { typ: 'logout+jwt' })),
  bad('issued to another client', (mint) => signed(mint, { azp: 'somebody-else' })),
  bad('issued to nobody', (mint) => signed(mint, { azp: undefined })),
  bad('run out', (mint) => signed(mint, { exp: mint.now - 61 })),
  bad('without an end', (mint) => signed(mint, { exp: undefined })),
  bad('not yet valid', (mint) => signed(mint, { nbf: mint.now + 90 })),
  bad('issued in the future', (mint) => signed(mint, { iat: mint.now + 90 })),
  bad('of nobody', (mint) => signed(mint, { sub: undefined })),
  bad('of an empty somebody', (mint) => signed(mint, { sub: '' })),
  bad('of more than 8 KiB', (mint) => signed(mint, { padding: 'x'.repeat(8 * 1024) })),
];

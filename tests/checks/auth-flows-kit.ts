/** What the flows share: a request to the provider as the dashboard makes it, a code in hand, an exchange, and saying what is not as it must be. */

import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { clientSecret } from '@contor/identity';
import { Browser } from '../unit/gateway/support/browser.js';
import type { House } from '../unit/gateway/support/house.js';
import type { Realm } from '../unit/identity/support/realm.js';

export interface Stage {
  readonly house: House;
  readonly realm: Realm;
}

export interface Flow {
  readonly name: string;
  readonly about: string;
  readonly run: (stage: Stage) => Promise<void>;
}

export const FORM = { 'content-type': 'application/x-www-form-urlencoded' } as const;

/** Something worked that must not, or the other way round; everything else that is thrown is a fault of the check. */
export class Insecure extends Error {}

export function expect(isTrue: boolean, what: string): void {
  if (!isTrue) throw new Insecure(what);
}

export function endpoint({ identityUrl }: House, name: string): string {
  return `${identityUrl}/realms/contor/protocol/openid-connect/${name}`;
}

export function newVerifier(): string {
  return randomBytes(32).toString('base64url');
}

export function authUrl(
  house: House,
  changes: Readonly<Record<string, string | undefined>> = {},
  verifier = newVerifier(),
) {
  const parameters = {
    ...{ client_id: 'contor-dashboard', response_type: 'code', scope: 'openid profile api' },
    redirect_uri: `${house.gatewayUrl}/auth/callback`,
    ...{ state: 'state', nonce: 'nonce', code_challenge_method: 'S256' },
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    ...changes,
  };
  const given = Object.entries(parameters).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return `${endpoint(house, 'auth')}?${new URLSearchParams(given)}`;
}

/** Signs in at `url` and stops before the gateway's callback; its whole address. */
export async function callbackOf(house: House, url: string, browser = new Browser()): Promise<string> {
  const form = await browser.get(url);
  const body = new URLSearchParams(await house.credentials()).toString();
  let response = await browser.raw('POST', form.url, FORM, body);
  for (let at = form.url, hops = 0; hops < 10; hops += 1) {
    const location = response.headers.get('location');
    if (location === null) throw new Error(`The sign-in ended with ${response.status} at ${at}.`);
    at = new URL(location, at).href;
    if (at.startsWith(`${house.gatewayUrl}/auth/callback`)) return at;
    response = await browser.raw('GET', at);
  }
  throw new Error('The sign-in goes round in circles.');
}

export async function codeOf(house: House, verifier: string): Promise<string> {
  const callback = await callbackOf(house, authUrl(house, {}, verifier));
  return new URL(callback).searchParams.get('code') ?? '';
}

export interface Exchanged {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

export async function exchange(house: House, parameters: Record<string, string>, client?: readonly [string, string]) {
  const [id, secret] = client ?? ['contor-dashboard', await clientSecret(join(house.folder, 'identity'))];
  const answer = await fetch(endpoint(house, 'token'), {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams(parameters),
  });
  return { status: answer.status, body: (await answer.json()) as Record<string, string> } satisfies Exchanged;
}

export function redeem(house: House, code: string, verifier: string, client?: readonly [string, string]) {
  const redirect = `${house.gatewayUrl}/auth/callback`;
  const grant = { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirect };
  return exchange(house, grant, client);
}

export function renew(house: House, token = '', client?: readonly [string, string]) {
  return exchange(house, { grant_type: 'refresh_token', refresh_token: token }, client);
}

/** A partner's client with its secret. */
export async function partnerOf(realm: Realm): Promise<readonly [string, string]> {
  const clientId = `partner-${randomBytes(4).toString('hex')}`;
  const { location } = await realm.call('POST', '/clients', { clientId });
  const { body } = await realm.call('POST', `/clients/${location.split('/').at(-1)}/client-secret`);
  return [clientId, body.value as string];
}

export async function sessionOf(house: House, browser: Browser): Promise<number> {
  return (await browser.get(`${house.gatewayUrl}/api/session`)).status;
}

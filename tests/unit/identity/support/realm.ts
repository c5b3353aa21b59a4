/** The realm as its administrator and its people see it: Admin REST calls, the steps of a sign-in, the codes of an app. */

import { join } from 'node:path';
import { clientSecret } from '@contor/identity';
import { stepAt, totp } from '@contor/identity/second-factor/totp.js';
import { type Answer, Browser } from '../../gateway/support/browser.js';
import type { House } from '../../gateway/support/house.js';

export const PASSWORD = 'munte verde lac adanc';

export interface Called {
  readonly status: number;
  readonly location: string;
  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it.
  readonly body: any;
}

export class Realm {
  readonly house: House;
  readonly token: string;
  #made = 0;

  private constructor(house: House, token: string) {
    this.house = house;
    this.token = token;
  }

  /** With the token of the dashboard's service account. */
  static async of(house: House): Promise<Realm> {
    const secret = await clientSecret(join(house.folder, 'identity'));
    const { access_token: token = '' } = await tokenFor(house, 'contor-dashboard', secret);
    return new Realm(house, token);
  }

  async call(method: string, path: string, body?: unknown, bearer = this.token): Promise<Called> {
    const answer = await fetch(`${this.house.identityUrl}/admin/realms/contor${path}`, {
      method,
      headers: {
        ...(bearer === '' ? {} : { authorization: `Bearer ${bearer}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.text();
    const location = answer.headers.get('location') ?? '';
    return { status: answer.status, location, body: text === '' ? undefined : JSON.parse(text) };
  }

  async makeUser(fields: object = {}, roles: readonly string[] = []): Promise<{ id: string; username: string }> {
    this.#made += 1;
    const username = `person-${this.#made}`;
    const credentials = [{ type: 'password', value: PASSWORD, temporary: false }];
    const { status, location, body } = await this.call('POST', '/users', {
      ...{ username, enabled: true, credentials },
      ...fields,
    });
    if (status !== 201) throw new Error(`${status} ${JSON.stringify(body)}`);
    const id = location.split('/').at(-1) ?? '';
    if (roles.length > 0) {
      const mappings = roles.map((name) => ({ name }));
      await this.call('POST', `/users/${id}/role-mappings/realm`, mappings);
    }
    return { id, username };
  }

  /** As far as the first step goes. */
  async begin(username: string, password = PASSWORD, browser = new Browser()): Promise<Visit> {
    const form = await browser.get(`${this.house.gatewayUrl}/auth/signin`);
    const answer = await browser.post(form.url, { username, password });
    return new Visit(browser, form.url, answer, this.house);
  }
}

/** One sign-in under way in one browser. */
export class Visit {
  readonly browser: Browser;
  readonly formUrl: string;
  readonly house: House;
  last: Answer;

  constructor(browser: Browser, formUrl: string, last: Answer, house: House) {
    this.browser = browser;
    this.formUrl = formUrl;
    this.last = last;
    this.house = house;
  }

  async answer(fields: Record<string, string>): Promise<this> {
    this.last = await this.browser.post(this.formUrl, fields);
    return this;
  }

  /** The heading of the page somebody is on. */
  get heading(): string {
    return /<h1>([^<]*)<\/h1>/.exec(this.last.body)?.[1] ?? this.last.url;
  }

  get secret(): Uint8Array {
    return secretOn(this.last.body);
  }

  get recoveryCodes(): readonly string[] {
    return recoveryCodesOn(this.last.body);
  }

  // biome-ignore lint/suspicious/noExplicitAny: the tests say what they expect of it.
  async session(): Promise<any> {
    const { status, body } = await this.browser.get(`${this.house.gatewayUrl}/api/session`);
    return status === 200 ? JSON.parse(body) : status;
  }
}

export async function tokenFor(house: House, id: string, secret: string, more: Record<string, string> = {}) {
  const answer = await fetch(`${house.identityUrl}/realms/contor/protocol/openid-connect/token`, {
    method: 'POST',
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}` },
    body: new URLSearchParams({ grant_type: 'client_credentials', ...more }),
  });
  return (await answer.json()) as Record<string, string>;
}

/** What the app on the phone shows. */
export function codeOf(secret: Uint8Array, shift = 0): string {
  return totp(secret, stepAt(Date.now()) + shift);
}

export function secretOn(page: string): Uint8Array {
  const key = /<code>([A-Z2-7 ]+)<\/code>/.exec(page)?.[1]?.replaceAll(' ', '');
  if (key === undefined) throw new Error('There is no key on this page.');
  return decodeBase32(key);
}

export function recoveryCodesOn(page: string): readonly string[] {
  return [...page.matchAll(/<code>([a-z2-7-]{19})<\/code>/g)].map(([, code]) => code ?? '');
}

function decodeBase32(text: string): Uint8Array {
  const bits = [...text].map((letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  );
  const bytes = bits.join('').match(/.{8}/g) ?? [];
  return Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 2));
}

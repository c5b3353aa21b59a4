/**
 * The ways in which somebody can give our servers a URL. Each takes one and says how the server answered; none may make it call. What a role
 * may not do at all is refused before; that is a way to refuse, too.
 */

import { connect } from 'node:net';
import type { House } from './house.js';

export interface Door {
  readonly name: string;
  knock(url: string): Promise<number>;
}

const LD = { 'content-type': 'application/ld+json' };
const JSON_TYPE = { 'content-type': 'application/json' };
const RAW_WAIT_MS = 2_000;
/** No status of HTTP: the answer led to neither of our two servers that people see. */
export const SENT_ELSEWHERE = 299;
let count = 0;

export async function doorsOf(house: House): Promise<readonly Door[]> {
  const api = `${house.broker}/ngsi-ld/v1`;
  const send = async (method: string, path: string, body: unknown, headers: Record<string, string> = JSON_TYPE) => {
    const answer = await fetch(api + path, {
      method,
      headers: safe(headers),
      ...(body !== undefined && { body: JSON.stringify(body) }),
      redirect: 'manual',
    });
    await answer.arrayBuffer();
    return answer.status;
  };
  await send('POST', '/subscriptions', subscription('http://friend.test:9/notify', 'urn:ngsi-ld:Subscription:mine'));
  await send(
    'POST',
    '/csourceRegistrations',
    registration('http://friend.test:9', 'urn:ngsi-ld:ContextSourceRegistration:mine'),
  );
  return [
    { name: 'subscription', knock: (url) => send('POST', '/subscriptions', subscription(url)) },
    {
      name: 'subscription over MQTT',
      knock: (url) => send('POST', '/subscriptions', subscription(`${url.replace(/^https?:/, 'mqtt:')}/topic`)),
    },
    {
      name: 'change of a subscription',
      knock: (url) =>
        send('PATCH', '/subscriptions/urn:ngsi-ld:Subscription:mine', {
          type: 'Subscription',
          notification: { endpoint: { uri: url } },
        }),
    },
    {
      name: '@context of a subscription',
      knock: (url) => send('POST', '/subscriptions', { ...subscription('http://friend.test:9/'), jsonldContext: url }),
    },
    { name: 'registration', knock: (url) => send('POST', '/csourceRegistrations', registration(url)) },
    {
      name: 'registration with a path',
      knock: (url) => send('POST', '/csourceRegistrations', registration(`${url}/agent`)),
    },
    {
      name: 'change of a registration',
      knock: (url) =>
        send('PATCH', '/csourceRegistrations/urn:ngsi-ld:ContextSourceRegistration:mine', { endpoint: url }),
    },
    {
      name: '@context of a registration',
      knock: (url) =>
        send('POST', '/csourceRegistrations', {
          ...registration('http://friend.test:9'),
          contextSourceInfo: [{ key: 'jsonldContext', value: url }],
        }),
    },
    { name: '@context in a body', knock: (url) => send('POST', '/entities', { ...entity(), '@context': url }, LD) },
    {
      name: '@context in a list',
      knock: (url) => send('POST', '/entities', { ...entity(), '@context': [{ a: 'urn:a' }, url] }, LD),
    },
    {
      name: '@context in a batch',
      knock: (url) => send('POST', '/entityOperations/upsert', [{ ...entity(), '@context': url }], LD),
    },
    {
      name: '@context in a Link',
      knock: (url) =>
        send('GET', '/entities?type=Gadget', undefined, {
          link: `<${url}>; rel="http://www.w3.org/ns/json-ld#context"`,
        }),
    },
    { name: 'hosted @context', knock: (url) => send('POST', '/jsonldContexts', { '@context': [url] }) },
    ...gatewayDoors(house),
    ...identityDoors(house),
    ...historyDoors(house),
    ...[house.broker, house.history, house.identity, house.gateway].flatMap(proxyDoors),
  ];
}

/** A context source that answers must not be asked again, so each registration is for an attribute of its own. */
export function registration(endpoint: string, id?: string): object {
  count += 1;
  const information = [
    { entities: [{ id: 'urn:ngsi-ld:Gadget:1', type: 'Gadget' }], propertyNames: [`switch${count}`] },
  ];
  return {
    ...(id !== undefined && { id }),
    type: 'ContextSourceRegistration',
    mode: 'exclusive',
    operations: ['updateOps'],
    information,
    endpoint,
  };
}

export function subscription(uri: string, id?: string): object {
  return {
    ...(id !== undefined && { id }),
    type: 'Subscription',
    entities: [{ type: 'Gadget' }],
    notification: { endpoint: { uri } },
  };
}

export function entity(): { readonly id: string; readonly type: string } {
  count += 1;
  return { id: `urn:ngsi-ld:Gadget:${count + 1}`, type: 'Gadget' };
}

/** As a person of the gateway, with the token of its page. */
function gatewayDoors(house: House): readonly Door[] {
  const { gateway, browser, csrfToken } = house;
  const ask = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const own = { accept: 'application/json', ...JSON_TYPE, 'x-csrf-token': csrfToken, ...safe(headers) };
    const answer = await browser.raw(
      method,
      gateway + path,
      own,
      body === undefined ? undefined : JSON.stringify(body),
    );
    await answer.arrayBuffer();
    const location = answer.headers.get('location') ?? '';
    // A page that sends people elsewhere is an open door as well.
    return isElsewhere(location, house) ? SENT_ELSEWHERE : answer.status;
  };
  const api = '/api/ngsi-ld/v1';
  return [
    { name: 'gateway: subscription', knock: (url) => ask('POST', `${api}/subscriptions`, subscription(url)) },
    {
      name: 'gateway: @context in a body',
      knock: (url) => ask('POST', `${api}/entities`, { ...entity(), '@context': url }, LD),
    },
    {
      name: 'gateway: @context in a batch',
      knock: (url) => ask('POST', `${api}/entityOperations/upsert`, [{ ...entity(), '@context': url }], LD),
    },
    {
      name: 'gateway: @context in a Link',
      knock: (url) =>
        ask('GET', `${api}/entities?type=Gadget`, undefined, {
          link: `<${url}>; rel="http://www.w3.org/ns/json-ld#context"`,
        }),
    },
    {
      name: 'gateway: page to return to',
      knock: (url) => ask('GET', `/auth/signin?returnTo=${encodeURIComponent(url)}`),
    },
    {
      name: 'gateway: another host in front',
      knock: (url) =>
        ask('GET', '/api/session', undefined, { 'x-forwarded-host': hostOf(url), forwarded: `host=${hostOf(url)}` }),
    },
    {
      name: 'gateway: path of a relay',
      knock: (url) => ask('GET', `/api/quantumleap/v2/entities/${encodeURIComponent(url)}`),
    },
  ];
}

/** What OpenID Connect lets a client give by reference. */
function identityDoors({ identity, gateway }: House): readonly Door[] {
  const base = `${identity}/realms/contor/protocol/openid-connect`;
  const ask = async (parameters: Record<string, string>) => {
    const all = {
      client_id: 'contor-dashboard',
      response_type: 'code',
      scope: 'openid',
      redirect_uri: `${gateway}/auth/callback`,
      ...parameters,
    };
    const answer = await fetch(`${base}/auth?${new URLSearchParams(all)}`, { redirect: 'manual' });
    await answer.arrayBuffer();
    return answer.status;
  };
  return [
    { name: 'identity: request_uri', knock: (url) => ask({ request_uri: url }) },
    { name: 'identity: client by URL', knock: (url) => ask({ client_id: url }) },
    { name: 'identity: redirect_uri', knock: (url) => ask({ redirect_uri: url }) },
    {
      name: 'identity: registration of a client',
      knock: async (url) => {
        const body = JSON.stringify({ redirect_uris: [url], jwks_uri: url, sector_identifier_uri: url, logo_uri: url });
        return (
          await fetch(`${identity}/realms/contor/clients-registrations/openid-connect`, {
            method: 'POST',
            headers: JSON_TYPE,
            body,
          })
        ).status;
      },
    },
  ];
}

/** QuantumLeap subscribes itself at an Orion that somebody names. */
function historyDoors({ history }: House): readonly Door[] {
  return [
    {
      name: 'history: subscribe at',
      knock: async (url) =>
        (
          await fetch(`${history}/v2/subscribe?${new URLSearchParams({ orionUrl: url, quantumleapUrl: url })}`, {
            method: 'POST',
          })
        ).status,
    },
  ];
}

/** A server is no proxy: neither for a whole URL in the request line nor for a tunnel (RFC 9112, 3.2.2 and 3.2.3). */
function proxyDoors(server: string): readonly Door[] {
  const { port } = new URL(server);
  const raw = (text: string) =>
    new Promise<number>((resolve) => {
      let heard = '';
      const socket = connect(Number(port), '127.0.0.1', () => socket.write(text));
      socket.setTimeout(RAW_WAIT_MS, () => socket.destroy());
      socket.on('data', (chunk) => {
        heard += chunk.toString('latin1');
        socket.end();
      });
      socket.once('error', () => undefined);
      // Closed without a word is a refusal, too.
      socket.once('close', () => resolve(Number(/^HTTP\/1\.[01] (\d{3})/.exec(heard)?.[1] ?? 400)));
    });
  const line = (url: string) => url.replaceAll(/[^\x21-\x7e]/g, encodeURIComponent);
  return [
    {
      name: `${server}: a whole URL`,
      knock: (url) => raw(`GET ${line(url)} HTTP/1.1\r\nHost: ${line(hostOf(url))}\r\nConnection: close\r\n\r\n`),
    },
    {
      name: `${server}: a tunnel`,
      knock: (url) => raw(`CONNECT ${line(hostOf(url))} HTTP/1.1\r\nHost: ${line(hostOf(url))}\r\n\r\n`),
    },
  ];
}

function isElsewhere(location: string, { gateway, identity }: House): boolean {
  return location !== '' && ![gateway, identity].includes(new URL(location, gateway).origin);
}

function hostOf(url: string): string {
  return /^[a-z]+:\/*([^/?#\\]*)/i.exec(url)?.[1] ?? url;
}

/** A header cannot carry everything; what it cannot is sent as somebody would have to send it. */
function safe(headers: Record<string, string>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, value.replaceAll(/[^\x20-\x7e]/g, encodeURIComponent)]),
  );
}

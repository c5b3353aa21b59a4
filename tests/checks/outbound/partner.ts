/** A partner's subscription, made at the gateway by somebody who may: the gateway itself then calls the partner. */

import type { House } from './house.js';

export interface PartnerSubscription {
  /** As the broker has it: a change of an entity sets it off. */
  readonly type: string;
  remove(): Promise<void>;
}

let count = 0;

/** undefined: refused. */
export async function subscribeAtGateway(house: House, uri: string): Promise<PartnerSubscription | undefined> {
  count += 1;
  const type = `Bell${count}`;
  const answer = await ask(house, 'POST', '/api/ngsi-ld/v1/subscriptions', {
    type: 'Subscription',
    entities: [{ type }],
    notification: { endpoint: { uri, accept: 'application/json' } },
  });
  await answer.arrayBuffer();
  const location = answer.headers.get('location');
  if (answer.status !== 201 || location === null) return undefined;
  return {
    type,
    remove: async () => void (await ask(house, 'DELETE', new URL(location, house.gateway).pathname)).arrayBuffer(),
  };
}

/** Something happens that the partner is to be told of. */
export async function ring({ broker }: House, { type }: PartnerSubscription): Promise<void> {
  const body = JSON.stringify([{ id: `urn:ngsi-ld:${type}:1`, type, rung: { type: 'Property', value: Date.now() } }]);
  await fetch(`${broker}/ngsi-ld/v1/entityOperations/upsert`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body,
  });
}

function ask({ gateway, browser, csrfToken }: House, method: string, path: string, body?: object): Promise<Response> {
  const headers = { accept: 'application/json', 'content-type': 'application/json', 'x-csrf-token': csrfToken };
  return browser.raw(method, gateway + path, headers, body === undefined ? undefined : JSON.stringify(body));
}
